// Loops with every kind of builder, at several thread counts and morsel sizes, against what a plain loop computes.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>

#include "tests/runtime/support.h"

namespace weld::runtime {
namespace {

constexpr int64_t kRows = 20'000;
constexpr weld_status kFailure = WELD_KEY_NOT_FOUND | 7 << WELD_STATUS_CODE_BITS;

int64_t value_of(int64_t row) { return static_cast<int64_t>(mix(row) % 1000) - 500; }
int64_t key_of(int64_t row) { return static_cast<int64_t>(mix(row) % 777); }

WeldBuilder builder(WeldBuilderKind kind, int64_t offset, int64_t size = 8, uint32_t flags = 0,
                    const WeldDictLayout* dict = nullptr, void (*combine)(void*, const void*) = add_i64) {
  return {kind, flags, offset, size, dict, zero_i64, combine, flags == WELD_POSITIONAL ? 1 : 0};
}

WeldPipeline pipeline(WeldStep step, int64_t local_size, const std::vector<WeldBuilder>& builders, int64_t grain = 0) {
  return {step, local_size, builders.data(), static_cast<int64_t>(builders.size()), grain, 1'000'000, 0, 0, "test"};
}

weld_status append(WeldRunContext* context, WeldAppender* appender, int64_t value) {
  if (weld_status status = weld_rt_appender_reserve(context, appender, 8, 1); status != 0) return status;
  std::memcpy(appender->data + 8 * appender->size++, &value, 8);
  return 0;
}

class LoopTest : public testing::TestWithParam<std::tuple<int, int64_t>> {
 protected:
  LoopTest() : engine(make_engine(std::get<0>(GetParam()), std::get<1>(GetParam()))) {}
  ~LoopTest() override { EXPECT_EQ(engine->memory_usage(), 0u); }

  // Runs a loop on a state that prepare has made, and gives it.
  template <typename State>
  weld_status loop(const WeldPipeline& pipe, State* state, const std::function<weld_status(WeldRunContext*, State*)>& prepare,
                   const std::function<weld_status(WeldRunContext*, State*)>& check, int64_t rows = kRows,
                   const void* arguments = nullptr) {
    RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
      *state = {};
      if (prepare) {
        if (weld_status status = prepare(context, state); status != 0) return status;
      }
      if (weld_status status = weld_rt_for(context, &pipe, arguments, rows, state); status != 0) return status;
      return check(context, state);
    });
    return outcome.status;
  }

  std::shared_ptr<Engine> engine;
};

TEST_P(LoopTest, MergerOfIntegers) {
  auto step = [](WeldRunContext*, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    auto* sum = static_cast<int64_t*>(local);
    for (int64_t row = begin; row < end; ++row) *sum += value_of(row);
    return 0;
  };
  int64_t expected = 17;
  for (int64_t row = 0; row < kRows; ++row) expected += value_of(row);
  const std::vector<WeldBuilder> builders = {builder(WELD_MERGER, 0)};
  int64_t sum = 0;
  auto prepare = [](WeldRunContext*, int64_t* state) -> weld_status {
    *state = 17;
    return 0;
  };
  auto check = [&](WeldRunContext*, int64_t* state) -> weld_status {
    EXPECT_EQ(*state, expected);
    return 0;
  };
  EXPECT_EQ(loop<int64_t>(pipeline(step, 8, builders), &sum, prepare, check), 0u);
}

TEST_P(LoopTest, PositionalAppender) {
  auto step = [](WeldRunContext*, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    auto* appender = static_cast<WeldAppender*>(local);
    auto* data = reinterpret_cast<int64_t*>(appender->data);
    for (int64_t row = begin; row < end; ++row) data[appender->size + (row - begin)] = value_of(row);
    appender->size += end - begin;
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_APPENDER, 0, 8, WELD_POSITIONAL)};
  WeldAppender state;
  auto prepare = [](WeldRunContext* context, WeldAppender* appender) { return append(context, appender, -1); };
  auto check = [](WeldRunContext*, WeldAppender* appender) -> weld_status {
    EXPECT_EQ(appender->size, kRows + 1);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(appender->data) % 64, 0u);
    const auto values = elements<int64_t>(appender->data, appender->size);
    EXPECT_EQ(values[0], -1);
    for (int64_t row = 0; row < kRows; ++row) EXPECT_EQ(values[row + 1], value_of(row));
    return 0;
  };
  EXPECT_EQ(loop<WeldAppender>(pipeline(step, sizeof(WeldAppender), builders), &state, prepare, check), 0u);
}

