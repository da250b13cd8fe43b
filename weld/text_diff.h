// The difference between two texts, line by line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weld {

struct DiffLine {
  char mark = ' ';  // ' ' in both, '-' only before, '+' only after
  std::string text;
};

// A stretch with changes and the unchanged lines around them. Lines count from 1.
struct DiffHunk {
  size_t before_line = 1;
  size_t after_line = 1;
  std::vector<DiffLine> lines;
};

// The least edits that turn one text into the other, with `context` unchanged lines around each change. Texts that differ in more
// than some thousand lines are given as replaced from the first difference to the last.
std::vector<DiffHunk> text_diff(std::string_view before, std::string_view after, size_t context = 3);

// As `diff -u` writes hunks, without the lines that name files.
std::string unified_text(const std::vector<DiffHunk>& hunks);

}  // namespace weld
