// A program that uses everything, under every memory limit: it gives its answer or OutOfMemory, and keeps nothing.
#include <gtest/gtest.h>

#include "tests/runtime/support.h"

namespace weld::runtime {
namespace {

constexpr int64_t kLimitedRows = 30'000;

struct State {
  WeldAppender all;
  WeldAppender some;
  double sum;
  WeldDict* dict;
  WeldGroups* groups;
  WeldVec histogram;
};

int32_t descending(WeldRunContext*, const void*, const void* left, const void* right, weld_status*) {
  const int64_t difference = *static_cast<const int64_t*>(right) - *static_cast<const int64_t*>(left);
  return difference < 0 ? -1 : difference > 0;
}

weld_status step(WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) {
  auto* state = static_cast<State*>(local);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t key = row % 5000;
    const uint64_t hash = hash_i64(&key);
    reinterpret_cast<int64_t*>(state->all.data)[state->all.size++] = row;
    state->sum += static_cast<double>(row);
    reinterpret_cast<int64_t*>(state->histogram.data)[row % 1000] += 1;
    if (weld_status status = merge_sum(context, state->dict, &kI64Layout, &key, 1); status != 0) return status;
    if (weld_status status = weld_rt_groups_merge(context, state->groups, &kGroupsLayout, hash, &key, &row); status != 0)
      return status;
    if (row % 3 != 0) continue;
    if (weld_status status = weld_rt_appender_reserve(context, &state->some, 8, 1); status != 0) return status;
    reinterpret_cast<int64_t*>(state->some.data)[state->some.size++] = row;
  }
  return 0;
}

constexpr WeldBuilder kBuilders[] = {
    {WELD_APPENDER, WELD_POSITIONAL, offsetof(State, all), 8, nullptr, nullptr, nullptr, 1},
    {WELD_APPENDER, WELD_AT_MOST_ONE, offsetof(State, some), 8, nullptr, nullptr, nullptr, 0},
    {WELD_MERGER, WELD_ORDER_SENSITIVE, offsetof(State, sum), 8, nullptr, zero_i64, add_f64, 0},
    {WELD_DICTMERGER, 0, offsetof(State, dict), 8, &kI64Layout, nullptr, add_i64, 0},
    {WELD_GROUPMERGER, 0, offsetof(State, groups), 8, &kGroupsLayout, nullptr, nullptr, 0},
    {WELD_VECMERGER, 0, offsetof(State, histogram), 8, nullptr, zero_i64, add_i64, 0},
};
constexpr WeldPipeline kPipeline = {step, sizeof(State), kBuilders, 6, 0, 0, 0, 0, "everything"};

weld_status everything(WeldRunContext* context, void* result) {
  State state = {};
  state.dict = weld_rt_dict_new(context, &kI64Layout, 0);
  state.groups = weld_rt_groups_new(context, &kGroupsLayout, 8, 0);
  state.histogram = {static_cast<uint8_t*>(weld_rt_allocate(context, 8000)), 1000};
  if (state.dict == nullptr || state.groups == nullptr || state.histogram.data == nullptr) return WELD_OUT_OF_MEMORY;
  std::memset(state.histogram.data, 0, 8000);
  if (weld_status status = weld_rt_for(context, &kPipeline, nullptr, kLimitedRows, &state); status != 0) return status;
  const WeldDict* groups = weld_rt_groups_result(context, state.groups, &kGroupsLayout);
  if (groups == nullptr) return WELD_OUT_OF_MEMORY;
  EXPECT_EQ(state.dict->count, 5000);
  EXPECT_EQ(groups->count, 5000);
  EXPECT_EQ(state.some.size, kLimitedRows / 3);
  EXPECT_EQ(state.sum, static_cast<double>(kLimitedRows) * (kLimitedRows - 1) / 2);
  EXPECT_EQ(reinterpret_cast<int64_t*>(state.histogram.data)[999], kLimitedRows / 1000);
  return weld_rt_sort(context, state.all.data, kLimitedRows, 8, descending, nullptr, static_cast<WeldVec*>(result), nullptr);
}

TEST(LimitTest, AnswerOrOutOfMemory) {
  for (int threads : {1, 2, 7}) {
    int answers = 0;
    int refusals = 0;
    for (uint64_t limit = 4096; limit < 64 << 20; limit += limit / 7) {
      auto engine = make_engine(threads, 512, limit);
      RunOutcome outcome = run_program(engine, sizeof(WeldVec), everything);
      if (outcome.status == 0) {
        const auto* sorted = static_cast<const WeldVec*>(outcome.result);
        EXPECT_EQ(sorted->length, kLimitedRows);
        EXPECT_EQ(reinterpret_cast<const int64_t*>(sorted->data)[0], kLimitedRows - 1);
        EXPECT_EQ(engine->memory_usage(), outcome.memory->bytes());
        ++answers;
      } else {
        EXPECT_EQ(outcome.status, weld_status{WELD_OUT_OF_MEMORY});
        ++refusals;
      }
      outcome = {};
      EXPECT_EQ(engine->memory_usage(), 0u);
      EXPECT_LE(engine->memory_peak(), limit);
    }
    EXPECT_GT(answers, 5);
    EXPECT_GT(refusals, 5);
  }
}

TEST(LimitTest, RowsBeyondAnyMemory) {
  for (int threads : {1, 2}) {
    for (int64_t rows : {INT64_MAX, INT64_MAX - 1, int64_t{1} << 61, int64_t{1} << 60}) {
      auto engine = make_engine(threads, 0, 1 << 20);
      RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
        State state = {};
        state.dict = weld_rt_dict_new(context, &kI64Layout, 0);
        state.groups = weld_rt_groups_new(context, &kGroupsLayout, 8, 0);
        return weld_rt_for(context, &kPipeline, nullptr, rows, &state);
      });
      EXPECT_EQ(outcome.status, weld_status{WELD_OUT_OF_MEMORY});
      EXPECT_EQ(engine->memory_usage(), 0u);
    }
  }
}

}  // namespace
}  // namespace weld::runtime
