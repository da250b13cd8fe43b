// Rendering of diagnostics. A long line is shown as the part around the fault, and bytes that are not printable as `?`, so that
// each byte of the shown line takes one column and the caret stands below its place.
#include "weld/ir/diagnostic.h"

#include <algorithm>

namespace weld {
namespace {

constexpr size_t kShownWidth = 160;
constexpr size_t kShownBefore = 100;

std::string_view line_around(std::string_view source, size_t offset, size_t* line_begin) {
  size_t previous = offset == 0 ? std::string_view::npos : source.rfind('\n', offset - 1);
  *line_begin = previous == std::string_view::npos ? 0 : previous + 1;
  return source.substr(*line_begin, source.find('\n', *line_begin) - *line_begin);
}

char shown_byte(char byte) {
  auto code = static_cast<unsigned char>(byte);
  return (code < 0x20 && byte != '\t') || code == 0x7f ? '?' : byte;
}

void append_source_line(std::string& text, std::string_view source, Span span) {
  size_t begin = std::min<size_t>(span.begin, source.size());
  size_t line_begin = 0;
  std::string_view line = line_around(source, begin, &line_begin);
  size_t column = begin - line_begin;
  size_t first = column > kShownBefore ? column - kShownBefore : 0;
  std::string_view shown = line.substr(std::min(first, line.size()), kShownWidth);
  if (!shown.empty() && shown.back() == '\r') shown.remove_suffix(1);
  std::string caret;
  for (size_t i = 0; i < shown.size(); ++i) {
    text += shown_byte(shown[i]);
    if (first + i < column) caret += shown[i] == '\t' ? '\t' : ' ';
  }
  caret.resize(std::max(caret.size(), column - first), ' ');
  size_t room = shown.size() > column - first ? shown.size() - (column - first) : 1;
  size_t length = span.end > span.begin ? span.end - span.begin : 1;
  text += '\n' + caret + '^' + std::string(std::clamp<size_t>(length, 1, room) - 1, '~') + '\n';
}

}  // namespace

Place place_of(std::string_view source, uint32_t offset) {
  size_t end = std::min<size_t>(offset, source.size());
  size_t line_begin = 0;
  line_around(source, end, &line_begin);
  Place place;
  place.line += static_cast<int>(std::count(source.begin(), source.begin() + line_begin, '\n'));
  place.column += static_cast<int>(end - line_begin);
  return place;
}

std::string format_diagnostics(std::string_view source_name, std::string_view source, const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    text += source_name;
    bool has_place = diagnostic.span.begin != 0 || diagnostic.span.end != 0;
    if (has_place) {
      Place place = place_of(source, diagnostic.span.begin);
      text += ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
    }
    text += ": error: " + diagnostic.message + '\n';
    if (has_place) append_source_line(text, source, diagnostic.span);
  }
  return text;
}

}  // namespace weld
