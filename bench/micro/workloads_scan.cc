// Vectors of generated numbers: filtered sums, and a chain of map, filter and sum.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "bench/micro/baseline.h"
#include "bench/micro/workload.h"

namespace weld::bench {
namespace {

constexpr uint64_t kPercents = 100;

constexpr const char* kFilteredSum = R"(
|keys: vec[i32], values: vec[i64], limit: i32|
  result(for(zip(keys, values), merger[i64, +], |total, i, row| if(row.$0 < limit, merge(total, row.$1), total)))
)";

// Three passes and two vectors between them as written; one loop and no vector when it is fused.
constexpr const char* kChain = R"(
|xs: vec[i64], limit: i64|
  let scaled = map(xs, |x| x * 3L + 1L);
  let kept = filter(scaled, |y| y > limit);
  sum(map(kept, |y| y * y))
)";

// A loop of few rows around a long one.
constexpr const char* kNested = R"(
|xs: vec[i64], parts: i64|
  let size = len(xs) / parts;
  result(for(rangeiter(0L, parts, 1L), merger[i64, +], |total, i, part|
    for(slice(xs, part * size, size), total, |inner, j, x| merge(inner, x * x % 1009L))))
)";

// A vector for the columns of a matrix, repeated for each of its rows without a copy.
constexpr const char* kWeightedSum = R"(
|matrix: vec[i64], weights: vec[i64]|
  let size = len(matrix);
  let columns = len(weights);
  result(for(zip(matrix, nditer(weights, 0L, size, 1L, [size / columns, columns], [0L, 1L])), merger[i64, +],
    |total, i, e| merge(total, e.$0 * e.$1)))
)";

// As written, all numbers are read again for each limit.
constexpr const char* kLimitSums = R"(
|limits: vec[i64], xs: vec[i64]| map(limits, |limit| sum(filter(xs, |x| x < limit)))
)";

struct FilterColumns {
  explicit FilterColumns(int64_t rows) {
    for (int64_t row = 0; row < rows; ++row) {
      keys.push_back(static_cast<int32_t>(scrambled(row, kPercents)));
      values.push_back(static_cast<int64_t>(scrambled(~row, 1'000'000)) - 500'000);
    }
  }
  std::vector<int32_t> keys;
  std::vector<int64_t> values;
};

std::string compare_sum(const void* weld_result, int64_t baseline) {
  return compare_integers("sum", *static_cast<const int64_t*>(weld_result), baseline);
}

}  // namespace

std::vector<Workload> filtered_sums(int64_t rows) {
  auto data = std::make_shared<const FilterColumns>(rows);
  std::vector<Workload> workloads;
  for (int percent : {1, 10, 50, 99}) {
    Workload workload;
    workload.name = fmt::format("filtered_sum_{}%", percent);
    workload.rows = rows;
    workload.program = kFilteredSum;
    workload.arguments.add_vector(data->keys.data(), rows).add_vector(data->values.data(), rows).add_integer(percent);
    auto answer = std::make_shared<int64_t>();
    workload.baselines.push_back(
        {"c++", [=](int threads) { *answer = filtered_sum(data->keys.data(), data->values.data(), percent, rows, threads); }});
    workload.compare = [=](const void* weld_result) { return compare_sum(weld_result, *answer); };
    workloads.push_back(std::move(workload));
  }
  return workloads;
}

Workload map_filter_reduce_workload(int64_t rows) {
  constexpr int64_t kBound = 1000;
  constexpr int64_t kLimit = 3 * kBound / 2;
  auto xs = std::make_shared<std::vector<int64_t>>();
  for (int64_t row = 0; row < rows; ++row) xs->push_back(static_cast<int64_t>(scrambled(row, kBound)));
  auto answer = std::make_shared<int64_t>();
  Workload workload;
  workload.name = "map_filter_reduce";
  workload.rows = rows;
  workload.program = kChain;
  workload.arguments.add_vector(xs->data(), rows).add_integer(kLimit);
  workload.baselines.push_back({"c++", [=](int threads) { *answer = map_filter_reduce(xs->data(), kLimit, rows, threads); }});
  workload.compare = [=](const void* weld_result) { return compare_sum(weld_result, *answer); };
  return workload;
}

