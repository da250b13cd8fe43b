// Lines from a person or a pipe.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace weld::tools {

// Reads the standard input line by line. At a terminal with line editing and history; else plainly, without prompts.
class LineReader {
 public:
  static std::unique_ptr<LineReader> create();
  virtual ~LineReader() = default;

  virtual bool is_interactive() const = 0;

  struct Line {
    std::string text;        // without the line end
    bool cancelled = false;  // the person pressed Ctrl-C: what was typed so far is to be dropped
  };
  // Nothing at the end of the input.
  virtual std::optional<Line> read(const char* prompt) = 0;
};

}  // namespace weld::tools
