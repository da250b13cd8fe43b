// weld-pass-table: what each optimizer pass is worth. Compiles every workload with the default passes and without each of them in
// turn, runs all of these interleaved, and prints how many times longer a run and a compile take without the pass.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/suite.h"
#include "bench/number_option.h"
#include "weld/options.h"

namespace weld::bench {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

struct Options {
  SuiteOptions suite;
  int repetitions = 15;
  bool markdown = false;
  std::string only;  // a part of the names of the workloads to measure
};

double milliseconds_of(const auto& function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// A workload compiled without a pass, or with all.
struct Variant {
  size_t pass;  // its number; that of all passes is none
  CompileOptions compile;
  std::shared_ptr<const Module> module;
  double run_ms = std::numeric_limits<double>::infinity();
  double compile_ms = std::numeric_limits<double>::infinity();
};

// How many times longer a run and a compile take without a pass; empty where the pass does nothing for the workload.
struct Worth {
  std::optional<double> run, compile;
};

class PassTable {
 public:
  explicit PassTable(const Options& options) : options_(options), passes_(pass_summaries()) {
    runtime::EngineOptions engine;
    engine.threads = options.suite.threads.front();
    engine_ = runtime::Engine::create(engine);
  }

  // False, with a message, when something does not compile or fails.
  bool measure(const Workload& workload) {
    std::vector<Variant> variants = variants_of(workload);
    for (int repetition = 0; repetition < options_.repetitions; ++repetition) {
      for (Variant& variant : variants) {
        if (!measure_once(workload, &variant)) return false;
      }
    }
    std::vector<Worth> worths(passes_.size());
    for (const Variant& variant : variants) {
      if (variant.pass == passes_.size()) continue;
      worths[variant.pass] = {variant.run_ms / variants[0].run_ms, variant.compile_ms / variants[0].compile_ms};
    }
    names_.push_back(workload.name);
    columns_.push_back(std::move(worths));
    all_.push_back({variants[0].run_ms, variants[0].compile_ms});
    return true;
  }

  void print() const {
    fmt::print(
        "Without each pass: time of a run / time of a compile, as multiples of those with all passes. -: the pass changes\n"
        "nothing there. {} threads, least of {}.\n\n",
        options_.suite.threads.front(), options_.repetitions);
    print_row("workload", [&](size_t i) { return names_[i]; });
    if (options_.markdown) print_row("---", [](size_t) { return std::string("---"); });
    print_row("all, ms", [&](size_t i) { return fmt::format("{:.2f} / {:.2f}", *all_[i].run, *all_[i].compile); });
    for (size_t pass = 0; pass < passes_.size(); ++pass) {
      print_row(passes_[pass].name, [&](size_t i) {
        const Worth& worth = columns_[i][pass];
        return worth.run ? fmt::format("{:.2f} / {:.2f}", *worth.run, *worth.compile) : std::string("-");
      });
    }
  }

 private:
  // The first has all passes. Passes without which the program is the same are left out.
  std::vector<Variant> variants_of(const Workload& workload) const {
    std::vector<Variant> variants = {{passes_.size(), options_.suite.compile, nullptr}};
    variants[0].compile.share_code = false;  // what is measured is compiling
    const std::string optimized = optimized_text(workload, variants[0].compile);
    for (size_t pass = 0; pass < passes_.size(); ++pass) {
      CompileOptions compile = variants[0].compile;
      compile.passes = {"-" + passes_[pass].name};
      if (optimized_text(workload, compile) != optimized) variants.push_back({pass, compile, nullptr});
    }
    return variants;
  }

  static std::string optimized_text(const Workload& workload, const CompileOptions& compile) {
    Result<std::string> text = explain(workload.program, "optimize", compile);
    return text.ok() ? *text : "";
  }

  bool measure_once(const Workload& workload, Variant* variant) const {
    variant->compile_ms = std::min(variant->compile_ms, milliseconds_of([&] {
                                     Result<std::shared_ptr<const Module>> module =
                                         Module::compile(workload.program, variant->compile);
                                     variant->module = module.ok() ? *module : nullptr;
                                   }));
    if (variant->module == nullptr) {
      fmt::print(stderr, "weld-pass-table: {} does not compile\n", workload.name);
      return false;
    }
    bool good = true;
    variant->run_ms =
        std::min(variant->run_ms, milliseconds_of([&] { good = variant->module->run(engine_, workload.arguments.data()).ok(); }));
    if (!good) fmt::print(stderr, "weld-pass-table: {} ends in an error\n", workload.name);
    return good;
  }

  template <class Cell>
  void print_row(std::string_view name, const Cell& cell) const {
    fmt::print("{}{:<32}", options_.markdown ? "| " : "", name);
    for (size_t i = 0; i < names_.size(); ++i) {
      fmt::print("{}{:>{}}", options_.markdown ? " | " : "  ", cell(i), std::max<size_t>(names_[i].size(), 14));
    }
    fmt::print("{}\n", options_.markdown ? " |" : "");
  }

  const Options& options_;
  std::vector<PassSummary> passes_;
  std::shared_ptr<runtime::Engine> engine_;
  std::vector<std::string> names_;           // of the workloads
  std::vector<std::vector<Worth>> columns_;  // for each workload, by pass
  std::vector<Worth> all_;                   // milliseconds with all passes
};

bool read_options(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--markdown") {
      options->markdown = true;
    } else if (constexpr std::string_view kOnly = "--only="; option.starts_with(kOnly)) {
      options->only = option.substr(kOnly.size());
    } else if (!read_number(option, "--sf=", 0.001, &options->suite.scale_factor) &&
               !read_number<int64_t>(option, "--rows=", 1000, &options->suite.rows) &&
               !read_number(option, "--threads=", 1, &options->suite.threads.front()) &&
               !read_number(option, "--repetitions=", 1, &options->repetitions)) {
      return false;
    }
  }
  return true;
}

int run(int argc, char** argv) {
  Options options;
  options.suite.threads = {1};
  if (!read_options(argc, argv, &options)) {
    fmt::print(stderr, "usage: weld-pass-table [--sf=N] [--rows=N] [--threads=N] [--repetitions=N] [--only=TEXT] [--markdown]\n");
    return kExitUsage;
  }
  const Result<std::vector<Workload>> workloads = all_workloads(options.suite);
  if (!workloads.ok()) {
    fmt::print(stderr, "weld-pass-table: {}\n", workloads.diagnostics()[0].message);
    return kExitFailure;
  }
  PassTable table(options);
  for (const Workload& workload : *workloads) {
    if (workload.name.find(options.only) == std::string::npos) continue;
    if (!table.measure(workload)) return kExitFailure;
  }
  table.print();
  return 0;
}

}  // namespace
}  // namespace weld::bench

int main(int argc, char** argv) { return weld::bench::run(argc, argv); }
