// Entries lie densely, in insertion order until dict_order() has put them in that of their keys; beside them their full hashes.
// The index is at most half full, and at most a quarter while it is small enough to stay in the cache, where mispredicted probes
// cost more than memory. It grows by four; slots are chosen by the high bits of the hash, so entries keep their relative place.
// An empty dictionary has an index of zeros that all of them share and nobody writes to.
#include "weld/runtime/dict.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "weld/runtime/context.h"
#include "weld/runtime/partitions.h"

namespace weld::runtime {

namespace {

constexpr int64_t kFirstEntries = 8;
constexpr int64_t kFirstSlots = 32;
constexpr int64_t kSparseSlots = 64 << 10;
constexpr int64_t kMostHinted = 1 << 20;
constexpr uint64_t kFirstRange = 64;
constexpr uint64_t kSmallRange = 256;           // any dictionary may have
constexpr uint64_t kLoopRange = 64 << 10;       // that of any loop may have
constexpr uint64_t kCachedRange = 2 << 20;      // that of a loop of a quarter as many rows may have
constexpr uint64_t kLargestRange = 256 << 20;   // that of any rows or entries may have; slots, too
constexpr uint64_t kRangeByRequest = 64 << 20;  // may have where dense is asked for
constexpr uint64_t kRangeForEntry = 8;
constexpr int64_t kMostOrdered = 64 << 10;  // entries that are put in order; slots may be twice as many

// In the zeroed data segment, not constant, to take no room in the file.
alignas(64) uint32_t empty_index[1 << WELD_WHOLE_INDEX_BITS];

constexpr int64_t kStretch = 64 << 10;  // entries or slots between two polls

bool has_whole_index(const WeldDictLayout* layout) {
  return layout->direct_bits > 0 && layout->direct_bits <= WELD_WHOLE_INDEX_BITS;
}

bool resize_index(WeldRunContext* context, Dict* dict, int64_t slot_count) {
  auto* slots = static_cast<uint64_t*>(context->arena.allocate_array(slot_count, sizeof(uint64_t)));
  if (slots == nullptr) return false;
  const uint64_t mask = slot_count - 1;
  const uint64_t shift = 64 - std::countr_zero(static_cast<uint64_t>(slot_count));
  weld_status status =
      in_stretches(context, slot_count, kStretch, [&](int64_t begin, int64_t end) { std::fill(slots + begin, slots + end, 0); });
  if (status == 0) {
    status = in_stretches(context, dict->count, kStretch, [&](int64_t begin, int64_t end) {
      for (int64_t number = begin; number < end; ++number) dict_place(slots, shift, mask, dict->hashes[number], number);
    });
  }
  if (status != 0) {
    context->arena.release(slots);
    return false;
  }
  if (dict->index != empty_index) context->arena.release(dict->index);
  dict->index = slots;
  dict->slot_mask = mask;
  dict->shift = shift;
  dict->grow_at = dict_entries_for(slot_count);
  return true;
}

bool grow_index(WeldRunContext* context, Dict* dict) {
  const bool empty = dict->index == empty_index;
  const int64_t slots = static_cast<int64_t>(dict->slot_mask) + 1;
  if (empty) return resize_index(context, dict, kFirstSlots);
  if (resize_index(context, dict, slots * 4) || resize_index(context, dict, slots * 2)) return true;
  // Short of memory: fill the index up to a half first.
  if (dict->grow_at >= slots / 2) return false;
  dict->grow_at = slots / 2;
  return true;
}

// Gives the dictionary an index over these numbers; those that it has now are among them.
bool resize_window(WeldRunContext* context, Dict* dict, uint64_t base, uint64_t range) {
  auto* slots = static_cast<uint32_t*>(context->arena.allocate_array(static_cast<int64_t>(range), sizeof(uint32_t)));
  if (slots == nullptr) return false;
  const bool was_empty = dict->index == empty_index;
  weld_status status = in_stretches(context, static_cast<int64_t>(range), kStretch,
                                    [&](int64_t begin, int64_t end) { std::fill(slots + begin, slots + end, 0); });
  if (status == 0 && !was_empty) {
    status =
        weld_rt_copy(context, slots + (dict->base - base), dict->index, static_cast<int64_t>(dict->range * sizeof(uint32_t)));
  }
  if (status != 0) {
    context->arena.release(slots);
    return false;
  }
  if (!was_empty) context->arena.release(dict->index);
  dict->index = slots;
  dict->base = base;
  dict->range = range;
  return true;
}

// The same for a dictionary that is always dense, and whose index is over no more numbers than there are.
bool cover_direct(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout, uint64_t number) {
  const uint64_t all = uint64_t{1} << layout->direct_bits;
  if (dict->index == empty_index) {
    const uint64_t first = has_whole_index(layout) ? 0 : number / kFirstRange * kFirstRange;
    return resize_window(context, dict, first, has_whole_index(layout) ? all : kFirstRange);
  }
  uint64_t begin = dict->base;
  uint64_t end = begin + dict->range;
  if (begin <= number && number < end) return true;
  if (number < begin) {
    begin = std::min(number, end - std::min(dict->range * 2, end));
  } else {
    end = std::min(all, std::max(number + 1, begin + dict->range * 2));
  }
  return resize_window(context, dict, begin, end - begin);
}

// Makes a number one of the window's; false when it cannot be, or when the dictionary is hashed.
bool cover(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout, uint64_t number) {
  if (layout->direct_bits > 0) return cover_direct(context, dict, layout, number);
  if (dict->index == empty_index) {
    if (dict->strategy == DictionaryStrategy::kHash) return false;
    return resize_window(context, dict, number / kFirstRange * kFirstRange, kFirstRange);
  }
  const uint64_t range = dict->range;
  if (range == 0) return false;
  const uint64_t above = number - dict->base;
  if (above < range) return true;
  const uint64_t below = dict->base - number;
  const uint64_t missing = std::min(above - range + 1, below);
  const uint64_t most_range = dict_most_range(dict);
  const uint64_t most_slots = std::min(most_range * 2, kLargestRange);
  if (missing > most_range || range + missing > most_slots) return false;
  if (range + missing > most_range) {
    Window keys = dict_key_window(dict);
    if (!widen_window(&keys, {number, 1}, most_range)) return false;
  }
  const bool is_below = missing == below;
  auto resize = [&](uint64_t wider) {
    return resize_window(context, dict, is_below ? dict->base + range - wider : dict->base, wider);
  };
  const uint64_t doubled = std::min(range * 2, most_slots);
  // Short of memory, it grows by what is missing.
  return (doubled > range + missing && resize(doubled)) || resize(range + missing);
}

bool resize_entries(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout, int64_t capacity) {
  const bool hashed = !has_numbers(layout) || dict->hashes != nullptr;
  void* entries = context->arena.allocate_array(capacity, layout->entry_size);
  void* hashes = hashed ? context->arena.allocate_array(capacity, sizeof(uint64_t)) : nullptr;
  if (entries == nullptr || (hashed && hashes == nullptr) ||
      weld_rt_copy(context, entries, dict->entries, dict->count * layout->entry_size) != 0 ||
      (hashed && weld_rt_copy(context, hashes, dict->hashes, dict->count * static_cast<int64_t>(sizeof(uint64_t))) != 0)) {
    context->arena.release(entries);
    context->arena.release(hashes);
    return false;
  }
  context->arena.release(dict->entries);
  context->arena.release(dict->hashes);
  dict->entries = static_cast<uint8_t*>(entries);
  dict->hashes = static_cast<uint64_t*>(hashes);
  dict->capacity = capacity;
  return true;
}

bool grow_entries(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout) {
  const int64_t capacity = std::min(std::max(dict->capacity * 2, kFirstEntries), kMostDictEntries);
  return resize_entries(context, dict, layout, capacity) || resize_entries(context, dict, layout, dict->count + 1);
}

// Two slots: shift 63 leaves one bit of the hash.
Dict empty_dict() {
  Dict dict = {};
  dict.index = empty_index;
  dict.slot_mask = 1;
  dict.shift = 63;
  return dict;
}

Dict* dict_new(WeldRunContext* context, const WeldDictLayout* layout, int64_t capacity_hint) {
  auto* dict = static_cast<Dict*>(context->arena.allocate(sizeof(Dict)));
  if (dict == nullptr) return nullptr;
  *dict = empty_dict();
  dict->strategy = context->engine.strategies().dictionary;
  if (has_whole_index(layout)) dict->range = uint64_t{1} << layout->direct_bits;
  const int64_t hint = std::min(capacity_hint, kMostHinted);
  if (hint > kFirstEntries) dict_expect(context, dict, layout, hint);
  return dict;
}

void* dict_insert(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout, uint64_t hash, const void* key) {
  if (dict->partitions != nullptr) return partition_insert(context, dict->partitions, hash, key);
  if (dict->count == kMostDictEntries) return nullptr;
  if (dict->count == dict->capacity && !grow_entries(context, dict, layout)) return nullptr;
  const int64_t number = dict->count;
  const uint64_t key_as_number = has_numbers(layout) ? key_number(layout, key) : 0;
  if (has_numbers(layout) && cover(context, dict, layout, key_as_number)) {
    static_cast<uint32_t*>(dict->index)[key_as_number - dict->base] = static_cast<uint32_t>(number + 1);
  } else {
    if (has_numbers(layout) && dict->hashes == nullptr) {
      if (layout->direct_bits > 0 || !dict_make_hashed(context, dict, layout)) return nullptr;
      hash = layout->hash(key);
    }
    if (number >= dict->grow_at && !grow_index(context, dict)) return nullptr;
    dict_place(static_cast<uint64_t*>(dict->index), dict->shift, dict->slot_mask, hash, number);
    dict->hashes[number] = hash;
  }
  uint8_t* entry = dict->entries + number * layout->entry_size;
  std::memcpy(entry, key, layout->key_size);
  dict->count = number + 1;
  return entry;
}

// Puts the entries of a dense dictionary in order of their numbers, if these are consecutive.
void put_in_order(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout) {
  auto* slots = static_cast<uint32_t*>(dict->index);
  uint32_t* const end = slots + dict->range;
  uint32_t* const first = std::find_if(slots, end, [](uint32_t slot) { return slot != 0; });
  if (end - first < dict->count || std::find(first, first + dict->count, 0U) != first + dict->count) return;
  auto* entries = static_cast<uint8_t*>(context->arena.allocate_array(dict->capacity, layout->entry_size));
  if (entries == nullptr) return;
  for (int64_t number = 0; number < dict->count; ++number) {
    const uint32_t before = std::exchange(first[number], static_cast<uint32_t>(number + 1)) - 1;
    std::memcpy(entries + number * layout->entry_size, dict->entries + before * layout->entry_size, layout->entry_size);
  }
  context->arena.release(dict->entries);
  dict->entries = entries;
  dict->first = dict->base + static_cast<uint64_t>(first - slots);
  dict->ordered = static_cast<uint64_t>(dict->count);
}

void dict_order(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout, int64_t rows) {
  if (dict->range == 0 || dict->range > 2 * kMostOrdered || dict->count > kMostOrdered) return;
  if (std::exchange(dict->settled, dict->count) != dict->count) {
    dict->settled_rows = 0;
  } else if (dict->count > 0 && dict->settled_rows >= 0) {
    // As many rows as slots, so that looking at these costs little beside them.
    dict->settled_rows += rows;
    if (dict->settled_rows < static_cast<int64_t>(dict->range)) return;
    dict->settled_rows = -1;
    put_in_order(context, dict, layout);
  }
}

void copy_entry(uint8_t* to, const uint8_t* from, int64_t size) {
  constexpr int64_t kUsual = 16;
  if (size == kUsual) {
    std::memcpy(to, from, kUsual);
  } else {
    std::memcpy(to, from, size);
  }
}

weld_status insert_copy(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, uint64_t hash, const uint8_t* entry) {
  void* added = dict_insert(context, into, &layout, hash, entry);
  if (added == nullptr) return WELD_OUT_OF_MEMORY;
  std::memcpy(static_cast<uint8_t*>(added) + layout.value_offset, entry + layout.value_offset, layout.value_size);
  return 0;
}

// dict_absorb() for a dictionary that is hashed or empty.
weld_status absorb_hashed(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, uint64_t hash, const uint8_t* entry,
                          void (*combine)(void* into, const void* from)) {
  auto* slots = static_cast<uint64_t*>(into->index);
  for (uint64_t at = hash >> into->shift;; at = (at + 1) & into->slot_mask) {
    const uint64_t slot = slots[at];
    if (slot == 0) {
      const int64_t number = into->count;
      if (number >= std::min(into->capacity, into->grow_at)) break;
      slots[at] = hash << 32 | static_cast<uint64_t>(number + 1);
      into->hashes[number] = hash;
      copy_entry(into->entries + number * layout.entry_size, entry, layout.entry_size);
      into->count = number + 1;
      return 0;
    }
    if (slot >> 32 != (hash & UINT32_MAX)) continue;
    uint8_t* found = into->entries + (static_cast<int64_t>(slot & UINT32_MAX) - 1) * layout.entry_size;
    if (!layout.equal(entry, found)) continue;
    combine(found + layout.value_offset, entry + layout.value_offset);
    return 0;
  }
  return insert_copy(context, into, layout, hash, entry);
}

}  // namespace

int64_t dict_entries_for(int64_t slots) { return slots / (slots <= kSparseSlots ? 4 : 2); }

int64_t dict_slots_for(int64_t entries) {
  const auto doubled = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max(entries, kFirstEntries)) * 2));
  return dict_entries_for(doubled) >= entries ? doubled : doubled * 2;
}

