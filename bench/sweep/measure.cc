// A strategy is best at its own best: the least of many runs, interleaved with those of the other strategies so that what
// disturbs the machine for a while disturbs all of them alike. The order changes with every repetition, so that none always runs
// in the caches and in the memory that the same other one leaves. Where auto seems to do worse than another, there are more
// repetitions: strategies that run the same code come together as their least values do, others stay apart.
#include "bench/sweep/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <random>

namespace weld::bench {
namespace {

double nanoseconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double SweepPoint::ratio() const { return nanoseconds[0] / *std::min_element(nanoseconds.begin() + 1, nanoseconds.end()); }

std::vector<SweepPoint> measure(const Sweep& sweep, int repetitions) {
  constexpr double kClose = 1.05;
  constexpr int kMostRounds = 6;
  std::mt19937 random;  // the same orders in every process
  std::vector<SweepPoint> points;
  for (const double x : sweep.points) {
    std::vector<std::function<void()>> runs;
    for (const std::string& strategy : sweep.strategies) runs.push_back(sweep.prepare(x, strategy));
    for (const auto& run : runs) run();  // memory and caches as later runs find them
    SweepPoint point{x, std::vector<double>(runs.size(), std::numeric_limits<double>::infinity())};
    std::vector<size_t> order(runs.size());
    std::iota(order.begin(), order.end(), 0);
    for (int round = 0; round < kMostRounds && (round == 0 || point.ratio() > kClose); ++round) {
      for (int repetition = 0; repetition < repetitions; ++repetition) {
        std::shuffle(order.begin(), order.end(), random);
        for (const size_t i : order) {
          const double each = nanoseconds_of(runs[i]) / static_cast<double>(std::max<int64_t>(sweep.rows, 1));
          point.nanoseconds[i] = std::min(point.nanoseconds[i], each);
        }
      }
    }
    points.push_back(std::move(point));
  }
  return points;
}

std::vector<std::string> differences(const Sweep& sweep) {
  std::vector<std::string> lines;
  for (const double x : sweep.points) {
    const Answer expected = sweep.answer(x, sweep.strategies[0]);
    for (const std::string& strategy : sweep.strategies) {
      if (sweep.answer(x, strategy).agrees_with(expected)) continue;
      lines.push_back(
          fmt::format("{} at {} gives something else under {} than under {}", sweep.name, x, strategy, sweep.strategies[0]));
    }
  }
  return lines;
}

std::string table_of(const Sweep& sweep, const std::vector<SweepPoint>& points) {
  std::string text = fmt::format("{}: nanoseconds per row\n{:>24}", sweep.name, sweep.x_label);
  for (const std::string& strategy : sweep.strategies) text += fmt::format("{:>12}", strategy);
  text += fmt::format("{:>14}\n", "auto/best");
  for (const SweepPoint& point : points) {
    text += fmt::format("{:>24}", point.x);
    for (const double each : point.nanoseconds) text += fmt::format("{:>12.3f}", each);
    text += fmt::format("{:>14.2f}\n", point.ratio());
  }
  return text;
}

std::string numbers_of(const Sweep& sweep, const std::vector<SweepPoint>& points) {
  std::string text = fmt::format("{},{},auto/best\n", sweep.x_label, fmt::join(sweep.strategies, ","));
  for (const SweepPoint& point : points)
    text += fmt::format("{},{:.4f},{:.3f}\n", point.x, fmt::join(point.nanoseconds, ","), point.ratio());
  return text;
}

}  // namespace weld::bench
