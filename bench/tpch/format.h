// Dates and decimals as numbers and as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weld::tpch {

struct CivilDate {
  int year;
  int month;
  int day;
};

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back. The arithmetic counts years from March, so that
// the leap day is the last of a year (Hinnant, chrono-Compatible Low-Level Date Algorithms).
constexpr int32_t days_of(CivilDate date) {
  int year = date.year - (date.month <= 2);
  int era = (year >= 0 ? year : year - 399) / 400;
  int year_of_era = year - era * 400;
  int day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}
CivilDate date_of(int32_t days);

// "1995-06-17".
std::string format_date(int32_t days);
// Writes it at out and returns its end. Requires a year in 0..9999.
char* write_date(int32_t days, char* out);
// nullopt unless the text is a date of the calendar, written yyyy-mm-dd.
std::optional<int32_t> parse_date(std::string_view text);

// value / 10^scale with exactly scale digits behind the point: format_decimal(-5, 2) is "-0.05".
std::string format_decimal(int64_t value, int scale);
// Writes hundredths as a decimal of two places and returns its end.
char* write_hundredths(int64_t value, char* out);
char* write_integer(int64_t value, char* out);
// sum / count / 10^sum_scale as a decimal of the given scale, rounded half away from zero. Requires count > 0 and scale >=
// sum_scale.
std::string format_average(int64_t sum, int64_t count, int sum_scale, int scale);

// Hundredths of "12", "-0.5", "123.45", "123.450"; nullopt when it is no decimal, does not fit or has more than two places.
std::optional<int64_t> parse_hundredths(std::string_view text);
std::optional<int64_t> parse_integer(std::string_view text);

}  // namespace weld::tpch
