// `run`: a program goes through the matrix (tests/matrix). All runs must give the same, leave the arguments as they were, and
// leave no memory behind.
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "tests/cases/commands.h"
#include "tests/matrix/arguments.h"
#include "tests/matrix/matrix.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/module.h"
#include "weld/runtime/run_context.h"
#include "weld/value_text.h"

namespace weld::cases {
namespace {

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

std::string print_arguments(const Module& module, const void* arguments) {
  std::vector<Type> types;
  for (const Parameter& parameter : module.parameters()) types.push_back(parameter.type);
  return print_value(Type::structure(types), arguments);
}

std::string run_once(const Module& module, const std::shared_ptr<runtime::Engine>& engine, const matrix::Arguments& arguments) {
  const matrix::Arguments::Made made = arguments.make(engine);
  if (made.data == nullptr) return made.fault;
  const std::string before = print_arguments(module, made.data);
  const Value value = module.run(engine, made.data);
  if (print_arguments(module, made.data) != before) return "the arguments were written to\n";
  if (value.ok()) return print_value(value.type(), value.data()) + "\n";
  if (value.error_message().empty()) return "an error without a message\n";
  return std::string("error: ") + runtime::error_name(value.error_code()) + "\n";
}

// Runs on every machine that the way meets. Sets *text when it is the first to run; else a fault where the text differs.
std::optional<Outcome> run_everywhere(const Module& module, const matrix::Way& way, uint64_t limit,
                                      const matrix::Arguments& arguments, std::optional<std::string>* text) {
  for (const matrix::Machine& machine : matrix::machines(limit)) {
    if (!matrix::meets(way, machine)) continue;
    const std::string result = run_once(module, machine.engine, arguments);
    const std::string where = way.name + ", " + machine.name;
    if (!text->has_value()) *text = result;
    if (result != **text) return fault("with " + where + ":\n" + result + "but at first:\n" + **text);
    if (machine.engine->memory_usage() != 0) {
      return fault("with " + where + ": " + std::to_string(machine.engine->memory_usage()) + " bytes are left behind");
    }
  }
  return std::nullopt;
}

}  // namespace

Outcome run_program(const std::string& program, const std::string& options_and_arguments) {
  std::string arguments_text = options_and_arguments;
  const uint64_t limit = take_limit(&arguments_text);
  Result<ExprPtr> typed = Diagnostics{};
  run_on_deep_stack([&] { typed = compile_to_ir(program); });
  if (typed.ok() && !(*typed)->is(NodeKind::kLambda)) typed = Module::compile(program).diagnostics();
  if (!typed.ok()) return {format_diagnostics("program", program, typed.diagnostics()), true, false};
  std::vector<Type> types;
  for (const Parameter& parameter : (*typed)->parameters()) types.push_back(parameter.type);
  Result<matrix::Arguments> arguments = matrix::Arguments::read(arguments_text, types);

  std::optional<std::string> text;
  for (const matrix::Way& way : matrix::ways_for(*typed, true)) {
    Result<std::shared_ptr<const Module>> compiled = Module::compile(program, way.options);
    if (!compiled.ok()) {
      if (text.has_value()) return fault("does not compile with " + way.name);
      return {format_diagnostics("program", program, compiled.diagnostics()), true, false};
    }
    if (!arguments.ok()) return fault(format_diagnostics("arguments", arguments_text, arguments.diagnostics()));
    if (auto outcome = run_everywhere(**compiled, way, limit, *arguments, &text)) return *outcome;
  }
  return {*text, false, false};
}

}  // namespace weld::cases
