#include "bench/tpch/format.h"

#include <gtest/gtest.h>

namespace weld::tpch {
namespace {

TEST(Format, DatesOfTheSpecification) {
  EXPECT_EQ(days_of({1970, 1, 1}), 0);
  EXPECT_EQ(days_of({1992, 1, 1}), 8035);
  EXPECT_EQ(days_of({1995, 6, 17}), 9298);
  EXPECT_EQ(days_of({1998, 12, 31}), 10591);
}

TEST(Format, DatesRoundTrip) {
  for (int32_t days = -800'000; days <= 2'900'000; days += 97) {
    CivilDate date = date_of(days);
    ASSERT_EQ(days_of(date), days);
    if (date.year < 0 || date.year > 9999) continue;
    ASSERT_EQ(parse_date(format_date(days)), days) << format_date(days);
  }
  EXPECT_EQ(format_date(9298), "1995-06-17");
}

TEST(Format, WhatIsNoDate) {
  for (const char* text : {"", "1995-6-17", "1995-06-17 ", "1995/06/17", "1995-00-10", "1995-13-10", "1995-02-29", "1995-04-31",
                           "1995-01-00", "199a-01-01", "-995-01-01"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
  EXPECT_TRUE(parse_date("1996-02-29"));
}

TEST(Format, Decimals) {
  EXPECT_EQ(format_decimal(0, 2), "0.00");
  EXPECT_EQ(format_decimal(-5, 2), "-0.05");
  EXPECT_EQ(format_decimal(123456, 2), "1234.56");
  EXPECT_EQ(format_decimal(123456, 4), "12.3456");
  EXPECT_EQ(format_decimal(7, 0), "7");
  EXPECT_EQ(format_decimal(INT64_MIN, 2), "-92233720368547758.08");
}

TEST(Format, HundredthsRoundTrip) {
  for (int64_t value :
       {int64_t{0}, int64_t{5}, int64_t{-5}, int64_t{-99'999}, int64_t{999'999}, int64_t{100}, int64_t{123'456'789'012}}) {
    char text[32];
    std::string_view written(text, static_cast<size_t>(write_hundredths(value, text) - text));
    EXPECT_EQ(written, format_decimal(value, 2));
    EXPECT_EQ(parse_hundredths(written), value);
  }
  EXPECT_EQ(parse_hundredths("17"), 1700);
  EXPECT_EQ(parse_hundredths("0.1"), 10);
  EXPECT_EQ(parse_hundredths(".5"), 50);
  EXPECT_EQ(parse_hundredths("3."), 300);
  EXPECT_EQ(parse_hundredths("1.2300"), 123);
}

TEST(Format, WhatIsNoDecimal) {
  for (const char* text :
       {"", "-", ".", "1.234", "1,5", "a", "1a", "1.a", "--1", "+1", " 1", "1 ", "99999999999999999999", "1.2.3"}) {
    EXPECT_FALSE(parse_hundredths(text)) << text;
  }
}

TEST(Format, AveragesRoundHalfAwayFromZero) {
  EXPECT_EQ(format_average(100, 3, 2, 2), "0.33");
  EXPECT_EQ(format_average(200, 3, 2, 2), "0.67");
  EXPECT_EQ(format_average(1, 2, 2, 2), "0.01");
  EXPECT_EQ(format_average(-1, 2, 2, 2), "-0.01");
  EXPECT_EQ(format_average(1, 8, 0, 2), "0.13");
  EXPECT_EQ(format_average(5, 3, 2, 6), "0.016667");
  EXPECT_EQ(format_average(INT64_MAX, 1'000'000, 2, 4), "92233720368.5478");
}

}  // namespace
}  // namespace weld::tpch
