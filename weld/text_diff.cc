// Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), after what both texts begin and end with is set apart. For
// each number of edits d the furthest point on every diagonal is kept, and the path is followed back through them.
#include "weld/text_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weld {

namespace {

using Lines = std::vector<std::string_view>;

constexpr int kMostEdits = 1500;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The edits between two lists of lines, in order.
std::vector<DiffLine> edits(const Lines& before, const Lines& after) {
  const int rows = static_cast<int>(before.size());
  const int columns = static_cast<int>(after.size());
  const int most = std::min(rows + columns, kMostEdits);
  std::vector<std::vector<int>> reached;  // for each number of edits: by diagonal + that number, the furthest row
  auto furthest = [&](int edit, int diagonal) { return reached[edit][diagonal + edit]; };
  // The row from which diagonal is entered with one more edit, and whether that is an insertion.
  auto enter = [&](int edit, int diagonal, bool* inserts) {
    *inserts = diagonal == -edit || (diagonal != edit && furthest(edit - 1, diagonal - 1) < furthest(edit - 1, diagonal + 1));
    return *inserts ? furthest(edit - 1, diagonal + 1) : furthest(edit - 1, diagonal - 1) + 1;
  };
  bool done = false;
  for (int edit = 0; edit <= most && !done; ++edit) {
    std::vector<int> row_on(2 * edit + 1, 0);
    for (int diagonal = -edit; diagonal <= edit && !done; diagonal += 2) {
      bool inserts = false;
      int row = edit == 0 ? 0 : enter(edit, diagonal, &inserts);
      while (row < rows && row - diagonal < columns && row - diagonal >= 0 && before[row] == after[row - diagonal]) ++row;
      row_on[diagonal + edit] = row;
      done = row >= rows && row - diagonal >= columns;
    }
    reached.push_back(std::move(row_on));
  }
  std::vector<DiffLine> lines;
  if (!done) {
    for (std::string_view line : before) lines.push_back({'-', std::string(line)});
    for (std::string_view line : after) lines.push_back({'+', std::string(line)});
    return lines;
  }
  int row = rows;
  int column = columns;
  for (int edit = static_cast<int>(reached.size()) - 1; edit >= 0; --edit) {
    bool inserts = false;
    const int start = edit == 0 ? 0 : enter(edit, row - column, &inserts);
    for (; row > start; --row, --column) lines.push_back({' ', std::string(before[row - 1])});
    if (edit == 0) break;
    if (inserts) {
      lines.push_back({'+', std::string(after[--column])});
    } else {
      lines.push_back({'-', std::string(before[--row])});
    }
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

std::vector<DiffLine> all_lines(Lines before, Lines after) {
  size_t same_begin = 0;
  while (same_begin < before.size() && same_begin < after.size() && before[same_begin] == after[same_begin]) ++same_begin;
  size_t same_end = 0;
  while (same_end < before.size() - same_begin && same_end < after.size() - same_begin &&
         before[before.size() - 1 - same_end] == after[after.size() - 1 - same_end]) {
    ++same_end;
  }
  auto middle = [&](const Lines& lines) { return Lines(lines.begin() + same_begin, lines.end() - same_end); };
  std::vector<DiffLine> all;
  for (size_t i = 0; i < same_begin; ++i) all.push_back({' ', std::string(before[i])});
  for (DiffLine& line : edits(middle(before), middle(after))) all.push_back(std::move(line));
  for (size_t i = before.size() - same_end; i < before.size(); ++i) all.push_back({' ', std::string(before[i])});
  return all;
}

}  // namespace

std::vector<DiffHunk> text_diff(std::string_view before, std::string_view after, size_t context) {
  const std::vector<DiffLine> all = all_lines(lines_of(before), lines_of(after));
  std::vector<DiffHunk> hunks;
  size_t before_line = 1;
  size_t after_line = 1;
  size_t hunk_end = 0;  // the line behind the newest hunk
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].mark != ' ') {
      const size_t first = std::max(hunk_end, i > context ? i - context : 0);
      if (hunks.empty() || first > hunk_end || hunk_end == 0) {
        hunks.push_back({before_line - (i - first), after_line - (i - first), {}});
        hunk_end = first;
      }
      for (; hunk_end <= i; ++hunk_end) hunks.back().lines.push_back(all[hunk_end]);
      for (size_t left = context; left > 0 && hunk_end < all.size() && all[hunk_end].mark == ' '; --left) {
        hunks.back().lines.push_back(all[hunk_end++]);
      }
    }
    before_line += all[i].mark != '+' ? 1 : 0;
    after_line += all[i].mark != '-' ? 1 : 0;
  }
  return hunks;
}

std::string unified_text(const std::vector<DiffHunk>& hunks) {
  std::string text;
  for (const DiffHunk& hunk : hunks) {
    auto count = [&](char other) {
      return std::count_if(hunk.lines.begin(), hunk.lines.end(), [&](const DiffLine& line) { return line.mark != other; });
    };
    text += fmt::format("@@ -{},{} +{},{} @@\n", hunk.before_line, count('+'), hunk.after_line, count('-'));
    for (const DiffLine& line : hunk.lines) text += fmt::format("{}{}\n", line.mark, line.text);
  }
  return text;
}

}  // namespace weld