TEST_P(LoopTest, FilteringAppenderKeepsOrder) {
  auto step = [](WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    auto* appender = static_cast<WeldAppender*>(local);
    if (weld_status status = weld_rt_appender_reserve(context, appender, 8, end - begin); status != 0) return status;
    for (int64_t row = begin; row < end; ++row) {
      if (value_of(row) % 3 == 0) std::memcpy(appender->data + 8 * appender->size++, &row, 8);
    }
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_APPENDER, 0, 8, WELD_AT_MOST_ONE)};
  WeldAppender state;
  auto prepare = [](WeldRunContext* context, WeldAppender* appender) { return append(context, appender, -1); };
  auto check = [](WeldRunContext*, WeldAppender* appender) -> weld_status {
    std::vector<int64_t> expected = {-1};
    for (int64_t row = 0; row < kRows; ++row) {
      if (value_of(row) % 3 == 0) expected.push_back(row);
    }
    EXPECT_EQ(elements<int64_t>(appender->data, appender->size), expected);
    return 0;
  };
  EXPECT_EQ(loop<WeldAppender>(pipeline(step, sizeof(WeldAppender), builders), &state, prepare, check), 0u);
}

TEST_P(LoopTest, AppenderOfSeveralPerRowKeepsOrder) {
  auto step = [](WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t i = 0; i < row % 5; ++i) {
        if (weld_status status = append(context, static_cast<WeldAppender*>(local), row * 10 + i); status != 0) return status;
      }
    }
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_APPENDER, 0)};
  WeldAppender state;
  auto check = [](WeldRunContext*, WeldAppender* appender) -> weld_status {
    std::vector<int64_t> expected;
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t i = 0; i < row % 5; ++i) expected.push_back(row * 10 + i);
    }
    EXPECT_EQ(elements<int64_t>(appender->data, appender->size), expected);
    return 0;
  };
  EXPECT_EQ(loop<WeldAppender>(pipeline(step, sizeof(WeldAppender), builders), &state, nullptr, check), 0u);
}

template <const WeldDictLayout* kLayout>
weld_status dict_step(WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) {
  for (int64_t row = begin; row < end; ++row) {
    const int64_t key = kLayout->direct_bits > 0 ? key_of(row) % 200 : key_of(row);
    if (weld_status status = merge_sum(context, *static_cast<WeldDict**>(local), kLayout, &key, value_of(row)); status != 0)
      return status;
  }
  return 0;
}

template <const WeldDictLayout* kLayout>
void check_dictmerger(
    const std::function<weld_status(const WeldPipeline&, std::function<weld_status(WeldRunContext*, WeldDict**)>,
                                    std::function<weld_status(WeldRunContext*, WeldDict**)>)>& run_loop) {
  const std::vector<WeldBuilder> builders = {builder(WELD_DICTMERGER, 0, 8, 0, kLayout)};
  const bool direct = kLayout->direct_bits > 0;
  auto prepare = [](WeldRunContext* context, WeldDict** dict) -> weld_status {
    *dict = weld_rt_dict_new(context, kLayout, 0);
    const int64_t key = 5;
    return *dict == nullptr ? weld_status{WELD_OUT_OF_MEMORY} : merge_sum(context, *dict, kLayout, &key, 1000);
  };
  auto check = [&](WeldRunContext*, WeldDict** dict) -> weld_status {
    std::map<int64_t, int64_t> expected = {{5, 1000}};
    for (int64_t row = 0; row < kRows; ++row) expected[direct ? key_of(row) % 200 : key_of(row)] += value_of(row);
    EXPECT_EQ(contents(*dict, kLayout), expected);
    EXPECT_EQ((*dict)->count, static_cast<int64_t>(expected.size()));
    return 0;
  };
  EXPECT_EQ(run_loop(pipeline(dict_step<kLayout>, 8, builders), prepare, check), 0u);
}