uint64_t dict_most_range(const Dict* dict) {
  if (dict->strategy == DictionaryStrategy::kDense) return kRangeByRequest;
  const uint64_t own = std::max(kSmallRange, static_cast<uint64_t>(dict->count) * kRangeForEntry);
  if (dict->rows == 0) return std::min(own, kLargestRange);
  const auto rows = static_cast<uint64_t>(dict->rows);
  const uint64_t of_loop = std::max({kLoopRange, rows, std::min(rows * 4, kCachedRange)});
  return std::min(std::max(own, of_loop), kLargestRange);
}

bool widen_window(Window* window, const Window& other, uint64_t most) {
  if (window->range > most || other.range > most) return false;
  const uint64_t above = other.base - window->base;
  const uint64_t below = window->base - other.base;
  if (above <= most - other.range) {
    window->range = std::max(window->range, above + other.range);
    return true;
  }
  if (below > most - window->range) return false;
  *window = {other.base, std::max(other.range, below + window->range)};
  return true;
}

Window dict_key_window(const Dict* dict) {
  const auto* const slots = static_cast<const uint32_t*>(dict->index);
  uint64_t begin = 0;
  uint64_t end = dict->range;
  while (begin < end && slots[begin] == 0) ++begin;
  while (begin < end && slots[end - 1] == 0) --end;
  return {dict->base + begin, end - begin};
}

