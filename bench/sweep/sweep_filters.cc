// Filters whose condition keeps 0 to 100 % of the rows, in no order that a branch predictor could learn.
#include <utility>

#include "bench/sweep/sweep.h"

namespace weld::bench {
namespace {

constexpr uint64_t kKeyCount = 100;

struct Rows {
  explicit Rows(int64_t count) {
    uint64_t state = 1;
    auto number_below = [&](uint64_t bound) {
      constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15ULL;
      uint64_t bits = state++ * kMultiplier;
      bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93ULL;
      return static_cast<int64_t>(((bits ^ (bits >> 32)) >> 32) * bound >> 32);
    };
    for (int64_t row = 0; row < count; ++row) {
      keys.push_back(number_below(kKeyCount));
      small_keys.push_back(static_cast<int32_t>(keys.back()));
      groups.push_back(number_below(1000));
      values.push_back(static_cast<double>(number_below(1'000'000)) / 1e6);
    }
  }
  std::vector<int64_t> keys;  // below 100, each as often
  std::vector<int32_t> small_keys;
  std::vector<int64_t> groups;
  std::vector<double> values;
};

const std::vector<std::string> kFilterStrategies = {"auto", "branch", "select", "compress"};

void set_filter_strategy(const std::string& strategy, runtime::EngineOptions* engine) {
  engine->strategies.filter = runtime::filter_strategy(strategy).value();
}

// The form that does the same for every row is asked for in the program, at its one `if`: code that is chosen from at run time
// has it in few places.
std::string text_for(std::string text, const std::string& strategy) {
  if (strategy == "select") text.insert(text.find("if("), "@(predicate: true) ");
  return text;
}

// arguments: all but the limit, which comes last: rows count whose key is below it.
Sweep filter_sweep(std::string name, const std::string& program, const SweepOptions& options, std::vector<int64_t> arguments) {
  auto compiled = std::make_shared<SweepProgram>([&](const std::string& strategy) { return text_for(program, strategy); },
                                                 kFilterStrategies, options, set_filter_strategy);
  auto run = [compiled, arguments = std::move(arguments)](double point, const std::string& strategy) {
    std::vector<int64_t> all = arguments;
    all.push_back(static_cast<int64_t>(point));
    return compiled->run(strategy, all);
  };
  Sweep sweep;
  sweep.name = "filter_" + std::move(name);
  sweep.x_label = "rows kept in percent";
  sweep.strategies = kFilterStrategies;
  sweep.points = {0, 1, 2, 5, 10, 20, 30, 50, 70, 80, 90, 95, 98, 99, 100};
  sweep.prepare = [run](double point, const std::string& strategy) { return [=] { run(point, strategy); }; };
  sweep.rows = options.rows;
  sweep.answer = [run](double point, const std::string& strategy) { return answer_of(run(point, strategy)); };
  return sweep;
}

constexpr const char* kAppend = R"(
|keys: vec[i64], limit: i64|
  result(for(keys, appender[i64], |b, i, key|
    if(key < limit, merge(b, key), b))))";

constexpr const char* kAppendTwo = R"(
|keys: vec[i64], small: vec[i32], values: vec[f64], limit: i64|
  let kept = for(zip(keys, values), {appender[i64], appender[f64]}, |b, i, row|
    if(row.$0 < limit, {merge(b.$0, row.$0), merge(b.$1, row.$1)}, b));
  {result(kept.$0), result(kept.$1)})";

constexpr const char* kAppendWidths = R"(
|keys: vec[i64], small: vec[i32], values: vec[f64], limit: i64|
  let kept = for(zip(keys, small), {appender[i64], appender[i32]}, |b, i, row|
    if(row.$0 < limit, {merge(b.$0, row.$0), merge(b.$1, row.$1)}, b));
  {result(kept.$0), result(kept.$1)})";

