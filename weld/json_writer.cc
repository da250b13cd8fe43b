#include "weld/json_writer.h"

#include <fmt/format.h>

#include <utility>

namespace weld {

namespace {

// The bytes of the UTF-8 sequence at the beginning; 0 where there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  size_t length = byte(0) < 0x80 ? 1 : byte(0) >= 0xC2 && byte(0) < 0xE0 ? 2 : byte(0) >= 0xE0 && byte(0) < 0xF0 ? 3 : 0;
  if (byte(0) >= 0xF0 && byte(0) < 0xF5) length = 4;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (length == 3 && ((byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xED && byte(1) >= 0xA0))) return 0;
  if (length == 4 && ((byte(0) == 0xF0 && byte(1) < 0x90) || (byte(0) == 0xF4 && byte(1) >= 0x90))) return 0;
  return length;
}

}  // namespace

void JsonWriter::separate() {
  if (std::exchange(needs_comma_, true)) output_ += ',';
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  output_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  output_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view value) {
  separate();
  output_ += value;
  return *this;
}

// `<` and `&` are escaped too, so that the output may stand in an HTML page's script.
void JsonWriter::quote(std::string_view value) {
  output_ += '"';
  while (!value.empty()) {
    const size_t length = utf8_length(value);
    const char first = value[0];
    if (first == '"' || first == '\\') {
      output_ += '\\';
      output_ += first;
    } else if (length == 0 || static_cast<uint8_t>(first) < 0x20 || first == '<' || first == '&' || first == '\x7f') {
      output_ += fmt::format("\\u{:04x}", static_cast<uint8_t>(first));
    } else {
      output_ += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  output_ += '"';
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  output_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

JsonWriter& JsonWriter::number(int64_t value) { return raw(fmt::format("{}", value)); }
JsonWriter& JsonWriter::unsigned_number(uint64_t value) { return raw(fmt::format("{}", value)); }
JsonWriter& JsonWriter::real(double value) { return raw(fmt::format("{}", value)); }
JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return raw("null"); }

}  // namespace weld
