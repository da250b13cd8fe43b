// What the REPL knows between inputs, and what it does with one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/commands.h"
#include "weld/program_text.h"

namespace weld::tools {

// Input is fed line by line and taken as one as soon as it parses, or is wrong before its end, or an empty line ends it.
// Declarations and bindings are kept, as text, and stand before what is typed later; a binding is evaluated where it is used.
class Session {
 public:
  explicit Session(const ReplOptions& options) : options_(options) {}

  enum class State { kReady, kContinues, kQuit };
  State feed(std::string_view line);
  // What was fed and not yet taken is dropped.
  void cancel() { input_.clear(); }
  // The input is at its end: takes what is left.
  void finish();
  // Of the last input that failed; kOk when none did.
  ExitCode exit_code() const { return exit_code_; }

 private:
  void take(TextKind kind);
  void keep_binding(const std::string& input);
  State command(std::string_view line);
  void evaluate(const std::string& input);
  void show_type(const std::string& input);
  void explain_stage(std::string_view argument);
  void run_last(const std::string& arguments);
  std::shared_ptr<const Module> compile(const std::string& input);  // null, and reported, when it does not compile
  void run(const Module& module, const std::string& input, const std::string& arguments);
  ProgramText program_of(const std::string& input) const { return as_program(declarations_ + input, bindings_); }
  void fail(ExitCode code, const std::string& message);
  void fail_at(ExitCode code, const std::string& input, const ProgramText& program, const Diagnostics& diagnostics);

  ReplOptions options_;
  std::shared_ptr<runtime::Engine> engine_;  // made by the first run
  std::string input_;
  std::string declarations_;
  std::string bindings_;
  std::string last_input_;  // the last that was a program or an expression and compiled
  double compile_ms_ = 0;   // of the last compile
  bool time_ = false;
  ExitCode exit_code_ = kOk;
};

}  // namespace weld::tools
