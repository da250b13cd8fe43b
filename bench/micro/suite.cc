#include "bench/micro/suite.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace weld::bench {
namespace {

// Black-Scholes computes some fifty times longer on a row than the others.
constexpr int64_t kOptionsShare = 8;

template <class Function>
void register_benchmark(const Workload& workload, std::string_view implementation, int threads, const Function& function) {
  std::string name = fmt::format("{}/{}/{}", workload.name, implementation, threads);
  benchmark::RegisterBenchmark(name.c_str(), function)->Unit(benchmark::kMillisecond)->UseRealTime();
}

}  // namespace

Result<std::vector<Workload>> all_workloads(const SuiteOptions& options) {
  Result<std::vector<Workload>> workloads = tpch_workloads(options.scale_factor);
  if (!workloads.ok()) return workloads;
  for (Workload& workload : filtered_sums(options.rows)) workloads->push_back(std::move(workload));
  workloads->push_back(map_filter_reduce_workload(options.rows));
  for (Workload& workload : nested_loops(options.rows)) workloads->push_back(std::move(workload));
  workloads->push_back(weighted_sum_workload(options.rows));
  workloads->push_back(limit_sums_workload(options.rows));
  workloads->push_back(group_sums_workload(options.rows));
  workloads->push_back(top_rows_workload(options.rows));
  workloads->push_back(semi_join_workload(options.rows));
  workloads->push_back(group_spread_workload(options.rows));
  workloads->push_back(scored_groups_workload(options.rows));
  workloads->push_back(correlation_workload(options.rows));
  workloads->push_back(weighted_norms_workload(options.rows));
  workloads->push_back(means_workload(options.rows));
  workloads->push_back(ranked_table_workload(options.rows));
  workloads->push_back(filtered_slope_workload(options.rows));
  workloads->push_back(rotated_points_workload(options.rows));
  workloads->push_back(column_totals_workload(options.rows));
  workloads->push_back(black_scholes_workload(options.rows / kOptionsShare));
  return workloads;
}

Result<Suite> Suite::create(const SuiteOptions& options) {
  Result<std::vector<Workload>> workloads = all_workloads(options);
  if (!workloads.ok()) return workloads.diagnostics();
  Suite suite;
  suite.compile_ = options.compile;
  suite.compile_.share_code = false;  // what is measured is compiling
  for (Workload& workload : *workloads) {
    auto module = Module::compile(workload.program, options.compile);
    if (!module.ok()) return Diagnostic{format_diagnostics(workload.name, workload.program, module.diagnostics()), {}};
    suite.entries_.push_back({std::move(workload), *module});
  }
  for (int count : options.threads) {
    runtime::EngineOptions engine;
    engine.threads = count;
    suite.threads_.push_back({count, runtime::Engine::create(engine)});
  }
  return suite;
}

std::vector<std::string> Suite::differences() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    for (const Threads& threads : threads_) {
      Value value = entry.module->run(threads.engine, entry.workload.arguments.data());
      for (const Baseline& baseline : entry.workload.baselines) {
        baseline.run(threads.count);
        std::string difference = value.ok() ? entry.workload.compare(value.data()) : value.error_message();
        if (!difference.empty()) {
          lines.push_back(
              fmt::format("{}, {} threads, against {}: {}", entry.workload.name, threads.count, baseline.name, difference));
        }
      }
    }
  }
  return lines;
}

void Suite::register_benchmarks() const {
  for (const Entry& entry : entries_) {
    const Workload& workload = entry.workload;
    for (const Threads& threads : threads_) {
      register_benchmark(workload, "weld", threads.count, [&entry, &threads](benchmark::State& state) {
        for (auto _ : state) {
          Value value = entry.module->run(threads.engine, entry.workload.arguments.data());
          if (!value.ok()) state.SkipWithError(value.error_message().c_str());
        }
      });
      for (const Baseline& baseline : workload.baselines) {
        register_benchmark(workload, baseline.name, threads.count, [&baseline, &threads](benchmark::State& state) {
          for (auto _ : state) baseline.run(threads.count);
        });
      }
    }
    register_benchmark(workload, "compile", 1, [this, &workload](benchmark::State& state) {
      for (auto _ : state) {
        if (!Module::compile(workload.program, compile_).ok()) state.SkipWithError("does not compile");
      }
    });
  }
}

}  // namespace weld::bench
