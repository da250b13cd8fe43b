// Whole runs: results and their memory, limits, cancellation, threads, determinism.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <string>
#include <thread>

#include "tests/runtime/support.h"
#include "weld/runtime/context.h"

namespace weld::runtime {
namespace {

constexpr WeldBuilder kFloatSum = {WELD_MERGER, WELD_ORDER_SENSITIVE, 0, 8, nullptr, zero_i64, add_f64, 0};
constexpr WeldBuilder kIntegerSum = {WELD_MERGER, 0, 0, 8, nullptr, zero_i64, add_i64, 0};
constexpr WeldBuilder kRowAppender = {WELD_APPENDER, WELD_POSITIONAL, 0, 8, nullptr, nullptr, nullptr, 1};

WeldPipeline sum_pipeline(const WeldBuilder& builder, WeldStep step) { return {step, 8, &builder, 1, 0, 0, 0, 0, "sum"}; }

weld_status float_step(WeldRunContext*, const void*, int64_t begin, int64_t end, void* local) {
  double sum = *static_cast<double*>(local);
  for (int64_t row = begin; row < end; ++row)
    sum += std::ldexp(static_cast<double>(mix(row) % 1000), static_cast<int>(row % 80) - 40);
  *static_cast<double*>(local) = sum;
  return 0;
}

weld_status integer_step(WeldRunContext*, const void*, int64_t begin, int64_t end, void* local) {
  for (int64_t row = begin; row < end; ++row) *static_cast<int64_t*>(local) += row % 7;
  return 0;
}

weld_status rows_step(WeldRunContext*, const void*, int64_t begin, int64_t end, void* local) {
  auto* appender = static_cast<WeldAppender*>(local);
  auto* data = reinterpret_cast<int64_t*>(appender->data) + appender->size;
  for (int64_t row = begin; row < end; ++row) data[row - begin] = row;
  appender->size += end - begin;
  return 0;
}

uint64_t float_sum_bits(int threads, int64_t morsel_rows, int64_t rows) {
  auto engine = make_engine(threads, morsel_rows);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void* result) {
    const WeldPipeline pipeline = sum_pipeline(kFloatSum, float_step);
    *static_cast<double*>(result) = 0.1;
    return weld_rt_for(context, &pipeline, nullptr, rows, result);
  });
  EXPECT_EQ(outcome.status, 0u);
  uint64_t bits;
  std::memcpy(&bits, outcome.result, 8);
  return bits;
}

TEST(DeterminismTest, FloatSumsAreTheSameAtAnyThreadCount) {
  for (int64_t morsel_rows : {0, 1000, 17}) {
    for (int64_t rows : {10, 100'000, 300'000}) {
      const uint64_t expected = float_sum_bits(1, morsel_rows, rows);
      for (int threads : {2, 3, 7}) EXPECT_EQ(float_sum_bits(threads, morsel_rows, rows), expected) << threads << " " << rows;
    }
  }
}

