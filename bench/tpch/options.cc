#include "bench/tpch/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "bench/tpch/generate.h"
#include "bench/tpch/queries.h"

namespace weld::tpch {
namespace {

// Sets an option from its text; false when the text is no value of it.
using Setter = bool (*)(std::string_view text, DriverOptions* options);

struct OptionSpec {
  std::string_view name;
  std::string_view value;  // what the help calls it
  std::string_view help;
  std::string_view wanted;  // completes "--name wants"
  Setter set;
};

template <class T>
bool parse_number(std::string_view text, T* value, T low, T high) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && *value >= low && *value <= high;
}

bool parse_queries(std::string_view text, DriverOptions* options) {
  options->queries.clear();
  if (text == "all") return true;
  while (true) {
    size_t comma = std::min(text.find(','), text.size());
    int number = 0;
    if (!parse_number(text.substr(0, comma), &number, 1, 22) || query_numbered(number) == nullptr) return false;
    options->queries.push_back(number);
    if (comma == text.size()) return true;
    text.remove_prefix(comma + 1);
  }
}

template <std::string DriverOptions::* kMember>
bool set_path(std::string_view text, DriverOptions* options) {
  options->*kMember = text;
  return !text.empty();
}

const std::array kOptions = std::to_array<OptionSpec>({
    {"sf", "NUMBER", "scale factor of the data to generate; 1 is about a gigabyte (default: 1)", "a number from 0.001 to 10000",
     [](std::string_view text, DriverOptions* options) {
       return parse_number(text, &options->scale_factor, kSmallestScaleFactor, kLargestScaleFactor);
     }},
    {"query", "LIST", "queries to run, such as 1,3,6 (default: all there are)", "", parse_queries},
    {"threads", "COUNT", "threads to generate, load and run with (default: all cores)", "a number from 1 to 1024",
     [](std::string_view text, DriverOptions* options) { return parse_number(text, &options->threads, 1, 1024); }},
    {"runs", "COUNT", "timed runs of each query, after one warm-up (default: 5)", "a number from 1 to 100000",
     [](std::string_view text, DriverOptions* options) { return parse_number(text, &options->runs, 1, 100'000); }},
    {"seed", "NUMBER", "seed of the data to generate (default: 1)", "a number from 0 to 2^64 - 1",
     [](std::string_view text, DriverOptions* options) { return parse_number(text, &options->seed, uint64_t{0}, UINT64_MAX); }},
    {"llvm-level", "LEVEL", "effort of LLVM's optimizer: 0 none, 1 quick, 2 full (default: 1)", "a number from 0 to 2",
     [](std::string_view text, DriverOptions* options) { return parse_number(text, &options->llvm_level, 0, 2); }},
    {"data", "DIR", "read dbgen's .tbl files in DIR instead of generating", "a directory", set_path<&DriverOptions::data>},
    {"write", "DIR", "also write all tables as .tbl files into DIR", "a directory", set_path<&DriverOptions::write>},
    {"queries", "DIR", "read the programs (q01.weld, ...) in DIR instead of the built-in ones", "a directory",
     set_path<&DriverOptions::queries_from>},
    {"json", "FILE", "also write times and rows to FILE", "a file name", set_path<&DriverOptions::json>},
});

std::string available_queries() {
  std::string list;
  for (const Query& query : queries()) list += fmt::format("{}{}", list.empty() ? "" : ", ", query.number);
  return list;
}

}  // namespace

Result<DriverOptions> parse_options(const std::vector<std::string>& arguments) {
  DriverOptions options;
  for (size_t index = 0; index < arguments.size(); ++index) {
    std::string_view argument = arguments[index];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      continue;
    }
    if (argument.substr(0, 2) != "--") return Diagnostic{fmt::format("unexpected argument '{}'", argument), {}};
    size_t equals = std::min(argument.find('='), argument.size());
    std::string_view name = argument.substr(2, equals - 2);
    auto found = std::find_if(kOptions.begin(), kOptions.end(), [&](const OptionSpec& option) { return option.name == name; });
    if (found == kOptions.end()) return Diagnostic{fmt::format("unknown option '--{}'", name), {}};
    if (equals == argument.size() && index + 1 == arguments.size()) {
      return Diagnostic{fmt::format("--{} wants a value", name), {}};
    }
    std::string_view text = equals < argument.size() ? argument.substr(equals + 1) : std::string_view(arguments[++index]);
    if (!found->set(text, &options)) {
      std::string wanted =
          found->wanted.empty() ? fmt::format("numbers out of {}, or all", available_queries()) : std::string(found->wanted);
      return Diagnostic{fmt::format("--{} wants {}, not '{}'", name, wanted, text), {}};
    }
  }
  return options;
}

std::string help_text() {
  std::string text =
      "usage: weld-tpch [OPTION]...\n"
      "Makes or reads TPC-H data, runs TPC-H queries written in Weld on it, and prints their answers and times.\n\n";
  for (const OptionSpec& option : kOptions)
    text += fmt::format("  {:<18}{}\n", fmt::format("--{} {}", option.name, option.value), option.help);
  text += fmt::format("  {:<18}{}\n\nqueries:\n", "--help", "this text");
  for (const Query& query : queries()) text += fmt::format("  {:<4}{}\n", query.number, query.title);
  text +=
      "\nOnly the columns that the queries read are made or read, unless --write asks for all.\n"
      "exit status: 0 all went well, 1 something failed, 2 the command line is wrong\n";
  return text;
}

}  // namespace weld::tpch
