// Many threads at once.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 20;

void in_threads(const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

constexpr const char* kProgram =
    "|v: vec[i64], f: i64| let w = map(v, |x| x * f); {w, result(for(w, merger[i64,+], |b, i, e| merge(b, e)))}";

struct Answer {
  Vec products;
  int64_t sum;
};

// One right answer of kProgram, or not.
bool run_once(weld_module_t module, weld_context_t context, int64_t length, int64_t factor) {
  std::vector<int64_t> numbers(static_cast<size_t>(length));
  std::iota(numbers.begin(), numbers.end(), 0);
  const VecAndNumber arguments = {{numbers.data(), length}, factor};
  const Value argument(weld_value_new(&arguments));
  const Error error(weld_error_new());
  const Value result(weld_module_run(module, context, argument.get(), error.get()));
  if (result == nullptr) return false;
  const Answer& answer = *static_cast<const Answer*>(weld_value_data(result.get()));
  if (answer.products.length != length || answer.sum != factor * (length * (length - 1) / 2)) return false;
  const int64_t* products = static_cast<const int64_t*>(answer.products.data);
  for (int64_t i = 0; i < length; ++i) {
    if (products[i] != i * factor) return false;
  }
  return true;
}

TEST(Threads, OneModuleOneContext) {
  const Module module(weld_module_compile(kProgram, nullptr, nullptr));
  ASSERT_NE(module, nullptr);
  const Context context(weld_context_new(nullptr));
  std::atomic<int> right = 0;
  in_threads([&](int thread) {
    for (int round = 0; round < kRounds; ++round)
      right += run_once(module.get(), context.get(), 10'000 + thread * 1'000, thread + round);
  });
  EXPECT_EQ(right, kThreads * kRounds);
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
}

TEST(Threads, OneModuleManyContexts) {
  const Module module(weld_module_compile(kProgram, nullptr, nullptr));
  ASSERT_NE(module, nullptr);
  std::atomic<int> right = 0;
  in_threads([&](int thread) {
    const Conf conf(weld_conf_new());
    weld_conf_set(conf.get(), "weld.threads", thread % 2 == 0 ? "1" : "2");
    const Context context(weld_context_new(conf.get()));
    for (int round = 0; round < kRounds; ++round) right += run_once(module.get(), context.get(), 5'000, thread + round);
  });
  EXPECT_EQ(right, kThreads * kRounds);
}

// Loops in a loop, short and long ones: what they sum up is the same to the last bit on any number of threads.
TEST(Threads, SumsOfFloatsDoNotDependOnThem) {
  const Module module(weld_module_compile(
      "|n: i64, m: i64| map(rangeiter(0L, n, 1L), |x| result(for(rangeiter(1L, m * (x % 3L) + 10L, 1L), merger[f64,+], "
      "|b, i, y| merge(b, 1.0 / f64(y + x)))))",
      nullptr, nullptr));
  ASSERT_NE(module, nullptr);
  struct {
    int64_t n = 7;
    int64_t m = 1'000'000;
  } arguments;
  const Value argument(weld_value_new(&arguments));
  std::vector<std::vector<double>> sums;
  for (const char* threads : {"1", "2", "7"}) {
    const Conf conf(weld_conf_new());
    weld_conf_set(conf.get(), "weld.threads", threads);
    const Context context(weld_context_new(conf.get()));
    const Value result(weld_module_run(module.get(), context.get(), argument.get(), nullptr));
    ASSERT_NE(result, nullptr);
    const Vec& vec = *static_cast<const Vec*>(weld_value_data(result.get()));
    const auto* data = static_cast<const double*>(vec.data);
    sums.emplace_back(data, data + vec.length);
  }
  EXPECT_EQ(sums[0].size(), 7u);
  EXPECT_GT(sums[0][2], 13.0);
  EXPECT_EQ(sums[1], sums[0]);
  EXPECT_EQ(sums[2], sums[0]);
}

TEST(Threads, CompileAtOnce) {
  std::atomic<int> right = 0;
  in_threads([&](int thread) {
    const std::string code = "|x: i64| x + " + std::to_string(thread) + "L";
    const Error error(weld_error_new());
    const Module module(weld_module_compile(code.c_str(), nullptr, error.get()));
    const Context context(weld_context_new(nullptr));
    const int64_t x = 100;
    const Value argument(weld_value_new(&x));
    const Value result(weld_module_run(module.get(), context.get(), argument.get(), error.get()));
    if (result != nullptr) right += *static_cast<const int64_t*>(weld_value_data(result.get())) == 100 + thread;
  });
  EXPECT_EQ(right, kThreads);
}

TEST(Threads, ErrorsStayWithTheirThread) {
  const Module module(weld_module_compile("|v: vec[i64], i: i64| lookup(v, i)", nullptr, nullptr));
  ASSERT_NE(module, nullptr);
  const Context context(weld_context_new(nullptr));
  const std::vector<int64_t> numbers = {5};
  std::atomic<int> right = 0;
  in_threads([&](int thread) {
    for (int round = 0; round < kRounds; ++round) {
      const VecAndNumber arguments = {{numbers.data(), 1}, thread % 2};
      const Value argument(weld_value_new(&arguments));
      const Error error(weld_error_new());
      const Value result(weld_module_run(module.get(), context.get(), argument.get(), error.get()));
      const uint64_t expected = thread % 2 == 0 ? WELD_ERROR_NONE : WELD_ERROR_ARRAY_OUT_OF_BOUNDS;
      right += weld_error_code(error.get()) == expected;
    }
  });
  EXPECT_EQ(right, kThreads * kRounds);
}

}  // namespace
}  // namespace weld::test
