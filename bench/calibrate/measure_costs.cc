// A cost is the difference between two programs of which one does more of it in every row, so that what they share cancels out.
#include "bench/calibrate/measure_costs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "weld/module.h"

namespace weld::bench {
namespace {

constexpr int64_t kTableEntries = 4096;  // of the vec that is looked up in: in the first or second-level cache
constexpr int64_t kGroups = 1000;
constexpr int64_t kDictEntries = 1 << 17;
constexpr int64_t kLongInnerLoop = 64;
constexpr int64_t kShortInnerLoop = 16;
constexpr int64_t kKeptShare = 8;
constexpr int64_t kCachedRows = 16 << 10;  // of which three columns are in the second-level cache
constexpr int64_t kKeptFactor = 32;        // of vecs that are too large for any cache: so many times the rows

struct Vec {
  const void* data;
  int64_t length;
};

// What every program is given: values between 1 and 2; factors near 1; keys, groups and places in no order.
struct Data {
  explicit Data(int64_t rows) {
    uint64_t state = 1;
    auto number_below = [&](uint64_t bound) {
      constexpr uint64_t kMultiplier = 6364136223846793005ULL;
      constexpr uint64_t kIncrement = 1442695040888963407ULL;
      state = state * kMultiplier + kIncrement;
      return static_cast<int64_t>((state >> 33) % bound);
    };
    for (int64_t row = 0; row < rows; ++row) {
      values.push_back(1 + static_cast<double>(number_below(1000)) / 1000);
      factors.push_back(1 + static_cast<double>(number_below(1000)) / 1e6);
      keys.push_back(number_below(kDictEntries));
      groups.push_back(number_below(kGroups));
      places.push_back(number_below(kTableEntries));
    }
    for (int64_t entry = 0; entry < kTableEntries; ++entry) table.push_back(number_below(kTableEntries));
    for (int64_t number = 0; number < kLongInnerLoop; ++number) numbers.push_back(1);
    short_numbers.assign(numbers.begin(), numbers.begin() + kShortInnerLoop);
  }

  std::vector<double> values, factors, numbers, short_numbers;
  std::vector<int64_t> keys, groups, places, table;
};

constexpr std::string_view kParameters =
    "|values: vec[f64], factors: vec[f64], numbers: vec[f64], short_numbers: vec[f64], keys: vec[i64], groups: vec[i64], "
    "places: vec[i64], table: vec[i64]| ";

class Program {
 public:
  explicit Program(const std::string& body) {
    const std::string text = std::string(kParameters) + body;
    auto module = Module::compile(text);
    if (!module.ok()) fail(format_diagnostics("program", text, module.diagnostics()));
    module_ = *module;
  }

  void run(const std::shared_ptr<runtime::Engine>& engine, const Data& data) const {
    auto vec = [](const auto& elements) { return Vec{elements.data(), static_cast<int64_t>(elements.size())}; };
    const Vec arguments[] = {vec(data.values), vec(data.factors), vec(data.numbers), vec(data.short_numbers),
                             vec(data.keys),   vec(data.groups),  vec(data.places),  vec(data.table)};
    const Value value = module_->run(engine, arguments);
    if (!value.ok()) fail(value.error_message());
  }

 private:
  [[noreturn]] static void fail(const std::string& message) {
    fmt::print(stderr, "weld-calibrate: {}\n", message);
    std::exit(1);
  }

  std::shared_ptr<const Module> module_;
};

double picoseconds_of(const Program& program, const std::shared_ptr<runtime::Engine>& engine, const Data& data, int64_t times) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < times; ++i) program.run(engine, data);
  return std::chrono::duration<double, std::pico>(std::chrono::steady_clock::now() - start).count();
}

// `times` applications of a text with {} for its operand.
std::string applied(std::string_view form, std::string_view operand, int times) {
  std::string text(operand);
  for (int i = 0; i < times; ++i) text = fmt::format(fmt::runtime(form), text);
  return text;
}

std::string sum_of(std::string_view element) {
  return fmt::format("sum(map(zip(values, factors), |row| let x = row.$0; let y = row.$1; {}))", element);
}

class Calibration {
 public:
  explicit Calibration(const CalibrationOptions& options) : options_(options), data_(options.rows), engine_(engine(1, 0)) {}

  std::vector<MeasuredCost> run() {
    add("arithmetic", chain("({} * y + x)", 60) / 2);
    add("division", chain("(y / {})", 20));
    add("function", chain("sin({})", 3));
    add("power", chain("pow({}, y)", 2));
    add("vector_lookup", per_row(lookups(6), lookups(2), 4));
    const std::string index = fmt::format(
        "let index = result(for(rangeiter(0L, {}L, 1L), dictmerger[i64, i64, +], |b, i, e| merge(b, {{e * 7919L, e}}))); ",
        kDictEntries);
    auto probes = [&](std::string_view value) { return index + fmt::format("sum(map(keys, |key| {}))", value); };
    add("dictionary_lookup",
        per_row(probes("lookup(index, key * 7919L) + lookup(index, (key ^ 5L) * 7919L) + lookup(index, (key ^ 11L) * 7919L)"),
                probes("lookup(index, key * 7919L)"), 2));
    const std::string sum = "result(for(groups, merger[i64, +], |b, i, e| merge(b, e)))";
    add("dictionary_merge",
        per_row("tovec(result(for(groups, dictmerger[i64, i64, +], |b, i, e| merge(b, {e * 7919L, 1L}))))", sum, 1));
    const double iteration = per_row(inner_loops("numbers"), inner_loops("short_numbers"), kLongInnerLoop - kShortInnerLoop);
    add("inner_iteration", iteration);
    add("inner_loop", per_row(inner_loops("short_numbers"), "sum(values)", 1) - iteration * static_cast<double>(kShortInnerLoop));
    // More bytes than caches hold.
    const std::string map = fmt::format("map(rangeiter(0L, {}L, 1L), |x| x * 3L)", kKeptFactor * options_.rows);
    add("kept_byte", per_row(map, fmt::format("sum({})", map), kKeptFactor * static_cast<int64_t>(sizeof(int64_t))));
    add("listed_append", static_cast<double>(kKeptShare) * per_cached_row(appends("branch", true), appends("branch", false), 2));
    add("moved_append", per_cached_row(appends("compress", true), appends("compress", false), 2));
    if (std::optional<double> from = parallel_from()) add("parallel_from", *from);
    return std::move(costs_);
  }

