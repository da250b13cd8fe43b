#include "tests/cases/commands.h"

#include <sstream>
#include <vector>

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/pass.h"

namespace weld::cases {
namespace {

std::string with_newline(std::string text) {
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

Outcome diagnosed(const std::string& program, const Diagnostics& diagnostics) {
  return {with_newline(format_diagnostics("program", program, diagnostics)), true, false};
}

// Empty when the text of an expression, printed in both forms, parses back to it; else what is wrong.
std::string round_trip_fault(const ExprPtr& expr, bool typed) {
  for (const bool indent : {true, false}) {
    PrintOptions options;
    options.indent = indent;
    const std::string text = print(expr, options);
    Result<Program> parsed = parse_program(text);
    if (!parsed.ok()) return "what is printed does not parse:\n" + format_diagnostics("printed", text, parsed.diagnostics());
    ExprPtr again = parsed->body;
    if (typed) {
      Result<ExprPtr> inferred = infer_types(again);
      if (!inferred.ok()) return "what is printed has no types:\n" + format_diagnostics("printed", text, inferred.diagnostics());
      again = *inferred;
    }
    if (!equal(expr, again)) return "what is printed parses to another expression:\n" + text + "\n" + print(again, options);
  }
  return "";
}

Outcome printed(const ExprPtr& expr, bool typed) {
  if (std::string message = round_trip_fault(expr, typed); !message.empty()) return fault(message);
  return {with_newline(print(expr)), false, false};
}

Outcome parse_command(const std::string& program) {
  Result<Program> parsed = parse_program(program);
  if (!parsed.ok()) return diagnosed(program, parsed.diagnostics());
  const std::string text = print(*parsed);
  Result<Program> again = parse_program(text);
  if (!again.ok()) return fault("what is printed does not parse:\n" + format_diagnostics("printed", text, again.diagnostics()));
  if (print(*again) != text || !equal(parsed->body, again->body))
    return fault("what is printed parses to another program:\n" + text);
  return {with_newline(text), false, false};
}

Outcome expand_command(const std::string& program) {
  Result<Program> parsed = parse_program(program);
  if (!parsed.ok()) return diagnosed(program, parsed.diagnostics());
  Result<ExprPtr> expanded = expand_macros(*parsed);
  if (!expanded.ok()) return diagnosed(program, expanded.diagnostics());
  return printed(*expanded, false);
}

Outcome infer_command(const std::string& program) {
  Result<ExprPtr> typed = compile_to_ir(program);
  if (!typed.ok()) return diagnosed(program, typed.diagnostics());
  return printed(*typed, true);
}

// `pass NAME…`: the program after these passes. `optimize`: after the default list.
Outcome optimize_command(const std::string& program, std::optional<std::vector<std::string>> passes) {
  for (const std::string& name : passes.value_or(std::vector<std::string>())) {
    if (find_pass(name) == nullptr) return fault("there is no pass " + name);
  }
  Result<ExprPtr> typed = compile_to_ir(program);
  if (!typed.ok()) return diagnosed(program, typed.diagnostics());
  Outcome outcome;
  OptimizerOptions options;
  options.passes = std::move(passes);
  options.after_pass = [&](const Pass& pass, const ExprPtr& result) {
    if (outcome.fault) return;
    if (const Diagnostics faults = verify(result); !faults.empty()) {
      outcome = fault(std::string("after ") + pass.name + ": " + faults.front().message + "\n" + print(result));
    } else if (std::string message = round_trip_fault(result, true); !message.empty()) {
      outcome = fault(std::string("after ") + pass.name + ": " + message);
    }
  };
  ExprPtr optimized = optimize(*typed, options);
  return outcome.fault ? outcome : printed(optimized, true);
}

Outcome execute_here(const std::string& program, const std::string& command) {
  std::istringstream words(command);
  std::string name;
  words >> name;
  if (name == "parse") return parse_command(program);
  if (name == "expand") return expand_command(program);
  if (name == "infer") return infer_command(program);
  if (name == "optimize") return optimize_command(program, std::nullopt);
  if (name == "pass") {
    std::vector<std::string> passes;
    for (std::string pass; words >> pass;) passes.push_back(pass);
    return optimize_command(program, passes);
  }
  return fault("there is no command " + name);
}

}  // namespace

Outcome fault(std::string message) { return {std::move(message) + "\n", false, true}; }

Outcome execute(const std::string& program, const std::string& command) {
  if (command == "run" || command.starts_with("run ")) return run_program(program, command.substr(3));
  Outcome outcome;
  run_on_deep_stack([&] { outcome = execute_here(program, command); });
  return outcome;
}

}  // namespace weld::cases
