// How long the optimizer takes for long programs: chains of operations of several kinds, as libraries emit them that make a
// vector with each call. Prints a table: for each kind and length the least time of some repetitions, the time per operation, the
// loops that are left, and the pass that takes longest. Arguments: the lengths, 1000 and 10000 when there are none; and names of
// the kinds, or parts of these, all when there are none. --once: without repetitions, for tools that count instructions. --kinds:
// only the names of the kinds.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weld/ir/deep_stack.h"
#include "weld/ir/fragment.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/pass.h"

namespace weld {
namespace {

struct Kind {
  const char* name;
  const char* start;                          // the parameters, and what the first operation needs
  std::function<std::string(int)> operation;  // the let of the operation of that number, from 1 on
  std::function<std::string(int)> result;     // of a chain so long
};

std::string one_sum(int length) { return fmt::format("sum(v{})", length); }

// s1 + … + s(last), as a tree: in a row they would be nested as deep as there are sums.
std::string sums_between(int first, int last) {
  if (first == last) return fmt::format("s{}", first);
  const int middle = first + (last - first) / 2;
  return fmt::format("({} + {})", sums_between(first, middle), sums_between(middle + 1, last));
}

std::string all_sums(int length) { return sums_between(1, length); }

std::vector<Kind> kinds() {
  return {
      {"maps", "|v0: vec[f64]|", [](int i) { return fmt::format("let v{} = map(v{}, |x| x * 3.0 + {}.0);", i, i - 1, i); },
       one_sum},
      {"maps of zips", "|v0: vec[f64], w: vec[f64]|",
       [](int i) { return fmt::format("let v{} = map(zip(v{}, w), |e| e.$0 * e.$1);", i, i - 1); }, one_sum},
      {"maps of the last two", "|v0: vec[f64]| let v1 = map(v0, |x| x * 2.0);",
       [](int i) {
         return i == 1 ? std::string() : fmt::format("let v{} = map(zip(v{}, v{}), |e| e.$0 - e.$1);", i, i - 1, i - 2);
       },
       one_sum},
      {"filters", "|v0: vec[f64]|", [](int i) { return fmt::format("let v{} = filter(v{}, |x| x > {}.0);", i, i - 1, i); },
       one_sum},
      {"sums of one vector", "|v: vec[i64]|", [](int i) { return fmt::format("let s{} = sum(map(v, |x| x * {}L));", i, i); },
       all_sums},
      {"three sums at a time", "|v: vec[i64]|",
       [](int i) {
         return fmt::format(
             "let s{0} = (let t{0} = for(v, {{merger[i64, +], merger[i64, max], merger[i64, min]}}, |b, i, x| let y = x * {0}L; "
             "{{merge(b.$0, y), merge(b.$1, y), merge(b.$2, y)}}); result(t{0}.$0) + result(t{0}.$1) * result(t{0}.$2));",
             i);
       },
       all_sums},
      {"dictionaries of one vector", "|v: vec[i64]|",
       [](int i) {
         return fmt::format("let s{0} = len(result(for(v, dictmerger[i64, i64, +], |b, i, x| merge(b, {{x % {0}L, x}}))));", i);
       },
       all_sums},
      {"sums along maps", "|v0: vec[i64]|",
       [](int i) {
         const int map = (i + 1) / 2;
         return i % 2 == 0 ? fmt::format("let s{0} = sum(v{0});", map)
                           : fmt::format("let v{0} = map(v{1}, |x| x * 3L + {0}L);", map, map - 1);
       },
       [](int length) { return length < 2 ? one_sum(length) : all_sums(length / 2); }},
      {"scalars", "|v0: i64|", [](int i) { return fmt::format("let v{} = v{} * 3L + v0;", i, i - 1); },
       [](int length) { return fmt::format("v{}", length); }},
  };
}

std::string text_of(const Kind& kind, int length) {
  std::string text = kind.start;
  for (int i = 1; i <= length; ++i) text += "\n" + kind.operation(i);
  return text + "\n" + kind.result(length);
}

int loops_in(const ExprPtr& program) {
  int loops = 0;
  walk(program, [&](const ExprPtr& expr) {
    loops += expr->is(NodeKind::kFor) ? 1 : 0;
    return true;
  });
  return loops;
}

struct Measurement {
  double milliseconds = 0;
  std::string slowest;  // pass, with its time
  int loops = 0;
};

// The optimizer is given a copy that no one else has, as compilation gives it.
Measurement measure_once(const ExprPtr& program) {
  std::vector<PassTiming> timings;
  ExprPtr copy = with_numbered_places(program);
  std::clock_t start = std::clock();
  ExprPtr optimized = optimize(std::move(copy), {}, &timings);
  std::clock_t end = std::clock();
  Measurement measurement;
  measurement.milliseconds = 1000.0 * static_cast<double>(end - start) / CLOCKS_PER_SEC;
  std::map<std::string, double> passes;
  for (const PassTiming& timing : timings) passes[timing.name] += timing.milliseconds;
  auto slowest = std::max_element(passes.begin(), passes.end(),
                                  [](const auto& left, const auto& right) { return left.second < right.second; });
  measurement.slowest = fmt::format("{} {:.1f}", slowest->first, slowest->second);
  measurement.loops = loops_in(optimized);
  return measurement;
}

Measurement measure(const ExprPtr& program, int repetitions) {
  Measurement least = measure_once(program);
  for (int i = 1; i < repetitions && least.milliseconds * i < 5000; ++i) {
    Measurement again = measure_once(program);
    if (again.milliseconds < least.milliseconds) least = again;
  }
  return least;
}

struct Arguments {
  std::vector<int> lengths;
  std::vector<std::string> parts_of_names;
  int repetitions = 5;
  bool only_kinds = false;