constexpr const char* kAppendAndSum = R"(
|keys: vec[i64], small: vec[i32], values: vec[f64], limit: i64|
  let kept = for(zip(keys, values), {appender[i64], merger[f64, +]}, |b, i, row|
    if(row.$0 < limit, {merge(b.$0, row.$0), merge(b.$1, row.$1)}, b));
  {result(kept.$0), [result(kept.$1)]})";

constexpr const char* kSum = R"(
|keys: vec[i64], values: vec[f64], limit: i64|
  result(for(zip(keys, values), merger[f64, +], |total, i, row| if(row.$0 < limit, merge(total, row.$1), total))))";

constexpr const char* kExpensiveSum = R"(
|keys: vec[i64], values: vec[f64], limit: i64|
  result(for(zip(keys, values), merger[f64, +], |total, i, row|
    if(row.$0 < limit, merge(total, exp(row.$1) + log(row.$1 + 1.0) * exp(0.0 - row.$1)), total))))";

constexpr const char* kExpensiveAppend = R"(
|keys: vec[i64], values: vec[f64], limit: i64|
  result(for(zip(keys, values), appender[f64], |b, i, row|
    if(row.$0 < limit, merge(b, exp(row.$1) + log(row.$1 + 1.0) * exp(0.0 - row.$1)), b))))";

constexpr const char* kGroups = R"(
|keys: vec[i64], groups: vec[i64], limit: i64|
  let sums = tovec(result(for(zip(keys, groups), dictmerger[i64, i64, +], |b, i, row|
    if(row.$0 < limit, merge(b, {row.$1, row.$0}), b))));
  sort(sums, |left, right| compare(left.$0, right.$0)))";

constexpr const char* kScoredGroups = R"(
|keys: vec[i64], groups: vec[i64], values: vec[f64], limit: i64|
  let sums = tovec(result(for(zip(keys, groups, values), dictmerger[i64, f64, +], |b, i, row|
    if(row.$0 < limit, merge(b, {row.$1, row.$2 * 0.25 + row.$2 * row.$2 * 0.5 - (1.0 - row.$2) * 0.75}), b))));
  sort(sums, |left, right| compare(left.$0, right.$0)))";

}  // namespace

std::vector<Sweep> filter_sweeps(const SweepOptions& options) {
  auto rows = std::make_shared<const Rows>(options.rows);
  std::vector<int64_t> keys;
  add_vector(rows->keys, &keys);
  std::vector<int64_t> pairs = keys;
  add_vector(rows->values, &pairs);
  std::vector<int64_t> columns = keys;
  add_vector(rows->small_keys, &columns);
  add_vector(rows->values, &columns);
  std::vector<int64_t> grouped = keys;
  add_vector(rows->groups, &grouped);
  std::vector<int64_t> scored = grouped;
  add_vector(rows->values, &scored);
  std::vector<Sweep> sweeps;
  sweeps.push_back(filter_sweep("append", kAppend, options, keys));
  sweeps.push_back(filter_sweep("append_two", kAppendTwo, options, columns));
  sweeps.push_back(filter_sweep("append_widths", kAppendWidths, options, columns));
  sweeps.push_back(filter_sweep("append_and_sum", kAppendAndSum, options, columns));
  sweeps.push_back(filter_sweep("append_expensive", kExpensiveAppend, options, pairs));
  sweeps.push_back(filter_sweep("sum", kSum, options, pairs));
  sweeps.push_back(filter_sweep("sum_expensive", kExpensiveSum, options, pairs));
  sweeps.push_back(filter_sweep("group_by", kGroups, options, grouped));
  sweeps.push_back(filter_sweep("group_by_score", kScoredGroups, options, scored));
  for (Sweep& sweep : sweeps) {
    // The data live as long as what reads them.
    sweep.prepare = [rows, prepare = std::move(sweep.prepare)](double point, const std::string& strategy) {
      return prepare(point, strategy);
    };
    sweep.answer = [rows, answer = std::move(sweep.answer)](double point, const std::string& strategy) {
      return answer(point, strategy);
    };
  }
  return sweeps;
}

}  // namespace weld::bench
