// The commands of `weld`, their options and what they share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weld/module.h"
#include "weld/program_text.h"
#include "weld/value_text.h"

namespace weld::tools {

enum ExitCode : int {
  kOk = 0,
  kCompileError = 1,  // the program does not compile
  kUsageError = 2,    // the command line, a file or the arguments are wrong
  kRunError = 3,      // the run ended in an error
};

// Where a program comes from: the text of -e when it is set, else a file, "-" being the standard input.
struct ProgramOptions {
  std::string file;
  std::optional<std::string> expression;
};

// Paths of shared libraries with functions for cudf.
using LibraryPaths = std::vector<std::string>;

// The arguments of a run: the text, or, when it is not empty, what the file holds.
struct ArgumentOptions {
  std::string text;
  std::string file;
};

struct RunOptions {
  ProgramOptions program;
  LibraryPaths libraries;
  ArgumentOptions arguments;
  runtime::EngineOptions engine;
  CompileOptions compile;
  bool time = false;
};

struct ExplainOptions {
  ProgramOptions program;
  LibraryPaths libraries;
  CompileOptions compile;
  std::string stop_after;  // when not empty: only the program at this stage
  int loop = -1;           // from 0: only the code of this pipeline, at code_stage
  std::string code_stage = "llvm-optimized";
  bool passes = false;
  bool run = false;
  ArgumentOptions arguments;
  runtime::EngineOptions engine;
  bool json = false;
  std::string html_file;
};

struct ReplOptions {
  LibraryPaths libraries;
  runtime::EngineOptions engine;
  CompileOptions compile;
};

// Each writes results to the standard output and errors to the standard error output.
ExitCode run_command(const RunOptions& options);
ExitCode explain_command(const ExplainOptions& options);
ExitCode repl_command(const ReplOptions& options);

// A text and the name that errors give it.
struct Source {
  std::string name;
  std::string text;
};
// A file's, "-" being the standard input. Reports and returns nothing where it cannot be read; so does read_program.
std::optional<Source> read_source(const std::string& path);
std::optional<Source> read_program(const ProgramOptions& options);

// The arguments that a module takes; reports and returns nothing where they cannot be read.
std::optional<OwnedArguments> read_arguments(const ArgumentOptions& options, const Module& module);

// Loads them; false, and reported, when one cannot be.
bool load_libraries(const LibraryPaths& paths);

// Writes text and a line end to the standard output at once; false, and reported, when that fails.
bool write_line(std::string_view text);
// Writes "weld: error: ..." after everything written so far.
void report_error(std::string_view message);
// Writes text as it is to the standard error output, after everything written so far.
void write_error_text(std::string_view text);

// The error that ended a run, with its place in the source that program was made from.
std::string format_run_error(const Source& source, const ProgramText& program, const Value& value);

// The times of a compile by stage, and of a run, as lines of a table.
std::string format_times(const StageTimes& compile_times, double compile_ms, double run_ms);

}  // namespace weld::tools
