// Combining the dictionaries that the runners of a loop filled.
#include <algorithm>
#include <utility>

#include "weld/runtime/builders.h"
#include "weld/runtime/dict.h"

namespace weld::runtime {

namespace {

weld_status absorb(WeldRunContext* context, Dict* into, const Dict* from, const WeldBuilder& builder) {
  const WeldDictLayout* layout = builder.dict;
  for (int64_t number = 0; number < from->count; ++number) {
    const uint8_t* entry = from->entries + number * layout->entry_size;
    const uint64_t hash = dict_hash(from, layout, number);
    const int64_t found = dict_find(into, layout, hash, entry);
    if (found >= 0) {
      builder.combine(into->entries + found * layout->entry_size + layout->value_offset, entry + layout->value_offset);
      continue;
    }
    void* added = weld_rt_dict_insert(context, into, layout, hash, entry);
    if (added == nullptr) return WELD_OUT_OF_MEMORY;
    std::memcpy(static_cast<uint8_t*>(added) + layout->value_offset, entry + layout->value_offset, layout->value_size);
  }
  return 0;
}

}  // namespace

weld_status combine_dicts(WeldRunContext* context, WeldDict** state, WeldDict** others, int64_t other_count,
                          const WeldBuilder& builder) {
  for (int64_t i = 0; i < other_count; ++i) {
    if (others[i]->count > (*state)->count) std::swap(others[i], *state);
  }
  for (int64_t i = 0; i < other_count; ++i) {
    if (weld_status status = absorb(context, as_dict(*state), as_dict(others[i]), builder); status != 0) return status;
    dict_release(context, others[i]);
  }
  return 0;
}

}  // namespace weld::runtime
