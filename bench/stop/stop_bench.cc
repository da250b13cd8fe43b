// How soon a run ends after it was cancelled, as a table: programs that are busy with one thing each, cancelled at points spread
// over the time that they take when nothing disturbs them. What counts is the time from the call of cancel to the end of run, in
// which all memory has been given back. Exit code 1 when a program fails in another way.
//   --rows=N      numbers in the vector that all programs get (default 20 million)
//   --points=N    cancellations of each program (default 20)
//   --threads=N   (default: all cores)
//   --only=TEXT   programs with this in their name
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/number_option.h"
#include "weld/module.h"

namespace weld::bench {
namespace {

constexpr uint32_t kCancelled = 15;

struct Program {
  const char* name;
  const char* code;
};

// v holds different numbers in no order.
constexpr Program kPrograms[] = {
    {"a long inner loop",
     "|v: vec[i64]| map([1L, 2L], |x| result(for(v, merger[i64,+], |b, i, e| merge(b, e / (x + 7L) % 1001L))))"},
    {"loops of loops",
     "|v: vec[i64]| map(v, |x| result(for(rangeiter(0L, 100L, 1L), merger[i64,+], |b, i, e| merge(b, e ^ x))))"},
    {"appended vectors", "|v: vec[i64]| map(v, |x| [x, x])"},
    {"a sort by key", "|v: vec[i64]| sort(v, |x| x)"},
    {"a sort by two keys", "|v: vec[i64]| sort(v, |x| {x & 255L, x})"},
    {"a sort by comparator", "|v: vec[i64]| sort(v, |x, y| if(x < y, -1, if(x > y, 1, 0)))"},
    {"a sort by text", "|v: vec[i64]| sort(map(v, |x| serialize(x)), |t| t)"},
    {"sums by key", "|v: vec[i64]| result(for(v, dictmerger[i64,i64,+], |b, i, e| merge(b, {e, i})))"},
    {"sums by two keys", "|v: vec[i64]| result(for(v, dictmerger[{i64,i64},i64,+], |b, i, e| merge(b, {{e, e ^ 1L}, i})))"},
    {"sums by text", "|v: vec[i64]| len(result(for(v, dictmerger[vec[u8],i64,+], |b, i, e| merge(b, {serialize(e), i}))))"},
    {"groups of few", "|v: vec[i64]| result(for(v, groupmerger[i64,i64], |b, i, e| merge(b, {e, i})))"},
    {"groups of many", "|v: vec[i64]| result(for(v, groupmerger[i64,i64], |b, i, e| merge(b, {e & 15L, i})))"},
    {"a dictionary's entries", "|v: vec[i64]| tovec(result(for(v, dictmerger[i64,i64,+], |b, i, e| merge(b, {e, i}))))"},
    {"sums by place", "|v: vec[i64]| result(for(v, vecmerger[i64,+](v), |b, i, e| merge(b, {i, e})))"},
    {"packing", "|v: vec[i64]| serialize(map(v, |x| [x, x]))"},
    {"unpacking", "|v: vec[i64]| deserialize[vec[vec[i64]]](serialize(map(v, |x| [x, x])))"},
};

struct Options {
  int64_t rows = 20'000'000;
  int64_t points = 20;
  int64_t threads = 0;
  std::string_view only;
};

struct Vec {
  const int64_t* data;
  int64_t length;
};

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// A permutation of the numbers below a power of two, mixed over 64 bits.
std::vector<int64_t> mixed_numbers(int64_t rows) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::vector<int64_t> numbers(static_cast<size_t>(rows));
  for (size_t i = 0; i < numbers.size(); i++) numbers[i] = static_cast<int64_t>(i * kOdd);
  return numbers;
}

struct Stop {
  double milliseconds = 0;  // from cancel to the end of the run
  bool was_late = false;    // the run had ended before
  bool is_fault = false;
};

Stop cancel_after(double wait, const Module& module, const std::shared_ptr<runtime::Engine>& engine, const Vec& v) {
  Stop stop;
  Clock::time_point ended;
  std::thread runner([&] {
    const Value value = module.run(engine, &v);
    ended = Clock::now();
    stop.was_late = value.ok();
    stop.is_fault = !value.ok() && value.error_code() != kCancelled;
  });
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(wait));
  const Clock::time_point cancelled = Clock::now();
  engine->cancel();
  runner.join();
  stop.milliseconds = std::chrono::duration<double, std::milli>(ended - cancelled).count();
  stop.is_fault |= engine->memory_usage() != 0;
  return stop;
}

bool measure(const Program& program, const Options& options, const Vec& v) {
  const Result<std::shared_ptr<const Module>> module = Module::compile(program.code);
  if (!module.ok()) {
    fmt::print(stderr, "{}: {}\n", program.name, module.diagnostics()[0].message);
    return false;
  }
  runtime::EngineOptions engine_options;
  engine_options.threads = static_cast<int>(options.threads);
  const std::shared_ptr<runtime::Engine> engine = runtime::Engine::create(engine_options);
  double whole = 0;
  for (int i = 0; i < 2; i++) {  // the first run may have to wait for memory that no run had before
    const Clock::time_point start = Clock::now();
    if (!(*module)->run(engine, &v).ok()) {
      fmt::print(stderr, "{}: does not run\n", program.name);
      return false;
    }
    whole = milliseconds_since(start);
  }
  std::vector<double> times;
  for (int64_t point = 0; point < options.points; point++) {
    const double share = (static_cast<double>(point) + 0.5) / static_cast<double>(options.points);
    const Stop stop = cancel_after(whole * share, **module, engine, v);
    if (stop.is_fault) {
      fmt::print(stderr, "{}: ends in another error, or leaves memory behind\n", program.name);
      return false;
    }
    if (!stop.was_late) times.push_back(stop.milliseconds);
  }
  std::sort(times.begin(), times.end());
  if (times.empty()) {
    fmt::print("{:<24} {:>10.1f} {:>8} {:>10} {:>10}\n", program.name, whole, 0, "-", "-");
  } else {
    fmt::print("{:<24} {:>10.1f} {:>8} {:>10.2f} {:>10.2f}\n", program.name, whole, times.size(), times[times.size() / 2],
               times.back());
  }
  std::fflush(stdout);
  return true;
}

int run(const Options& options) {
  const std::vector<int64_t> numbers = mixed_numbers(options.rows);
  const Vec v = {numbers.data(), options.rows};
  fmt::print("{:<24} {:>10} {:>8} {:>10} {:>10}\n", "busy with", "whole ms", "stops", "median ms", "worst ms");
  bool fine = true;
  for (const Program& program : kPrograms) {
    if (std::string_view(program.name).find(options.only) != std::string_view::npos) fine &= measure(program, options, v);
  }
  return fine ? 0 : 1;
}

bool read_options(int count, char** arguments, Options* options) {
  for (int i = 1; i < count; i++) {
    const std::string_view option = arguments[i];
    if (option.starts_with("--only=")) {
      options->only = option.substr(7);
    } else if (!read_number(option, "--rows=", &options->rows) && !read_number(option, "--points=", &options->points) &&
               !read_number(option, "--threads=", &options->threads)) {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace weld::bench

int main(int count, char** arguments) {
  weld::bench::Options options;
  if (!weld::bench::read_options(count, arguments, &options)) {
    fmt::print(stderr, "usage: weld-stop-bench [--rows=N] [--points=N] [--threads=N] [--only=TEXT]\n");
    return 2;
  }
  return weld::bench::run(options);
}