  // A whole name is that of one kind.
  bool want(const Kind& kind) const {
    const std::vector<Kind> all = kinds();
    auto names_it = [&](const std::string& part) {
      const bool is_whole = std::any_of(all.begin(), all.end(), [&](const Kind& other) { return part == other.name; });
      return is_whole ? part == kind.name : std::string(kind.name).find(part) != std::string::npos;
    };
    return parts_of_names.empty() || std::any_of(parts_of_names.begin(), parts_of_names.end(), names_it);
  }
};

int run(const Arguments& arguments) {
  if (arguments.only_kinds) {
    for (const Kind& kind : kinds()) {
      if (arguments.want(kind)) fmt::print("{}\n", kind.name);
    }
    return 0;
  }
  fmt::print("{:<27} {:>10} {:>10} {:>12} {:>7}  {}\n", "chain of", "operations", "ms", "us/operation", "loops",
             "slowest pass, ms");
  for (const Kind& kind : kinds()) {
    if (!arguments.want(kind)) continue;
    for (int length : arguments.lengths) {
      std::string text = text_of(kind, length);
      Result<ExprPtr> program = compile_to_ir(text);
      if (!program.ok()) {
        fmt::print("{:<27} {:>10} {}\n", kind.name, length, program.diagnostics()[0].message);
        continue;
      }
      Measurement measurement = measure(*program, arguments.repetitions);
      fmt::print("{:<27} {:>10} {:>10.1f} {:>12.2f} {:>7}  {}\n", kind.name, length, measurement.milliseconds,
                 1000 * measurement.milliseconds / length, measurement.loops, measurement.slowest);
    }
  }
  return 0;
}

}  // namespace
}  // namespace weld

int main(int count, char** given) {
  weld::Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string argument = given[i];
    if (argument == "--once") {
      arguments.repetitions = 1;
    } else if (argument == "--kinds") {
      arguments.only_kinds = true;
    } else if (int length = std::atoi(given[i]); length > 0) {
      arguments.lengths.push_back(length);
    } else {
      arguments.parts_of_names.push_back(argument);
    }
  }
  if (arguments.lengths.empty()) arguments.lengths = {1000, 10000};
  int result = 0;
  weld::run_on_deep_stack([&] { result = weld::run(arguments); });  // as compilation does all that it does
  return result;
}
