#include "bench/tpch/format.h"

#include <charconv>
#include <cstdlib>

namespace weld::tpch {
namespace {

__extension__ using Wide = __int128;

char* write_two_digits(int value, char* out) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
  return out + 2;
}

bool digits(std::string_view text, int* value) {
  *value = 0;
  for (char digit : text) {
    if (digit < '0' || digit > '9') return false;
    *value = *value * 10 + (digit - '0');
  }
  return true;
}

}  // namespace

CivilDate date_of(int32_t days) {
  int shifted = days + 719468;
  int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  int day_of_era = shifted - era * 146097;
  int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int month_from_march = (5 * day_of_year + 2) / 153;
  int day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  int month = month_from_march + (month_from_march < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2), month, day};
}

char* write_date(int32_t days, char* out) {
  CivilDate date = date_of(days);
  out = write_two_digits(date.year / 100, out);
  out = write_two_digits(date.year % 100, out);
  *out++ = '-';
  out = write_two_digits(date.month, out);
  *out++ = '-';
  return write_two_digits(date.day, out);
}

std::string format_date(int32_t days) {
  CivilDate date = date_of(days);
  if (date.year < 0 || date.year > 9999) return std::to_string(days) + " days";
  char text[10];
  return std::string(text, write_date(days, text));
}

std::optional<int32_t> parse_date(std::string_view text) {
  CivilDate date{};
  bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' && digits(text.substr(0, 4), &date.year) &&
                digits(text.substr(5, 2), &date.month) && digits(text.substr(8, 2), &date.day);
  if (!shaped || date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31) return std::nullopt;
  int32_t days = days_of(date);
  if (date.day > 28 && date_of(days).day != date.day) return std::nullopt;  // such as February 30
  return days;
}

std::string format_decimal(int64_t value, int scale) {
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string text = std::to_string(magnitude);
  size_t places = static_cast<size_t>(scale);
  if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
  if (places > 0) text.insert(text.size() - places, ".");
  if (value < 0) text.insert(0, "-");
  return text;
}

char* write_integer(int64_t value, char* out) { return std::to_chars(out, out + 20, value).ptr; }

char* write_hundredths(int64_t value, char* out) {
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  if (value < 0) *out++ = '-';
  out = std::to_chars(out, out + 20, magnitude / 100).ptr;
  *out++ = '.';
  return write_two_digits(static_cast<int>(magnitude % 100), out);
}

std::string format_average(int64_t sum, int64_t count, int sum_scale, int scale) {
  Wide scaled = sum;
  for (int place = sum_scale; place < scale; ++place) scaled *= 10;
  Wide half = count / 2;
  Wide rounded = scaled < 0 ? -((-scaled + half) / count) : (scaled + half) / count;
  return format_decimal(static_cast<int64_t>(rounded), scale);
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> parse_hundredths(std::string_view text) {
  constexpr size_t kMostDigits = 17;  // no more fit an i64 for sure once scaled
  bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  while (fraction.size() > 2 && fraction.back() == '0') fraction.remove_suffix(1);
  if (whole.size() + fraction.size() == 0 || whole.size() + 2 > kMostDigits || fraction.size() > 2) return std::nullopt;
  int64_t value = 0;
  for (std::string_view part : {whole, fraction}) {
    for (char digit : part) {
      if (digit < '0' || digit > '9') return std::nullopt;
      value = value * 10 + (digit - '0');
    }
  }
  for (size_t place = fraction.size(); place < 2; ++place) value *= 10;
  return negative ? -value : value;
}

}  // namespace weld::tpch