TEST_P(LoopTest, Dictmerger) {
  WeldDict* dict = nullptr;
  check_dictmerger<&kI64Layout>(
      [&](auto pipe, auto prepare, auto check) { return loop<WeldDict*>(pipe, &dict, prepare, check); });
}

TEST_P(LoopTest, DictmergerWithDirectIndex) {
  WeldDict* dict = nullptr;
  check_dictmerger<&kU8Layout>([&](auto pipe, auto prepare, auto check) { return loop<WeldDict*>(pipe, &dict, prepare, check); });
}

TEST_P(LoopTest, GroupmergerKeepsOrder) {
  auto step = [](WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t key = key_of(row);
      if (weld_status status =
              weld_rt_groups_merge(context, *static_cast<WeldGroups**>(local), &kGroupsLayout, hash_i64(&key), &key, &row);
          status != 0) {
        return status;
      }
    }
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_GROUPMERGER, 0, 8, 0, &kGroupsLayout)};
  const WeldPipeline pipe = pipeline(step, 8, builders);
  WeldGroups* groups = nullptr;
  auto prepare = [](WeldRunContext* context, WeldGroups** state) -> weld_status {
    *state = weld_rt_groups_new(context, &kGroupsLayout, 8, 0);
    const int64_t key = 5;
    const int64_t value = -1;
    return weld_rt_groups_merge(context, *state, &kGroupsLayout, hash_i64(&key), &key, &value);
  };
  auto check = [&](WeldRunContext* context, WeldGroups** state) -> weld_status {
    // The builder goes on into a second loop.
    if (weld_status status = weld_rt_for(context, &pipe, nullptr, 1000, state); status != 0) return status;
    WeldDict* dict = weld_rt_groups_result(context, *state, &kGroupsLayout);
    std::map<int64_t, std::vector<int64_t>> expected = {{5, {-1}}};
    for (int64_t row = 0; row < kRows; ++row) expected[key_of(row)].push_back(row);
    for (int64_t row = 0; row < 1000; ++row) expected[key_of(row)].push_back(row);
    EXPECT_EQ(dict->count, static_cast<int64_t>(expected.size()));
    for (const auto& [key, values] : expected) {
      const void* entry = weld_rt_dict_find(dict, &kGroupsLayout, hash_i64(&key), &key);
      if (entry == nullptr) {
        ADD_FAILURE() << key;
        continue;
      }
      const auto* group = reinterpret_cast<const WeldVec*>(static_cast<const uint8_t*>(entry) + 8);
      EXPECT_EQ(elements<int64_t>(group->data, group->length), values);
    }
    return 0;
  };
  EXPECT_EQ(loop<WeldGroups*>(pipe, &groups, prepare, check), 0u);
}

TEST_P(LoopTest, Vecmerger) {
  auto step = [](WeldRunContext*, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    auto* data = reinterpret_cast<int64_t*>(static_cast<WeldVec*>(local)->data);
    for (int64_t row = begin; row < end; ++row) data[key_of(row)] += value_of(row);
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_VECMERGER, 0)};
  WeldVec state;
  auto prepare = [](WeldRunContext* context, WeldVec* vec) -> weld_status {
    *vec = {static_cast<uint8_t*>(weld_rt_allocate(context, 777 * 8)), 777};
    for (int64_t i = 0; i < 777; ++i) std::memcpy(vec->data + 8 * i, &i, 8);
    return 0;
  };
  auto check = [](WeldRunContext*, WeldVec* vec) -> weld_status {
    std::vector<int64_t> expected(777);
    for (int64_t i = 0; i < 777; ++i) expected[i] = i;
    for (int64_t row = 0; row < kRows; ++row) expected[key_of(row)] += value_of(row);
    EXPECT_EQ(elements<int64_t>(vec->data, vec->length), expected);
    return 0;
  };
  EXPECT_EQ(loop<WeldVec>(pipeline(step, sizeof(WeldVec), builders), &state, prepare, check), 0u);
}

