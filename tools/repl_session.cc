// The text of every program is: the declarations kept so far, then the input, with `|| ` and the bindings kept so far inserted
// before its expression (as_program). Errors are shown in the input alone.
#include "tools/repl_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/interrupt.h"
#include "tools/stopwatch.h"
#include "weld/value_text.h"

namespace weld::tools {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

constexpr const char* kHelp =
    R"(An expression or a program without parameters is evaluated and its value printed. Input may go over several lines; an empty line
ends it. What is defined stays known:
  type point = {f64, f64};          types and macros
  macro twice(x) = x + x;
  let v = [1, 2, 3];                bindings

  :type EXPRESSION                  the type of an expression or a program
  :explain STAGE [EXPRESSION]       an expression, or the last one evaluated, at a stage of its compile
  :run ARGUMENTS                    runs the last program with arguments: literals separated by commas
  :time                             turns the printing of times on or off
  :reset                            forgets all definitions
  :help                             this text
  :quit                             leaves (so does Ctrl-D)
Ctrl-C drops what is typed, and stops what runs.
Stages of :explain: )";

std::string help() {
  std::string text = kHelp;
  for (const std::string& stage : explain_stages()) text += stage + " ";
  text.pop_back();
  return text;
}

}  // namespace

Session::State Session::feed(std::string_view line) {
  const std::string_view trimmed = trim(line);
  if (input_.empty()) {
    if (trimmed.empty()) return State::kReady;
    if (trimmed.front() == ':') return command(trimmed);
  }
  input_ += line;
  input_ += '\n';
  const TextKind kind = classify(declarations_ + input_);
  if (kind == TextKind::kIncomplete && !trimmed.empty()) return State::kContinues;
  take(kind);
  return State::kReady;
}

void Session::finish() {
  if (!input_.empty()) take(classify(declarations_ + input_));
}

void Session::take(TextKind kind) {
  const std::string input = std::exchange(input_, {});
  if (kind == TextKind::kDeclarations) {
    declarations_ += input;
  } else if (kind == TextKind::kBindings) {
    keep_binding(input);
  } else {
    evaluate(input);
  }
}

void Session::keep_binding(const std::string& input) {
  if (classify("|| " + input + "0") != TextKind::kProgram) {
    return fail(kCompileError, "types and macros are defined in an input of their own, before the bindings that use them");
  }
  const ProgramText program = program_of(input + "0");
  const Result<std::string> type = type_of_program(program.text);
  if (!type.ok()) return fail_at(kCompileError, input, program, type.diagnostics());
  bindings_ += input;
}

Session::State Session::command(std::string_view line) {
  const size_t end = std::min(line.find_first_of(kBlanks), line.size());
  const std::string_view name = line.substr(0, end);
  const std::string argument(trim(line.substr(end)));
  if (name == ":quit" || name == ":q") return State::kQuit;
  if (name == ":help" || name == ":h") {
    write_line(help());
  } else if (name == ":type" || name == ":t") {
    show_type(argument);
  } else if (name == ":explain") {
    explain_stage(argument);
  } else if (name == ":run") {
    run_last(argument);
  } else if (name == ":time") {
    time_ = !time_;
    write_line(time_ ? "times are printed" : "times are not printed");
  } else if (name == ":reset") {
    declarations_.clear();
    bindings_.clear();
    last_input_.clear();
  } else {
    fail(kUsageError, fmt::format("there is no command {}; :help lists them", name));
  }
  return State::kReady;
}

void Session::evaluate(const std::string& input) {
  const std::shared_ptr<const Module> module = compile(input);
  if (module == nullptr) return;
  if (module->parameters().empty()) return run(*module, input, "");
  const Result<std::string> type = type_of_program(program_of(input).text);
  write_line("a program of type " + (type.ok() ? *type : "?") + "; :run ARGUMENTS runs it");
}

void Session::show_type(const std::string& input) {
  const ProgramText program = program_of(input);
  const Result<std::string> type = type_of_program(program.text);
  if (!type.ok()) return fail_at(kCompileError, input, program, type.diagnostics());
  write_line(*type);
}

void Session::explain_stage(std::string_view argument) {
  const size_t end = std::min(argument.find_first_of(kBlanks), argument.size());
  const std::string stage(argument.substr(0, end));
  const std::vector<std::string> stages = explain_stages();
  if (std::find(stages.begin(), stages.end(), stage) == stages.end()) {
    return fail(kUsageError, fmt::format("there is no stage '{}'; :help lists them", stage));
  }
  std::string input(trim(argument.substr(end)));
  if (input.empty()) input = last_input_;
  if (input.empty()) return fail(kUsageError, "nothing was evaluated yet; give an expression behind the stage");
  const ProgramText program = program_of(input);
  const Result<std::string> text = explain(program.text, stage, options_.compile);
  if (!text.ok()) return fail_at(kCompileError, input, program, text.diagnostics());
  write_line(trim(*text));
}

void Session::run_last(const std::string& arguments) {
  if (last_input_.empty()) return fail(kUsageError, "there is no program yet");
  const std::shared_ptr<const Module> module = compile(last_input_);
  if (module != nullptr) run(*module, last_input_, arguments);
}

std::shared_ptr<const Module> Session::compile(const std::string& input) {
  const ProgramText program = program_of(input);
  const Stopwatch stopwatch;
  Result<std::shared_ptr<const Module>> module = Module::compile(program.text, options_.compile);
  compile_ms_ = stopwatch.milliseconds();
  if (!module.ok()) {
    fail_at(kCompileError, input, program, module.diagnostics());
    return nullptr;
  }
  last_input_ = input;
  return std::move(*module);
}

void Session::run(const Module& module, const std::string& input, const std::string& arguments) {
  std::vector<Type> types;
  for (const Parameter& parameter : module.parameters()) types.push_back(parameter.type);
  const Result<OwnedArguments> values = parse_values(arguments, types);
  if (!values.ok()) {
    exit_code_ = kUsageError;
    return write_error_text(format_diagnostics(":run", arguments, values.diagnostics()));
  }
  if (engine_ == nullptr) engine_ = runtime::Engine::create(options_.engine);
  double run_ms = 0;
  const Value value = run_interruptibly(module, engine_, values->data(), &run_ms);
  if (!value.ok()) {
    return fail_at(kRunError, input, program_of(input), {{runtime::error_name(value.error_code()), value.error_span()}});
  }
  write_line(print_value(value.type(), value.data()));
  if (time_) write_error_text(format_times(module.compile_times(), compile_ms_, run_ms));
}

void Session::fail(ExitCode code, const std::string& message) {
  exit_code_ = code;
  report_error(message);
}

void Session::fail_at(ExitCode code, const std::string& input, const ProgramText& program, const Diagnostics& diagnostics) {
  exit_code_ = code;
  Diagnostics shown = program.in_source(diagnostics);
  const uint32_t before = static_cast<uint32_t>(declarations_.size());
  for (Diagnostic& diagnostic : shown) {
    diagnostic.span = {std::max(diagnostic.span.begin, before) - before, std::max(diagnostic.span.end, before) - before};
  }
  write_error_text(format_diagnostics("input", input, shown));
}

}  // namespace weld::tools
