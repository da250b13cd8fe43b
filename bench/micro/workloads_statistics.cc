// Statistics written with small functions that know nothing of each other: a correlation, points divided by a total weight,
// means, tables with more columns than are used, points whose coordinates come in a struct, and a column with its totals.
#include <functional>
#include <memory>
#include <vector>

#include "bench/micro/baseline.h"
#include "bench/micro/workload.h"

namespace weld::bench {
namespace {

// Of two columns, one of them computed. As written, each mean makes a pass of its own, finds extremes that nobody asks for, and
// is there three times; and the computed column is kept in memory.
constexpr const char* kCorrelation = R"(
macro moments(column) = for(column, {merger[f64, +], merger[f64, min], merger[f64, max]},
  |b, i, x| {merge(b.$0, x), merge(b.$1, x), merge(b.$2, x)});
macro mean(column) = (let parts = moments(column); result(parts.$0) / f64(len(column)));
macro covariance(left, right) = (
  let left_mean = mean(left);
  let right_mean = mean(right);
  sum(map(zip(left, right), |row| (row.$0 - left_mean) * (row.$1 - right_mean))) / f64(len(left)));

|prices: vec[f64], quantities: vec[f64]|
  let gross = map(prices, |price| price * 1.19);
  covariance(gross, quantities) / sqrt(covariance(gross, gross) * covariance(quantities, quantities))
)";

// As written, each point makes a vector, and sums all the weights.
constexpr const char* kWeightedNorms = R"(
macro norm(values) = sqrt(sum(map(values, |x| x * x)));

|xs: vec[f64], ys: vec[f64], zs: vec[f64], weights: vec[f64]|
  sum(map(zip(xs, ys, zs), |point| norm([point.$0, point.$1, point.$2]) / sum(weights)))
)";

// As written, each product and each price that counts is kept, for the number of them.
constexpr const char* kMeans = R"(
macro mean(column) = sum(column) / f64(len(column));

|prices: vec[f64], quantities: vec[f64]|
  mean(map(zip(prices, quantities), |row| row.$0 * row.$1)) / mean(filter(prices, |price| price > 30.0))
)";

// As written, a column of ranks is made, by two sorts, that is not used.
constexpr const char* kRankedTable = R"(
macro order(column) = map(sort(map(zip(column, rangeiter(0L, len(column), 1L)), |e| e), |e| e.$0), |e| e.$1);
macro ranks(column) = order(order(column));

|prices: vec[f64], quantities: vec[f64]|
  let table = map(zip(prices, quantities, ranks(prices)), |row| {row.$0, row.$1, row.$2});
  sum(map(filter(table, |row| row.$0 < 62.5), |row| row.$0 * row.$1))
)";

// As written, the rows that count are kept with all of their columns, since the means come before what is computed with them.
constexpr const char* kFilteredSlope = R"(
macro mean(column) = sum(column) / f64(len(column));
macro covariance(table, left, right) = (
  let left_mean = mean(map(table, left));
  let right_mean = mean(map(table, right));
  sum(map(table, |row| (left(row) - left_mean) * (right(row) - right_mean))));

|prices: vec[f64], quantities: vec[f64], discounts: vec[f64]|
  let table = map(zip(prices, quantities, discounts), |row| {row.$0, row.$1, row.$2, row.$0 * row.$1 * (1.0 - row.$2)});
  let kept = filter(table, |row| row.$0 < 62.5);
  covariance(kept, |row| row.$0, |row| row.$3) / covariance(kept, |row| row.$0, |row| row.$0)
)";

// As written, each function gives its two columns as a struct, and both are kept.
constexpr const char* kRotatedPoints = R"(
macro rotate(points, cosine, sine) = {
  map(zip(points.$0, points.$1), |p| p.$0 * cosine - p.$1 * sine),
  map(zip(points.$0, points.$1), |p| p.$0 * sine + p.$1 * cosine)};

|xs: vec[f64], ys: vec[f64]|
  let turned = rotate({xs, ys}, 0.8, 0.6);
  let centered = {map(turned.$0, |x| x - 10.0), map(turned.$1, |y| y - 87.5)};
  sum(map(zip(centered.$0, centered.$1), |p| p.$0 * p.$1)) / f64(len(xs))
)";

std::vector<double> random_column(int64_t rows, int64_t column, uint64_t bound) {
  std::vector<double> values;
  for (int64_t row = 0; row < rows; ++row) values.push_back(static_cast<double>(scrambled(3 * row + column, bound)) / 8);
  return values;
}

// Columns of random numbers below 125, and what C++ computes of them.
// As written, the column is read again for each of its totals.
constexpr const char* kColumnTotals = R"(
macro greatest(column) = result(for(column, merger[f64, max], |m, i, x| merge(m, x)));

|prices: vec[f64], quantities: vec[f64]|
  let revenue = map(zip(prices, quantities), |row| row.$0 * row.$1);
  {revenue, sum(revenue), greatest(revenue)}
)";

struct Columns {
  std::vector<std::vector<double>> values;
  double answer = 0;
};

