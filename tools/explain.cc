// weld explain: what becomes of a program, as text, JSON or a page; or the program at one stage, or the code of one loop.
#include "weld/explain.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tools/commands.h"
#include "tools/interrupt.h"
#include "weld/program_text.h"

namespace weld::tools {

namespace {

ExitCode report_faults(const Source& source, const Diagnostics& faults) {
  write_error_text(format_diagnostics(source.name, source.text, faults));
  return kCompileError;
}

std::string_view without_end(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

ExitCode write_stage(const ExplainOptions& options, const Source& source) {
  const ProgramText program = as_program(source.text);
  const Result<std::string> text = explain(program.text, options.stop_after, options.compile);
  if (!text.ok()) return report_faults(source, program.in_source(text.diagnostics()));
  return write_line(without_end(*text)) ? kOk : kRunError;
}

ExitCode write_code(const ExplainOptions& options, const Explanation& explanation) {
  const auto number = static_cast<size_t>(options.loop);
  if (number >= explanation.pipelines.size()) {
    report_error(fmt::format("there is no loop {}; the program has {}", number, explanation.pipelines.size()));
    return kUsageError;
  }
  std::string text;
  for (const codegen::LoopCode& code : explanation.pipelines[number].code) {
    text += options.code_stage == "llvm" ? code.llvm : options.code_stage == "assembly" ? code.assembly : code.llvm_optimized;
  }
  return write_line(without_end(text)) ? kOk : kRunError;
}

// Runs the program and puts what was measured into the explanation, also where the run ends in an error, which is reported.
ExitCode run_program(const ExplainOptions& options, const Source& source, Explanation* explanation) {
  const ProgramText program = as_program(source.text);
  const Result<std::shared_ptr<const Module>> module = Module::compile(program.text, options.compile);
  if (!module.ok()) return report_faults(source, program.in_source(module.diagnostics()));
  const std::optional<OwnedArguments> arguments = read_arguments(options.arguments, **module);
  if (!arguments) return kUsageError;
  const std::shared_ptr<runtime::Engine> engine = runtime::Engine::create(options.engine);
  RunExplanation run;
  double milliseconds = 0;
  const Value value = run_interruptibly(**module, engine, arguments->data(), &milliseconds, &run.profile);
  run.threads = engine->threads();
  run.result = value.ok() ? print_value(value.type(), value.data()) : value.error_message();
  add_run(explanation, std::move(run));
  if (!value.ok()) write_error_text(format_run_error(source, program, value));
  return value.ok() ? kOk : kRunError;
}

bool write_file(const std::string& path, std::string_view text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), std::fclose);
  const bool written =
      file && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() && std::fflush(file.get()) == 0;
  if (!written) report_error(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return written;
}

}  // namespace

ExitCode explain_command(const ExplainOptions& options) {
  const std::optional<Source> source = read_program(options.program);
  if (!source || !load_libraries(options.libraries)) return kUsageError;
  if (!options.stop_after.empty()) return write_stage(options, *source);

  ExplainRequest request;
  request.compile = options.compile;
  request.code = options.loop >= 0 || options.json || !options.html_file.empty();
  Result<Explanation> explanation = explain_source(source->name, source->text, request);
  if (!explanation.ok()) return report_faults(*source, explanation.diagnostics());
  if (options.loop >= 0) return write_code(options, *explanation);
  const ExitCode run = options.run ? run_program(options, *source, &*explanation) : kOk;
  if (run != kOk && run != kRunError) return run;
  if (!options.html_file.empty() && !write_file(options.html_file, explanation_html(*explanation))) return kUsageError;
  if (options.json) return write_line(explanation_json(*explanation)) ? run : kRunError;
  if (!options.html_file.empty()) return run;
  return write_line(without_end(explanation_text(*explanation, {.passes = options.passes}))) ? run : kRunError;
}

}  // namespace weld::tools
