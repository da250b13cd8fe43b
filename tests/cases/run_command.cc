// `run`: a program is compiled in several ways and each is run with several numbers of threads and morsel sizes. All must give
// the same, leave the arguments as they were, and leave no memory behind.
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "tests/cases/commands.h"
#include "weld/ir/diagnostic.h"
#include "weld/module.h"
#include "weld/runtime/run_context.h"
#include "weld/value_text.h"

namespace weld::cases {
namespace {

struct Way {
  const char* name;
  bool optimized;
  int llvm_level;
};
constexpr Way kWays[] = {
    {"no passes, LLVM level 0", false, 0}, {"no passes, LLVM level 2", false, 2}, {"passes, LLVM level 1", true, 1}};
constexpr int kThreads[] = {1, 2, 7};
constexpr int64_t kMorselRows[] = {1, 3, 1024, 0};

struct Machine {
  std::string name;
  std::shared_ptr<runtime::Engine> engine;
};

std::vector<Machine> make_machines(uint64_t memory_limit) {
  std::vector<Machine> machines;
  for (const int threads : kThreads) {
    for (const int64_t rows : kMorselRows) {
      runtime::EngineOptions options;
      options.threads = threads;
      options.morsel_rows = rows;
      options.memory_limit = memory_limit;
      machines.push_back(
          {std::to_string(threads) + " threads, morsels of " + (rows == 0 ? "any" : std::to_string(rows)) + " rows",
           runtime::Engine::create(options)});
    }
  }
  return machines;
}

const std::vector<Machine>& unlimited_machines() {
  static const std::vector<Machine> machines = make_machines(0);
  return machines;
}

Outcome fault(std::string message) { return {std::move(message) + "\n", false, true}; }

// Takes `--limit BYTES` off the front of the text after `run`.
uint64_t take_limit(std::string* text) {
  std::istringstream words(*text);
  std::string word;
  uint64_t limit = 0;
  if (words >> word && word == "--limit" && words >> limit) {
    std::getline(words, *text, '\0');
    return limit;
  }
  return 0;
}

std::string print_arguments(const Module& module, const OwnedArguments& arguments) {
  std::vector<Type> types;
  for (const Parameter& parameter : module.parameters()) types.push_back(parameter.type);
  return print_value(Type::structure(types), arguments.data());
}

std::string run_once(const Module& module, const std::shared_ptr<runtime::Engine>& engine, const OwnedArguments& arguments) {
  const Value value = module.run(engine, arguments.data());
  if (value.ok()) return print_value(value.type(), value.data()) + "\n";
  if (value.error_message().empty()) return "an error without a message\n";
  return std::string("error: ") + runtime::error_name(value.error_code()) + "\n";
}

// Runs on every machine. Sets *text when it is the first to run; else a fault where the text differs.
std::optional<Outcome> run_everywhere(const Module& module, const std::vector<Machine>& machines, const OwnedArguments& arguments,
                                      const char* way, std::optional<std::string>* text) {
  const std::string before = print_arguments(module, arguments);
  for (const Machine& machine : machines) {
    const std::string result = run_once(module, machine.engine, arguments);
    const std::string where = std::string(way) + ", " + machine.name;
    if (!text->has_value()) *text = result;
    if (result != **text) return fault("with " + where + ":\n" + result + "but at first:\n" + **text);
    if (machine.engine->memory_usage() != 0) {
      return fault("with " + where + ": " + std::to_string(machine.engine->memory_usage()) + " bytes are left behind");
    }
  }
  if (print_arguments(module, arguments) != before) return fault(std::string(way) + ": the arguments were written to");
  return std::nullopt;
}

}  // namespace

Outcome run_program(const std::string& program, const std::string& options_and_arguments) {
  std::string arguments_text = options_and_arguments;
  const uint64_t limit = take_limit(&arguments_text);
  std::vector<Machine> limited;
  if (limit != 0) limited = make_machines(limit);

  std::optional<std::string> text;
  for (const Way& way : kWays) {
    CompileOptions options;
    options.verify_each_pass = true;
    options.llvm_level = way.llvm_level;
    if (!way.optimized) options.passes.emplace();
    Result<std::shared_ptr<const Module>> compiled = Module::compile(program, options);
    if (!compiled.ok()) {
      if (text.has_value()) return fault(std::string("does not compile with ") + way.name);
      return {format_diagnostics("program", program, compiled.diagnostics()), true, false};
    }
    const Module& module = **compiled;
    std::vector<Type> types;
    for (const Parameter& parameter : module.parameters()) types.push_back(parameter.type);
    Result<OwnedArguments> arguments = parse_values(arguments_text, types);
    if (!arguments.ok()) return fault(format_diagnostics("arguments", arguments_text, arguments.diagnostics()));
    if (auto outcome = run_everywhere(module, limit == 0 ? unlimited_machines() : limited, *arguments, way.name, &text)) {
      return *outcome;
    }
  }
  return {*text, false, false};
}

}  // namespace weld::cases
