// Dictionaries of keys that are numbers: windows that grow on both sides, what makes them hashed, and dense and hashed ones
// combined.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/runtime/support.h"
#include "weld/runtime/builders.h"
#include "weld/runtime/context.h"
#include "weld/runtime/dict.h"

namespace weld::runtime {
namespace {

constexpr WeldDictLayout kNumberGroups = {8, 8, 16, 24, 0, WELD_KEY_64_BITS, hash_i64, equal_i64};
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kFar = int64_t{1} << 40;

uint64_t number_of_two_bytes(const void* key) {
  uint16_t value = 0;
  std::memcpy(&value, key, sizeof value);
  return value;
}
uint8_t equal_two_bytes(const void* left, const void* right) { return std::memcmp(left, right, 2) == 0; }
uint64_t hash_half(const void* key) {
  uint32_t value = 0;
  std::memcpy(&value, key, sizeof value);
  return mix(value);
}
uint8_t equal_half(const void* left, const void* right) { return std::memcmp(left, right, 4) == 0; }

constexpr WeldBuilder kSums = {WELD_DICTMERGER, 0, 0, 8, &kNumbers, nullptr, add_i64, 0};

weld_status merge_all(WeldRunContext* context, WeldDict* dict, const std::vector<int64_t>& keys) {
  for (const int64_t key : keys) {
    if (weld_status status = merge_sum(context, dict, &kNumbers, &key, key); status != 0) return status;
  }
  return 0;
}

int64_t find(const WeldDict* dict, int64_t key) { return dict_find(dict, &kNumbers, hash_i64(&key), &key); }

// Different keys, merged in this order into a dictionary for so many rows: it has them in this order, and no others beside them.
void check_keys(const std::vector<int64_t>& keys, bool is_dense, int64_t rows = 0, DictionaryStrategy strategy = {}) {
  EngineOptions options;
  options.strategies.dictionary = strategy;
  auto engine = Engine::create(options);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = weld_rt_dict_new(context, &kNumbers, 0);
    as_dict(dict)->rows = rows;
    for (const int64_t key : keys) EXPECT_EQ(find(dict, key), -1);
    if (weld_status status = merge_all(context, dict, keys); status != 0) return status;
    const WeldDict* copy = dict_copy(context, dict, &kNumbers);
    dict_release(context, dict);
    EXPECT_EQ(copy->range != 0, is_dense);
    EXPECT_EQ(copy->count, static_cast<int64_t>(keys.size()));
    for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(find(copy, keys[i]), static_cast<int64_t>(i));
    for (const int64_t key : keys) {
      for (const uint64_t step : {uint64_t{1}, uint64_t{64}, uint64_t{1} << 32, uint64_t{1} << 63}) {
        const auto other = static_cast<int64_t>(static_cast<uint64_t>(key) + step);
        if (std::find(keys.begin(), keys.end(), other) == keys.end()) {
          EXPECT_EQ(find(copy, other), -1) << other;
        }
      }
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
  outcome = {};
  EXPECT_EQ(engine->memory_usage(), 0u);
}

TEST(DenseTest, WindowsGrowOnBothSides) {
  std::vector<int64_t> outward;
  for (int64_t i = 0; i < 300; ++i) outward.insert(outward.end(), {10 + i, 9 - i});
  check_keys(outward, true);
  check_keys({5, 250}, true);
  check_keys({5, -180}, true);
  check_keys({-1, 0, 1}, true);
  check_keys({1000}, true);
  check_keys({}, false);
}

TEST(DenseTest, RowsAllowLargerWindows) {
  check_keys({0, 40'000}, false);
  check_keys({0, 40'000}, true, 10);
  check_keys({0, -40'000}, true, 10);
  check_keys({0, 1'000'000}, false, 10);
  check_keys({0, 1'000'000, 5}, true, 2'000'000);
  check_keys({0, 10'000, kFar}, false, kLargest);
}

TEST(DenseTest, TheRangeOfKeysDecidesNotThatOfTheWindow) {
  constexpr int64_t kMost = 64 << 10;  // of few rows
  for (const int64_t sign : {1, -1}) {
    check_keys({0, sign * 40'000, sign * 40'100, sign * -20'000}, true, 10);
    check_keys({0, sign * 40'000, sign * 40'100, sign * -30'000}, false, 10);
    check_keys({0, sign * 40'000, sign * 40'100, sign * (40'101 - kMost)}, true, 10);
    check_keys({0, sign * 40'000, sign * 40'100, sign * (40'100 - kMost)}, false, 10);
    check_keys({0, sign * 60'000, sign * 60'001, sign * 2 * kMost}, false, 10);
  }
  check_keys({kLargest, kSmallest + 40'000, kSmallest + 40'100, kLargest - 20'000}, true, 10);
}

TEST(DenseTest, AWindowMayGoRoundTheEndOfNumbers) {
  check_keys({kLargest, kSmallest, kLargest - 1, kSmallest + 1, kLargest - 30, kSmallest + 100}, true);
  check_keys({kSmallest, kLargest}, true);
  check_keys({kLargest, 0}, false);
  check_keys({0, kSmallest}, false);
  check_keys({-1, 1, 0, kLargest, kSmallest, -2}, false, kLargest);
}

TEST(DenseTest, FarKeysMakeItHashed) {
  check_keys({0, kFar}, false);
  check_keys({0, 1, 2, -kFar, 3, 4}, false);
  std::vector<int64_t> keys;
  for (int64_t i = 0; i < 1000; ++i) keys.push_back(i);
  for (int64_t i = 0; i < 1000; ++i) keys.push_back(kFar * (i + 1));
  check_keys(keys, false, kLargest);
}

TEST(DenseTest, StrategiesAreFollowedWhereTheyCanBe) {
  check_keys({1, 2, 3}, false, 1000, DictionaryStrategy::kHash);
  check_keys({0, 1'000'000, 5}, true, 0, DictionaryStrategy::kDense);
  check_keys({0, kFar}, false, 0, DictionaryStrategy::kDense);
}

// Has the order of a dictionary that stays as it is looked at.
void order(WeldRunContext* context, WeldDict* dict, const WeldDictLayout* layout) {
  weld_rt_dict_order(context, dict, layout, 1);
  weld_rt_dict_order(context, dict, layout, static_cast<int64_t>(dict->range));
}

// Whether the entries of these keys, merged in this order, are put in order of the keys.
bool is_put_in_order(const std::vector<int64_t>& keys, int64_t rows = 0) {
  auto engine = make_engine(1);
  bool is_ordered = false;
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = weld_rt_dict_new(context, &kNumbers, 0);
    as_dict(dict)->rows = rows;
    if (weld_status status = merge_all(context, dict, keys); status != 0) return status;
    order(context, dict, &kNumbers);
    is_ordered = dict->ordered != 0;
    if (is_ordered) {
      EXPECT_EQ(dict->ordered, keys.size());
      for (uint64_t i = 0; i < dict->ordered; ++i)
        EXPECT_EQ(find(dict, static_cast<int64_t>(dict->first + i)), static_cast<int64_t>(i));
    }
    for (const int64_t key : keys) EXPECT_EQ(contents(dict, &kNumbers).at(key), key);
    EXPECT_EQ(dict->count, static_cast<int64_t>(keys.size()));
    return 0;
  });
  EXPECT_EQ(outcome.status, 0U);
  outcome = {};
  EXPECT_EQ(engine->memory_usage(), 0U);
  return is_ordered;
}

TEST(DenseTest, EntriesOfConsecutiveKeysArePutInOrder) {
  EXPECT_TRUE(is_put_in_order({3, 1, 2, 0}));
  EXPECT_TRUE(is_put_in_order({-2, 1, -1, 2, 0}));
  EXPECT_TRUE(is_put_in_order({1000}));
  EXPECT_TRUE(is_put_in_order({kSmallest, kLargest, kLargest - 1, kSmallest + 1}));
  std::vector<int64_t> many;
  for (int64_t i = 0; i < 1000; ++i) many.push_back(i * 7919 % 1000 - 300);
  EXPECT_TRUE(is_put_in_order(many, 1000));

  EXPECT_FALSE(is_put_in_order({}));
  EXPECT_FALSE(is_put_in_order({0, 2, 3}));
  EXPECT_FALSE(is_put_in_order({0, 1, 3}));
  EXPECT_FALSE(is_put_in_order({0, 1, kFar}));               // hashed
  EXPECT_FALSE(is_put_in_order({0, 1, 100'000}, kLargest));  // of too many numbers
}

TEST(DenseTest, EntriesStayInOrderWhenOthersAreAdded) {
  const RunOutcome outcome = run_program(make_engine(1), 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = weld_rt_dict_new(context, &kNumbers, 0);
    weld_rt_dict_order(context, dict, &kNumbers, 1 << 20);
    EXPECT_EQ(merge_all(context, dict, {12, 11, 10}), 0U);
    // Growing at the time of the first call; of too few rows at the second.
    weld_rt_dict_order(context, dict, &kNumbers, 1 << 20);
    weld_rt_dict_order(context, dict, &kNumbers, static_cast<int64_t>(dict->range) - 1);
    EXPECT_EQ(dict->ordered, 0U);
    weld_rt_dict_order(context, dict, &kNumbers, 1);
    EXPECT_EQ(dict->ordered, 3U);
    EXPECT_EQ(dict->first, 10U);

    EXPECT_EQ(merge_all(context, dict, {14, 9, 11}), 0U);
    EXPECT_EQ(dict->ordered, 3U);
    order(context, dict, &kNumbers);  // 13 is missing
    EXPECT_EQ(dict->ordered, 3U);
    EXPECT_EQ(dict->first, 10U);
    EXPECT_EQ(merge_all(context, dict, {13}), 0U);
    order(context, dict, &kNumbers);
    EXPECT_EQ(dict->ordered, 6U);
    EXPECT_EQ(dict->first, 9U);

    const WeldDict* copy = dict_copy(context, dict, &kNumbers);
    EXPECT_EQ(merge_all(context, dict, {kFar, 1}), 0U);
    EXPECT_EQ(dict->range, 0U);
    for (const WeldDict* each : {static_cast<const WeldDict*>(dict), copy}) {
      EXPECT_EQ(each->ordered, 6U);
      EXPECT_EQ(each->first, 9U);
      for (int64_t key = 9; key < 15; ++key) EXPECT_EQ(find(each, key), key - 9);
    }
    EXPECT_EQ(contents(copy, &kNumbers), (std::map<int64_t, int64_t>{{9, 9}, {10, 10}, {11, 22}, {12, 12}, {13, 13}, {14, 14}}));
    return 0;
  });
  EXPECT_EQ(outcome.status, 0U);
}

TEST(DenseTest, DirectKeysHaveAnIndexThatGrows) {
  constexpr WeldDictLayout kLayout = {2, 8, 8, 16, 16, WELD_KEY_NO_NUMBER, number_of_two_bytes, equal_two_bytes};
  const RunOutcome outcome = run_program(make_engine(1), 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = weld_rt_dict_new(context, &kLayout, 0);
    auto find = [&](uint16_t key) { return weld_rt_dict_find(dict, &kLayout, key, &key); };
    EXPECT_EQ(find(0), nullptr);
    const std::vector<uint16_t> keys = {7000, 7001, 6900, 65535, 0, 12};
    for (const uint16_t& key : keys) {
      for (const uint16_t& later : keys) {
        EXPECT_EQ(find(later) != nullptr, &later < &key) << later << " before " << key;
      }
      if (weld_status status = merge_sum(context, dict, &kLayout, &key, 1); status != 0) return status;
      EXPECT_GT(dict->range, 0U);
      EXPECT_LE(dict->base + dict->range, 65536U);
      const bool is_first = &key == keys.data();
      EXPECT_LE(dict->range, is_first ? 64U : 65536U);  // one entry takes little memory
    }
    for (const uint16_t key : keys) EXPECT_NE(find(key), nullptr) << key;
    for (const uint16_t key : {1, 11, 13, 6999, 7002, 65534}) EXPECT_EQ(find(key), nullptr) << key;
    EXPECT_EQ(dict->range, 65536U);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
}

TEST(DenseTest, NumbersOfHalfWords) {
  for (const WeldKeyNumber number : {WELD_KEY_I32, WELD_KEY_U32}) {
    const WeldDictLayout layout = {4, 8, 8, 16, 0, number, hash_half, equal_half};
    const RunOutcome outcome = run_program(make_engine(1), 8, [&](WeldRunContext* context, void*) -> weld_status {
      WeldDict* dict = weld_rt_dict_new(context, &layout, 0);
      for (const int32_t key : {-1, 0, 1, -100}) {
        if (weld_status status = merge_sum(context, dict, &layout, &key, 1); status != 0) return status;
      }
      EXPECT_EQ(dict->range != 0, number == WELD_KEY_I32);  // unsigned, they are far apart
      for (const int32_t key : {-1, 0, 1, -100}) EXPECT_NE(weld_rt_dict_find(dict, &layout, hash_half(&key), &key), nullptr);
      for (const int32_t key : {-2, 2, 100, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
        EXPECT_EQ(weld_rt_dict_find(dict, &layout, hash_half(&key), &key), nullptr);
      }
      return 0;
    });
    EXPECT_EQ(outcome.status, 0u);
  }
}

struct Part {
  int64_t first;
  int64_t count;
  DictionaryStrategy strategy = DictionaryStrategy::kAuto;
};

// Combines dictionaries of such keys, each key with 1 for each.
void check_combined(const std::vector<Part>& parts, bool is_dense, int threads, int64_t rows = 1 << 20) {
  auto engine = make_engine(threads);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    std::vector<WeldDict*> dicts;
    std::map<int64_t, int64_t> expected;
    for (const Part& part : parts) {
      dicts.push_back(weld_rt_dict_new(context, &kNumbers, 0));
      as_dict(dicts.back())->rows = rows;
      as_dict(dicts.back())->strategy = part.strategy;
      for (int64_t i = 0; i < part.count; ++i) {
        const auto key = static_cast<int64_t>(static_cast<uint64_t>(part.first) + static_cast<uint64_t>(i * 7 % part.count));
        if (weld_status status = merge_sum(context, dicts.back(), &kNumbers, &key, i); status != 0) return status;
        expected[key] += i;
      }
    }
    WeldDict* state = dicts[0];
    if (weld_status status = combine_dicts(context, &state, dicts.data() + 1, static_cast<int64_t>(dicts.size()) - 1, kSums);
        status != 0) {
      return status;
    }
    EXPECT_EQ(contents(state, &kNumbers), expected);
    EXPECT_EQ(state->count, static_cast<int64_t>(expected.size()));
    EXPECT_EQ(state->range != 0, is_dense);
    int64_t missing = 0;
    for (const auto& [key, sum] : expected) missing += find(state, key) < 0 ? 1 : 0;
    EXPECT_EQ(missing, 0);
    const int64_t before = state->count;
    if (weld_status status = merge_all(context, state, {kFar * 3, kFar * 3 + 1}); status != 0) return status;
    EXPECT_EQ(state->count, before + 2);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
  outcome = {};
  EXPECT_EQ(engine->memory_usage(), 0u);
}

TEST(DenseTest, Combining) {
  constexpr DictionaryStrategy kHash = DictionaryStrategy::kHash;
  for (const int64_t count : {int64_t{90}, int64_t{50'000}}) {
    for (const int threads : {1, 3}) {
      check_combined({{0, count}, {count / 2, count}, {-count / 2, count}}, true, threads);
      check_combined({{kLargest - count / 2, count}, {kLargest - count, count / 2}}, true, threads);
      check_combined({{0, 0}, {5, count}, {0, 0}, {5, count}}, true, threads);
      check_combined({{0, count}, {kFar, count}, {0, count}}, false, threads);
      check_combined({{0, count, kHash}, {0, count}, {9, count, kHash}}, false, threads);
      check_combined({{0, 10}, {9, count, kHash}, {9, count}}, false, threads);
    }
  }
  check_combined({{0, 40'000}, {10'000'000, 40'000}}, false, 2);
  check_combined({{0, 40'000}, {10'000'000, 40'000}}, true, 2, 20'000'000);
  // By the range of all keys, which may be up to 2 * 2^20 here, not that of the windows.
  check_combined({{0, 40'000}, {2'057'000, 40'000}}, true, 2);
  check_combined({{0, 40'000}, {2'057'200, 40'000}}, false, 2);
}

weld_status count_keys(WeldRunContext* context, const void* factor, int64_t begin, int64_t end, void* local) {
  for (int64_t row = begin; row < end; ++row) {
    const int64_t key = static_cast<int64_t>(mix(row) % 50'000) * *static_cast<const int64_t*>(factor);
    const weld_status status = merge_sum(context, *static_cast<WeldDict**>(local), &kNumbers, &key, 1);
    if (status != 0) return status;
  }
  return 0;
}
constexpr WeldPipeline kCountKeys = {count_keys, 8, &kSums, 1, 0, 0, 0, 0, "sums"};

TEST(DenseTest, AnswerOrOutOfMemory) {
  constexpr int64_t kRows = 50'000;
  for (const int64_t factor : {int64_t{1}, int64_t{1} << 33}) {
    for (const int threads : {1, 2}) {
      int answers = 0;
      int refusals = 0;
      for (uint64_t limit = 4096; limit < 64 << 20; limit += limit / 3) {
        auto engine = make_engine(threads, 512, limit);
        RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
          WeldDict* dict = weld_rt_dict_new(context, &kNumbers, 0);
          if (dict == nullptr) return WELD_OUT_OF_MEMORY;
          if (weld_status status = weld_rt_for(context, &kCountKeys, &factor, kRows, &dict); status != 0) return status;
          int64_t sum = 0;
          for (const auto& [key, count] : contents(dict, &kNumbers)) sum += count;
          EXPECT_EQ(sum, kRows);
          return 0;
        });
        EXPECT_TRUE(outcome.status == 0 || outcome.status == weld_status{WELD_OUT_OF_MEMORY}) << outcome.status;
        ++(outcome.status == 0 ? answers : refusals);
        outcome = {};
        EXPECT_EQ(engine->memory_usage(), 0u);
        EXPECT_LE(engine->memory_peak(), limit);
      }
      EXPECT_GT(answers, 3);
      EXPECT_GT(refusals, 3);
    }
  }
}

TEST(DenseTest, DecisionsAreReported) {
  for (const bool is_dense : {true, false}) {
    const int64_t factor = is_dense ? 1 : kFar;
    const Program program = [&](WeldRunContext* context, void*) -> weld_status {
      WeldDict* dict = weld_rt_dict_new(context, &kNumbers, 0);
      return weld_rt_for(context, &kCountKeys, &factor, 1000, &dict);
    };
    RunProfile profile;
    EXPECT_EQ(run(make_engine(1), enter_program, &program, nullptr, 8, &profile).status, 0U);
    const LoopProfile* loop = profile.loop("sums");
    ASSERT_NE(loop, nullptr);
    const auto decision = std::find_if(loop->decisions.begin(), loop->decisions.end(),
                                       [](const Decision& each) { return each.site == "dictionary"; });
    ASSERT_NE(decision, loop->decisions.end());
    EXPECT_EQ(decision->choice, is_dense ? "dense" : "hash");
    EXPECT_NE(decision->evidence.find("of 1000 rows"), std::string::npos) << decision->evidence;
  }
}

TEST(DenseTest, Groups) {
  for (const int64_t factor : {int64_t{1}, kFar}) {
    const RunOutcome outcome = run_program(make_engine(1), 8, [&](WeldRunContext* context, void*) -> weld_status {
      WeldGroups* groups = weld_rt_groups_new(context, &kNumberGroups, 8, 0);
      for (int64_t row = 0; row < 1000; ++row) {
        const int64_t key = row % 10 * factor;
        if (weld_status status = weld_rt_groups_merge(context, groups, &kNumberGroups, hash_i64(&key), &key, &row); status != 0)
          return status;
      }
      const WeldDict* dict = weld_rt_groups_result(context, groups, &kNumberGroups);
      EXPECT_EQ(dict->count, 10);
      EXPECT_EQ(dict->range != 0, factor == 1);
      const int64_t key = 3 * factor;
      const auto* entry = static_cast<const uint8_t*>(weld_rt_dict_find(dict, &kNumberGroups, hash_i64(&key), &key));
      const auto* group = reinterpret_cast<const WeldVec*>(entry + kNumberGroups.value_offset);
      const std::vector<int64_t> values = elements<int64_t>(group->data, group->length);
      EXPECT_EQ(values.size(), 100U);
      EXPECT_EQ(values[1], 13);
      return 0;
    });
    EXPECT_EQ(outcome.status, 0u);
  }
}

}  // namespace
}  // namespace weld::runtime
