// Sorting: stable at any size and thread count, robust against comparators that are no order or fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "tests/runtime/support.h"

namespace weld::runtime {
namespace {

template <int64_t kSize>
struct Element {
  int32_t key;
  int32_t position;
  uint8_t rest[kSize - 8];
};
template <>
struct Element<8> {
  int32_t key;
  int32_t position;
};

int32_t compare_keys(WeldRunContext*, const void*, const void* left, const void* right, weld_status*) {
  int32_t left_key, right_key;
  std::memcpy(&left_key, left, 4);
  std::memcpy(&right_key, right, 4);
  return left_key < right_key ? -1 : left_key > right_key;
}

template <int64_t kSize>
void sort_and_check(int threads, int64_t length, int32_t distinct) {
  auto engine = make_engine(threads);
  std::vector<Element<kSize>> values(length);
  for (int64_t i = 0; i < length; ++i) {
    values[i].key = static_cast<int32_t>(mix(i) % distinct);
    values[i].position = static_cast<int32_t>(i);
  }
  RunOutcome outcome = run_program(engine, sizeof(WeldVec), [&](WeldRunContext* context, void* result) {
    return weld_rt_sort(context, values.data(), length, kSize, compare_keys, nullptr, static_cast<WeldVec*>(result), nullptr);
  });
  ASSERT_EQ(outcome.status, 0u);
  auto* sorted = static_cast<WeldVec*>(outcome.result);
  ASSERT_EQ(sorted->length, length);
  std::sort(values.begin(), values.end(), [](const auto& left, const auto& right) {
    return left.key != right.key ? left.key < right.key : left.position < right.position;
  });
  int64_t wrong = 0;
  const auto found = elements<Element<kSize>>(sorted->data, length);
  for (int64_t i = 0; i < length; ++i) wrong += found[i].position != values[i].position || found[i].key != values[i].key;
  EXPECT_EQ(wrong, 0) << threads << " threads, " << length << " elements of " << kSize;
  outcome = {};
  EXPECT_EQ(engine->memory_usage(), 0u);
}

template <int64_t kSize>
void select_and_check(int threads, int64_t length, int32_t distinct, int64_t limit) {
  auto engine = make_engine(threads);
  std::vector<Element<kSize>> values(length);
  for (int64_t i = 0; i < length; ++i) {
    values[i].key = static_cast<int32_t>(mix(i) % distinct);
    values[i].position = static_cast<int32_t>(i);
  }
  RunOutcome outcome = run_program(engine, sizeof(WeldVec), [&](WeldRunContext* context, void* result) {
    return weld_rt_sort_first(context, values.data(), length, kSize, limit, compare_keys, nullptr, static_cast<WeldVec*>(result),
                              nullptr);
  });
  ASSERT_EQ(outcome.status, 0u);
  auto* first = static_cast<WeldVec*>(outcome.result);
  const int64_t expected = std::clamp<int64_t>(limit, 0, length);
  ASSERT_EQ(first->length, expected);
  std::sort(values.begin(), values.end(), [](const auto& left, const auto& right) {
    return left.key != right.key ? left.key < right.key : left.position < right.position;
  });
  int64_t wrong = 0;
  const auto found = elements<Element<kSize>>(first->data, expected);
  for (int64_t i = 0; i < expected; ++i) wrong += found[i].position != values[i].position || found[i].key != values[i].key;
  EXPECT_EQ(wrong, 0) << threads << " threads, the first " << limit << " of " << length << " elements of " << kSize;
  outcome = {};
  EXPECT_EQ(engine->memory_usage(), 0u);
}

TEST(SortTest, TheFirstAreThoseOfASort) {
  for (int64_t length : {0, 1, 16, 17, 300, 5000, 70'000, 262'145}) {
    for (int64_t limit : {int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{10}, length / 16, length / 16 + 1, length + 1}) {
      for (int threads : {1, 2, 7}) select_and_check<8>(threads, length, 50, limit);
    }
  }
  select_and_check<24>(2, 100'000, 1'000'000, 100);
  select_and_check<40>(2, 100'000, 10, 3000);
}

TEST(SortTest, StableAtAnySize) {
  for (int64_t length : {0,    1,    2,    7,      8,     9,     15,    16,    17,    100,   1000,    4095,   4096,
                         4097, 8192, 8193, 12'289, 16384, 16385, 32768, 32769, 49152, 49153, 100'000, 262'145}) {
    for (int threads : {1, 2, 7}) sort_and_check<8>(threads, length, 50);
  }
}

TEST(SortTest, ElementSizes) {
  for (int threads : {1, 7}) {
    sort_and_check<12>(threads, 50'000, 1000);
    sort_and_check<16>(threads, 50'000, 1000);
    sort_and_check<24>(threads, 50'000, 1000);
    sort_and_check<32>(threads, 50'000, 1000);
    sort_and_check<40>(threads, 50'000, 1000);
    sort_and_check<200>(threads, 50'000, 1000);
  }
}

TEST(SortTest, OneKeyAndAllDistinct) {
  for (int threads : {1, 7}) {
    sort_and_check<8>(threads, 100'000, 1);
    sort_and_check<8>(threads, 100'000, INT32_MAX);
  }
}

TEST(SortTest, SmallElements) {
  auto engine = make_engine(2);
  auto compare_bytes = [](WeldRunContext*, const void*, const void* left, const void* right, weld_status*) -> int32_t {
    return *static_cast<const uint8_t*>(left) - *static_cast<const uint8_t*>(right);
  };
  std::vector<uint8_t> values(100'000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(mix(i));
  for (int64_t size : {1, 3}) {
    RunOutcome outcome = run_program(engine, sizeof(WeldVec), [&](WeldRunContext* context, void* result) {
      return weld_rt_sort(context, values.data(), 99'999 / size, size, compare_bytes, nullptr, static_cast<WeldVec*>(result),
                          nullptr);
    });
    ASSERT_EQ(outcome.status, 0u);
    const auto* sorted = static_cast<WeldVec*>(outcome.result);
    int64_t wrong = 0;
    for (int64_t i = size; i < sorted->length * size; i += size) wrong += sorted->data[i - size] > sorted->data[i];
    EXPECT_EQ(wrong, 0);
  }
}

// Whatever the comparator answers, the result has the elements of the input.
TEST(SortTest, ComparatorThatIsNoOrder) {
  static std::atomic<uint64_t> calls;
  using Answer = int32_t (*)(WeldRunContext*, const void*, const void*, const void*, weld_status*);
  const Answer answers[] = {
      [](WeldRunContext*, const void*, const void*, const void*, weld_status*) -> int32_t { return 1; },
      [](WeldRunContext*, const void*, const void*, const void*, weld_status*) -> int32_t { return -1; },
      [](WeldRunContext*, const void*, const void*, const void*, weld_status*) -> int32_t {
        return static_cast<int32_t>(mix(calls.fetch_add(1)) % 3) - 1;
      },
      [](WeldRunContext*, const void*, const void* left, const void* right, weld_status*) -> int32_t {
        return static_cast<int32_t>(mix(*static_cast<const uint64_t*>(left) ^ *static_cast<const uint64_t*>(right)) % 3) - 1;
      },
  };
  std::vector<int64_t> values(200'000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(mix(i));
  std::vector<int64_t> expected = values;
  std::sort(expected.begin(), expected.end());
  for (int threads : {1, 7}) {
    auto engine = make_engine(threads);
    for (Answer answer : answers) {
      RunOutcome outcome = run_program(engine, sizeof(WeldVec), [&](WeldRunContext* context, void* result) {
        return weld_rt_sort(context, values.data(), 200'000, 8, answer, nullptr, static_cast<WeldVec*>(result), nullptr);
      });
      ASSERT_EQ(outcome.status, 0u);
      auto found = elements<int64_t>(static_cast<WeldVec*>(outcome.result)->data, 200'000);
      std::sort(found.begin(), found.end());
      EXPECT_EQ(found, expected);
    }
  }
}

TEST(SortTest, FailingComparatorStopsSoon) {
  constexpr weld_status kFailure = WELD_DIVISION_BY_ZERO | 3 << WELD_STATUS_CODE_BITS;
  static std::atomic<int64_t> calls;
  auto compare = [](WeldRunContext* context, const void*, const void*, const void*, weld_status* status) -> int32_t {
    weld_rt_allocate(context, 8);
    if (calls.fetch_add(1) >= 1000) *status = kFailure;
    return 1;
  };
  std::vector<int64_t> values(500'000, 1);
  for (int threads : {1, 7}) {
    calls = 0;
    auto engine = make_engine(threads);
    RunOutcome outcome = run_program(engine, sizeof(WeldVec), [&](WeldRunContext* context, void* result) {
      return weld_rt_sort(context, values.data(), 500'000, 8, compare, nullptr, static_cast<WeldVec*>(result), nullptr);
    });
    EXPECT_EQ(outcome.status, kFailure);
    EXPECT_LT(calls, 1200);
    EXPECT_EQ(engine->memory_usage(), 0u);
  }
}

TEST(SortTest, OutOfMemory) {
  auto engine = make_engine(2, 0, 1 << 20);
  std::vector<int64_t> values(100'000, 1);
  RunOutcome outcome = run_program(engine, sizeof(WeldVec), [&](WeldRunContext* context, void* result) {
    return weld_rt_sort(context, values.data(), 100'000, 8, compare_keys, nullptr, static_cast<WeldVec*>(result), nullptr);
  });
  EXPECT_EQ(outcome.status, weld_status{WELD_OUT_OF_MEMORY});
  EXPECT_EQ(engine->memory_usage(), 0u);
}

}  // namespace
}  // namespace weld::runtime
