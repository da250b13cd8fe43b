// Times of lazy objects, as a table: of an evaluation whose code is found, by the number of its fragments, and of the stages of
// one that is compiled, for graphs of three shapes and sizes up to the argument (default 10000).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "weld/object.h"

namespace {

using weld::ContextPtr;
using weld::Object;
using weld::ObjectPtr;

double milliseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

ObjectPtr fragment(const char* text, std::vector<ObjectPtr> dependencies, const std::vector<std::string>& names) {
  auto object = Object::from_fragment(text, std::move(dependencies), names, "bench");
  if (!object.ok()) {
    fmt::print(stderr, "{}: {}\n", text, object.diagnostics().front().message);
    std::exit(1);
  }
  return *object;
}

struct Vec {
  const double* data;
  int64_t length;
};
const double kNumbers[] = {1, 2, 3, 4, 5, 6, 7, 8};
const Vec kVec = {kNumbers, 8};
const double kFactor = 1.0001;

ObjectPtr vec_data() { return Object::from_data(*weld::parse_data_type("vec[f64]"), &kVec, nullptr, "v"); }
ObjectPtr scalar_data() { return Object::from_data(weld::Type::f64(), &kFactor, nullptr, "x"); }

// x1 = x * x + 1.0; x2 = x1 * x + 1.0; …
ObjectPtr scalar_chain(int size) {
  const ObjectPtr x = scalar_data();
  ObjectPtr last = x;
  for (int i = 0; i < size; i++) last = fragment("a * b + 1.0", {last, x}, {"a", "b"});
  return last;
}

ObjectPtr map_chain(int size) {
  const ObjectPtr x = scalar_data();
  ObjectPtr last = vec_data();
  for (int i = 0; i < size; i++) last = fragment("map(v, |e| e * x + 1.0)", {last, x}, {"v", "x"});
  return last;
}

// Each step uses the one before twice.
ObjectPtr diamonds(int size) {
  ObjectPtr last = vec_data();
  for (int i = 0; i < size; i++) {
    last = fragment("result(for(zip(v, w), appender[f64], |b, i, e| merge(b, e.$0 + e.$1)))", {last, last}, {"v", "w"});
  }
  return last;
}

// The sum of many maps of one vec.
ObjectPtr fan(int size) {
  const ObjectPtr v = vec_data();
  ObjectPtr total = fragment("0.0", {}, {});
  for (int i = 0; i < size / 2; i++) {
    const ObjectPtr part = fragment("sum(map(v, |e| e * 2.0))", {v}, {"v"});
    total = fragment("a + b", {total, part}, {"a", "b"});
  }
  return total;
}

using Shape = ObjectPtr (*)(int);

void evaluate(const ObjectPtr& object, const ContextPtr& context, weld::StageTimes* times = nullptr) {
  weld::Evaluation evaluation = weld::evaluate({&object, 1}, context, 1);
  if (evaluation.error_code != 0) fmt::print("  {}\n", evaluation.error_message);
  if (times != nullptr) *times = std::move(evaluation.compile_times);
}

void print_found(const ContextPtr& context) {
  fmt::print("code found: least of 1000 in microseconds\n{:<10}{:>12}{:>12}\n", "fragments", "make", "evaluate");
  for (int size : {1, 10, 100}) {
    double make = 1e9, evaluated = 1e9;
    for (int i = 0; i < 1000; i++) {
      ObjectPtr object;
      make = std::min(make, milliseconds_of([&] { object = map_chain(size); }));
      evaluated = std::min(evaluated, milliseconds_of([&] { evaluate(object, context); }));
    }
    fmt::print("{:<10}{:>12.1f}{:>12.1f}\n", size, make * 1000, evaluated * 1000);
  }
}

void print_compiled(const char* name, Shape shape, int largest, const ContextPtr& context) {
  for (int size = 100; size <= largest; size *= 10) {
    ObjectPtr object;
    const double make = milliseconds_of([&] { object = shape(size); });
    weld::StageTimes times;
    const double total = milliseconds_of([&] { evaluate(object, context, &times); });
    double stitch = 0, optimize = 0, codegen = 0, llvm = 0;
    std::string slow;
    for (const auto& [stage, milliseconds] : times) {
      double& sum = stage == "stitch"                              ? stitch
                    : stage == "codegen"                           ? codegen
                    : stage.starts_with("llvm") || stage == "link" ? llvm
                                                                   : optimize;
      sum += milliseconds;
      if (&sum == &optimize && milliseconds > 10) slow += fmt::format(" {} {:.0f}", stage, milliseconds);
    }
    fmt::print("{:<14}{:>10}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f} {}\n", name, size, make, stitch, optimize,
               codegen, llvm, total, slow);
    std::fflush(stdout);
    const double freed = milliseconds_of([&] { object.reset(); });
    if (freed > 100) fmt::print("  freed in {:.0f} ms\n", freed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int largest = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const std::string_view only = argc > 2 ? argv[2] : "";
  auto context = std::make_shared<weld::EvaluationContext>();
  if (argc > 3) context->compile.llvm_level = std::atoi(argv[3]);
  context->engine = weld::runtime::Engine::create({});
  if (only.empty()) print_found(context);
  fmt::print("\ncompiled: milliseconds, and passes above 10\n{:<14}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "shape",
             "fragments", "make", "stitch", "optimize", "codegen", "llvm", "total");
  const std::pair<const char*, Shape> shapes[] = {
      {"scalar chain", scalar_chain}, {"map chain", map_chain}, {"diamonds", diamonds}, {"fan", fan}};
  for (const auto& [name, shape] : shapes) {
    if (only.empty() || only == name) print_compiled(name, shape, largest, context);
  }
  return 0;
}
