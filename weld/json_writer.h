// Writes JSON. Text that is no UTF-8 is written byte by byte as if it were Latin-1, so the output always is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace weld {

// begin_* and end_* nest; in an object each value follows its key. The caller keeps to that.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(int64_t value);
  JsonWriter& unsigned_number(uint64_t value);
  JsonWriter& real(double value);  // finite
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  std::string take() { return std::move(output_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& raw(std::string_view value);
  void separate();
  void quote(std::string_view value);

  std::string output_;
  bool needs_comma_ = false;
};

}  // namespace weld
