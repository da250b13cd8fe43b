// weld-calibrate: writes the cost table of this machine (weld/optimizer/cost_table.h) to standard output.
#include <fmt/format.h>

#include "bench/calibrate/measure_costs.h"
#include "bench/number_option.h"

namespace {

using weld::bench::read_number;

constexpr const char* kUsage =
    "usage: weld-calibrate [--rows=N] [--repetitions=N]\n"
    "Measures what the cost model asks about this machine, in some seconds, and prints a table for WELD_COST_TABLE.\n"
    "  --rows=N         rows of the data (default: 262144)\n"
    "  --repetitions=N  of each program, of which the least counts (default: 25)\n";

}  // namespace

int main(int argc, char** argv) {
  weld::bench::CalibrationOptions options;
  for (int i = 1; i < argc; ++i) {
    if (read_number(argv[i], "--rows=", &options.rows) || read_number(argv[i], "--repetitions=", &options.repetitions)) continue;
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  fmt::print("# Picoseconds, as weld-calibrate measured them.\n");
  for (const weld::bench::MeasuredCost& cost : weld::bench::measure_costs(options))
    fmt::print("{} {}\n", cost.name, cost.picoseconds);
}
