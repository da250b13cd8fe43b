// Group-bys whose rows go through partitions: the same sums as without them, at any number of threads and under every limit.
#include <gtest/gtest.h>

#include "tests/runtime/support.h"
#include "weld/runtime/context.h"
#include "weld/runtime/dict.h"

namespace weld::runtime {
namespace {

constexpr int64_t kKeyDistance = int64_t{1} << 33;

struct Keys {
  const WeldDictLayout* layout;
  int64_t different;
  int64_t factor;

  int64_t of(int64_t row) const {
    return static_cast<int64_t>(mix(row) % static_cast<uint64_t>(different) * static_cast<uint64_t>(factor));
  }
};

weld_status merge_rows(WeldRunContext* context, const void* arguments, int64_t begin, int64_t end, void* local) {
  const auto* keys = static_cast<const Keys*>(arguments);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t key = keys->of(row);
    const weld_status status = merge_sum(context, *static_cast<WeldDict**>(local), keys->layout, &key, row);
    if (status != 0) return status;
  }
  return 0;
}

std::shared_ptr<Engine> engine_for(DictionaryStrategy strategy, int threads, int64_t morsel_rows, uint64_t limit = 0) {
  EngineOptions options;
  options.threads = threads;
  options.morsel_rows = morsel_rows;
  options.memory_limit = limit;
  options.strategies.dictionary = strategy;
  return Engine::create(options);
}

// Runs a loop twice on a dictionary that has a key before.
weld_status sum_twice(WeldRunContext* context, const Keys& keys, int64_t rows, WeldDict** dict) {
  const WeldBuilder sums = {WELD_DICTMERGER, 0, 0, 8, keys.layout, nullptr, add_i64, 0};
  const WeldPipeline pipeline = {merge_rows, 8, &sums, 1, 0, 0, 0, 0, "sums"};
  *dict = weld_rt_dict_new(context, keys.layout, 0);
  if (*dict == nullptr) return WELD_OUT_OF_MEMORY;
  const int64_t key = 0;
  if (weld_status status = merge_sum(context, *dict, keys.layout, &key, 1'000'000); status != 0) return status;
  for (int i = 0; i < 2; ++i) {
    if (weld_status status = weld_rt_for(context, &pipeline, &keys, rows, dict); status != 0) return status;
  }
  return 0;
}

std::map<int64_t, int64_t> expected_sums(const Keys& keys, int64_t rows) {
  std::map<int64_t, int64_t> sums = {{0, 1'000'000}};
  for (int64_t row = 0; row < rows; ++row) sums[keys.of(row)] += 2 * row;
  return sums;
}

void check_complete(const WeldDict* dict, const Keys& keys, const std::map<int64_t, int64_t>& expected) {
  EXPECT_EQ(contents(dict, keys.layout), expected);
  EXPECT_EQ(dict->count, static_cast<int64_t>(expected.size()));
  int64_t missing = 0;
  for (const auto& [key, sum] : expected) {
    if (weld_rt_dict_find(dict, keys.layout, hash_i64(&key), &key) == nullptr) ++missing;
  }
  EXPECT_EQ(missing, 0);
  const int64_t absent = -5;
  EXPECT_EQ(weld_rt_dict_find(dict, keys.layout, hash_i64(&absent), &absent), nullptr);
}

TEST(PartitionTest, SumsAreThoseOfOneTable) {
  constexpr int64_t kRows = 60'000;
  for (const WeldDictLayout* layout : {&kNumbers, &kI64Layout}) {
    for (const int64_t different : {1, 100, 20'000}) {
      const Keys keys = {layout, different, kKeyDistance};
      const std::map<int64_t, int64_t> expected = expected_sums(keys, kRows);
      for (const int threads : {1, 2, 7}) {
        for (const int64_t morsel_rows : {64, 10'000, 100'000}) {
          auto engine = engine_for(DictionaryStrategy::kPartitioned, threads, morsel_rows);
          RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
            WeldDict* dict = nullptr;
            if (weld_status status = sum_twice(context, keys, kRows, &dict); status != 0) return status;
            check_complete(dict, keys, expected);
            EXPECT_EQ(as_dict(dict)->is_partitioned, morsel_rows < kRows);
            return 0;
          });
          EXPECT_EQ(outcome.status, 0U);
          outcome = {};
          EXPECT_EQ(engine->memory_usage(), 0U);
        }
      }
    }
  }
}