// A workload whose program takes that many columns and gives a number.
Workload number_workload(const char* name, const char* program, int64_t columns, int64_t rows,
                         const std::function<double(const Columns&, int threads)>& baseline) {
  auto data = std::make_shared<Columns>();
  Workload workload;
  workload.name = name;
  workload.rows = rows;
  workload.program = program;
  for (int64_t i = 0; i < columns; ++i) {
    data->values.push_back(random_column(rows, i, 1000));
    workload.arguments.add_vector(data->values.back().data(), rows);
  }
  workload.baselines.push_back({"c++", [=](int threads) { data->answer = baseline(*data, threads); }});
  workload.compare = [=](const void* weld_result) {
    return compare_floats("result", static_cast<const double*>(weld_result), &data->answer, 1);
  };
  return workload;
}

}  // namespace

Workload correlation_workload(int64_t rows) {
  struct Data {
    std::vector<double> prices;
    std::vector<double> quantities;
    double answer = 0;  // of C++
  };
  auto data = std::make_shared<Data>();
  data->prices = random_column(rows, 0, 1000);
  data->quantities = random_column(rows, 1, 100);
  for (size_t row = 0; row < data->prices.size(); ++row) data->quantities[row] += data->prices[row] / 16;
  Workload workload;
  workload.name = "correlation";
  workload.rows = rows;
  workload.program = kCorrelation;
  workload.arguments.add_vector(data->prices.data(), rows).add_vector(data->quantities.data(), rows);
  workload.baselines.push_back(
      {"c++", [=](int threads) { data->answer = correlation(data->prices.data(), data->quantities.data(), rows, threads); }});
  workload.compare = [=](const void* weld_result) {
    return compare_floats("correlation", static_cast<const double*>(weld_result), &data->answer, 1);
  };
  return workload;
}

Workload weighted_norms_workload(int64_t rows) {
  struct Data {
    std::vector<double> coordinates[3];
    std::vector<double> weights;
    double answer = 0;  // of C++
  };
  constexpr int64_t kWeights = 64;
  auto data = std::make_shared<Data>();
  for (int64_t i = 0; i < 3; ++i) data->coordinates[i] = random_column(rows, i, 1000);
  data->weights = random_column(kWeights, 0, 100);
  Workload workload;
  workload.name = "weighted_norms";
  workload.rows = rows;
  workload.program = kWeightedNorms;
  for (const std::vector<double>& column : data->coordinates) workload.arguments.add_vector(column.data(), rows);
  workload.arguments.add_vector(data->weights.data(), kWeights);
  workload.baselines.push_back({"c++", [=](int threads) {
                                  const Points points = {data->coordinates[0].data(), data->coordinates[1].data(),
                                                         data->coordinates[2].data()};
                                  data->answer = weighted_norms(points, data->weights, rows, threads);
                                }});
  workload.compare = [=](const void* weld_result) {
    return compare_floats("sum", static_cast<const double*>(weld_result), &data->answer, 1);
  };
  return workload;
}

Workload means_workload(int64_t rows) {
  return number_workload("means", kMeans, 2, rows, [=](const Columns& columns, int threads) {
    return ratio_of_means(columns.values[0].data(), columns.values[1].data(), 30, rows, threads);
  });
}

Workload ranked_table_workload(int64_t rows) {
  return number_workload("ranked_table", kRankedTable, 2, rows, [=](const Columns& columns, int threads) {
    return filtered_product(columns.values[0].data(), columns.values[1].data(), 62.5, rows, threads);
  });
}

Workload filtered_slope_workload(int64_t rows) {
  return number_workload("filtered_slope", kFilteredSlope, 3, rows, [=](const Columns& columns, int threads) {
    const Points offers = {columns.values[0].data(), columns.values[1].data(), columns.values[2].data()};
    return filtered_slope(offers, 62.5, rows, threads);
  });
}

Workload rotated_points_workload(int64_t rows) {
  return number_workload("rotated_points", kRotatedPoints, 2, rows, [=](const Columns& columns, int threads) {
    return rotated_product(columns.values[0].data(), columns.values[1].data(), rows, threads);
  });
}

Workload column_totals_workload(int64_t rows) {
  struct Data {
    std::vector<double> prices, quantities;
    std::vector<double> revenue;  // the answer of C++, with its totals
    ColumnTotals totals;
  };
  struct Result {
    const double* revenue;
    int64_t count;
    ColumnTotals totals;
  };
  auto data = std::make_shared<Data>();
  data->prices = random_column(rows, 0, 1000);
  data->quantities = random_column(rows, 1, 100);
  data->revenue.resize(data->prices.size());
  Workload workload;
  workload.name = "column_totals";
  workload.rows = rows;
  workload.program = kColumnTotals;
  workload.arguments.add_vector(data->prices.data(), rows).add_vector(data->quantities.data(), rows);
  workload.baselines.push_back({"c++", [=](int threads) {
                                  data->totals = column_totals(data->prices.data(), data->quantities.data(), rows, threads,
                                                               data->revenue.data());
                                }});
  workload.compare = [=](const void* weld_result) {
    const auto& result = *static_cast<const Result*>(weld_result);
    std::string difference = compare_integers("rows", result.count, rows);
    if (difference.empty()) difference = compare_floats("revenue", result.revenue, data->revenue.data(), rows);
    if (difference.empty()) difference = compare_floats("sum", &result.totals.sum, &data->totals.sum, 1);
    return difference.empty() ? compare_floats("greatest", &result.totals.greatest, &data->totals.greatest, 1) : difference;
  };
  return workload;
}

}  // namespace weld::bench