bool dict_make_hashed(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout) {
  auto* hashes = static_cast<uint64_t*>(context->arena.allocate_array(dict->capacity, sizeof(uint64_t)));
  if (hashes == nullptr) return false;
  const weld_status status = in_stretches(context, dict->count, kStretch, [&](int64_t begin, int64_t end) {
    for (int64_t number = begin; number < end; ++number)
      hashes[number] = layout->hash(dict->entries + number * layout->entry_size);
  });
  dict->hashes = hashes;
  if (status != 0 || !resize_index(context, dict, dict_slots_for(dict->capacity))) {
    context->arena.release(hashes);
    dict->hashes = nullptr;
    return false;
  }
  dict->base = dict->range = 0;
  return true;
}

Dict* dict_copy(WeldRunContext* context, const WeldDict* dict, const WeldDictLayout* layout) {
  const Dict* from = as_dict(dict);
  Arena& arena = context->arena;
  if (from->count == 0) return dict_new(context, layout, 0);
  auto* copy = static_cast<Dict*>(arena.allocate(sizeof(Dict)));
  if (copy == nullptr) return nullptr;
  *copy = *from;
  auto duplicate = [&](const void* bytes, int64_t count, int64_t size) {
    void* block = arena.allocate_array(count, size);
    return block != nullptr && weld_rt_copy(context, block, bytes, count * size) == 0 ? block : nullptr;
  };
  const bool dense = from->range != 0;
  copy->index = duplicate(from->index, static_cast<int64_t>(dense ? from->range : from->slot_mask + 1),
                          dense ? sizeof(uint32_t) : sizeof(uint64_t));
  copy->capacity = from->count;
  copy->entries = static_cast<uint8_t*>(duplicate(from->entries, from->count, layout->entry_size));
  if (copy->index == nullptr || copy->entries == nullptr || dense) return copy->entries == nullptr ? nullptr : copy;
  copy->hashes = static_cast<uint64_t*>(duplicate(from->hashes, from->count, sizeof(uint64_t)));
  return copy->hashes == nullptr ? nullptr : copy;
}

