// What the cost model asks about a machine, measured with compiled programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weld::bench {

struct CalibrationOptions {
  int64_t rows = 1 << 18;  // of a program's data
  int repetitions = 25;    // of each run, of which the least counts
};

struct MeasuredCost {
  std::string name;  // as in weld/optimizer/cost_table.def
  int64_t picoseconds = 0;
};

// Blocks. Costs that come out below a picosecond are given as one. parallel_from is left out on a machine with one core.
std::vector<MeasuredCost> measure_costs(const CalibrationOptions& options);

}  // namespace weld::bench
