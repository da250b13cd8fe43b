// Runs files of text cases:
//   weld_case_test [--update] [--filter TEXT] FILE...
// --filter runs the cases whose name contains TEXT; --update rewrites the expectations to what is printed now. Fails when an
// outcome differs from what is expected, when a file named bad-… has a case that compiles, or another file one that does not.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/cases/case_file.h"
#include "tests/cases/commands.h"

namespace weld::cases {
namespace {

struct Options {
  bool update = false;
  std::string filter;
  std::vector<std::string> paths;
};

struct Counts {
  int passed = 0;
  int failed = 0;
};

// False, and says why, when the outcome is not what the command expects. With update a difference becomes the expectation.
bool check(const std::string& path, const Case& one, Command* command, bool update) {
  const bool bad = std::filesystem::path(path).filename().string().starts_with("bad-");
  const Outcome outcome = execute(one.program, command->text);
  const char* reason = nullptr;
  if (outcome.fault) {
    reason = "fault";
  } else if (outcome.compile_error != bad) {
    reason = bad ? "compiles, but must not" : "does not compile";
  } else if (outcome.text != command->expected && !update) {
    reason = "differs";
  }
  if (reason == nullptr) {
    command->expected = outcome.text;
    return true;
  }
  std::printf("%s:%d: %s: %s\n--- command: %s\n--- program:\n%s--- expected:\n%s--- found:\n%s\n", path.c_str(), command->line,
              one.name.c_str(), reason, command->text.c_str(), one.program.c_str(), command->expected.c_str(),
              outcome.text.c_str());
  return false;
}

Counts check_file(const std::string& path, const Options& options) {
  CaseFile file;
  std::string error;
  if (!read_case_file(path, &file, &error)) {
    std::printf("%s: %s\n", path.c_str(), error.c_str());
    return {0, 1};
  }
  Counts counts;
  const std::string before = to_text(file);
  for (Case& one : file.cases) {
    if (one.name.find(options.filter) == std::string::npos) continue;
    for (Command& command : one.commands) {
      (check(path, one, &command, options.update) ? counts.passed : counts.failed)++;
      std::fflush(stdout);
    }
  }
  if (options.update && to_text(file) != before) std::ofstream(path) << to_text(file);
  return counts;
}

int run(const Options& options) {
  Counts counts;
  for (const std::string& path : options.paths) {
    const Counts of_file = check_file(path, options);
    counts.passed += of_file.passed;
    counts.failed += of_file.failed;
  }
  std::printf("%d cases passed, %d failed\n", counts.passed, counts.failed);
  return counts.failed == 0 && counts.passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace weld::cases

int main(int count, char** arguments) {
  weld::cases::Options options;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--update") == 0) {
      options.update = true;
    } else if (std::strcmp(arguments[i], "--filter") == 0 && i + 1 < count) {
      options.filter = arguments[++i];
    } else {
      options.paths.push_back(arguments[i]);
    }
  }
  if (options.paths.empty()) {
    std::fprintf(stderr, "usage: weld_case_test [--update] [--filter TEXT] FILE...\n");
    return 2;
  }
  return weld::cases::run(options);
}