struct Several {
  WeldAppender rows;
  double sum;
  WeldDict* counts;
  WeldAppender squares;
};

TEST_P(LoopTest, StructOfBuilders) {
  auto step = [](WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    auto* state = static_cast<Several*>(local);
    for (int64_t row = begin; row < end; ++row) {
      const int64_t square = row * row;
      std::memcpy(state->squares.data + 8 * state->squares.size++, &square, 8);
      if (row % 7 != 0) continue;
      state->sum += 1.0 / static_cast<double>(row + 1);
      const int64_t key = key_of(row);
      if (weld_status status = append(context, &state->rows, row); status != 0) return status;
      if (weld_status status = merge_sum(context, state->counts, &kI64Layout, &key, 1); status != 0) return status;
    }
    return 0;
  };
  const std::vector<WeldBuilder> builders = {
      builder(WELD_APPENDER, offsetof(Several, rows)),
      builder(WELD_MERGER, offsetof(Several, sum), 8, WELD_ORDER_SENSITIVE, nullptr, add_f64),
      builder(WELD_DICTMERGER, offsetof(Several, counts), 8, 0, &kI64Layout),
      builder(WELD_APPENDER, offsetof(Several, squares), 8, WELD_POSITIONAL)};
  Several state;
  auto prepare = [](WeldRunContext* context, Several* several) -> weld_status {
    several->sum = 1;
    several->counts = weld_rt_dict_new(context, &kI64Layout, 100);
    return 0;
  };
  auto check = [](WeldRunContext*, Several* several) -> weld_status {
    std::vector<int64_t> rows, squares;
    std::map<int64_t, int64_t> counts;
    double sum = 1;
    for (int64_t row = 0; row < kRows; ++row) {
      squares.push_back(row * row);
      if (row % 7 != 0) continue;
      rows.push_back(row);
      ++counts[key_of(row)];
      sum += 1.0 / static_cast<double>(row + 1);
    }
    EXPECT_EQ(elements<int64_t>(several->rows.data, several->rows.size), rows);
    EXPECT_EQ(elements<int64_t>(several->squares.data, several->squares.size), squares);
    EXPECT_EQ(contents(several->counts, &kI64Layout), counts);
    EXPECT_NEAR(several->sum, sum, 1e-9);
    return 0;
  };
  EXPECT_EQ(loop<Several>(pipeline(step, sizeof(Several), builders), &state, prepare, check), 0u);
}

TEST_P(LoopTest, FailureInTheMiddle) {
  auto step = [](WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    for (int64_t row = begin; row < end; ++row) {
      if (row == 11'111) return kFailure;
      if (weld_status status = append(context, static_cast<WeldAppender*>(local), row); status != 0) return status;
    }
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_APPENDER, 0)};
  WeldAppender state;
  auto check = [](WeldRunContext*, WeldAppender*) -> weld_status {
    ADD_FAILURE() << "went on";
    return 0;
  };
  EXPECT_EQ(loop<WeldAppender>(pipeline(step, sizeof(WeldAppender), builders), &state, nullptr, check), kFailure);
}

TEST_P(LoopTest, NoRows) {
  auto step = [](WeldRunContext*, const void*, int64_t, int64_t, void*) -> weld_status { return kFailure; };
  const std::vector<WeldBuilder> builders = {builder(WELD_MERGER, 0)};
  int64_t state = 0;
  auto check = [](WeldRunContext*, int64_t* sum) -> weld_status {
    EXPECT_EQ(*sum, 0);
    return 0;
  };
  EXPECT_EQ(loop<int64_t>(pipeline(step, 8, builders), &state, nullptr, check, 0), 0u);
}

