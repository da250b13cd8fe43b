// Two libraries that know nothing of each other become one loop.
#include <scoring.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/examples/elements.h"

namespace weld::test {
namespace {

constexpr double kWeights[] = {0.25, 0.5, -0.75};
constexpr double kLimit = 60;

struct Data {
  explicit Data(std::int64_t rows) {
    for (std::int64_t row = 0; row < rows; row++) {
      region.push_back(row * 7 % 5);
      price.push_back(1 + static_cast<double>(row * 37 % 100));
      quantity.push_back(static_cast<double>(row % 11));
      discount.push_back(static_cast<double>(row % 4) / 4);
    }
  }
  scoring::Offers offers() const {
    return {region.data(), price.data(), quantity.data(), discount.data(), static_cast<std::int64_t>(region.size())};
  }
  std::vector<std::int64_t> region;
  std::vector<double> price, quantity, discount;
};

weld::Context context_of(std::int64_t bytes) {
  weld::Configuration configuration;
  configuration.set("weld.memory.limit", std::to_string(bytes));
  return weld::Context(configuration);
}

TEST(Scoring, GivesWhatALoopGives) {
  const Data data(10'000);
  const frames::Frame scores = scoring::score_by_region(data.offers(), kLimit, kWeights);
  std::map<std::int64_t, std::pair<double, std::int64_t>> expected;
  for (size_t row = 0; row < data.region.size(); row++) {
    const double price = data.price[row];
    if (!(price < kLimit)) continue;
    auto& [score, count] = expected[data.region[row]];
    score +=
        std::log(price) * kWeights[0] + price * data.quantity[row] * kWeights[1] + price * (1 - data.discount[row]) * kWeights[2];
    count++;
  }
  const auto regions = elements<std::int64_t>(scores.column("region"));
  const auto sums = elements<double>(scores.column("score"));
  const auto counts = elements<std::int64_t>(scores.column("offers"));
  ASSERT_EQ(regions.size(), expected.size());
  size_t i = 0;
  for (const auto& [region, sum] : expected) {
    EXPECT_EQ(regions[i], region);
    EXPECT_NEAR(sums[i], sum.first, 1e-9 * std::abs(sum.first));
    EXPECT_EQ(counts[i], sum.second);
    i++;
  }
}

// A column takes 8 MB: what is evaluated as a whole makes none, and what is evaluated call by call cannot do without.
TEST(Scoring, MakesNoColumnInBetween) {
  constexpr std::int64_t kRows = 1'000'000;
  constexpr std::int64_t kLimitBytes = 4'000'000;
  const Data data(kRows);
  const weld::Context context = context_of(kLimitBytes);
  const frames::Frame scores = scoring::score_by_region(data.offers(), kLimit, kWeights);
  EXPECT_EQ(weld::evaluate({scores.column("score"), scores.column("offers")}, context).size(), 2U);

  const auto evaluate = [&](const weld::Object& object) { object.evaluate(context); };
  try {
    scoring::score_by_region(data.offers(), kLimit, kWeights, evaluate);
    ADD_FAILURE() << "no error";
  } catch (const weld::Error& error) {
    EXPECT_EQ(error.code(), WELD_ERROR_OUT_OF_MEMORY) << error.what();
  }
}

size_t count(const std::string& text, const std::string& part) {
  size_t times = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) times++;
  return times;
}

// Of the loops that an explanation measured, those over more than the five groups.
size_t loops_over_rows(const std::string& explanation) {
  return count(explanation, "\n  measured ") - count(explanation, "measured   5 rows");
}

double intermediate_bytes(const std::string& explanation) {
  const size_t end = explanation.find(" bytes for intermediate values");
  if (end == std::string::npos) throw std::runtime_error("no bytes in: " + explanation);
  return std::stod(explanation.substr(explanation.find_last_of(" \n", end - 1)));
}

// Of all that runs, one loop goes over the rows, and what is kept for the loops behind it is as large as the groups.
TEST(Scoring, IsOnePipelineOverTheRows) {
  constexpr std::int64_t kRows = 100'000;
  constexpr double kMostBytes = 1'000;
  const Data data(kRows);
  const frames::Frame scores = scoring::score_by_region(data.offers(), kLimit, kWeights);
  const std::string text = scores.column("score").explain(weld::Context(), "text", true);
  EXPECT_EQ(count(text, "measured   100000 rows"), 1U) << text;
  EXPECT_EQ(loops_over_rows(text), 1U) << text;
  EXPECT_LT(intermediate_bytes(text), kMostBytes) << text;

  weld::Configuration without_fusion;
  without_fusion.set("weld.optimization.passes", "-fuse-maps");
  const frames::Frame again = scoring::score_by_region(data.offers(), kLimit, kWeights);
  const std::string apart = again.column("score").explain(weld::Context(without_fusion), "text", true);
  EXPECT_GT(loops_over_rows(apart), 1U) << apart;
  EXPECT_GT(intermediate_bytes(apart), kMostBytes) << apart;
}

// The optimized program of an object, as JSON writes it.
std::string optimized_program(const weld::Object& object) {
  const std::string json = object.explain(weld::Context(), "json");
  const size_t begin = json.find("\"optimized\":\"");
  const size_t end = json.find("\",\"passes\":", begin);
  if (begin == std::string::npos || end == std::string::npos) throw std::runtime_error("no optimized program in: " + json);
  return json.substr(begin, end - begin);
}

TEST(Scoring, IsOneLoopOverTheColumnsWhenOptimized) {
  const Data data(10);
  const frames::Frame scores = scoring::score_by_region(data.offers(), kLimit, kWeights);
  const std::string program = optimized_program(scores.column("score"));
  EXPECT_EQ(count(program, "for("), 2U) << program;  // over the rows, and over the groups
  EXPECT_EQ(count(program, "zip(data, data_1, data_2, data_3)"), 1U) << program;
  // Each builder, and the parameter for it: the groups' and the result's.
  EXPECT_EQ(count(program, "dictmerger["), 2U) << program;
  EXPECT_EQ(count(program, "appender["), 2U) << program;
  for (const char* kept : {"vec[bool] =", "vec[f64] =", "vec[i64] ="}) EXPECT_EQ(count(program, kept), 0U) << program;
}

TEST(Scoring, GivesTheSameCallByCall) {
  const Data data(1'000);
  const weld::Context context;
  int calls = 0;
  const frames::Frame eager = scoring::score_by_region(data.offers(), kLimit, kWeights, [&](const weld::Object& object) {
    object.evaluate(context);
    calls++;
  });
  const frames::Frame lazy = scoring::score_by_region(data.offers(), kLimit, kWeights);
  EXPECT_GT(calls, 10);
  EXPECT_EQ(elements<std::int64_t>(eager.column("offers")), elements<std::int64_t>(lazy.column("offers")));
  const auto left = elements<double>(eager.column("score"));
  const auto right = elements<double>(lazy.column("score"));
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); i++) EXPECT_NEAR(left[i], right[i], 1e-9 * std::abs(right[i]));
}

}  // namespace
}  // namespace weld::test