void dict_expect(WeldRunContext* context, Dict* dict, const WeldDictLayout* layout, int64_t entries) {
  if (entries > dict->capacity && !resize_entries(context, dict, layout, entries)) return;
  if (!has_numbers(layout) && entries > dict->grow_at) resize_index(context, dict, dict_slots_for(entries));
}

void dict_clear(WeldRunContext* context, Dict* dict) {
  dict_release(context, dict);
  Dict empty = empty_dict();
  empty.rows = dict->rows;
  empty.seen = dict->seen;
  empty.strategy = dict->strategy;
  *dict = empty;
}

weld_status dict_absorb(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, uint64_t hash, const uint8_t* entry,
                        void (*combine)(void* into, const void* from)) {
  if (into->range == 0) return absorb_hashed(context, into, layout, hash, entry, combine);
  const int64_t found = dict_find(into, &layout, hash, entry);
  if (found < 0) return insert_copy(context, into, layout, hash, entry);
  combine(into->entries + found * layout.entry_size + layout.value_offset, entry + layout.value_offset);
  return 0;
}

weld_status dict_absorb_all(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, const uint8_t* entries,
                            int64_t count, int dropped_bits, void (*combine)(void* into, const void* from)) {
  constexpr int64_t kTogether = 32;
  std::array<uint64_t, kTogether> hashes;
  for (int64_t first = 0; first < count; first += kTogether, entries += kTogether * layout.entry_size) {
    const int64_t number = std::min(kTogether, count - first);
    const auto* slots = static_cast<const uint64_t*>(into->index);
    for (int64_t i = 0; i < number; ++i) {
      hashes[i] = layout.hash(entries + i * layout.entry_size) << dropped_bits;
      __builtin_prefetch(slots + (hashes[i] >> into->shift));
    }
    for (int64_t i = 0; i < number; ++i) {
      weld_status status = absorb_hashed(context, into, layout, hashes[i], entries + i * layout.entry_size, combine);
      if (status != 0) return status;
    }
  }
  return 0;
}

