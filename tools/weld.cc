// The command line. This file knows the options; each command is a function of commands.h.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "tools/commands.h"

namespace weld::tools {

namespace {

constexpr int kMaximumThreads = 4096;

std::string list_passes() {
  std::string text = "Optimizer passes, in their default order:\n";
  for (const PassSummary& pass : pass_summaries()) text += fmt::format("  {:<22} {}\n", pass.name, pass.summary);
  return text;
}

std::string list_stages() {
  std::string text;
  for (const std::string& stage : explain_stages()) text += (text.empty() ? "" : ", ") + stage;
  return text;
}

void add_program_options(CLI::App& command, ProgramOptions& program) {
  command.add_option("FILE", program.file, "The program; - for the standard input")->type_name("");
  command.add_option("-e,--expression", program.expression, "The program's text, instead of a file");
  command.callback([&command, &program] {
    if (program.file.empty() == !program.expression) throw CLI::RequiredError(command.get_name() + ": either FILE or -e");
  });
}

void add_compile_options(CLI::App& command, CompileOptions& compile) {
  command
      .add_option_function<std::string>(
          "--passes",
          [&compile](const std::string& names) {
            Result<std::vector<std::string>> passes = parse_pass_names(names);
            if (!passes.ok()) throw CLI::ValidationError("--passes", passes.diagnostics().front().message);
            compile.passes = std::move(*passes);
          },
          "Optimizer passes, in order, separated by commas; '' for none; =-NAME,… for all but these. Default: all")
      ->type_name("NAMES")
      ->expected(1);
  command.add_option("--llvm-level", compile.llvm_level, "LLVM's effort: 0 none, 1 quick, 2 full. Default: 1")
      ->check(CLI::Range(0, 2))
      ->type_name("N");
}

void add_library_option(CLI::App& command, LibraryPaths& libraries) {
  command.add_option("--library", libraries, "A shared library with functions for cudf; may be given several times")
      ->type_name("PATH")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_engine_options(CLI::App& command, runtime::EngineOptions& engine) {
  command.add_option("--threads", engine.threads, "Threads of the run. Default: all cores")
      ->check(CLI::Range(1, kMaximumThreads))
      ->type_name("N");
  command.add_option("--memory-limit", engine.memory_limit, "Bytes that the run may allocate. Default: no limit")
      ->check(CLI::PositiveNumber)
      ->type_name("BYTES");
  command.add_option("--timeout", engine.timeout_ms, "Milliseconds after which the run is stopped. Default: never")
      ->check(CLI::Range(int64_t{1}, runtime::kMaximumTimeoutMs))
      ->type_name("MILLISECONDS");
}

void add_argument_options(CLI::App& command, ArgumentOptions& arguments) {
  CLI::Option* text = command.add_option("--args", arguments.text, "The arguments, as Weld literals separated by commas");
  command.add_option("--args-file", arguments.file, "A file that holds them; - for the standard input")
      ->type_name("FILE")
      ->excludes(text);
}

constexpr const char* kExitCodes =
    "Exit codes: 0 success, 1 the program does not compile, 2 wrong usage or arguments, 3 the run ended in an error.";

void add_run(CLI::App& app, RunOptions& options) {
  CLI::App* command = app.add_subcommand("run", "Compile a program, run it and print its result");
  add_program_options(*command, options.program);
  add_argument_options(*command, options.arguments);
  add_library_option(*command, options.libraries);
  add_engine_options(*command, options.engine);
  add_compile_options(*command, options.compile);
  command->add_flag("--time", options.time, "Also print the time of each stage, to the standard error output");
  command->footer([] {
    return "A program is a lambda with typed parameters, or an expression, which is a program without parameters:\n"
           "  weld run -e '|v: vec[i64], f: i64| map(v, |x| x * f)' --args '[1, 2, 3], 5'\n"
           "  weld run -e 'sum([1, 2, 3])'\n"
           "Ctrl-C stops the run, with the error Cancelled.\n\n" +
           list_passes() + "\n" + kExitCodes;
  });
}

void add_explain(CLI::App& app, ExplainOptions& options) {
  CLI::App* command = app.add_subcommand("explain", "Show what becomes of a program: its loops, fusions, passes and code");
  add_program_options(*command, options.program);
  command->add_flag("--run", options.run, "Run it, with the arguments, and show what each loop took");
  add_argument_options(*command, options.arguments);
  command->add_flag("--show-passes", options.passes, "Also show what each optimizer pass changed");
  CLI::Option* loop = command->add_option("--loop", options.loop, "Only show the code of this loop; they count from 0")
                          ->check(CLI::NonNegativeNumber)
                          ->type_name("N");
  command->add_option("--stage", options.code_stage, "As llvm, llvm-optimized or assembly. Default: llvm-optimized")
      ->check(CLI::IsMember({"llvm", "llvm-optimized", "assembly"}))
      ->type_name("STAGE")
      ->needs(loop);
  command->add_flag("--json", options.json, "Write everything as JSON");
  command->add_option("--html", options.html_file, "Write everything into this file, as one page for a browser")
      ->type_name("FILE");
  command
      ->add_option_function<std::string>(
          "--stop-after",
          [&options](const std::string& stage) {
            const std::vector<std::string> stages = explain_stages();
            if (std::find(stages.begin(), stages.end(), stage) == stages.end()) {
              throw CLI::ValidationError("--stop-after",
                                         fmt::format("there is no stage '{}'; the stages are {}", stage, list_stages()));
            }
            options.stop_after = stage;
          },
          "Only show the program as it is at this stage of its compile")
      ->type_name("STAGE");
  add_library_option(*command, options.libraries);
  add_engine_options(*command, options.engine);
  add_compile_options(*command, options.compile);
  command->footer([] { return "Stages: " + list_stages() + "\n\n" + list_passes() + "\n" + kExitCodes; });
}

void add_repl(CLI::App& app, ReplOptions& options) {
  CLI::App* command = app.add_subcommand("repl", "Evaluate programs and expressions as they are typed");
  add_library_option(*command, options.libraries);
  add_engine_options(*command, options.engine);
  add_compile_options(*command, options.compile);
  command->footer(
      "Type :help there for its commands; Ctrl-C stops what runs.\n"
      "It also reads from a pipe; the exit code then is that of the last input that failed.\n"
      "The history is kept in ~/.weld_history, or in the file that WELD_HISTORY names.");
}

ExitCode run_weld(int argument_count, char** arguments) {
  CLI::App app{"Weld: a JIT compiler and parallel runtime for the Weld language", "weld"};
  app.set_version_flag("--version", "weld " WELD_VERSION);
  app.require_subcommand(0, 1);
  app.footer(kExitCodes);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return fmt::format("weld: error: {}\n`weld --help` and `weld COMMAND --help` show what there is.\n", error.what());
  });
  RunOptions run;
  ExplainOptions explain;
  ReplOptions repl;
  add_run(app, run);
  add_explain(app, explain);
  add_repl(app, repl);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    const bool is_help = app.exit(error, std::cout, std::cerr) == static_cast<int>(CLI::ExitCodes::Success);
    return is_help ? kOk : kUsageError;
  }
  if (app.got_subcommand("run")) return run_command(run);
  if (app.got_subcommand("explain")) return explain_command(explain);
  if (app.got_subcommand("repl")) return repl_command(repl);
  write_error_text(app.help());
  return kUsageError;
}

}  // namespace

}  // namespace weld::tools

int main(int argument_count, char** arguments) { return weld::tools::run_weld(argument_count, arguments); }
