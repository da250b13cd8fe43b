// Dictionaries, inside: what runtime.h shows of them and what only the runtime needs.
#pragma once

#include <cstdint>
#include <cstring>

#include "weld/runtime/runtime.h"

namespace weld::runtime {

// Every WeldDict is one of these, also the empty ones of compiled code. Belongs to one thread at a time while it is written.
struct Dict : WeldDict {
  uint64_t* hashes;  // of the entries, so that a larger index is filled without looking at keys; null when direct
  int64_t grow_at;   // entries that the index is made for
};

inline Dict* as_dict(WeldDict* dict) { return static_cast<Dict*>(dict); }
inline const Dict* as_dict(const WeldDict* dict) { return static_cast<const Dict*>(dict); }

// The number of a key's entry, or -1.
inline int64_t dict_find(const WeldDict* dict, const WeldDictLayout* layout, uint64_t hash, const void* key) {
  if (layout->direct_bits > 0) return static_cast<int64_t>(static_cast<const uint32_t*>(dict->index)[hash & dict->slot_mask]) - 1;
  const auto* slots = static_cast<const uint64_t*>(dict->index);
  for (uint64_t at = hash >> dict->shift;; at = (at + 1) & dict->slot_mask) {
    const uint64_t slot = slots[at];
    if (slot == 0) return -1;
    if (slot >> 32 != (hash & UINT32_MAX)) continue;
    const auto number = static_cast<int64_t>(slot & UINT32_MAX) - 1;
    if (layout->equal(key, dict->entries + number * layout->entry_size)) return number;
  }
}

inline uint64_t dict_hash(const Dict* dict, const WeldDictLayout* layout, int64_t number) {
  return layout->direct_bits > 0 ? layout->hash(dict->entries + number * layout->entry_size) : dict->hashes[number];
}

// Writes an entry's number into the first empty slot from its hash's.
inline void dict_place(uint64_t* slots, uint64_t shift, uint64_t mask, uint64_t hash, int64_t number) {
  uint64_t at = hash >> shift;
  while (slots[at] != 0) at = (at + 1) & mask;
  slots[at] = hash << 32 | static_cast<uint64_t>(number + 1);
}

inline constexpr int64_t kMostDictEntries = (int64_t{1} << 32) - 2;

// How many entries an index of so many slots is made for, and how many slots an index for so many entries has.
int64_t dict_entries_for(int64_t slots);
int64_t dict_slots_for(int64_t entries);

// A dictionary with the same entries, byte for byte, in memory of its own; null when out of memory.
Dict* dict_copy(WeldRunContext* context, const WeldDict* dict, const WeldDictLayout* layout);

// Gives the memory of a dictionary back.
void dict_release(WeldRunContext* context, WeldDict* dict);

}  // namespace weld::runtime
