// weld run: compile, read the arguments beside the parameters' types, run, print.
#include <fmt/format.h>

#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/stopwatch.h"
#include "weld/program_text.h"

namespace weld::tools {

ExitCode run_command(const RunOptions& options) {
  const std::optional<Source> source = read_program(options.program);
  if (!source || !load_libraries(options.libraries)) return kUsageError;
  const Stopwatch compile_time;
  const ProgramText program = as_program(source->text);
  const Result<std::shared_ptr<const Module>> module = Module::compile(program.text, options.compile);
  if (!module.ok()) {
    write_error_text(format_diagnostics(source->name, source->text, program.in_source(module.diagnostics())));
    return kCompileError;
  }
  const double compile_ms = compile_time.milliseconds();

  const std::optional<OwnedArguments> arguments = read_arguments(options.arguments, **module);
  if (!arguments) return kUsageError;

  const std::shared_ptr<runtime::Engine> engine = runtime::Engine::create(options.engine);
  double run_ms = 0;
  const Value value = run_interruptibly(**module, engine, arguments->data(), &run_ms);
  if (!value.ok()) {
    write_error_text(format_run_error(*source, program, value));
    return kRunError;
  }
  if (!write_line(print_value(value.type(), value.data()))) return kRunError;
  if (options.time) {
    write_error_text(format_times((*module)->compile_times(), compile_ms, run_ms) +
                     fmt::format("{:<40}{:>10} bytes\n", "peak memory of the run", engine->memory_peak()));
  }
  return kOk;
}

}  // namespace weld::tools
