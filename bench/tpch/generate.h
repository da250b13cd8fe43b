// Makes TPC-H data in memory.
#pragma once

#include <cstdint>
#include <functional>

#include "bench/tpch/database.h"
#include "weld/module.h"

namespace weld::tpch {

// Called with the fraction done, from one thread at a time, not more than some hundred times.
using Progress = std::function<void(double fraction)>;

struct GenerateOptions {
  double scale_factor = 1;
  uint64_t seed = 1;
  int threads = 0;                       // 0: all cores
  ColumnSet columns = ColumnSet::all();  // the others are not made
  int64_t chunk_rows = 1 << 16;          // rows (orders, for lineitem) made by one thread at a time
  Progress progress = {};
};

inline constexpr double kSmallestScaleFactor = 0.001;
inline constexpr double kLargestScaleFactor = 10'000;

// The same columns hold the same values whatever the threads, the chunks and the other columns chosen. An error when an option is
// out of range.
Result<Database> generate(const GenerateOptions& options);

}  // namespace weld::tpch
