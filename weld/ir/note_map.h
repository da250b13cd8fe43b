// Tables of what a walk or a pass notes by name, by node or by number. Entries stay in the order in which their keys came, which
// is mostly that in which they are asked for: a table of a long program is gone through in order, apart from its index.
#pragma once

#include <tsl/ordered_map.h>
#include <tsl/ordered_set.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "weld/ir/name.h"
#include "weld/ir/slab_memory.h"

namespace weld {

// Spreads hashes that are addresses or small numbers.
template <class Key, class Hash>
struct NoteHash {
  size_t operator()(const Key& key) const {
    const uint64_t spread = Hash()(key) * 0x9E3779B97F4A7C15u;
    return spread ^ (spread >> 32);
  }
};

// References to values stay good when others are added. What an iterator is at is changed by its value().
template <class Key, class Value, class Hash = std::hash<Key>>
using NoteMap =
    tsl::ordered_map<Key, Value, NoteHash<Key, Hash>, std::equal_to<Key>, SlabAllocator<std::pair<Key, Value>, SlabUse::kNotes>>;
// In a vector, which takes no memory while it is empty: many sets are small.
template <class Key, class Hash = std::hash<Key>>
using NoteSet = tsl::ordered_set<Key, NoteHash<Key, Hash>, std::equal_to<Key>, SlabAllocator<Key, SlabUse::kNotes>,
                                 std::vector<Key, SlabAllocator<Key, SlabUse::kNotes>>>;

// By the names of a program, which must outlive the table.
template <class Value>
using NameMap = NoteMap<NameId, Value>;
using NameSet = NoteSet<NameId>;

}  // namespace weld
