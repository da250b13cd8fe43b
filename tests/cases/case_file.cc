#include "tests/cases/case_file.h"

#include <fstream>
#include <string_view>

namespace weld::cases {
namespace {

// The text after a two-character mark and one space.
std::string after_mark(const std::string& line) { return line.size() > 3 ? line.substr(3) : std::string(); }

std::string marked_lines(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    result += line.empty() ? "#>" : "#> ";
    result += line;
    result += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return result;
}

}  // namespace

bool read_case_file(const std::string& path, CaseFile* file, std::string* error) {
  std::ifstream stream(path);
  if (!stream) {
    *error = "cannot be read";
    return false;
  }
  *file = CaseFile();
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    auto fail = [&](const char* message) {
      *error = "line " + std::to_string(number) + ": " + message;
      return false;
    };
    Case* current = file->cases.empty() ? nullptr : &file->cases.back();
    Command* command = current == nullptr || current->commands.empty() ? nullptr : &current->commands.back();
    if (line.starts_with("#=")) {
      if (current != nullptr && command == nullptr) return fail("the case before this one has no command");
      file->cases.push_back({after_mark(line), {}, {}});
    } else if (line.starts_with("#!")) {
      if (current == nullptr) return fail("a command before the first case");
      if (current->program.empty()) return fail("a command without a program above it");
      current->commands.push_back({number, after_mark(line), {}, {}});
    } else if (line.starts_with("#>")) {
      if (command == nullptr) return fail("output that no command gives");
      if (!command->notes.empty()) return fail("output apart from its command");
      command->expected += after_mark(line) + "\n";
    } else if (current == nullptr) {
      file->preamble += line + "\n";
    } else if (command == nullptr) {
      current->program += line + "\n";
    } else if (line.empty() || line.starts_with("#")) {
      command->notes += line + "\n";
    } else {
      return fail("program text below a command");
    }
  }
  if (file->cases.empty() || file->cases.back().commands.empty()) {
    *error = "ends without a command";
    return false;
  }
  return true;
}

std::string to_text(const CaseFile& file) {
  std::string text = file.preamble;
  for (const Case& one : file.cases) {
    text += "#= " + one.name + "\n" + one.program;
    for (const Command& command : one.commands) {
      text += "#! " + command.text + "\n" + marked_lines(command.expected) + command.notes;
    }
  }
  return text;
}

}  // namespace weld::cases
