// What the commands of text cases do: each gives the text that a case expects.
#pragma once

#include <string>

namespace weld::cases {

struct Outcome {
  std::string text;            // ends each line
  bool compile_error = false;  // text is the diagnostics
  bool fault = false;          // text tells of a fault that no expectation can be right about
};

// An outcome that tells of a fault.
Outcome fault(std::string message);

// Carries out a command (`parse`, `infer`, `run 1, 2`, …) on a program.
Outcome execute(const std::string& program, const std::string& command);

// Runs a program (run_command.cc): see tests/README.md for the configurations that have to agree. options and arguments are what
// follows `run`.
Outcome run_program(const std::string& program, const std::string& options_and_arguments);

}  // namespace weld::cases
