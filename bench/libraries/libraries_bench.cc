// weld-libraries-bench: the program of examples/scoring, which uses two libraries, evaluated as a whole, evaluated after every
// call of a library, and written by hand as one loop; all three in one process, interleaved. Answers are compared before anything
// is measured.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <scoring.hpp>
#include "bench/micro/baseline.h"
#include "bench/number_option.h"

namespace {

using weld::bench::kRegions;
using weld::bench::kScoreWeights;
using weld::bench::read_number;
using weld::bench::ScoredGroup;

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr double kLimit = 50;  // half of the prices are below

struct Options {
  std::int64_t rows = 20'000'000;
  std::vector<int> threads = {1, 2};
  int repetitions = 15;
};

struct Data {
  explicit Data(std::int64_t rows) {
    std::uint64_t state = 1;
    const auto below = [&](std::uint64_t bound) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      return (state >> 33) % bound;
    };
    for (std::int64_t row = 0; row < rows; row++) {
      region.push_back(static_cast<std::int64_t>(below(kRegions)));
      price.push_back(static_cast<double>(1 + below(98)) + 0.5);
      quantity.push_back(static_cast<double>(below(1000)) / 8);
      discount.push_back(static_cast<double>(below(1000)) / 1024);
    }
  }
  std::int64_t rows() const { return static_cast<std::int64_t>(region.size()); }

  std::vector<std::int64_t> region;
  std::vector<double> price, quantity, discount;
};

using Groups = std::vector<ScoredGroup>;  // by region

Groups by_weld(const Data& data, const weld::Context& context, bool call_by_call) {
  scoring::Observer observer;
  if (call_by_call) observer = [&](const weld::Object& object) { object.evaluate(context); };
  const frames::Frame scores =
      scoring::score_by_region({data.region.data(), data.price.data(), data.quantity.data(), data.discount.data(), data.rows()},
                               kLimit, kScoreWeights, observer);
  const std::vector<weld::Value> values =
      weld::evaluate({scores.column("region"), scores.column("score"), scores.column("offers")}, context);
  Groups groups(kRegions);
  const auto& regions = values[0].as<weld::Vec<std::int64_t>>();
  for (std::size_t i = 0; i < regions.size(); i++) {
    groups[static_cast<std::size_t>(regions[i])] = {values[1].as<weld::Vec<double>>()[i],
                                                    values[2].as<weld::Vec<std::int64_t>>()[i]};
  }
  return groups;
}

Groups by_hand(const Data& data, int threads) {
  Groups groups(kRegions);
  weld::bench::scored_groups({data.region.data(), data.price.data(), data.quantity.data(), data.discount.data()}, kLimit,
                             data.rows(), threads, groups.data());
  return groups;
}

bool same(const Groups& left, const Groups& right) {
  constexpr double kTolerance = 1e-9;
  for (std::size_t i = 0; i < left.size(); i++) {
    if (left[i].count != right[i].count) return false;
    if (!(std::abs(left[i].score - right[i].score) <= kTolerance * (1 + std::abs(right[i].score)))) return false;
  }
  return true;
}

double milliseconds_of(const std::function<Groups()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double least(const std::vector<double>& times) { return *std::min_element(times.begin(), times.end()); }

// Of what was measured one after the other: a machine that is slow for a while makes both slow.
double median_ratio(const std::vector<double>& above, const std::vector<double>& below) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < above.size(); i++) ratios.push_back(above[i] / below[i]);
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  return *middle;
}

// Prints a line of the table: the least times, and the median ratios; false when the answers differ.
bool measure(const Data& data, int threads, int repetitions) {
  weld::Configuration configuration;
  configuration.set("weld.threads", std::to_string(threads));
  const weld::Context context(configuration);
  const std::function<Groups()> ways[] = {[&] { return by_weld(data, context, false); },
                                          [&] { return by_weld(data, context, true); }, [&] { return by_hand(data, threads); }};
  const Groups expected = by_hand(data, 1);
  std::vector<double> times[3];
  for (std::size_t i = 0; i < 3; i++) {
    if (same(ways[i](), expected)) continue;
    std::fprintf(stderr, "weld-libraries-bench: the answers differ\n");
    return false;
  }
  for (int repetition = 0; repetition < repetitions; repetition++) {
    for (std::size_t i = 0; i < 3; i++) times[i].push_back(milliseconds_of(ways[i]));
  }
  std::printf("%7d %12.2f %14.2f %10.2f %15.2f %15.2f\n", threads, least(times[0]), least(times[1]), least(times[2]),
              median_ratio(times[1], times[0]), median_ratio(times[0], times[2]));
  return true;
}

int run(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i++) {
    if (read_number(argv[i], "--rows=", &options.rows) || read_number(argv[i], "--repetitions=", &options.repetitions)) continue;
    std::fprintf(stderr, "usage: weld-libraries-bench [--rows=N] [--repetitions=N]\n");
    return kExitUsage;
  }
  const Data data(options.rows);
  std::printf("threads     whole ms  call by call ms     C++ ms  call by call/whole  whole/C++\n");
  for (int threads : options.threads) {
    if (!measure(data, threads, options.repetitions)) return kExitFailure;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weld-libraries-bench: %s\n", error.what());
    return kExitFailure;
  }
}
