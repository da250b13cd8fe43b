// Cancel and timeout: whatever a program is busy with, it stops, and nothing is left behind. No test says how soon; one that did
// not stop would never end, which the test driver notices.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

constexpr int64_t kEndless = int64_t{1} << 50;
constexpr int64_t kShort = 10;

// Programs of one type, which run for as long as n says.
struct Program {
  const char* name;
  const char* code;
};
constexpr Program kStoppedPrograms[] = {
    {"iterate", "|v: vec[i64], n: i64| iterate(0L, |x| {x + 1L, x < n})"},
    {"iterate in a loop",
     "|v: vec[i64], n: i64| result(for(v, merger[i64,+], |b, i, e| merge(b, iterate(0L, |x| {x + 1L, x < n}))))"},
    {"a loop", "|v: vec[i64], n: i64| result(for(rangeiter(0L, n, 1L), merger[i64,+], |b, i, e| merge(b, e * e)))"},
    {"a loop whose grain is everything",
     "|v: vec[i64], n: i64| result(@(grain_size: 1000000000000000) for(rangeiter(0L, n, 1L), merger[i64,+], |b, i, e| merge(b, "
     "e)))"},
    {"an inner loop",
     "|v: vec[i64], n: i64| result(for(v, merger[i64,+], |b, i, x| for(rangeiter(0L, n, 1L), b, |c, j, y| merge(c, x * y))))"},
    {"an inner loop with its own builder",
     "|v: vec[i64], n: i64| result(for(v, merger[i64,+], |b, i, x| merge(b, "
     "result(for(rangeiter(0L, n, 1L), merger[i64,max], |c, j, y| merge(c, x ^ y))))))"},
    {"many short inner loops",
     "|v: vec[i64], n: i64| result(for(v, merger[i64,+], |b, i, x| for(rangeiter(0L, n, 1L), b, "
     "|c, j, y| for(rangeiter(0L, x, 1L), c, |d, k, z| merge(d, y * z)))))"},
    {"an inner loop over a view",
     "|v: vec[i64], n: i64| result(for(v, merger[i64,+], |b, i, x| "
     "for(nditer(v, 0L, n, 1L, [n], [0L]), b, |c, j, y| merge(c, x * y))))"},
    {"an inner dictmerger",
     "|v: vec[i64], n: i64| result(for(v, merger[i64,+], |b, i, x| merge(b, len(result("
     "for(rangeiter(0L, n, 1L), dictmerger[i64,i64,+], |d, j, y| merge(d, {y % 1000L, x})))))))"},
    {"a comparison that loops",
     "|v: vec[i64], n: i64| lookup(sort(v, |x, y| i32(result(for(rangeiter(0L, n, 1L), merger[i64,+], "
     "|b, i, e| merge(b, e ^ x ^ y))))), 0L)"},
    // Each step of these is one call of the runtime that takes as long as all else together.
    {"sort after sort",
     "|v: vec[i64], n: i64| let big = result(for(rangeiter(0L, 40000L, 1L), appender[i64], |b, i, e| merge(b, e * 7919L % "
     "40009L))); "
     "iterate(0L, |x| {x + 1L, lookup(sort(big, |e| e ^ x), 0L) < n && x < n})"},
    {"dict after dict",
     "|v: vec[i64], n: i64| iterate(0L, |x| {x + 1L, len(result(for(rangeiter(0L, 40000L, 1L), dictmerger[i64,i64,+], "
     "|b, i, e| merge(b, {e ^ x, e})))) > x && x < n})"},
    {"groups after groups",
     "|v: vec[i64], n: i64| iterate(0L, |x| {x + 1L, len(result(for(rangeiter(0L, 40000L, 1L), groupmerger[i64,i64], "
     "|b, i, e| merge(b, {e ^ x, e})))) > x && x < n})"},
    {"serialize after serialize",
     "|v: vec[i64], n: i64| let big = result(for(rangeiter(0L, 40000L, 1L), appender[vec[i64]], |b, i, e| merge(b, [e, e]))); "
     "iterate(0L, |x| {x + 1L, len(serialize({x, big})) > x && x < n})"},
};

class Stopping : public testing::TestWithParam<std::tuple<Program, const char*>> {
 protected:
  void SetUp() override {
    std::iota(numbers_.begin(), numbers_.end(), 1);
    const Error error(weld_error_new());
    module_.reset(weld_module_compile(std::get<0>(GetParam()).code, nullptr, error.get()));
    ASSERT_NE(module_, nullptr) << weld_error_message(error.get());
  }

  Context make_context(const char* timeout) {
    const Conf conf(weld_conf_new());
    weld_conf_set(conf.get(), "weld.threads", std::get<1>(GetParam()));
    weld_conf_set(conf.get(), "weld.timeout.ms", timeout);
    return Context(weld_context_new(conf.get()));
  }

  // The error's number. A run of the right answer is not looked at: other tests do.
  uint64_t run(weld_context_t context, int64_t n, std::string* message = nullptr) {
    const VecAndNumber arguments = {{numbers_.data(), static_cast<int64_t>(numbers_.size())}, n};
    const Value argument(weld_value_new(&arguments));
    const Error error(weld_error_new());
    const Value result(weld_module_run(module_.get(), context, argument.get(), error.get()));
    EXPECT_EQ(result == nullptr, weld_error_code(error.get()) != WELD_ERROR_NONE);
    if (message != nullptr) *message = weld_error_message(error.get());
    return weld_error_code(error.get());
  }

