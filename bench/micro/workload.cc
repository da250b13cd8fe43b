#include "bench/micro/workload.h"

#include <fmt/format.h>

#include <cmath>

namespace weld::bench {

std::string compare_integers(std::string_view what, int64_t weld, int64_t baseline) {
  return weld == baseline ? "" : fmt::format("{}: Weld gives {}, C++ {}", what, weld, baseline);
}

std::string compare_floats(std::string_view what, const double* weld, const double* baseline, int64_t count) {
  constexpr double kTolerance = 1e-9;
  for (int64_t index = 0; index < count; ++index) {
    double difference = std::abs(weld[index] - baseline[index]);
    if (!(difference <= kTolerance * (1 + std::abs(baseline[index])))) {
      return fmt::format("{} {}: Weld gives {}, C++ {}", what, index, weld[index], baseline[index]);
    }
  }
  return {};
}

}  // namespace weld::bench