void dict_release(WeldRunContext* context, WeldDict* dict) {
  if (dict->index != empty_index) context->arena.release(dict->index);
  context->arena.release(dict->entries);
  context->arena.release(as_dict(dict)->hashes);
  if (Partitions* partitions = as_dict(dict)->partitions; partitions != nullptr) release_partitions(context, partitions);
}

}  // namespace weld::runtime

WeldDict* weld_rt_dict_new(WeldRunContext* context, const WeldDictLayout* layout, int64_t capacity_hint) {
  return weld::runtime::dict_new(context, layout, capacity_hint);
}

void weld_rt_dict_prefer(WeldDict* dict, int64_t strategy) {
  weld::runtime::as_dict(dict)->strategy = static_cast<weld::runtime::DictionaryStrategy>(strategy);
}

void weld_rt_dict_order(WeldRunContext* context, WeldDict* dict, const WeldDictLayout* layout, int64_t rows) {
  weld::runtime::dict_order(context, weld::runtime::as_dict(dict), layout, rows);
}

void weld_rt_dict_release(WeldRunContext* context, WeldDict* dict) { weld::runtime::dict_release(context, dict); }

void* weld_rt_dict_insert(WeldRunContext* context, WeldDict* dict, const WeldDictLayout* layout, uint64_t hash, const void* key) {
  return weld::runtime::dict_insert(context, weld::runtime::as_dict(dict), layout, hash, key);
}

void* weld_rt_dict_find(const WeldDict* dict, const WeldDictLayout* layout, uint64_t hash, const void* key) {
  const int64_t number = weld::runtime::dict_find(dict, layout, hash, key);
  return number < 0 ? nullptr : dict->entries + number * layout->entry_size;
}
