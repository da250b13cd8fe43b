// A run that is cancelled in the middle of a sort or of combining dictionaries and groups. The functions that these call cancel
// it after a number of calls, and count how many come after: what has to stop makes a small part of all.
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "tests/runtime/support.h"
#include "weld/runtime/builders.h"
#include "weld/runtime/dict.h"
#include "weld/runtime/groups.h"

namespace weld::runtime {
namespace {

constexpr int64_t kNever = int64_t{1} << 60;

// What the functions of a layout or builder, which have no environment, work on.
struct Calls {
  std::atomic<int64_t> made = 0;
  int64_t cancel_at = kNever;
  RunControl* control = nullptr;

  void count() {
    if (++made == cancel_at) control->cancel();
  }
} calls;

// Runs the program and expects it cancelled after cancel_at calls, with at most `most` made, and nothing left behind.
void expect_cancelled(int threads, int64_t cancel_at, int64_t most, const Program& program) {
  auto engine = make_engine(threads);
  RunControl control;
  calls.made = 0;
  calls.cancel_at = cancel_at;
  calls.control = &control;
  EXPECT_EQ(run(engine, enter_program, &program, nullptr, 16, control).status, weld_status{WELD_CANCELLED});
  EXPECT_GE(calls.made, cancel_at);
  EXPECT_LT(calls.made, most) << threads << " threads, cancelled at " << cancel_at;
  EXPECT_EQ(engine->memory_usage(), 0u);
}

int32_t compare_counted(WeldRunContext*, const void*, const void* left, const void* right, weld_status*) {
  calls.count();
  return std::memcmp(left, right, 8);
}

TEST(StopInsideTest, ASort) {
  constexpr int64_t kLength = 300'000;
  std::vector<uint64_t> values(kLength);
  for (int64_t i = 0; i < kLength; ++i) values[i] = mix(i);
  // While blocks are sorted, and while they are merged.
  for (const int64_t cancel_at : {1'000, 4'000'000}) {
    for (const int threads : {1, 2, 7}) {
      expect_cancelled(threads, cancel_at, cancel_at + threads * 100'000, [&](WeldRunContext* context, void* result) {
        return weld_rt_sort(context, values.data(), kLength, 8, compare_counted, nullptr, static_cast<WeldVec*>(result), nullptr);
      });
    }
  }
}

uint8_t equal_counted(const void* left, const void* right) {
  calls.count();
  return equal_i64(left, right);
}
void add_counted(void* into, const void* from) {
  calls.count();
  int64_t sum = 0;
  int64_t value = 0;
  std::memcpy(&sum, into, 8);
  std::memcpy(&value, from, 8);
  sum += value;
  std::memcpy(into, &sum, 8);
}

constexpr int64_t kPollSteps = 10'000;  // more than are made between two polls

WeldDict* filled_dict(WeldRunContext* context, const WeldDictLayout& layout, int64_t count) {
  WeldDict* dict = weld_rt_dict_new(context, &layout, 0);
  for (int64_t key = 0; key < count; ++key) EXPECT_EQ(merge_sum(context, dict, &layout, &key, key), 0u);
  return dict;
}

// Three dictionaries with the same keys.
weld_status combine_three(WeldRunContext* context, int64_t count, const WeldDictLayout& layout = kI64Layout) {
  const WeldBuilder sums = {WELD_DICTMERGER, 0, 0, 8, &layout, nullptr, add_counted, 0};
  WeldDict* state = filled_dict(context, layout, count);
  WeldDict* others[] = {filled_dict(context, layout, count), filled_dict(context, layout, count)};
  return combine_dicts(context, &state, others, 2, sums);
}

TEST(StopInsideTest, DictionariesCombinedOneByOne) {
  for (const int64_t cancel_at : {1, 14'000}) {
    expect_cancelled(1, cancel_at, cancel_at + kPollSteps,
                     [](WeldRunContext* context, void*) { return combine_three(context, 15'000); });
  }
}

TEST(StopInsideTest, DictionariesCombinedInParallel) {
  for (const int threads : {1, 2, 7}) {
    for (const int64_t cancel_at : {1, 100'000}) {
      expect_cancelled(threads, cancel_at, cancel_at + threads * kPollSteps,
                       [](WeldRunContext* context, void*) { return combine_three(context, 300'000); });
    }
  }
}

TEST(StopInsideTest, DenseDictionariesCombinedInParallel) {
  WeldDictLayout layout = kI64Layout;
  layout.number = WELD_KEY_64_BITS;
  for (const int threads : {1, 2, 7}) {
    for (const int64_t cancel_at : {1, 100'000}) {
      expect_cancelled(threads, cancel_at, cancel_at + threads * kPollSteps,
                       [&](WeldRunContext* context, void*) { return combine_three(context, 300'000, layout); });
    }
  }
}

TEST(StopInsideTest, Groups) {
  constexpr int64_t kKeys = 60'000;
  WeldDictLayout layout = kGroupsLayout;
  layout.equal = equal_counted;
  const Program combine = [&](WeldRunContext* context, void*) -> weld_status {
    // Different keys in one, so that only combining compares them.
    auto filled = [&] {
      WeldGroups* groups = weld_rt_groups_new(context, &layout, 8, 0);
      for (int64_t key = 0; key < kKeys; ++key) {
        EXPECT_EQ(weld_rt_groups_merge(context, groups, &layout, layout.hash(&key), &key, &key), 0u);
      }
      return groups;
    };
    WeldGroups* into = filled();
    WeldGroups* others[] = {filled(), filled()};
    return groups_combine(context, into, others, 2, &layout, -1);
  };
  for (const int64_t cancel_at : {1'000, 100'000}) expect_cancelled(2, cancel_at, cancel_at + kPollSteps, combine);
}

TEST(StopInsideTest, TheResultOfGroups) {
  const Program result = [&](WeldRunContext* context, void*) -> weld_status {
    WeldGroups* groups = weld_rt_groups_new(context, &kGroupsLayout, 8, 0);
    for (int64_t key = 0; key < 100; ++key) {
      EXPECT_EQ(weld_rt_groups_merge(context, groups, &kGroupsLayout, hash_i64(&key), &key, &key), 0u);
    }
    calls.count();
    return weld_rt_groups_result(context, groups, &kGroupsLayout) == nullptr ? WELD_OUT_OF_MEMORY : 0;
  };
  // The run says why there is no result.
  expect_cancelled(2, 1, 2, result);
}

}  // namespace
}  // namespace weld::runtime
