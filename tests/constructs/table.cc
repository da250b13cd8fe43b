// weld_construct_table CASES-FOLDER SEEDS: a line for each construct of the language, with the number of text cases and of
// generated programs that have it, and of text cases in which it is what goes wrong: at run time, where the error's place tells,
// or when the program is compiled, where a diagnostic points at it. Exit code 1 when a cell is empty without a reason.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/cases/case_file.h"
#include "tests/constructs/constructs.h"
#include "tests/matrix/arguments.h"
#include "tests/reference/coverage.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/module.h"

namespace weld::constructs {
namespace {

using Counts = std::map<std::string, int64_t>;

struct Columns {
  Counts cases;
  Counts generated;
  Counts errors;
};

// Constructs that cannot be what goes wrong, by the beginning of their names.
struct Reason {
  const char* construct;
  const char* text;
};
constexpr Reason kNoError[] = {
    {"vec of", "a type"},
    {"struct of", "a type"},
    {"dict of", "a type"},
    {"dict by", "a type"},
    {"parameter of type", "a type"},
    {"given back:", "a type"},
    {"struct without fields", "a type"},
    {"simd type", "a type"},
    {"string", "any bytes are a string"},
    {"literal bool", "true and false have no wrong form"},
    {"let", "its value or its body is what goes wrong"},
    {"ascription", "the type that is written for another is what the message points at"},
};

const char* no_error(const std::string& construct) {
  for (const Reason& reason : kNoError) {
    if (construct.starts_with(reason.construct)) return reason.text;
  }
  return nullptr;
}

bool is_within(Span inner, Span outer) { return outer.begin <= inner.begin && inner.end <= outer.end; }

// Counts the constructs of the innermost nodes around a place, and of what they stand in.
void count_at(const ExprPtr& root, Span place, Counts* counts) {
  Constructs found;
  // By length, and of the same length the outer one first.
  std::vector<std::pair<std::pair<uint32_t, size_t>, const Expr*>> around;
  walk(root, [&](const ExprPtr& node) {
    const auto length = static_cast<uint32_t>(node->span().end - node->span().begin);
    if (is_within(place, node->span())) around.push_back({{length, around.size()}, node.get()});
    return true;
  });
  std::sort(around.begin(), around.end());
  constexpr size_t kInnermost = 2;
  for (size_t i = 0; i < std::min(around.size(), kInnermost); i++) found.merge(of_node(*around[i].second));
  for (const std::string& construct : found) (*counts)[construct]++;
}

// A number that no type holds does not become a node.
void count_literal(std::string_view text, Counts* counts) {
  if (text.empty() || !(std::isdigit(static_cast<unsigned char>(text[0])) != 0 || text[0] == '-')) return;
  static const std::map<std::string, const char*> kinds = {{"c", "i8"},  {"C", "i8"},  {"si", "i16"}, {"L", "i64"},
                                                           {"l", "i64"}, {"f", "f32"}, {"F", "f32"}};
  const std::string suffix(text.substr(std::min(text.find_first_of("cCsiuLlfF"), text.size())));
  const bool floating = text.find_first_of(".e") != std::string_view::npos && !text.starts_with("0x");
  const auto known = kinds.find(suffix);
  const std::string kind = known != kinds.end() ? known->second : !suffix.empty() ? suffix : floating ? "f64" : "i32";
  (*counts)["literal " + kind]++;
}

void count_bad(const std::string& program, Counts* errors) {
  run_on_deep_stack([&] {
    const auto compiled = Module::compile(program);
    if (compiled.ok()) return;
    Result<Program> parsed = parse_program(program);
    for (const Diagnostic& diagnostic : compiled.diagnostics()) {
      const Span span = diagnostic.span;
      if (parsed.ok()) {
        count_at(parsed->body, span, errors);
        for (const auto& [name, macro] : parsed->macros) count_at(macro.body, span, errors);
      } else {
        count_literal(std::string_view(program).substr(span.begin, span.end - span.begin), errors);
      }
    }
  });
}

void count_failing_run(const std::string& program, const std::string& arguments_text, Counts* errors) {
  static const auto engine = runtime::Engine::create({.threads = 1, .memory_limit = uint64_t{1} << 20, .morsel_rows = 0});
  CompileOptions options;
  options.passes.emplace();
  options.llvm_level = 0;
  const auto module = Module::compile(program, options);
  if (!module.ok()) return;
  std::vector<Type> types;
  for (const Parameter& parameter : (*module)->parameters()) types.push_back(parameter.type);
  const Result<matrix::Arguments> arguments = matrix::Arguments::read(arguments_text, types);
  if (!arguments.ok()) return;
  const matrix::Arguments::Made made = arguments->make(engine);
  if (made.data == nullptr) return;
  const Value value = (*module)->run(engine, made.data);
  if (value.ok() || value.error_span().end == 0) return;
  Result<ExprPtr> typed = Diagnostics{};
  run_on_deep_stack([&] {
    typed = compile_to_ir(program);
    if (typed.ok()) count_at(*typed, value.error_span(), errors);
  });
}

bool count_file(const std::filesystem::path& path, Columns* columns) {
  cases::CaseFile file;
  std::string error;
  if (!cases::read_case_file(path.string(), &file, &error)) {
    std::printf("%s: %s\n", path.c_str(), error.c_str());
    return false;
  }
  for (const cases::Case& each : file.cases) {
    if (path.filename().string().starts_with("bad-")) {
      count_bad(each.program, &columns->errors);
      continue;
    }
    for (const std::string& construct : of_program(each.program)) columns->cases[construct]++;
    for (const cases::Command& command : each.commands) {
      if (!command.text.starts_with("run") || !command.expected.starts_with("error: ")) continue;
      std::string arguments = command.text.substr(3);
      if (const size_t limit = arguments.find("--limit "); limit != std::string::npos) {
        arguments = arguments.substr(std::min(arguments.size(), arguments.find_first_of(' ', limit + 8)));
      }
      count_failing_run(each.program, arguments, &columns->errors);
    }
  }
  return true;
}

int64_t count_of(const Counts& counts, const std::string& construct) {
  const auto found = counts.find(construct);
  return found == counts.end() ? 0 : found->second;
}

// Also what diagnostics of untyped programs tell: "add" of "add of floats".
int64_t errors_of(const Counts& errors, const std::string& construct) {
  int64_t count = 0;
  for (const auto& [name, errors_there] : errors) {
    if (construct == name || construct.starts_with(name + " ")) count += errors_there;
  }
  return count;
}

std::string cell(int64_t count, const char* reason, bool* is_empty) {
  if (count > 0) return std::to_string(count);
  if (reason != nullptr) return std::string("none: ") + reason;
  *is_empty = true;
  return "EMPTY";
}

int print(const Columns& columns) {
  int empty_rows = 0;
  std::printf("%-32s %10s %10s  %s\n", "construct", "text case", "generator", "error case");
  for (const std::string& construct : all()) {
    const auto left_out = reference::not_generated().find(construct);
    const char* why_not = left_out == reference::not_generated().end() ? nullptr : left_out->second.c_str();
    bool is_empty = false;
    const std::string in_cases = cell(count_of(columns.cases, construct), nullptr, &is_empty);
    const std::string generated = cell(count_of(columns.generated, construct), why_not, &is_empty);
    const std::string errors = cell(errors_of(columns.errors, construct), no_error(construct), &is_empty);
    std::printf("%-32s %10s %10s  %s\n", construct.c_str(), in_cases.c_str(), generated.c_str(), errors.c_str());
    if (is_empty) empty_rows++;
  }
  std::printf("%zu constructs, %d with an empty cell\n", all().size(), empty_rows);
  return empty_rows == 0 ? 0 : 1;
}

int run(const char* folder, uint64_t seeds) {
  Columns columns;
  bool readable = true;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != ".weld" || path.parent_path().filename() == "runner") continue;
    readable = count_file(path, &columns) && readable;
  }
  for (uint64_t seed = 0; seed < seeds; seed++) {
    for (const std::string& construct : of_program(generator::generate(seed).text)) columns.generated[construct]++;
  }
  return readable ? print(columns) : 1;
}

}  // namespace
}  // namespace weld::constructs

int main(int count, char** arguments) {
  uint64_t seeds = 0;
  if (count != 3 || std::from_chars(arguments[2], arguments[2] + std::strlen(arguments[2]), seeds).ec != std::errc()) {
    std::fprintf(stderr, "usage: weld_construct_table CASES-FOLDER NUMBER-OF-SEEDS\n");
    return 2;
  }
  return weld::constructs::run(arguments[1], seeds);
}
