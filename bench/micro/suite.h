// All workloads, compiled, checked and registered with Google Benchmark.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/micro/workload.h"
#include "weld/module.h"

namespace weld::bench {

struct SuiteOptions {
  double scale_factor = 1;  // of the TPC-H data
  int64_t rows = 1 << 24;   // of the other workloads; Black-Scholes takes an eighth
  std::vector<int> threads = {1, 2};
  CompileOptions compile;
};

// All of them, with their data. An error when the scale factor is out of range.
Result<std::vector<Workload>> all_workloads(const SuiteOptions& options);

class Suite {
 public:
  // Makes the data and compiles each program once. An error when the scale factor is out of range or a program does not compile.
  static Result<Suite> create(const SuiteOptions& options);

  // Runs each workload by Weld and by each baseline with every number of threads; a line for each answer that differs.
  std::vector<std::string> differences() const;

  // Registers "WORKLOAD/weld/THREADS", "WORKLOAD/BASELINE/THREADS" and "WORKLOAD/compile/1". Requires that the suite lives as
  // long as benchmarks run.
  void register_benchmarks() const;

 private:
  struct Entry {
    Workload workload;
    std::shared_ptr<const Module> module;
  };
  struct Threads {
    int count;
    std::shared_ptr<runtime::Engine> engine;
  };
  Suite() = default;

  CompileOptions compile_;
  std::vector<Entry> entries_;
  std::vector<Threads> threads_;
};

}  // namespace weld::bench