TEST(RunTest, ResultIsZeroedAndOwnsItsMemory) {
  auto engine = make_engine(2, 1000);
  RunOutcome outcome = run_program(engine, 64, [&](WeldRunContext* context, void* result) -> weld_status {
    for (int i = 0; i < 64; ++i) EXPECT_EQ(static_cast<uint8_t*>(result)[i], 0);
    const WeldPipeline pipeline = {rows_step, sizeof(WeldAppender), &kRowAppender, 1, 0, 0, 0, 0, "rows"};
    return weld_rt_for(context, &pipeline, nullptr, 100'000, result);
  });
  ASSERT_EQ(outcome.status, 0u);
  EXPECT_EQ(engine->memory_usage(), outcome.memory->bytes());
  EXPECT_GE(outcome.memory->bytes(), 800'000u);
  EXPECT_GE(engine->memory_peak(), engine->memory_usage());
  std::weak_ptr<Engine> gone = engine;
  engine = nullptr;
  EXPECT_TRUE(gone.expired());
  const auto* rows = static_cast<const WeldAppender*>(outcome.result);
  EXPECT_EQ(reinterpret_cast<const int64_t*>(rows->data)[99'999], 99'999);
  std::thread([&] { outcome = {}; }).join();  // freed by another thread, after its engine
}

TEST(RunTest, FailureKeepsNothing) {
  auto engine = make_engine(2);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    weld_rt_allocate(context, 10'000'000);
    weld_rt_allocate(context, 10);
    return WELD_ASSERTION_ERROR | 5 << WELD_STATUS_CODE_BITS;
  });
  EXPECT_EQ(outcome.status, weld_status{WELD_ASSERTION_ERROR | 5 << WELD_STATUS_CODE_BITS});
  EXPECT_EQ(outcome.result, nullptr);
  EXPECT_EQ(outcome.memory, nullptr);
  EXPECT_EQ(engine->memory_usage(), 0u);
  EXPECT_GE(engine->memory_peak(), 10'000'000u);
}

TEST(RunTest, LimitCoversAllRunsAndResults) {
  auto engine = make_engine(2, 1000, 3 << 20);
  auto rows = [&](int64_t count) {
    return run_program(engine, sizeof(WeldAppender), [count](WeldRunContext* context, void* result) {
      const WeldPipeline pipeline = {rows_step, sizeof(WeldAppender), &kRowAppender, 1, 0, 0, 0, 0, "rows"};
      return weld_rt_for(context, &pipeline, nullptr, count, result);
    });
  };
  RunOutcome first = rows(200'000);
  ASSERT_EQ(first.status, 0u);
  EXPECT_EQ(rows(200'000).status, weld_status{WELD_OUT_OF_MEMORY});
  first = {};
  EXPECT_EQ(rows(200'000).status, 0u);
  EXPECT_EQ(rows(2'000'000).status, weld_status{WELD_OUT_OF_MEMORY});
  EXPECT_EQ(rows(int64_t{1} << 61).status, weld_status{WELD_OUT_OF_MEMORY});
  EXPECT_EQ(engine->memory_usage(), 0u);
  EXPECT_LE(engine->memory_peak(), 3u << 20);
}

TEST(RunTest, SmallProgramsRunUnderASmallLimit) {
  auto engine = make_engine(2, 0, 1 << 20);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void* result) {
    const WeldPipeline pipeline = sum_pipeline(kIntegerSum, integer_step);
    return weld_rt_for(context, &pipeline, nullptr, 1'000'000, result);
  });
  EXPECT_EQ(outcome.status, 0u);
}

// As many rows at once as there are threads, also above the number of cores: each row waits for the others.
TEST(ThreadsTest, AllAreUsed) {
  static std::atomic<int> waiting;
  static int wanted;
  auto step = [](WeldRunContext*, const void*, int64_t, int64_t, void*) -> weld_status {
    waiting.fetch_add(1);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (waiting < wanted) {
      if (std::chrono::steady_clock::now() > give_up) return WELD_TIMEOUT;
      std::this_thread::yield();
    }
    return 0;
  };
  for (int threads : {2, 7, 3}) {
    wanted = threads;
    waiting = 0;
    auto engine = make_engine(threads, 1);
    EXPECT_EQ(engine->threads(), threads);
    RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void* result) {
      const WeldPipeline pipeline = sum_pipeline(kIntegerSum, step);
      return weld_rt_for(context, &pipeline, nullptr, threads, result);
    });
    EXPECT_EQ(outcome.status, 0u) << threads;
  }
}

TEST(ThreadsTest, DefaultIsAllCores) { EXPECT_GE(make_engine(0)->threads(), 1); }

TEST(ThreadsTest, EightApplicationThreadsAtOnce) {
  for (int engine_threads : {1, 2, 7}) {
    auto engine = make_engine(engine_threads, 500);
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        const int64_t rows = 50'000 + t;
        for (int round = 0; round < 5; ++round) {
          RunOutcome outcome = run_program(engine, 32, [&](WeldRunContext* context, void* result) -> weld_status {
            const WeldPipeline sums = sum_pipeline(kIntegerSum, integer_step);
            if (weld_status status = weld_rt_for(context, &sums, nullptr, rows, result); status != 0) return status;
            const WeldPipeline pipeline = {rows_step, sizeof(WeldAppender), &kRowAppender, 1, 0, 0, 0, 0, "rows"};
            return weld_rt_for(context, &pipeline, nullptr, rows, static_cast<uint8_t*>(result) + 8);
          });
          int64_t sum = 0;
          for (int64_t row = 0; row < rows; ++row) sum += row % 7;
          if (outcome.status != 0 || *static_cast<int64_t*>(outcome.result) != sum) continue;
          const auto* appender = reinterpret_cast<const WeldAppender*>(static_cast<uint8_t*>(outcome.result) + 8);
          const auto* data = reinterpret_cast<const int64_t*>(appender->data);
          bool in_order = appender->size == rows;
          for (int64_t row = 0; row < rows && in_order; ++row) in_order = data[row] == row;
          if (in_order) ++right;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right, 40);
    EXPECT_EQ(engine->memory_usage(), 0u);
  }
}

// Loops in loops from many threads: workers that wait for an inner loop must not start anything else.
weld_status outer_step(WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) {
  static const WeldPipeline inner = sum_pipeline(kIntegerSum, integer_step);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t before = *static_cast<int64_t*>(local);
    const uint64_t mark = weld_rt_mark(context);
    auto* inner_sum = static_cast<int64_t*>(weld_rt_allocate(context, 8));
    *inner_sum = 0;
    if (weld_status status = weld_rt_for(context, &inner, nullptr, 1000, inner_sum); status != 0) return status;
    if (before != *static_cast<int64_t*>(local)) return WELD_UNKNOWN;
    *static_cast<int64_t*>(local) += *inner_sum;
    weld_rt_release_to(context, mark);
  }
  return 0;
}

TEST(ThreadsTest, NestedLoopsFromManyThreads) {
  auto engine = make_engine(3, 50);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void* result) {
        const WeldPipeline pipeline = sum_pipeline(kIntegerSum, outer_step);
        return weld_rt_for(context, &pipeline, nullptr, 500, result);
      });
      int64_t sum = 0;
      for (int64_t row = 0; row < 1000; ++row) sum += row % 7;
      if (outcome.status == 0 && *static_cast<int64_t*>(outcome.result) == 500 * sum) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 4);
}

