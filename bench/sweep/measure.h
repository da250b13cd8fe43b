// Measuring a sweep, and its numbers as text.
#pragma once

#include <string>
#include <vector>

#include "bench/sweep/sweep.h"

namespace weld::bench {

struct SweepPoint {
  double x = 0;
  std::vector<double> nanoseconds;  // per row, by strategy: the least of all repetitions

  // How many times longer the first strategy took than the best of the others.
  double ratio() const;
};

// Times every strategy of every point, those of a point interleaved, so many times each, and more often where the first does
// worse than the best of the others. Blocks.
std::vector<SweepPoint> measure(const Sweep& sweep, int repetitions);

// What differs at which points under which strategies; empty when every strategy gives the same.
std::vector<std::string> differences(const Sweep& sweep);

// Lines for people, and lines of numbers separated by commas under a line of names: the point, each strategy, the ratio.
std::string table_of(const Sweep& sweep, const std::vector<SweepPoint>& points);
std::string numbers_of(const Sweep& sweep, const std::vector<SweepPoint>& points);

}  // namespace weld::bench
