// What is measured: a Weld program, its arguments, and hand-written C++ that computes the same.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weld/module.h"

namespace weld::bench {

// The client's struct of parameters, for programs that take vectors and 8-byte or smaller integers.
class Arguments {
 public:
  template <class T>
  Arguments& add_vector(const T* data, int64_t length) {
    words_.push_back(reinterpret_cast<int64_t>(data));
    words_.push_back(length);
    return *this;
  }
  // One at most, of any width, as the last.
  Arguments& add_integer(int64_t value) {
    words_.push_back(value);
    return *this;
  }
  const void* data() const { return words_.data(); }

 private:
  std::vector<int64_t> words_;
};

struct Baseline {
  std::string name;
  // Computes the answer with that many threads and keeps it for Workload::compare. Blocks.
  std::function<void(int threads)> run;
};

struct Workload {
  std::string name;
  int64_t rows = 0;
  std::string program;
  Arguments arguments;
  std::vector<Baseline> baselines;  // the first is the one that ratios are against
  // Tells how Weld's result differs from what a baseline left at its last run; empty when it does not.
  std::function<std::string(const void* weld_result)> compare;
};

// The data of workloads lives as long as they do, by shared ownership in their functions.
std::vector<Workload> filtered_sums(int64_t rows);  // 1, 10, 50 and 99 % of the rows count
Workload map_filter_reduce_workload(int64_t rows);
std::vector<Workload> nested_loops(int64_t rows);  // in 1 and 2 parts
Workload weighted_sum_workload(int64_t rows);      // of a matrix with about so many elements
Workload limit_sums_workload(int64_t rows);        // below 32 limits
Workload group_sums_workload(int64_t rows);        // 1000 groups
Workload top_rows_workload(int64_t rows);          // 100 of them
Workload group_spread_workload(int64_t rows);      // with an eighth as many rows
Workload semi_join_workload(int64_t rows);         // with an eighth as many rows
Workload correlation_workload(int64_t rows);
Workload weighted_norms_workload(int64_t rows);
Workload means_workload(int64_t rows);
Workload ranked_table_workload(int64_t rows);
Workload filtered_slope_workload(int64_t rows);
Workload rotated_points_workload(int64_t rows);
Workload column_totals_workload(int64_t rows);
// Rows of a frame filtered, features computed, scored with a linear model and summed by group: what several libraries would
// write.
Workload scored_groups_workload(int64_t rows);
Workload black_scholes_workload(int64_t rows);
// Q1 and Q6 over generated data. An error when the scale factor is out of range.
Result<std::vector<Workload>> tpch_workloads(double scale_factor);

// A number for a row that looks random, in [0, bound).
inline uint64_t scrambled(int64_t row, uint64_t bound) {
  uint64_t bits = static_cast<uint64_t>(row) * 0x9e3779b97f4a7c15ULL;
  bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93ULL;
  return static_cast<uint64_t>((static_cast<unsigned __int128>(bits ^ (bits >> 32)) * bound) >> 64);
}

// Empty when the two are equal, else a line that names both.
std::string compare_integers(std::string_view what, int64_t weld, int64_t baseline);
// The same for two arrays of floats, equal to 9 places: libraries differ in the last bits of exp, log and erf.
std::string compare_floats(std::string_view what, const double* weld, const double* baseline, int64_t count);

}  // namespace weld::bench
