// Dictionaries, inside: what runtime.h shows of them and what only the runtime needs.
#pragma once

#include <cstdint>
#include <cstring>

#include "weld/runtime/runtime.h"
#include "weld/runtime/strategies.h"

namespace weld::runtime {

struct Partitions;

// Every WeldDict is one of these, also the empty ones of compiled code. Belongs to one thread at a time while it is written.
struct Dict : WeldDict {
  uint64_t* hashes;  // of the entries, so that a larger index is filled without looking at keys; null unless hashed
  int64_t grow_at;   // hashed: entries that the index is made for
  int64_t rows;      // of the loop that fills it; 0: unknown
  DictionaryStrategy strategy;
  bool is_partitioned;     // the loop that fills it has used partitions
  Partitions* partitions;  // that it takes entries in; null except in a loop (partitions.h)
  int64_t seen;            // entries when its growth was last looked at
  int64_t settled;         // entries when dict_order() was last called
  int64_t settled_rows;    // that were to come when it was called since; -1: it has looked at their order since
};

inline Dict* as_dict(WeldDict* dict) { return static_cast<Dict*>(dict); }
inline const Dict* as_dict(const WeldDict* dict) { return static_cast<const Dict*>(dict); }

inline bool has_numbers(const WeldDictLayout* layout) { return layout->direct_bits > 0 || layout->number != WELD_KEY_NO_NUMBER; }

// The number of a key that has one.
inline uint64_t key_number(const WeldDictLayout* layout, const void* key) {
  int32_t half = 0;
  uint64_t whole = 0;
  switch (layout->number) {
    case WELD_KEY_I32:
      std::memcpy(&half, key, sizeof half);
      return static_cast<uint64_t>(int64_t{half});
    case WELD_KEY_U32:
      std::memcpy(&half, key, sizeof half);
      return static_cast<uint32_t>(half);
    case WELD_KEY_64_BITS:
      std::memcpy(&whole, key, sizeof whole);
      return whole;
    default:
      return layout->hash(key);
  }
}

// The number of a key's entry, or -1. hash is used only when the dictionary is hashed.
inline int64_t dict_find(const WeldDict* dict, const WeldDictLayout* layout, uint64_t hash, const void* key) {
  if (dict->range != 0) {
    const uint64_t offset = key_number(layout, key) - dict->base;
    return offset < dict->range ? static_cast<int64_t>(static_cast<const uint32_t*>(dict->index)[offset]) - 1 : -1;
  }
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
  return dict->hashes == nullptr ? layout->hash(dict->entries + number * layout->entry_size) : dict->hashes[number];
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

// The most numbers from the least key to the greatest for which the dictionary's window grows, or dictionaries are combined into
// a dense one. The window, which grows by doubling to where keys are found, may be up to twice as large.
uint64_t dict_most_range(const Dict* dict);

// Numbers from base on, modulo 2^64.
struct Window {
  uint64_t base;
  uint64_t range;
};

// Makes a window hold another, too; false, and the window stays, when one that holds both has more numbers than most.
bool widen_window(Window* window, const Window& other, uint64_t most);

// From the least key of a dense dictionary to the greatest; of range 0 when it is empty.
Window dict_key_window(const Dict* dict);

// Makes a dense dictionary hashed; false when out of memory or stopped.
bool dict_make_hashed(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout);

// Makes room for so many entries in all, where there is memory for it: an expectation, which nothing depends on. For hashed ones.
void dict_expect(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout, int64_t entries);

// Makes a dictionary empty, and gives the memory of its entries back.
void dict_clear(WeldRunContext* context, Dict* dict);

// Merges an entry of another dictionary, given the hash that this one has for its key.
weld_status dict_absorb(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, uint64_t hash, const uint8_t* entry,
                        void (*combine)(void* into, const void* from));

// Merges entries that lie one behind the other into a dictionary that is hashed, or empty and will be. It has the hashes of their
// keys without so many first bits. What is asked of memory for one entry is asked for while others are merged.
weld_status dict_absorb_all(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, const uint8_t* entries,
                            int64_t count, int dropped_bits, void (*combine)(void* into, const void* from));

// A dictionary with the same entries, byte for byte, in memory of its own; null when out of memory.
Dict* dict_copy(WeldRunContext* context, const WeldDict* dict, const WeldDictLayout* layout);

// Gives the memory of a dictionary back.
void dict_release(WeldRunContext* context, WeldDict* dict);

}  // namespace weld::runtime