// Every row of the outer loop runs a loop of its own and appends the vector that it makes.
TEST_P(LoopTest, NestedLoops) {
  static constexpr int64_t kOuter = 60;
  static constexpr int64_t kInner = 500;
  static auto inner_step = [](WeldRunContext* context, const void* arguments, int64_t begin, int64_t end,
                              void* local) -> weld_status {
    const int64_t outer = *static_cast<const int64_t*>(arguments);
    for (int64_t row = begin; row < end; ++row) {
      if ((row + outer) % 3 != 0) continue;
      if (weld_status status = append(context, static_cast<WeldAppender*>(local), outer * kInner + row); status != 0)
        return status;
    }
    return 0;
  };
  static const std::vector<WeldBuilder> inner_builders = {builder(WELD_APPENDER, 0)};
  static const WeldPipeline inner = pipeline(inner_step, sizeof(WeldAppender), inner_builders);
  auto step = [](WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    auto* vecs = static_cast<WeldAppender*>(local);
    for (int64_t row = begin; row < end; ++row) {
      const uint64_t mark = weld_rt_mark(context);
      WeldAppender scratch = {};
      if (weld_status status = weld_rt_for(context, &inner, &row, kInner, &scratch); status != 0) return status;
      weld_rt_release_to(context, mark);
      WeldAppender appender = {};
      if (weld_status status = weld_rt_for(context, &inner, &row, kInner, &appender); status != 0) return status;
      if (weld_status status = weld_rt_appender_reserve(context, vecs, sizeof(WeldVec), 1); status != 0) return status;
      reinterpret_cast<WeldVec*>(vecs->data)[vecs->size++] = {appender.data, appender.size};
    }
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_APPENDER, 0, sizeof(WeldVec))};
  WeldAppender state;
  auto check = [](WeldRunContext*, WeldAppender* vecs) -> weld_status {
    EXPECT_EQ(vecs->size, kOuter);
    for (int64_t outer = 0; outer < kOuter; ++outer) {
      std::vector<int64_t> expected;
      for (int64_t row = 0; row < kInner; ++row) {
        if ((row + outer) % 3 == 0) expected.push_back(outer * kInner + row);
      }
      const WeldVec& vec = reinterpret_cast<WeldVec*>(vecs->data)[outer];
      EXPECT_EQ(elements<int64_t>(vec.data, vec.length), expected);
    }
    return 0;
  };
  EXPECT_EQ(loop<WeldAppender>(pipeline(step, sizeof(WeldAppender), builders), &state, nullptr, check, kOuter), 0u);
}

// A loop whose builders hold no memory leaves nothing behind of what its steps allocate.
TEST_P(LoopTest, MergerLoopFreesScratch) {
  auto step = [](WeldRunContext* context, const void*, int64_t begin, int64_t end, void* local) -> weld_status {
    auto* scratch = static_cast<int64_t*>(weld_rt_allocate(context, 100'000));
    if (scratch == nullptr) return WELD_OUT_OF_MEMORY;
    for (int64_t row = begin; row < end; ++row) {
      scratch[row % 1000] = row;
      *static_cast<int64_t*>(local) += scratch[row % 1000];
    }
    return 0;
  };
  const std::vector<WeldBuilder> builders = {builder(WELD_MERGER, 0)};
  int64_t state = 0;
  auto check = [&](WeldRunContext*, int64_t* sum) {
    EXPECT_EQ(*sum, kRows * (kRows - 1) / 2);
    EXPECT_LE(engine->memory_usage(), 16u << 10);
    return weld_status{0};
  };
  EXPECT_EQ(loop<int64_t>(pipeline(step, 8, builders), &state, nullptr, check), 0u);
}

std::string loop_name(const testing::TestParamInfo<std::tuple<int, int64_t>>& info) {
  return "Threads" + std::to_string(std::get<0>(info.param)) + "Morsel" + std::to_string(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(All, LoopTest, testing::Combine(testing::Values(1, 2, 7), testing::Values(1, 3, 1024, 0)), loop_name);

}  // namespace
}  // namespace weld::runtime
