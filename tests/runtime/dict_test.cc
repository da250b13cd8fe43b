// Dictionaries and groups on one thread, with many keys and with keys chosen to collide, and the combination of large ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "tests/runtime/support.h"
#include "weld/runtime/dict.h"

namespace weld::runtime {
namespace {

uint64_t hash_constant(const void*) { return 0; }
uint64_t hash_top(const void*) { return ~uint64_t{0}; }
// Everything into the last slots of the index, so that probing wraps around.
uint64_t hash_end(const void* key) { return ~uint64_t{0} << 20 | (hash_i64(key) & 0xfffff); }
uint64_t hash_low_bits(const void* key) { return hash_i64(key) & UINT32_MAX; }
uint64_t hash_high_bits(const void* key) { return hash_i64(key) << 32; }

WeldDictLayout with_hash(uint64_t (*hash)(const void*)) {
  WeldDictLayout layout = kI64Layout;
  layout.hash = hash;
  return layout;
}

// The probe that compiled code does inline, by the description in runtime.h.
const uint8_t* probe(const WeldDict* dict, const WeldDictLayout& layout, const void* key) {
  const uint64_t hash = layout.hash(key);
  const auto* slots = static_cast<const uint64_t*>(dict->index);
  for (uint64_t at = hash >> dict->shift; slots[at] != 0; at = (at + 1) & dict->slot_mask) {
    const uint8_t* entry = dict->entries + ((slots[at] & 0xffffffff) - 1) * layout.entry_size;
    if (slots[at] >> 32 == (hash & 0xffffffff) && layout.equal(key, entry)) return entry;
  }
  return nullptr;
}

void fill_and_check(const WeldDictLayout& layout, int64_t count, int64_t stride, int64_t hint) {
  auto engine = make_engine(1);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = weld_rt_dict_new(context, &layout, hint);
    const int64_t absent = -1;
    EXPECT_EQ(probe(dict, layout, &absent), nullptr);
    EXPECT_EQ(weld_rt_dict_find(dict, &layout, layout.hash(&absent), &absent), nullptr);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t key = i * stride;
      if (weld_status status = merge_sum(context, dict, &layout, &key, i); status != 0) return status;
    }
    EXPECT_EQ(dict->count, count);
    EXPECT_LE(static_cast<uint64_t>(dict->count) * 2, dict->slot_mask + 1);
    int64_t wrong = 0;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t key = i * stride;
      const uint8_t* entry = probe(dict, layout, &key);
      const uint8_t* in_order = dict->entries + i * layout.entry_size;
      if (entry != in_order || std::memcmp(entry, &key, 8) != 0 || std::memcmp(entry + 8, &i, 8) != 0) ++wrong;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(probe(dict, layout, &absent), nullptr);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
  outcome = {};
  EXPECT_EQ(engine->memory_usage(), 0u);
}

TEST(DictTest, Empty) { fill_and_check(kI64Layout, 0, 1, 0); }
TEST(DictTest, MillionsOfKeys) { fill_and_check(kI64Layout, 3'000'000, 1, 0); }
TEST(DictTest, Hinted) { fill_and_check(kI64Layout, 300'000, 1, 300'000); }
TEST(DictTest, HintTooLarge) { fill_and_check(kI64Layout, 10, 1, INT64_MAX); }
TEST(DictTest, HintNegative) { fill_and_check(kI64Layout, 10, 1, -5); }
TEST(DictTest, StridedKeys) { fill_and_check(kI64Layout, 300'000, int64_t{1} << 40, 0); }
TEST(DictTest, OneHash) { fill_and_check(with_hash(hash_constant), 3000, 1, 0); }
TEST(DictTest, OneHashAtTheTop) { fill_and_check(with_hash(hash_top), 3000, 1, 0); }
TEST(DictTest, HashesAtTheEnd) { fill_and_check(with_hash(hash_end), 3000, 1, 0); }
TEST(DictTest, HashesWithoutHighBits) { fill_and_check(with_hash(hash_low_bits), 3000, 1, 0); }
TEST(DictTest, HashesWithoutLowBits) { fill_and_check(with_hash(hash_high_bits), 100'000, 1, 0); }

// Entries in stretches, as they come from partitions, give what they give when they are merged one by one.
void absorb_and_check(const WeldDictLayout& layout, int64_t count, int64_t keys) {
  auto engine = make_engine(1);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    std::vector<std::pair<int64_t, int64_t>> entries;
    for (int64_t i = 0; i < count; ++i) entries.emplace_back((i * i + 7 * i) % keys, i);
    WeldDict* expected = weld_rt_dict_new(context, &layout, 0);
    for (const auto& [key, value] : entries) {
      if (weld_status status = merge_sum(context, expected, &layout, &key, value); status != 0) return status;
    }
    WeldDict* dict = weld_rt_dict_new(context, &layout, 0);
    for (int64_t begin = 0; begin < count; begin += 1000) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(entries.data() + begin);
      const int64_t stretch = std::min<int64_t>(count - begin, 1000);
      weld_status status = dict_absorb_all(context, as_dict(dict), layout, bytes, stretch, /*dropped_bits=*/0, add_i64);
      if (status != 0) return status;
    }
    EXPECT_EQ(dict->count, expected->count);
    if (dict->count != expected->count || dict->count == 0) return 0;
    EXPECT_EQ(std::memcmp(dict->entries, expected->entries, dict->count * layout.entry_size), 0);
    for (int64_t i = 0; i < dict->count; ++i) {
      EXPECT_EQ(probe(dict, layout, dict->entries + i * layout.entry_size), dict->entries + i * layout.entry_size);
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
}

TEST(DictTest, AbsorbsNoEntries) { absorb_and_check(kI64Layout, 0, 1); }
TEST(DictTest, AbsorbsEqualKeys) { absorb_and_check(kI64Layout, 5000, 1); }
TEST(DictTest, AbsorbsFewAndManyKeys) {
  absorb_and_check(kI64Layout, 33, 10);
  absorb_and_check(kI64Layout, 50'000, 5000);
  absorb_and_check(kI64Layout, 50'000, 1 << 30);
}
TEST(DictTest, AbsorbsKeysOfOneHash) { absorb_and_check(with_hash(hash_constant), 3000, 500); }
TEST(DictTest, AbsorbsKeysWithHashesAtTheEnd) { absorb_and_check(with_hash(hash_end), 3000, 1 << 30); }

TEST(DictTest, DirectIndex) {
  auto engine = make_engine(1);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = weld_rt_dict_new(context, &kU8Layout, 0);
    for (int key = 0; key < 256; ++key) {
      EXPECT_EQ(static_cast<const uint32_t*>(dict->index)[key], 0u);
    }
    for (int i = 0; i < 1000; ++i) {
      const auto key = static_cast<uint8_t>(i * 7);
      if (weld_status status = merge_sum(context, dict, &kU8Layout, &key, i); status != 0) return status;
    }
    EXPECT_EQ(dict->count, 256);
    std::map<int64_t, int64_t> expected;
    for (int i = 0; i < 1000; ++i) expected[static_cast<uint8_t>(i * 7)] += i;
    EXPECT_EQ(contents(dict, &kU8Layout), expected);
    for (int key = 0; key < 256; ++key) {
      const uint32_t number = static_cast<const uint32_t*>(dict->index)[key];
      EXPECT_EQ(dict->entries[(number - 1) * 16], key);
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
}

TEST(DictTest, OutOfMemory) {
  auto engine = make_engine(1, 0, 4 << 20);
  int64_t inserted = 0;
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldDict* dict = weld_rt_dict_new(context, &kI64Layout, 0);
    for (int64_t key = 0;; ++key) {
      if (weld_status status = merge_sum(context, dict, &kI64Layout, &key, 1); status != 0) return status;
      ++inserted;
    }
  });
  EXPECT_EQ(outcome.status, weld_status{WELD_OUT_OF_MEMORY});
  EXPECT_EQ(outcome.result, nullptr);
  EXPECT_EQ(outcome.memory, nullptr);
  EXPECT_GT(inserted, 20'000);
  EXPECT_EQ(engine->memory_usage(), 0u);
}

struct ManyKeys {
  const WeldDictLayout* layout;
  int64_t keys;
};

weld_status many_keys_step(WeldRunContext* context, const void* arguments, int64_t begin, int64_t end, void* local) {
  const auto* many = static_cast<const ManyKeys*>(arguments);
  for (int64_t row = begin; row < end; ++row) {
    const auto key = static_cast<int64_t>(mix(row) % many->keys);
    const weld_status status = merge_sum(context, *static_cast<WeldDict**>(local), many->layout, &key, row);
    if (status != 0) return status;
  }
  return 0;
}

// Dictionaries large enough to be combined in parallel.
void combine_and_check(const WeldDictLayout& layout, int threads, int64_t keys) {
  const int64_t rows = 3 * keys;
  auto engine = make_engine(threads, 1024);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    const WeldBuilder builder = {WELD_DICTMERGER, 0, 0, 8, &layout, nullptr, add_i64, 0};
    const WeldPipeline pipeline = {many_keys_step, 8, &builder, 1, 0, 0, 0, 0, "keys"};
    const ManyKeys arguments = {&layout, keys};
    WeldDict* dict = weld_rt_dict_new(context, &layout, 0);
    if (weld_status status = weld_rt_for(context, &pipeline, &arguments, rows, &dict); status != 0) return status;
    std::map<int64_t, int64_t> expected;
    for (int64_t row = 0; row < rows; ++row) expected[static_cast<int64_t>(mix(row) % keys)] += row;
    EXPECT_EQ(contents(dict, &layout), expected);
    EXPECT_EQ(dict->count, static_cast<int64_t>(expected.size()));
    int64_t missing = 0;
    for (const auto& [key, sum] : expected) missing += probe(dict, layout, &key) == nullptr ? 1 : 0;
    EXPECT_EQ(missing, 0);
    for (int64_t key = keys; key < 3 * keys; ++key) {  // and it can grow on
      if (weld_status status = merge_sum(context, dict, &layout, &key, 1); status != 0) return status;
    }
    EXPECT_EQ(dict->count, static_cast<int64_t>(expected.size()) + 2 * keys);
    EXPECT_EQ(contents(dict, &layout).size(), expected.size() + 2 * keys);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
  outcome = {};
  EXPECT_EQ(engine->memory_usage(), 0u);
}

TEST(DictTest, CombinesManyKeys) {
  combine_and_check(kI64Layout, 2, 200'000);
  combine_and_check(kI64Layout, 7, 100'000);
}

TEST(HashTest, NoCollisionsAmongSimilarBytes) {
  std::set<uint64_t> hashes;
  std::set<uint32_t> low;
  int64_t count = 0;
  auto add = [&](const std::string& text) {
    const uint64_t hash = weld_rt_hash_bytes(text.data(), static_cast<int64_t>(text.size()));
    EXPECT_EQ(hash, weld_rt_hash_bytes(std::string(text).data(), static_cast<int64_t>(text.size())));
    hashes.insert(hash);
    low.insert(static_cast<uint32_t>(hash));
    ++count;
  };
  for (int length = 0; length < 200; ++length) add(std::string(length, '\0'));
  for (int i = 0; i < 20'000; ++i) add("key" + std::to_string(i));
  for (int i = 0; i < 20'000; ++i) add(std::string(100, 'x') + std::to_string(i));
  for (int length : {1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 95, 96, 97, 145}) {
    for (int bit = 0; bit < 8 * length; ++bit) {
      std::string text(length, 'a');
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
      add(text);
    }
  }
  EXPECT_EQ(static_cast<int64_t>(hashes.size()), count);
  EXPECT_GE(static_cast<int64_t>(low.size()), count - 20);
}

TEST(HashTest, EveryInputBitReachesHalfOfTheOutput) {
  for (int length : {1, 4, 8, 16, 24, 50, 100}) {
    double flipped = 0;
    int samples = 0;
    for (int bit = 0; bit < 8 * length; ++bit) {
      for (uint64_t seed = 0; seed < 8; ++seed) {
        std::string text(length, ' ');
        for (int i = 0; i < length; ++i) text[i] = static_cast<char>(mix(seed * 1000 + i));
        const uint64_t before = weld_rt_hash_bytes(text.data(), length);
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
        flipped += __builtin_popcountll(before ^ weld_rt_hash_bytes(text.data(), length));
        ++samples;
      }
    }
    EXPECT_NEAR(flipped / samples, 32, 2) << length;
  }
}

TEST(GroupsTest, ManyGroupsAndWideValues) {
  struct Wide {
    int64_t values[3];
  };
  auto engine = make_engine(2);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldGroups* groups = weld_rt_groups_new(context, &kGroupsLayout, sizeof(Wide), 0);
    constexpr int64_t kValues = 300'000;
    auto key_of = [](int64_t i) { return static_cast<int64_t>(mix(i) % 50'000); };
    for (int64_t i = 0; i < kValues; ++i) {
      const int64_t key = key_of(i);
      const Wide value = {{i, key, -i}};
      const weld_status status = weld_rt_groups_merge(context, groups, &kGroupsLayout, hash_i64(&key), &key, &value);
      if (status != 0) return status;
    }
    const WeldDict* dict = weld_rt_groups_result(context, groups, &kGroupsLayout);
    int64_t total = 0;
    int64_t wrong = 0;
    for (int64_t g = 0; g < dict->count; ++g) {
      const auto* key = reinterpret_cast<const int64_t*>(dict->entries + g * kGroupsLayout.entry_size);
      const auto* group = reinterpret_cast<const WeldVec*>(key + 1);
      const auto values = elements<Wide>(group->data, group->length);
      total += group->length;
      for (size_t i = 0; i < values.size(); ++i) {
        const auto& value = values[i].values;
        if (value[1] != *key || key_of(value[0]) != *key || value[2] != -value[0]) ++wrong;
        if (i > 0 && values[i - 1].values[0] >= value[0]) ++wrong;
      }
    }
    EXPECT_EQ(total, kValues);
    EXPECT_EQ(wrong, 0);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
}

TEST(GroupsTest, Empty) {
  auto engine = make_engine(1);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    WeldGroups* groups = weld_rt_groups_new(context, &kGroupsLayout, 8, 0);
    const WeldDict* dict = weld_rt_groups_result(context, groups, &kGroupsLayout);
    EXPECT_EQ(dict->count, 0);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
}

}  // namespace
}  // namespace weld::runtime
