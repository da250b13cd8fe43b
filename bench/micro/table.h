// The benchmark's measurements as a table for people.
#pragma once

#include <string>
#include <vector>

namespace weld::bench {

// The time of one implementation of a workload: "weld", "compile" or a baseline.
struct Measurement {
  std::string workload;
  std::string implementation;
  int threads = 1;
  double milliseconds = 0;
};

// For each workload, baseline and number of threads: both times, their ratio (Weld's time divided by the baseline's) and how many
// times faster than with one thread Weld is; then the compile times. What was not measured is left out. Ends in a newline.
std::string table_of(const std::vector<Measurement>& measurements);

}  // namespace weld::bench
