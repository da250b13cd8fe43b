// The C++ that Weld is measured against: the loops that an engineer would write by hand for each workload, over the same arrays.
// Their sources are compiled with -O3 and the host's instruction set, and include nothing that other sources share but this.
//
// Every function cuts the rows evenly among that many threads, which it starts and joins (one: the caller's), and runs from any
// thread. Arrays have `rows` elements.
#pragma once

#include <cstdint>
#include <vector>

namespace weld::bench {

// The sum of the values whose key is below limit.
int64_t filtered_sum(const int32_t* keys, const int64_t* values, int32_t limit, int64_t rows, int threads);

// The sum of the squares of those y = 3 x + 1 that are above limit.
int64_t map_filter_reduce(const int64_t* xs, int64_t limit, int64_t rows, int threads);
// Of all parts of equal size.
int64_t sum_of_parts(const int64_t* xs, int64_t parts, int64_t rows, int threads);
// The sum of a matrix whose columns have weights. The matrix is row-major and has that many rows.
int64_t weighted_sum(const int64_t* matrix, const int64_t* weights, int64_t columns, int64_t rows, int threads);

// For each limit the sum of those numbers that are below it.
std::vector<int64_t> sums_below(const std::vector<int64_t>& limits, const int64_t* xs, int64_t rows, int threads);

// The sum and the number of the values of each key, in order of the keys.
struct KeySum {
  int64_t key;
  int64_t sum;
  int64_t count;
};
std::vector<KeySum> group_sums(const int64_t* keys, const int64_t* values, int64_t rows, int threads);
// The greatest of all, at most count of them, in descending order.
std::vector<int64_t> greatest(const int64_t* xs, int64_t count, int64_t rows, int threads);

// The sum of the values of those rows whose key is among the others.
int64_t sum_of_known(const std::vector<int64_t>& others, const int64_t* keys, const int64_t* values, int64_t rows, int threads);

// The sum of the values above the mean of their key's, without that of the values below.
int64_t group_spread(const int64_t* keys, const int64_t* values, int64_t rows, int threads);

// Of 1.19 times the prices with the quantities.
double correlation(const double* prices, const double* quantities, int64_t rows, int threads);

struct Points {
  const double* x;
  const double* y;
  const double* z;
};
// The sum of the points' distances from 0, divided by the sum of the weights.
double weighted_norms(const Points& points, const std::vector<double>& weights, int64_t rows, int threads);

// The mean of x * y, divided by that of those x that are above a limit.
double ratio_of_means(const double* x, const double* y, double limit, int64_t rows, int threads);
// The sum of x * y over the rows whose x is below limit.
double filtered_product(const double* x, const double* y, double limit, int64_t rows, int threads);
// The slope of x * y * (1 - z) over x among the rows whose x is below limit.
double filtered_slope(const Points& points, double limit, int64_t rows, int threads);
// The mean of x * y over points turned by the angle of cosine 0.8 and sine 0.6, then moved by (-10, -87.5).
double rotated_product(const double* x, const double* y, int64_t rows, int threads);

struct ColumnTotals {
  double sum;
  double greatest;
};
// The products of the columns, their sum and the greatest of them.
ColumnTotals column_totals(const double* prices, const double* quantities, int64_t rows, int threads, double* revenue);

// Decimals are integers of hundredths, dates days since 1970, as in bench/tpch.
struct Q6Columns {
  const int32_t* shipdate;
  const int64_t* quantity;
  const int64_t* extendedprice;
  const int64_t* discount;
};
int64_t q6(const Q6Columns& lineitem, int64_t rows, int threads);

struct Q1Columns {
  const int32_t* shipdate;
  const int8_t* returnflag;
  const int8_t* linestatus;
  const int64_t* quantity;
  const int64_t* extendedprice;
  const int64_t* discount;
  const int64_t* tax;
};
struct Q1Group {
  int8_t returnflag;
  int8_t linestatus;
  int64_t quantity;
  int64_t base_price;
  int64_t discounted_price;  // 1/10^4
  int64_t charge;            // 1/10^6
  int64_t discount;
  int64_t count;
};
// Writes the groups in order of their flags, at most maximum of them, and returns how many there are.
int64_t q1(const Q1Columns& lineitem, int64_t rows, int threads, Q1Group* groups, int64_t maximum);

// Offers of a shop, for scored_groups: of those whose price is below limit, the sum of scores and the number, for each region
// below kRegions. The score is a linear model over log(price), price * quantity and price * (1 - discount).
struct OfferColumns {
  const int64_t* region;
  const double* price;
  const double* quantity;
  const double* discount;
};
struct ScoredGroup {
  double score;
  int64_t count;
};
inline constexpr int64_t kRegions = 100;
inline constexpr double kScoreWeights[] = {0.25, 0.5, -0.75};
void scored_groups(const OfferColumns& offers, double limit, int64_t rows, int threads, ScoredGroup* groups);

// European options by Black and Scholes.
struct OptionColumns {
  const double* price;
  const double* strike;
  const double* years;
  const double* rate;
  const double* volatility;
};
void black_scholes(const OptionColumns& options, int64_t rows, int threads, double* calls, double* puts);
// The same source under -ffast-math, which lets g++ call the vector functions of libmvec.
void black_scholes_fast_math(const OptionColumns& options, int64_t rows, int threads, double* calls, double* puts);

}  // namespace weld::bench