// Stops once the loop runs, from another thread or by the clock.
weld_status run_until_stopped(int threads, const std::function<void(RunControl&)>& stop) {
  static std::atomic<bool> started;
  started = false;
  auto endless = [](WeldRunContext*, const void*, int64_t, int64_t, void*) -> weld_status {
    started = true;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    return 0;
  };
  auto engine = make_engine(threads, 1);
  RunControl control;
  const Program program = [&](WeldRunContext* context, void* result) {
    const WeldPipeline pipeline = sum_pipeline(kIntegerSum, endless);
    return weld_rt_for(context, &pipeline, nullptr, int64_t{1} << 40, result);
  };
  std::thread stopper([&] {
    while (!started) std::this_thread::yield();
    stop(control);
  });
  const RunOutcome outcome = run(engine, enter_program, &program, nullptr, 8, control);
  stopper.join();
  return outcome.status;
}

TEST(StopTest, Cancelled) {
  for (int threads : {1, 2, 7})
    EXPECT_EQ(run_until_stopped(threads, [](RunControl& control) { control.cancel(); }), weld_status{WELD_CANCELLED});
}

TEST(StopTest, TimedOut) {
  auto stop = [](RunControl& control) {
    const auto at = std::chrono::steady_clock::now().time_since_epoch() + std::chrono::milliseconds(2);
    control.set_deadline(std::chrono::duration_cast<std::chrono::nanoseconds>(at).count());
  };
  for (int threads : {1, 2}) EXPECT_EQ(run_until_stopped(threads, stop), weld_status{WELD_TIMEOUT});
}

TEST(StopTest, PollInASerialLoop) {
  auto engine = make_engine(1);
  RunControl control;
  const Program program = [&](WeldRunContext* context, void*) -> weld_status {
    EXPECT_EQ(weld_rt_poll(context), 0u);
    control.cancel();
    return weld_rt_poll(context);
  };
  EXPECT_EQ(run(engine, enter_program, &program, nullptr, 8, control).status, weld_status{WELD_CANCELLED});
}

TEST(TablesTest, ErrorNames) {
  EXPECT_STREQ(error_name(0), "Success");
  EXPECT_STREQ(error_name(WELD_ARRAY_OUT_OF_BOUNDS), "ArrayOutOfBounds");
  EXPECT_STREQ(error_name(WELD_TIMEOUT), "Timeout");
  EXPECT_STREQ(error_name(WELD_UNKNOWN), "Unknown");
  EXPECT_STREQ(error_name(13), "Unknown");
  EXPECT_STREQ(error_name(1000), "Unknown");
}

TEST(TablesTest, RuntimeSymbols) {
  int count = 0;
  const RuntimeSymbol* symbols = runtime_symbols(&count);
  std::set<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.insert(symbols[i].name);
    EXPECT_NE(symbols[i].address, nullptr);
  }
  EXPECT_EQ(static_cast<int>(names.size()), count);
  EXPECT_EQ(names.count("weld_rt_for"), 1u);
  EXPECT_EQ(names.count("weld_rt_poll"), 1u);
}

}  // namespace
}  // namespace weld::runtime
