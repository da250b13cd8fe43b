// Reading programs and writing results and errors.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tools/commands.h"

namespace weld::tools {

namespace {

std::optional<std::string> read_stream(std::FILE* stream) {
  std::string text;
  char buffer[1 << 16];
  size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof buffer, stream)) > 0) text.append(buffer, count);
  if (std::ferror(stream)) return std::nullopt;
  return text;
}

std::optional<std::string> read_file(const std::string& path) {
  if (path == "-") return read_stream(stdin);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  return file ? read_stream(file.get()) : std::nullopt;
}

}  // namespace

std::optional<Source> read_source(const std::string& path) {
  std::optional<std::string> text = read_file(path);
  if (!text) {
    report_error(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    return std::nullopt;
  }
  return Source{path == "-" ? "standard input" : path, std::move(*text)};
}

std::optional<Source> read_program(const ProgramOptions& options) {
  if (options.expression) return Source{"-e", *options.expression};
  return read_source(options.file);
}

std::optional<OwnedArguments> read_arguments(const ArgumentOptions& options, const Module& module) {
  const std::optional<Source> source = options.file.empty() ? Source{"--args", options.text} : read_source(options.file);
  if (!source) return std::nullopt;
  std::vector<Type> types;
  for (const Parameter& parameter : module.parameters()) types.push_back(parameter.type);
  Result<OwnedArguments> arguments = parse_values(source->text, types);
  if (arguments.ok()) return std::move(*arguments);
  write_error_text(format_diagnostics(source->name, source->text, arguments.diagnostics()));
  return std::nullopt;
}

bool load_libraries(const LibraryPaths& paths) {
  for (const std::string& path : paths) {
    if (const Diagnostics faults = load_library(path); !faults.empty()) {
      report_error(fmt::format("cannot load a library: {}", faults.front().message));
      return false;
    }
  }
  return true;
}

bool write_line(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return true;
  report_error(fmt::format("cannot write: {}", std::strerror(errno)));
  return false;
}

void report_error(std::string_view message) { write_error_text(fmt::format("weld: error: {}\n", message)); }

void write_error_text(std::string_view text) {
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string format_run_error(const Source& source, const ProgramText& program, const Value& value) {
  const Diagnostic error = {runtime::error_name(value.error_code()), value.error_span()};
  return format_diagnostics(source.name, source.text, program.in_source({error}));
}

std::string format_times(const StageTimes& compile_times, double compile_ms, double run_ms) {
  std::string text;
  for (const auto& [stage, milliseconds] : compile_times) text += fmt::format("  {:<38}{:>10.3f} ms\n", stage, milliseconds);
  text += fmt::format("{:<40}{:>10.3f} ms\n", "compile", compile_ms);
  text += fmt::format("{:<40}{:>10.3f} ms\n", "run", run_ms);
  return text;
}

}  // namespace weld::tools
