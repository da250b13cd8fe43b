// The programs of the sweeps give the same under every strategy, and the numbers of a sweep are written as its plot reads them.
#include <gtest/gtest.h>

#include "bench/sweep/measure.h"

namespace weld::bench {
namespace {

TEST(Sweeps, GiveTheSameUnderEveryStrategy) {
  for (const int threads : {1, 3}) {
    for (const int64_t rows : {0, 1, 7, 513, 100'003}) {
      for (const Sweep& sweep : all_sweeps({rows, threads})) EXPECT_EQ(differences(sweep), std::vector<std::string>{}) << rows;
    }
  }
}

TEST(Sweeps, AnswersDependOnTheData) {
  for (const Sweep& sweep : all_sweeps({1000, 1})) {
    ASSERT_GE(sweep.strategies.size(), 2U);
    EXPECT_EQ(sweep.strategies[0], "auto");
    const Answer first = sweep.answer(sweep.points.front(), "auto");
    EXPECT_TRUE(first.agrees_with(first));
    EXPECT_FALSE(first.agrees_with(sweep.answer(sweep.points.back(), "auto"))) << sweep.name;
  }
}

TEST(Sweeps, NumbersHaveALineForEachPoint) {
  Sweep sweep;
  sweep.name = "name";
  sweep.x_label = "x";
  sweep.strategies = {"auto", "a", "b"};
  const std::vector<SweepPoint> points = {{1, {2, 4, 1}}, {2.5, {3, 3, 6}}};
  EXPECT_EQ(points[0].ratio(), 2);
  EXPECT_EQ(numbers_of(sweep, points), "x,auto,a,b,auto/best\n1,2.0000,4.0000,1.0000,2.000\n2.5,3.0000,3.0000,6.0000,1.000\n");
  const std::string table = table_of(sweep, points);
  EXPECT_NE(table.find("auto/best"), std::string::npos);
  EXPECT_NE(table.find("2.00\n"), std::string::npos);
}

}  // namespace
}  // namespace weld::bench
