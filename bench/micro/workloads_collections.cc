// Dictionaries and orders: groups that are reduced, and the first of an order.
#include <vector>

#include "bench/micro/baseline.h"
#include "bench/micro/workload.h"

namespace weld::bench {
namespace {

// As written, groups with all their values; when fused, a dictionary of sums and counts.
constexpr const char* kGroupSums = R"(
|keys: vec[i64], values: vec[i64]|
  let groups = result(for(zip(keys, values), groupmerger[i64, i64], |b, i, row| merge(b, row)));
  sort(map(tovec(groups), |group| {group.$0, sum(group.$1), len(group.$1)}), |group| group.$0)
)";

// As written, all rows in order; what is asked for is found in one pass.
constexpr const char* kTopRows = R"(
|xs: vec[i64], count: i64| slice(sort(xs, |x| -x), 0L, count)
)";

// As written, a library's sums and numbers of orders by customer, of which only the keys are asked for.
constexpr const char* kSemiJoin = R"(
|customers: vec[i64], totals: vec[i64], keys: vec[i64], values: vec[i64]|
  let orders = result(for(zip(customers, totals), dictmerger[i64, {i64, i64, i64}, +],
    |b, i, order| merge(b, {order.$0, {order.$1, order.$1 * order.$1, 1L}})));
  sum(map(filter(zip(keys, values), |row| keyexists(orders, row.$0)), |row| row.$1))
)";

// {data, length} of a vec in Weld's results.
template <class T>
struct Vec {
  const T* data;
  int64_t length;
};

struct KeyedValues {
  KeyedValues(int64_t rows, uint64_t key_count) {
    for (int64_t row = 0; row < rows; ++row) {
      keys.push_back(static_cast<int64_t>(scrambled(row, key_count)) * 1'000'003);
      values.push_back(static_cast<int64_t>(scrambled(~row, 1'000'000)) - 500'000);
    }
  }
  std::vector<int64_t> keys;
  std::vector<int64_t> values;
};

// As written, the dictionary is made twice, with squares that nothing reads, and with another of maxima beside it.
constexpr const char* kGroupSpread = R"(
macro summary(keys, values) = for(zip(keys, values), {dictmerger[i64, {i64, i64, i64}, +], dictmerger[i64, i64, max]},
  |b, i, row| {merge(b.$0, {row.$0, {row.$1, row.$1 * row.$1, 1L}}), merge(b.$1, {row.$0, row.$1})});
macro total_where(keys, values, counts) = (
  let parts = summary(keys, values);
  let groups = result(parts.$0);
  sum(map(zip(keys, values), |row| (
    let group = lookup(groups, row.$0);
    if(counts(row.$1 * group.$2, group.$0), row.$1, 0L)))));

|keys: vec[i64], values: vec[i64]|
  total_where(keys, values, |value, mean| value > mean) - total_where(keys, values, |value, mean| value < mean)
)";

}  // namespace

Workload top_rows_workload(int64_t rows) {
  constexpr int64_t kCount = 100;
  auto xs = std::make_shared<std::vector<int64_t>>();
  for (int64_t row = 0; row < rows; ++row) xs->push_back(static_cast<int64_t>(scrambled(row, 1'000'000'000)));
  auto answer = std::make_shared<std::vector<int64_t>>();
  Workload workload;
  workload.name = "top_rows";
  workload.rows = rows;
  workload.program = kTopRows;
  workload.arguments.add_vector(xs->data(), rows).add_integer(kCount);
  workload.baselines.push_back({"c++", [=](int threads) { *answer = greatest(xs->data(), kCount, rows, threads); }});
  workload.compare = [=](const void* weld_result) -> std::string {
    const auto& top = *static_cast<const Vec<int64_t>*>(weld_result);
    std::string difference = compare_integers("rows", top.length, static_cast<int64_t>(answer->size()));
    for (int64_t i = 0; i < top.length && difference.empty(); ++i) {
      difference = compare_integers("row", top.data[i], (*answer)[static_cast<size_t>(i)]);
    }
    return difference;
  };
  return workload;
}

Workload semi_join_workload(int64_t rows) {
  constexpr uint64_t kKeys = 1'000'000;  // most of them are no customer's
  constexpr int64_t kShare = 8;
  auto data = std::make_shared<const KeyedValues>(rows, kKeys);
  auto customers = std::make_shared<std::vector<int64_t>>();
  for (int64_t row = 0; row < rows / kShare; ++row) {
    customers->push_back(static_cast<int64_t>(scrambled(3 * row, kKeys / kShare)) * kShare * 1'000'003);
  }
  const auto orders = static_cast<int64_t>(customers->size());
  auto answer = std::make_shared<int64_t>();
  Workload workload;
  workload.name = "semi_join";
  workload.rows = rows;
  workload.program = kSemiJoin;
  workload.arguments.add_vector(customers->data(), orders).add_vector(data->values.data(), orders);
  workload.arguments.add_vector(data->keys.data(), rows).add_vector(data->values.data(), rows);
  workload.baselines.push_back(
      {"c++", [=](int threads) { *answer = sum_of_known(*customers, data->keys.data(), data->values.data(), rows, threads); }});
  workload.compare = [=](const void* weld_result) {
    return compare_integers("sum", *static_cast<const int64_t*>(weld_result), *answer);
  };
  return workload;
}

Workload group_spread_workload(int64_t rows) {
  constexpr uint64_t kKeys = 100'000;
  constexpr int64_t kShare = 8;
  const int64_t part = rows / kShare;
  auto data = std::make_shared<const KeyedValues>(part, kKeys);
  auto answer = std::make_shared<int64_t>();
  Workload workload;
  workload.name = "group_spread";
  workload.rows = part;
  workload.program = kGroupSpread;
  workload.arguments.add_vector(data->keys.data(), part).add_vector(data->values.data(), part);
  workload.baselines.push_back(
      {"c++", [=](int threads) { *answer = group_spread(data->keys.data(), data->values.data(), part, threads); }});
  workload.compare = [=](const void* weld_result) {
    return compare_integers("sum", *static_cast<const int64_t*>(weld_result), *answer);
  };
  return workload;
}

Workload group_sums_workload(int64_t rows) {
  constexpr uint64_t kKeys = 1000;
  auto data = std::make_shared<const KeyedValues>(rows, kKeys);
  auto answer = std::make_shared<std::vector<KeySum>>();
  Workload workload;
  workload.name = "group_sums";
  workload.rows = rows;
  workload.program = kGroupSums;
  workload.arguments.add_vector(data->keys.data(), rows).add_vector(data->values.data(), rows);
  workload.baselines.push_back(
      {"c++", [=](int threads) { *answer = group_sums(data->keys.data(), data->values.data(), rows, threads); }});
  workload.compare = [=](const void* weld_result) -> std::string {
    const auto& groups = *static_cast<const Vec<KeySum>*>(weld_result);
    std::string difference = compare_integers("groups", groups.length, static_cast<int64_t>(answer->size()));
    for (int64_t i = 0; i < groups.length && difference.empty(); ++i) {
      const KeySum& group = (*answer)[static_cast<size_t>(i)];
      difference = compare_integers("key", groups.data[i].key, group.key);
      if (difference.empty()) difference = compare_integers("sum", groups.data[i].sum, group.sum);
      if (difference.empty()) difference = compare_integers("count", groups.data[i].count, group.count);
    }
    return difference;
  };
  return workload;
}

}  // namespace weld::bench
