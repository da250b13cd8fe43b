// weld-bench: Weld beside hand-written C++. Checks that both give the same answers, measures, and prints a table; Google
// Benchmark's own options choose what to run and write the JSON.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <string_view>

#include "bench/micro/suite.h"
#include "bench/micro/table.h"

namespace weld::bench {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

void print_help() {
  fmt::print(
      "usage: weld-bench [--sf=N] [--rows=N] [--llvm-level=0|1|2] [BENCHMARK OPTIONS]\n"
      "Measures Weld beside hand-written C++, after checking that the answers are the same.\n"
      "  --sf=N           scale factor of the TPC-H data, from 0.001 (default: 1, or $WELD_BENCH_SF)\n"
      "  --rows=N         rows of the other workloads (default: 16777216)\n"
      "  --llvm-level=N   how much LLVM optimizes (default: 1)\n"
      "Of Google Benchmark's options:\n"
      "  --benchmark_filter=REGEX              what to run, e.g. tpch_q6\n"
      "  --benchmark_list_tests=true           names only\n"
      "  --benchmark_repetitions=N             the table has the least time of N\n"
      "  --benchmark_enable_random_interleaving=true\n"
      "  --benchmark_min_time=SECONDS          of each repetition\n"
      "  --benchmark_out=FILE                  JSON of every repetition\n");
}

// Keeps the least time of each benchmark. Registered names are WORKLOAD/IMPLEMENTATION/THREADS.
class LeastTimes : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override {
    PrintBasicContext(&std::cerr, context);
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {
        fmt::print(stderr, "weld-bench: {}: {}\n", run.benchmark_name(), run.error_message);
        failed_ = true;
      } else if (run.run_type == Run::RT_Iteration) {
        add(run.run_name.function_name, run.family_index, run.GetAdjustedRealTime());
      }
    }
  }

  bool failed() const { return failed_; }
  // In the order of registration.
  std::vector<Measurement> measurements() const {
    std::vector<Measurement> all;
    for (const auto& [index, measurement] : measurements_) all.push_back(measurement);
    return all;
  }

 private:
  void add(const std::string& name, int64_t index, double milliseconds) {
    size_t first = name.find('/');
    size_t last = name.rfind('/');
    Measurement measurement{name.substr(0, first), name.substr(first + 1, last - first - 1), std::atoi(&name[last + 1]),
                            milliseconds};
    auto [place, is_new] = measurements_.try_emplace(index, measurement);
    if (!is_new) place->second.milliseconds = std::min(place->second.milliseconds, milliseconds);
  }

  std::map<int64_t, Measurement> measurements_;
  bool failed_ = false;
};

// The number behind "NAME=", when the option has that name and the text is a positive number.
std::optional<double> number_of(std::string_view option, std::string_view name) {
  if (!option.starts_with(name)) return std::nullopt;
  const char* text = option.data() + name.size();
  char* end = nullptr;
  double number = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(number >= 0)) return std::nullopt;
  return number;
}

bool read_options(int argc, char** argv, SuiteOptions* options) {
  if (const char* scale_factor = std::getenv("WELD_BENCH_SF")) {
    std::optional<double> number = number_of(scale_factor, "");
    if (!number) {
      fmt::print(stderr, "weld-bench: WELD_BENCH_SF is no number: {}\n", scale_factor);
      return false;
    }
    options->scale_factor = *number;
  }
  for (int index = 1; index < argc; ++index) {
    std::string_view option = argv[index];
    if (auto scale_factor = number_of(option, "--sf=")) {
      options->scale_factor = *scale_factor;
    } else if (auto rows = number_of(option, "--rows=")) {
      options->rows = static_cast<int64_t>(*rows);
    } else if (auto level = number_of(option, "--llvm-level="); level && *level <= 2) {
      options->compile.llvm_level = static_cast<int>(*level);
    } else {
      fmt::print(stderr, "weld-bench: not understood: {} (--help lists the options)\n", option);
      return false;
    }
  }
  return true;
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, print_help);
  SuiteOptions options;
  if (!read_options(argc, argv, &options)) return kExitUsage;
  Result<Suite> suite = Suite::create(options);
  if (!suite.ok()) {
    for (const Diagnostic& diagnostic : suite.diagnostics()) fmt::print(stderr, "weld-bench: {}\n", diagnostic.message);
    return kExitFailure;
  }
  std::vector<std::string> differences = suite->differences();
  for (const std::string& line : differences) fmt::print(stderr, "weld-bench: {}\n", line);
  if (!differences.empty()) return kExitFailure;

  suite->register_benchmarks();
  LeastTimes times;
  benchmark::RunSpecifiedBenchmarks(&times);
  fmt::print("{}", table_of(times.measurements()));
  return times.failed() ? kExitFailure : 0;
}

}  // namespace
}  // namespace weld::bench

int main(int argc, char** argv) { return weld::bench::run(argc, argv); }
