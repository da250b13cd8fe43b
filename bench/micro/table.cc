#include "bench/micro/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace weld::bench {
namespace {

constexpr const char* kWeld = "weld";
constexpr const char* kCompile = "compile";

const Measurement* find(const std::vector<Measurement>& measurements, const std::string& workload,
                        const std::string& implementation, int threads) {
  auto found = std::find_if(measurements.begin(), measurements.end(), [&](const Measurement& each) {
    return each.workload == workload && each.implementation == implementation && each.threads == threads;
  });
  return found == measurements.end() ? nullptr : &*found;
}

std::string speed_up(const std::vector<Measurement>& measurements, const Measurement& weld) {
  const Measurement* single = find(measurements, weld.workload, kWeld, 1);
  return weld.threads == 1 || single == nullptr ? "" : fmt::format("{:.2f}", single->milliseconds / weld.milliseconds);
}

}  // namespace

std::string table_of(const std::vector<Measurement>& measurements) {
  std::string runs;
  std::string compiles;
  for (const Measurement& each : measurements) {
    if (each.implementation == kCompile) {
      compiles += fmt::format("{:<20} {:>10.2f}\n", each.workload, each.milliseconds);
      continue;
    }
    const Measurement* weld = find(measurements, each.workload, kWeld, each.threads);
    if (each.implementation == kWeld || weld == nullptr) continue;
    runs +=
        fmt::format("{:<20} {:>7} {:<14} {:>10.3f} {:>10.3f} {:>6.2f} {:>9}\n", each.workload, each.threads, each.implementation,
                    weld->milliseconds, each.milliseconds, weld->milliseconds / each.milliseconds, speed_up(measurements, *weld));
  }
  std::string table;
  if (!runs.empty()) {
    table += fmt::format("{:<20} {:>7} {:<14} {:>10} {:>10} {:>6} {:>9}\n", "workload", "threads", "against", "Weld ms", "C++ ms",
                         "ratio", "speed-up");
    table += runs;
  }
  if (!compiles.empty()) table += fmt::format("{}{:<20} {:>10}\n{}", runs.empty() ? "" : "\n", "compile", "ms", compiles);
  return table;
}

}  // namespace weld::bench