 private:
  static std::shared_ptr<runtime::Engine> engine(int threads, int64_t morsel_rows) {
    runtime::EngineOptions options;
    options.threads = threads;
    options.morsel_rows = morsel_rows;
    return runtime::Engine::create(options);
  }

  // One column, or three, of the rows that a condition keeps: one in kKeptShare.
  static std::string appends(std::string_view form, bool three) {
    if (!three) {
      return fmt::format("result(for(groups, appender[i64], |b, i, e| @(impl: {}) if(e < {}L, merge(b, e), b)))", form,
                         kGroups / kKeptShare);
    }
    return fmt::format(
        "let kept = for(zip(groups, keys, places), {{appender[i64], appender[i64], appender[i64]}}, |b, i, e| @(impl: {}) "
        "if(e.$0 < "
        "{}L, {{merge(b.$0, e.$0), merge(b.$1, e.$1), merge(b.$2, e.$2)}}, b)); "
        "{{result(kept.$0), result(kept.$1), result(kept.$2)}}",
        form, kGroups / kKeptShare);
  }

  static std::string lookups(int times) {
    return fmt::format("sum(map(places, |place| {}))", applied("lookup(table, {})", "place", times));
  }

  static std::string inner_loops(std::string_view inner) {
    return fmt::format("sum(map(values, |x| result(for({}, merger[f64, +], |b, i, e| merge(b, e / x)))))", inner);
  }

  // Of one application of a form to a row's x: the difference between twice as many and so many.
  double chain(std::string_view form, int times) const {
    return per_row(sum_of(applied(form, "x", 2 * times)), sum_of(applied(form, "x", times)), times);
  }

  // What the first of two programs takes longer, for each row and each of `times`.
  double per_row(const std::string& more, const std::string& less, int64_t times) const {
    return per_row_of(data_, 1, more, less) / static_cast<double>(times);
  }

  // The same over so few rows that all are in the cache, again and again: of what takes less than reading from memory.
  double per_cached_row(const std::string& more, const std::string& less, int64_t times) const {
    const int64_t rows = std::min(options_.rows, kCachedRows);
    return per_row_of(Data(rows), options_.rows / rows, more, less) / static_cast<double>(times);
  }

  double per_row_of(const Data& data, int64_t runs, const std::string& more, const std::string& less) const {
    const std::vector<double> least = least_of({{Program(more), engine_}, {Program(less), engine_}}, data, runs);
    return (least[0] - least[1]) / static_cast<double>(static_cast<int64_t>(data.values.size()) * runs);
  }

  struct Run {
    Program program;
    std::shared_ptr<runtime::Engine> engine;
  };

  // Interleaved; the first repetition does not count.
  std::vector<double> least_of(const std::vector<Run>& runs, const Data& data, int64_t times = 1) const {
    std::vector<double> least(runs.size(), std::numeric_limits<double>::infinity());
    for (int repetition = 0; repetition <= options_.repetitions; ++repetition) {
      for (size_t i = 0; i < runs.size(); ++i) {
        const double time = picoseconds_of(runs[i].program, runs[i].engine, data, times);
        if (repetition > 0) least[i] = std::min(least[i], time);
      }
    }
    return least;
  }

  // What a loop takes on one thread where two do it in nine tenths of that.
  std::optional<double> parallel_from() const {
    if (std::thread::hardware_concurrency() < 2) return std::nullopt;
    constexpr int64_t kFewestRows = 1024;
    constexpr int64_t kMorsels = 8;
    constexpr double kWorthwhile = 0.9;
    const Program program("sum(map(values, |x| exp(x)))");
    for (int64_t rows = kFewestRows; rows <= options_.rows; rows *= 2) {
      const Data data(rows);
      const std::vector<double> least = least_of({{program, engine(1, rows)}, {program, engine(2, rows / kMorsels)}}, data);
      if (least[1] <= kWorthwhile * least[0]) return least[0];
    }
    return std::nullopt;
  }

  void add(std::string name, double picoseconds) {
    costs_.push_back({std::move(name), std::max<int64_t>(static_cast<int64_t>(picoseconds + 0.5), 1)});
  }

  CalibrationOptions options_;
  Data data_;
  std::shared_ptr<runtime::Engine> engine_;
  std::vector<MeasuredCost> costs_;
};

}  // namespace

std::vector<MeasuredCost> measure_costs(const CalibrationOptions& options) { return Calibration(options).run(); }

}  // namespace weld::bench
