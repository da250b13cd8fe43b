// Dictionaries: sums by keys of few to many different values, close together and far apart, and probes that find a share of what
// they look for in tables of several sizes.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "bench/sweep/sweep.h"

namespace weld::bench {
namespace {

const std::vector<std::string> kDictionaryStrategies = {"auto", "hash", "dense", "partitioned"};
constexpr int64_t kPercents = 100;
constexpr int64_t kFarApart = 0x2545f4914f6cdd1d;  // times a number below some billions: no two products are close

uint64_t mixed(uint64_t number) {
  number *= 0x9e3779b97f4a7c15ULL;
  number = (number ^ (number >> 32)) * 0xd6e8feb86659fd93ULL;
  return number ^ (number >> 32);
}

// In no order.
int64_t number_below(int64_t bound, int64_t row) {
  return static_cast<int64_t>(
      static_cast<unsigned __int128>(mixed(static_cast<uint64_t>(row) + 1)) * static_cast<uint64_t>(bound) >> 64);
}

int64_t key_of(int64_t number, bool is_dense) {
  const int64_t factor = is_dense ? 1 : kFarApart;
  return static_cast<int64_t>(static_cast<uint64_t>(number) * static_cast<uint64_t>(factor));
}

void set_dictionary_strategy(const std::string& strategy, runtime::EngineOptions* engine) {
  engine->strategies.dictionary = runtime::dictionary_strategy(strategy).value();
}

// A program and the data for it, which are made point by point.
class Runs {
 public:
  using Make = std::function<std::vector<std::vector<int64_t>>(double point)>;

  Runs(std::string_view program, const SweepOptions& options, Make make)
      : program_([&](const std::string&) { return std::string(program); }, kDictionaryStrategies, options,
                 set_dictionary_strategy),
        make_(std::move(make)) {}

  Value run(double point, const std::string& strategy) {
    if (columns_.empty() || point_ != point) {
      columns_ = make_(point);
      point_ = point;
    }
    std::vector<int64_t> arguments;
    for (const std::vector<int64_t>& column : columns_) add_vector(column, &arguments);
    return program_.run(strategy, arguments);
  }

 private:
  SweepProgram program_;
  Make make_;
  double point_ = 0;
  std::vector<std::vector<int64_t>> columns_;
};

Sweep dictionary_sweep(const std::string& name, std::string_view program, const SweepOptions& options, Runs::Make make) {
  auto runs = std::make_shared<Runs>(program, options, std::move(make));
  Sweep sweep;
  sweep.name = "dictionary_" + name;
  sweep.strategies = kDictionaryStrategies;
  sweep.rows = options.rows;
  sweep.prepare = [runs](double point, const std::string& strategy) { return [=] { runs->run(point, strategy); }; };
  sweep.answer = [runs](double point, const std::string& strategy) { return answer_of(runs->run(point, strategy)); };
  return sweep;
}

constexpr const char* kSums = R"(
|keys: vec[i64], values: vec[i64]|
  let sums = result(for(zip(keys, values), dictmerger[i64, i64, +], |b, i, row| merge(b, {row.$0, row.$1})));
  {len(sums), result(for(tovec(sums), merger[i64, +], |b, i, entry| merge(b, (entry.$0 ^ entry.$1) * entry.$1)))})";

Sweep sums_sweep(const SweepOptions& options, bool is_dense) {
  auto make = [=](double point) {
    std::vector<std::vector<int64_t>> columns(2);
    for (int64_t row = 0; row < options.rows; ++row) {
      columns[0].push_back(key_of(number_below(static_cast<int64_t>(point), row), is_dense));
      columns[1].push_back(row % kPercents + 1);
    }
    return columns;
  };
  Sweep sweep = dictionary_sweep(is_dense ? "sums_dense" : "sums_sparse", kSums, options, make);
  sweep.x_label = "different keys";
  sweep.log_x = true;
  sweep.points = {10, 100, 1e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7};
  return sweep;
}

constexpr const char* kLookups = R"(
|table: vec[i64], keys: vec[i64]|
  let numbers = result(for(table, dictmerger[i64, i64, +], |b, i, key| merge(b, {key, i})));
  result(for(keys, merger[i64, +], |sum, i, key| let found = optlookup(numbers, key); if(found.$0, merge(sum, found.$1), sum))))";

constexpr const char* kExists = R"(
|table: vec[i64], keys: vec[i64]|
  let numbers = result(for(table, dictmerger[i64, i64, +], |b, i, key| merge(b, {key, i})));
  result(for(keys, merger[i64, +], |count, i, key| if(keyexists(numbers, key), merge(count, 1L), count))))";

constexpr const char* kJoin = R"(
|table: vec[i64], keys: vec[i64]|
  let numbers = result(for(table, dictmerger[i64, i64, +], |b, i, key| merge(b, {key, i})));
  result(for(keys, merger[i64, +], |sum, i, key| if(keyexists(numbers, key), merge(sum, lookup(numbers, key)), sum))))";

// The table has every second key of a range.
Sweep probe_sweep(const SweepOptions& options, std::string_view program, const std::string& name, int64_t size, bool is_dense) {
  auto make = [=](double point) {
    std::vector<std::vector<int64_t>> columns(2);
    const int64_t entries = std::min(size, std::max<int64_t>(options.rows, 1));
    for (int64_t entry = 0; entry < entries; ++entry) columns[0].push_back(key_of(entry * 2, is_dense));
    for (int64_t row = 0; row < options.rows; ++row) {
      const bool is_there = number_below(kPercents, -row) < static_cast<int64_t>(point);
      columns[1].push_back(key_of(number_below(entries, row) * 2 + (is_there ? 0 : 1), is_dense));
    }
    return columns;
  };
  Sweep sweep = dictionary_sweep(fmt::format("{}_{}_{}", name, size, is_dense ? "dense" : "sparse"), program, options, make);
  sweep.x_label = "keys found in percent";
  sweep.points = {1, 10, 50, 90, 100};
  return sweep;
}

}  // namespace

std::vector<Sweep> dictionary_sweeps(const SweepOptions& options) {
  constexpr int64_t kMiddle = 100'000;
  std::vector<Sweep> sweeps;
  for (const bool is_dense : {true, false}) {
    sweeps.push_back(sums_sweep(options, is_dense));
    for (const int64_t size : {int64_t{1000}, kMiddle, int64_t{1'000'000}}) {
      sweeps.push_back(probe_sweep(options, kLookups, "optlookup", size, is_dense));
    }
    sweeps.push_back(probe_sweep(options, kExists, "keyexists", kMiddle, is_dense));
    sweeps.push_back(probe_sweep(options, kJoin, "lookup", kMiddle, is_dense));
  }
  return sweeps;
}

}  // namespace weld::bench
