// A file of text cases (the format is described in tests/README.md), read into parts and written back.
#pragma once

#include <string>
#include <vector>

namespace weld::cases {

// One `#! …` line and the `#> …` lines below it.
struct Command {
  int line = 0;          // of the `#!` line, from 1
  std::string text;      // after `#! `
  std::string expected;  // the lines after `#> `, each with its end of line
  std::string notes;     // what follows up to the next command or case: blank lines and comments, kept as it is
};

// One `#= …` line, a program, and what is done with it.
struct Case {
  std::string name;
  std::string program;  // with its end of line
  std::vector<Command> commands;
};

struct CaseFile {
  std::string preamble;  // up to the first case
  std::vector<Case> cases;
};

// Reads a file. False, with a message, when it cannot be read or is not in the format.
bool read_case_file(const std::string& path, CaseFile* file, std::string* error);

// The text of a file: what was read, where nothing was changed.
std::string to_text(const CaseFile& file);

}  // namespace weld::cases