std::vector<Workload> nested_loops(int64_t rows) {
  auto xs = std::make_shared<std::vector<int64_t>>();
  for (int64_t row = 0; row < rows; ++row) xs->push_back(static_cast<int64_t>(scrambled(row, 1'000'000)));
  std::vector<Workload> workloads;
  for (int64_t parts : {1, 2}) {
    auto answer = std::make_shared<int64_t>();
    Workload workload;
    workload.name = fmt::format("nested_loop_{}", parts);
    workload.rows = rows;
    workload.program = kNested;
    workload.arguments.add_vector(xs->data(), rows).add_integer(parts);
    workload.baselines.push_back({"c++", [=](int threads) { *answer = sum_of_parts(xs->data(), parts, rows, threads); }});
    workload.compare = [=](const void* weld_result) { return compare_sum(weld_result, *answer); };
    workloads.push_back(std::move(workload));
  }
  return workloads;
}

Workload limit_sums_workload(int64_t rows) {
  constexpr int64_t kLimits = 32;
  constexpr int64_t kBound = 1'000'000;
  struct Data {
    std::vector<int64_t> limits;
    std::vector<int64_t> xs;
    std::vector<int64_t> sums;  // of C++
  };
  auto data = std::make_shared<Data>();
  for (int64_t i = 1; i <= kLimits; ++i) data->limits.push_back(i * kBound / kLimits);
  for (int64_t row = 0; row < rows; ++row) data->xs.push_back(static_cast<int64_t>(scrambled(row, kBound)));
  Workload workload;
  workload.name = "limit_sums";
  workload.rows = rows;
  workload.program = kLimitSums;
  workload.arguments.add_vector(data->limits.data(), kLimits).add_vector(data->xs.data(), rows);
  workload.baselines.push_back(
      {"c++", [=](int threads) { data->sums = sums_below(data->limits, data->xs.data(), rows, threads); }});
  workload.compare = [=](const void* weld_result) {
    struct {
      const int64_t* data;
      int64_t length;
    } sums = {};
    std::memcpy(&sums, weld_result, sizeof(sums));
    std::string difference = compare_integers("number of sums", sums.length, kLimits);
    for (size_t i = 0; difference.empty() && i < data->sums.size(); ++i) {
      difference = compare_integers("sum", sums.data[i], data->sums[i]);
    }
    return difference;
  };
  return workload;
}

Workload weighted_sum_workload(int64_t rows) {
  constexpr int64_t kColumns = 1000;
  constexpr uint64_t kBound = 1000;
  const int64_t matrix_rows = std::max<int64_t>(rows / kColumns, 1);
  const int64_t size = matrix_rows * kColumns;
  auto matrix = std::make_shared<std::vector<int64_t>>();
  auto weights = std::make_shared<std::vector<int64_t>>();
  for (int64_t i = 0; i < size; ++i) matrix->push_back(static_cast<int64_t>(scrambled(i, kBound)));
  for (int64_t i = 0; i < kColumns; ++i) weights->push_back(static_cast<int64_t>(scrambled(~i, kBound)));
  auto answer = std::make_shared<int64_t>();
  Workload workload;
  workload.name = "weighted_sum_nditer";
  workload.rows = size;
  workload.program = kWeightedSum;
  workload.arguments.add_vector(matrix->data(), size).add_vector(weights->data(), kColumns);
  workload.baselines.push_back(
      {"c++", [=](int threads) { *answer = weighted_sum(matrix->data(), weights->data(), kColumns, matrix_rows, threads); }});
  workload.compare = [=](const void* weld_result) { return compare_sum(weld_result, *answer); };
  return workload;
}

}  // namespace weld::bench
