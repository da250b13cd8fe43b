// Groups: the sum of scores by region.
#include <array>

#include "bench/micro/baseline.h"
#include "bench/micro/workload.h"

namespace weld::bench {
namespace {

constexpr double kLimit = 50;  // half of the prices are below

// As a library of frames, which filters column by column, and one of arrays, which computes operation by operation, write it.
constexpr const char* kScoredGroups = R"(
macro select_rows(column, mask) = map(filter(zip(column, mask), |row| row.$1), |row| row.$0);

|regions: vec[i64], prices: vec[f64], quantities: vec[f64], discounts: vec[f64]|
  let mask = map(prices, |price| price < 50.0);
  let region = select_rows(regions, mask);
  let price = select_rows(prices, mask);
  let quantity = select_rows(quantities, mask);
  let discount = select_rows(discounts, mask);
  let logarithm = map(price, |x| log(x));
  let volume = map(zip(price, quantity), |row| row.$0 * row.$1);
  let net = map(zip(price, discount), |row| row.$0 * (1.0 - row.$1));
  let weighted = map(zip(logarithm, volume), |row| row.$0 * 0.25 + row.$1 * 0.5);
  let score = map(zip(weighted, net), |row| row.$0 + row.$1 * -0.75);
  tovec(result(for(zip(region, score), dictmerger[i64, {f64, i64}, +], |groups, i, row| merge(groups, {row.$0, {row.$1, 1L}}))))
)";

struct Offers {
  explicit Offers(int64_t rows) {
    for (int64_t row = 0; row < rows; ++row) {
      region.push_back(static_cast<int64_t>(scrambled(4 * row, kRegions)));
      price.push_back(static_cast<double>(1 + scrambled(4 * row + 1, 98)) + 0.5);
      quantity.push_back(static_cast<double>(scrambled(4 * row + 2, 1000)) / 8);
      discount.push_back(static_cast<double>(scrambled(4 * row + 3, 1000)) / 1024);
    }
  }
  OfferColumns columns() const { return {region.data(), price.data(), quantity.data(), discount.data()}; }

  std::vector<int64_t> region;
  std::vector<double> price, quantity, discount;
  std::array<ScoredGroup, kRegions> groups = {};  // the answer of C++
};

struct WeldGroups {
  struct Group {
    int64_t region;
    ScoredGroup sums;
  };
  const Group* groups;
  int64_t count;
};

std::string compare_groups(const WeldGroups& weld, const Offers& offers) {
  int64_t expected = 0;
  for (const ScoredGroup& group : offers.groups) expected += group.count > 0 ? 1 : 0;
  std::string difference = compare_integers("groups", weld.count, expected);
  for (int64_t i = 0; difference.empty() && i < weld.count; ++i) {
    const ScoredGroup& group = offers.groups[static_cast<size_t>(weld.groups[i].region)];
    difference = compare_integers("rows of a group", weld.groups[i].sums.count, group.count);
    if (difference.empty()) difference = compare_floats("score", &weld.groups[i].sums.score, &group.score, 1);
  }
  return difference;
}

}  // namespace

Workload scored_groups_workload(int64_t rows) {
  auto offers = std::make_shared<Offers>(rows);
  Workload workload;
  workload.name = "scored_groups";
  workload.rows = rows;
  workload.program = kScoredGroups;
  workload.arguments.add_vector(offers->region.data(), rows);
  for (const std::vector<double>* column : {&offers->price, &offers->quantity, &offers->discount}) {
    workload.arguments.add_vector(column->data(), rows);
  }
  workload.baselines.push_back(
      {"c++", [=](int threads) { scored_groups(offers->columns(), kLimit, rows, threads, offers->groups.data()); }});
  workload.compare = [=](const void* weld_result) {
    return compare_groups(*static_cast<const WeldGroups*>(weld_result), *offers);
  };
  return workload;
}

}  // namespace weld::bench
