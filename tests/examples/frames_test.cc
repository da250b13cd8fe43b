#include <frames.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/examples/elements.h"

namespace weld::test {
namespace {

using frames::Comparison;
using frames::Frame;
using frames::Reduction;
using Integers = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

Frame sales() {
  return Frame({{"shop", weld::Object::vec(Integers{2, 1, 2, 3})}, {"amount", weld::Object::vec(Numbers{1, 2, 4, 8})}});
}

TEST(Frames, FilterKeepsRowsOfAllColumns) {
  const std::vector<std::pair<Comparison, Integers>> expected = {
      {Comparison::kLess, {1}},        {Comparison::kLessOrEqual, {2, 1, 2}},    {Comparison::kEqual, {2, 2}},
      {Comparison::kNotEqual, {1, 3}}, {Comparison::kGreaterOrEqual, {2, 2, 3}}, {Comparison::kGreater, {3}}};
  for (const auto& [comparison, shops] : expected) {
    const Frame kept = sales().filter(frames::compare(sales().column("shop"), comparison, weld::Object::scalar<std::int64_t>(2)));
    EXPECT_EQ(elements<std::int64_t>(kept.column("shop")), shops);
    EXPECT_EQ(elements<double>(kept.column("amount")).size(), shops.size());
  }
}

TEST(Frames, WithColumnAddsAndReplaces) {
  const Frame frame = sales().with_column("tax", weld::Object::vec(Numbers{0, 0, 1, 1}));
  EXPECT_EQ(frame.columns().size(), 3U);
  EXPECT_EQ(elements<double>(frame.column("tax")), (Numbers{0, 0, 1, 1}));
  const Frame replaced = frame.with_column("amount", frame.column("tax"));
  EXPECT_EQ(replaced.columns().size(), 3U);
  EXPECT_EQ(elements<double>(replaced.column("amount")), (Numbers{0, 0, 1, 1}));
}

TEST(Frames, GroupsAreInTheOrderOfTheirKeys) {
  const Frame groups = sales().group_by("shop", {{"sales", Reduction::kCount, ""},
                                                 {"total", Reduction::kSum, "amount"},
                                                 {"mean", Reduction::kMean, "amount"},
                                                 {"least", Reduction::kMinimum, "amount"},
                                                 {"most", Reduction::kMaximum, "amount"}});
  EXPECT_EQ(elements<std::int64_t>(groups.column("shop")), (Integers{1, 2, 3}));
  EXPECT_EQ(elements<std::int64_t>(groups.column("sales")), (Integers{1, 2, 1}));
  EXPECT_EQ(elements<double>(groups.column("total")), (Numbers{2, 5, 8}));
  EXPECT_EQ(elements<double>(groups.column("mean")), (Numbers{2, 2.5, 8}));
  EXPECT_EQ(elements<double>(groups.column("least")), (Numbers{2, 1, 8}));
  EXPECT_EQ(elements<double>(groups.column("most")), (Numbers{2, 4, 8}));
  EXPECT_EQ(elements<std::int64_t>(sales().group_by("shop", {}).column("shop")), (Integers{1, 2, 3}));
}

TEST(Frames, JoinPairsRowsWithEqualKeys) {
  const Frame names({{"shop", weld::Object::vec(Integers{2, 4, 3, 2})}, {"floor", weld::Object::vec(Numbers{1, 2, 3, 4})}});
  const Frame joined = sales().join(names, "shop");
  ASSERT_EQ(joined.columns().size(), 3U);
  EXPECT_EQ(elements<std::int64_t>(joined.column("shop")), (Integers{2, 2, 2, 2, 3}));
  EXPECT_EQ(elements<double>(joined.column("amount")), (Numbers{1, 1, 4, 4, 8}));
  EXPECT_EQ(elements<double>(joined.column("floor")), (Numbers{1, 4, 1, 4, 3}));
}

TEST(Frames, FaultsAreReported) {
  EXPECT_THROW(sales().column("none"), std::invalid_argument);
  EXPECT_THROW(sales().group_by("none", {}), std::invalid_argument);
  EXPECT_THROW(Frame({{"a", weld::Object::scalar(1.0)}}), std::invalid_argument);
  EXPECT_THROW(Frame({{"a", sales().column("shop")}, {"a", sales().column("shop")}}), std::invalid_argument);
  try {
    sales().filter(sales().column("amount"));
    ADD_FAILURE() << "no error";
  } catch (const weld::Error& error) {
    EXPECT_EQ(error.code(), WELD_ERROR_COMPILE);
    EXPECT_NE(std::string(error.what()).find("frames: filter"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace weld::test