  std::vector<int64_t> numbers_ = std::vector<int64_t>(20);
  Module module_;
};

TEST_P(Stopping, ByTimeout) {
  const Context context = make_context("20");
  std::string message;
  EXPECT_EQ(run(context.get(), kEndless, &message), uint64_t{WELD_ERROR_TIMEOUT});
  EXPECT_EQ(message.rfind("Timeout at line 1, column ", 0), 0u) << message;
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
  const Context patient = make_context("100000");
  EXPECT_EQ(run(patient.get(), kShort), uint64_t{WELD_ERROR_NONE});
}

TEST_P(Stopping, ByCancel) {
  const Context context = make_context("0");
  EXPECT_EQ(run(context.get(), kShort), uint64_t{WELD_ERROR_NONE});
  std::atomic<bool> ended = false;
  std::thread canceller([&] {
    // From when on the run is in progress cannot be seen from here.
    while (!ended) {
      weld_context_cancel(context.get());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::string message;
  const uint64_t code = run(context.get(), kEndless, &message);
  ended = true;
  canceller.join();
  EXPECT_EQ(code, uint64_t{WELD_ERROR_CANCELLED});
  EXPECT_EQ(message.rfind("Cancelled at line 1, column ", 0), 0u) << message;
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
  EXPECT_EQ(run(context.get(), kShort), uint64_t{WELD_ERROR_NONE});
}

INSTANTIATE_TEST_SUITE_P(Programs, Stopping, testing::Combine(testing::ValuesIn(kStoppedPrograms), testing::Values("1", "3")),
                         [](const auto& info) {
                           std::string name = std::get<0>(info.param).name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name + "_" + std::get<1>(info.param);
                         });

// Runs of several modules, on several threads: all that are in progress end, those of another context do not.
TEST(Cancel, AllRunsOfTheContextAndNoOthers) {
  const std::vector<int64_t> numbers = {1, 2, 3};
  const VecAndNumber arguments = {{numbers.data(), 3}, kEndless};
  std::vector<Module> modules;
  for (const Program& program : {kStoppedPrograms[0], kStoppedPrograms[2], kStoppedPrograms[5], kStoppedPrograms[9]}) {
    modules.emplace_back(weld_module_compile(program.code, nullptr, nullptr));
    ASSERT_NE(modules.back(), nullptr);
  }
  const Context context(weld_context_new(nullptr));
  const Context other(weld_context_new(nullptr));
  std::atomic<int> cancelled = 0;
  std::atomic<int> ended = 0;
  auto run = [&](weld_module_t module, weld_context_t in, uint64_t expected) {
    const Value argument(weld_value_new(&arguments));
    const Error error(weld_error_new());
    const Value result(weld_module_run(module, in, argument.get(), error.get()));
    cancelled += weld_error_code(error.get()) == expected;
    ++ended;
  };
  std::vector<std::thread> threads;
  for (const Module& module : modules) threads.emplace_back(run, module.get(), context.get(), WELD_ERROR_CANCELLED);
  std::thread bystander(run, modules[0].get(), other.get(), WELD_ERROR_CANCELLED);
  while (ended < static_cast<int>(modules.size())) {
    weld_context_cancel(context.get());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended, static_cast<int>(modules.size()));  // so the bystander still runs
  while (ended < static_cast<int>(modules.size()) + 1) {
    weld_context_cancel(other.get());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  bystander.join();
  EXPECT_EQ(cancelled, static_cast<int>(modules.size()) + 1);
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
  EXPECT_EQ(weld_context_memory_usage(other.get()), 0);
}

TEST(Cancel, WithoutRunsNothingHappens) {
  weld_context_cancel(nullptr);
  const Context context(weld_context_new(nullptr));
  weld_context_cancel(context.get());
  const Module module(weld_module_compile("|| 1L + 2L", nullptr, nullptr));
  const Value result(weld_module_run(module.get(), context.get(), nullptr, nullptr));
  ASSERT_NE(result, nullptr);
  weld_context_cancel(context.get());
  EXPECT_EQ(*static_cast<const int64_t*>(weld_value_data(result.get())), 3);
}

TEST(Cancel, ThroughAnotherHandleOnTheContext) {
  const Context context(weld_context_new(nullptr));
  const Module quick(weld_module_compile("|| 1L", nullptr, nullptr));
  const Value value(weld_module_run(quick.get(), context.get(), nullptr, nullptr));
  const Context again(weld_value_context(value.get()));
  const Module module(weld_module_compile(kStoppedPrograms[0].code, nullptr, nullptr));
  std::atomic<bool> ended = false;
  std::thread canceller([&] {
    while (!ended) {
      weld_context_cancel(again.get());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const VecAndNumber arguments = {{nullptr, 0}, kEndless};
  const Value argument(weld_value_new(&arguments));
  const Error error(weld_error_new());
  const Value result(weld_module_run(module.get(), context.get(), argument.get(), error.get()));
  ended = true;
  canceller.join();
  EXPECT_EQ(weld_error_code(error.get()), uint64_t{WELD_ERROR_CANCELLED});
}

}  // namespace
}  // namespace weld::test
