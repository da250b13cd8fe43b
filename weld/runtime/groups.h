// The state of a groupmerger, inside.
#pragma once

#include <cstdint>

#include "weld/runtime/dict.h"
#include "weld/runtime/memory.h"
#include "weld/runtime/scheduler.h"

namespace weld::runtime {

// A stretch of the log: values in the order they were merged, and the number of each one's group.
struct LogSegment {
  uint32_t* groups;
  uint8_t* values;
  int64_t count;
  int64_t morsel;  // of the loop that runs now; less for what was merged before it
  int64_t order;   // among the segments, while they are sorted
  bool is_first;   // of its buffer, which is given back with it
};

}  // namespace weld::runtime

// Groups are numbered as the dictionary's entries. An entry's value is the WeldVec of the result; until then its data is null and
// its length counts the group's values.
struct WeldGroups {
  weld::runtime::Dict* dict;
  int64_t value_size;
  weld::runtime::LogSegment* segments;
  int64_t segment_count;
  int64_t segment_capacity;
  int64_t morsel;  // that merges belong to
  // The end of the buffer that the newest segment lies in: what can still be appended.
  uint32_t* free_groups;
  uint8_t* free_values;
  int64_t free_count;
  int64_t buffer_count;  // size of the newest buffer
};

namespace weld::runtime {

// Groups with the same values, byte for byte and in the order they were merged, in memory of their own; null when out of memory.
// All values lie in the first segment. layout is that of dict[K,vec[V]].
WeldGroups* groups_copy(WeldRunContext* context, const WeldGroups* groups, const WeldDictLayout* layout);
// Of the entries, and of the values that were merged.
int64_t groups_bytes(const WeldGroups* groups, const WeldDictLayout* layout);
// What is merged from now on belongs to this morsel.
void groups_begin_morsel(WeldGroups* groups, int64_t morsel);
// Moves everything of the others into the first, values in the order of their morsels, and makes it all part of the morsel
// `before`, which is less than those of the loop that filled them.
weld_status groups_combine(WeldRunContext* context, WeldGroups* into, WeldGroups* const* others, int64_t other_count,
                           const WeldDictLayout* layout, int64_t before);

}  // namespace weld::runtime