TEST(PartitionTest, ADictionaryThatGrowsAndGrowsUsesThem) {
  constexpr int64_t kRows = 600'000;
  for (const int threads : {1, 2}) {
    for (const int64_t different : {int64_t{20'000}, int64_t{1} << 40}) {
      const Keys keys = {&kNumbers, different, kKeyDistance};
      const std::map<int64_t, int64_t> expected = expected_sums(keys, kRows);
      auto engine = engine_for(DictionaryStrategy::kAuto, threads, 5'000);
      const RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
        WeldDict* dict = nullptr;
        const WeldBuilder sums = {WELD_DICTMERGER, 0, 0, 8, keys.layout, nullptr, add_i64, 0};
        const WeldPipeline pipeline = {merge_rows, 8, &sums, 1, 0, 0, 0, 0, "sums"};
        dict = weld_rt_dict_new(context, keys.layout, 0);
        if (weld_status status = weld_rt_for(context, &pipeline, &keys, kRows, &dict); status != 0) return status;
        EXPECT_EQ(as_dict(dict)->is_partitioned, different > kRows);
        if (weld_status status = sum_twice(context, keys, kRows, &dict); status != 0) return status;
        check_complete(dict, keys, expected);
        return 0;
      });
      EXPECT_EQ(outcome.status, 0U);
    }
  }
}

TEST(PartitionTest, AnswerOrOutOfMemory) {
  constexpr int64_t kRows = 700'000;
  for (const int threads : {1, 2}) {
    const Keys keys = {&kNumbers, 3000, kKeyDistance};
    const std::map<int64_t, int64_t> expected = expected_sums(keys, kRows);
    uint64_t least = 0;  // that was enough
    int refusals = 0;
    for (uint64_t limit = 256 << 10; limit < 64 << 20; limit += limit / 2) {
      auto engine = engine_for(DictionaryStrategy::kPartitioned, threads, 512, limit);
      RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
        WeldDict* dict = nullptr;
        if (weld_status status = sum_twice(context, keys, kRows, &dict); status != 0) return status;
        EXPECT_EQ(contents(dict, keys.layout), expected);
        return 0;
      });
      if (outcome.status == 0) {
        if (least == 0) least = limit;
      } else {
        EXPECT_EQ(outcome.status, weld_status{WELD_OUT_OF_MEMORY});
        ++refusals;
      }
      outcome = {};
      EXPECT_EQ(engine->memory_usage(), 0U);
      EXPECT_LE(engine->memory_peak(), limit);
    }
    EXPECT_GT(refusals, 3);
    EXPECT_GT(least, 0U);
    // On one thread less than the rows take: equal keys were combined when memory ran short.
    if (threads == 1) {
      EXPECT_LT(least, static_cast<uint64_t>(kRows * kNumbers.entry_size));
    }
  }
}

TEST(PartitionTest, StopsWhenCancelled) {
  constexpr int64_t kRows = 2'000'000;
  for (const int threads : {1, 2, 7}) {
    const Keys keys = {&kNumbers, int64_t{1} << 40, kKeyDistance};
    auto engine = engine_for(DictionaryStrategy::kPartitioned, threads, 4096);
    const RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
      const WeldBuilder sums = {
          WELD_DICTMERGER, 0, 0, 8, keys.layout, nullptr, [](void* into, const void* from) { add_i64(into, from); }, 0};
      auto step = [](WeldRunContext* inner, const void* arguments, int64_t begin, int64_t end, void* local) {
        if (end > kRows / 2) inner->control.cancel();
        return merge_rows(inner, arguments, begin, end, local);
      };
      const WeldPipeline pipeline = {step, 8, &sums, 1, 0, 0, 0, 0, "sums"};
      WeldDict* dict = weld_rt_dict_new(context, keys.layout, 0);
      return weld_rt_for(context, &pipeline, &keys, kRows, &dict);
    });
    EXPECT_EQ(outcome.status, weld_status{WELD_CANCELLED});
    EXPECT_EQ(engine->memory_usage(), 0U);
  }
}

TEST(PartitionTest, DirectKeysHaveNone) {
  auto engine = engine_for(DictionaryStrategy::kPartitioned, 2, 64);
  const Keys keys = {&kU8Layout, 200, 1};
  const RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = nullptr;
    if (weld_status status = sum_twice(context, keys, 10'000, &dict); status != 0) return status;
    EXPECT_EQ(contents(dict, keys.layout), expected_sums(keys, 10'000));
    EXPECT_EQ(dict->range, 256U);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0U);
}

}  // namespace
}  // namespace weld::runtime
