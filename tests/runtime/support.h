// What the runtime's tests share: running C++ code as a compiled program, and dictionary layouts.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "weld/runtime/run_context.h"
#include "weld/runtime/runtime.h"

namespace weld::runtime {

using Program = std::function<weld_status(WeldRunContext* context, void* result)>;

inline weld_status enter_program(WeldRunContext* context, const void* arguments, const uint64_t*, void* result) {
  return (*static_cast<const Program*>(arguments))(context, result);
}

inline RunOutcome run_program(const std::shared_ptr<Engine>& engine, int64_t result_size, const Program& program) {
  return run(engine, enter_program, &program, nullptr, result_size);
}

inline std::shared_ptr<Engine> make_engine(int threads, int64_t morsel_rows = 0, uint64_t memory_limit = 0) {
  EngineOptions options;
  options.threads = threads;
  options.morsel_rows = morsel_rows;
  options.memory_limit = memory_limit;
  return Engine::create(options);
}

inline uint64_t mix(uint64_t value) {
  value *= 0x9e3779b97f4a7c15;
  value ^= value >> 32;
  return value * 0xd6e8feb86659fd93;
}

inline uint64_t hash_i64(const void* key) {
  uint64_t value;
  std::memcpy(&value, key, sizeof(value));
  return mix(value);
}
inline uint64_t hash_u8(const void* key) { return *static_cast<const uint8_t*>(key); }
inline uint8_t equal_i64(const void* left, const void* right) { return std::memcmp(left, right, 8) == 0; }
inline uint8_t equal_u8(const void* left, const void* right) { return std::memcmp(left, right, 1) == 0; }

// dict[i64,i64], the same with keys that may be dense, dict[u8,i64], dict[i64,vec[i64]]
inline constexpr WeldDictLayout kI64Layout = {8, 8, 8, 16, 0, 0, hash_i64, equal_i64};
inline constexpr WeldDictLayout kNumbers = {8, 8, 8, 16, 0, WELD_KEY_64_BITS, hash_i64, equal_i64};
inline constexpr WeldDictLayout kU8Layout = {1, 8, 8, 16, 8, 0, hash_u8, equal_u8};
inline constexpr WeldDictLayout kGroupsLayout = {8, 8, 16, 24, 0, 0, hash_i64, equal_i64};

// Zero and + of a builder's values.
inline void zero_i64(void* value) { std::memset(value, 0, 8); }
inline void add_i64(void* into, const void* from) { *static_cast<int64_t*>(into) += *static_cast<const int64_t*>(from); }
inline void add_f64(void* into, const void* from) { *static_cast<double*>(into) += *static_cast<const double*>(from); }

// What compiled code does for a merge of {key, value} with +.
inline weld_status merge_sum(WeldRunContext* context, WeldDict* dict, const WeldDictLayout* layout, const void* key,
                             int64_t value) {
  const uint64_t hash = layout->hash(key);
  void* entry = weld_rt_dict_find(dict, layout, hash, key);
  int64_t sum = 0;
  if (entry == nullptr) {
    entry = weld_rt_dict_insert(context, dict, layout, hash, key);
    if (entry == nullptr) return WELD_OUT_OF_MEMORY;
  } else {
    std::memcpy(&sum, static_cast<uint8_t*>(entry) + layout->value_offset, 8);
  }
  sum += value;
  std::memcpy(static_cast<uint8_t*>(entry) + layout->value_offset, &sum, 8);
  return 0;
}

inline std::map<int64_t, int64_t> contents(const WeldDict* dict, const WeldDictLayout* layout) {
  std::map<int64_t, int64_t> entries;
  for (int64_t i = 0; i < dict->count; ++i) {
    const uint8_t* entry = dict->entries + i * layout->entry_size;
    int64_t key = 0;
    int64_t value = 0;
    std::memcpy(&key, entry, layout->key_size);
    std::memcpy(&value, entry + layout->value_offset, 8);
    entries[key] = value;
  }
  return entries;
}

template <typename T>
std::vector<T> elements(const void* data, int64_t count) {
  std::vector<T> values(count);
  if (count > 0) std::memcpy(values.data(), data, count * sizeof(T));
  return values;
}

}  // namespace weld::runtime
