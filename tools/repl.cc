// weld repl: the loop between the reader of lines and the session.
#include "tools/interrupt.h"
#include "tools/line_reader.h"
#include "tools/repl_session.h"

namespace weld::tools {

ExitCode repl_command(const ReplOptions& options) {
  if (!load_libraries(options.libraries)) return kUsageError;
  const std::unique_ptr<LineReader> reader = LineReader::create();
  if (reader->is_interactive()) {
    survive_interrupts();
    write_line("Weld " WELD_VERSION ". :help for help, :quit to leave.");
  }
  Session session(options);
  Session::State state = Session::State::kReady;
  while (state != Session::State::kQuit) {
    const std::optional<LineReader::Line> line = reader->read(state == Session::State::kContinues ? "  ... " : "weld> ");
    if (!line) {
      session.finish();
      break;
    }
    if (line->cancelled) {
      session.cancel();
      state = Session::State::kReady;
    } else {
      state = session.feed(line->text);
    }
  }
  return reader->is_interactive() ? kOk : session.exit_code();
}

}  // namespace weld::tools
