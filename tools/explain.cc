// weld explain: a program as it is at a stage of its compile.
#include "tools/commands.h"
#include "weld/program_text.h"

namespace weld::tools {

ExitCode explain_command(const ExplainOptions& options) {
  const std::optional<Source> source = read_program(options.program);
  if (!source || !load_libraries(options.libraries)) return kUsageError;
  const ProgramText program = as_program(source->text);
  const Result<std::string> text = explain(program.text, options.stage, options.compile);
  if (!text.ok()) {
    write_error_text(format_diagnostics(source->name, source->text, program.in_source(text.diagnostics())));
    return kCompileError;
  }
  std::string_view shown = *text;
  while (!shown.empty() && shown.back() == '\n') shown.remove_suffix(1);
  return write_line(shown) ? kOk : kRunError;
}

}  // namespace weld::tools
