// A groupmerger logs values in merge order, each with its group's number, and counts them in the group's entry; the result is
// made at the end by counting sort. That keeps merging sequential in memory, and order-keeping in parallel is a matter of putting
// the segments of the log in morsel order.
#include "weld/runtime/groups.h"

#include <algorithm>

#include "weld/runtime/context.h"

namespace weld::runtime {

namespace {

constexpr int64_t kFirstBuffer = 32;
constexpr int64_t kLargestBuffer = 64 << 10;
constexpr int64_t kParallelValues = 64 << 10;

WeldVec* group_of(WeldGroups* groups, const WeldDictLayout* layout, int64_t number) {
  return reinterpret_cast<WeldVec*>(groups->dict->entries + number * layout->entry_size + layout->value_offset);
}

bool reserve_segments(Arena& arena, WeldGroups* groups, int64_t extra) {
  const int64_t needed = groups->segment_count + extra;
  if (needed <= groups->segment_capacity) return true;
  const int64_t capacity = std::max({needed, groups->segment_capacity * 2, int64_t{4}});
  auto* segments = static_cast<LogSegment*>(arena.allocate_array(capacity, sizeof(LogSegment)));
  if (segments == nullptr) return false;
  std::copy_n(groups->segments, groups->segment_count, segments);
  arena.release(groups->segments);
  groups->segments = segments;
  groups->segment_capacity = capacity;
  return true;
}

bool new_buffer(Arena& arena, WeldGroups* groups) {
  const int64_t count = std::min(std::max(groups->buffer_count * 2, kFirstBuffer), kLargestBuffer);
  void* numbers = arena.allocate_array(count, sizeof(uint32_t));
  void* values = arena.allocate_array(count, groups->value_size);
  if (numbers == nullptr || values == nullptr) return false;
  groups->free_groups = static_cast<uint32_t*>(numbers);
  groups->free_values = static_cast<uint8_t*>(values);
  groups->free_count = groups->buffer_count = count;
  return true;
}

// Starts a segment where the newest buffer has room.
bool new_segment(Arena& arena, WeldGroups* groups) {
  if (!reserve_segments(arena, groups, 1)) return false;
  const bool is_first = groups->free_count == 0;
  if (is_first && !new_buffer(arena, groups)) return false;
  groups->segments[groups->segment_count++] = {groups->free_groups, groups->free_values, 0, groups->morsel, 0, is_first};
  return true;
}

// The number of the key's group, made if absent; -1 when out of memory.
int64_t group_number(WeldRunContext* context, WeldGroups* groups, const WeldDictLayout* layout, uint64_t hash, const void* key) {
  const int64_t found = dict_find(groups->dict, layout, hash, key);
  if (found >= 0) return found;
  if (weld_rt_dict_insert(context, groups->dict, layout, hash, key) == nullptr) return -1;
  const int64_t number = groups->dict->count - 1;
  *group_of(groups, layout, number) = {nullptr, 0};
  return number;
}

// Counts the other's groups into this one and renumbers its log.
weld_status absorb(WeldRunContext* context, WeldGroups* into, WeldGroups* other, const WeldDictLayout* layout) {
  const int64_t count = other->dict->count;
  ScratchArray<uint32_t> numbers(context->arena, count);
  if (!numbers.ok()) return WELD_OUT_OF_MEMORY;
  StepPoll poll(context->control);
  for (int64_t number = 0; number < count; ++number) {
    if (weld_status status = poll.step(); status != 0) return status;
    const void* key = other->dict->entries + number * layout->entry_size;
    const int64_t merged = group_number(context, into, layout, dict_hash(other->dict, layout, number), key);
    if (merged < 0) return WELD_OUT_OF_MEMORY;
    group_of(into, layout, merged)->length += group_of(other, layout, number)->length;
    numbers[number] = static_cast<uint32_t>(merged);
  }
  auto renumber = [&](int, int64_t task) {
    if (context->control.poll() != 0) return;
    const LogSegment& segment = other->segments[task];
    for (int64_t i = 0; i < segment.count; ++i) segment.groups[i] = numbers[segment.groups[i]];
  };
  parallel_tasks(context->engine.scheduler(), other->segment_count, renumber);
  dict_release(context, other->dict);
  return context->control.stopped();
}

template <int64_t kSize>
void copy_value(uint8_t* to, const uint8_t* from, int64_t size) {
  std::memcpy(to, from, kSize != 0 ? kSize : size);
}

// Copies the values of the groups in [begin, end) to their places. cursors are the next place of each group.
template <int64_t kSize>
void scatter(RunControl& control, const WeldGroups* groups, uint8_t** cursors, uint32_t begin, uint32_t end) {
  const int64_t size = groups->value_size;
  for (int64_t s = 0; s < groups->segment_count && control.poll() == 0; ++s) {
    const LogSegment& segment = groups->segments[s];
    for (int64_t i = 0; i < segment.count; ++i) {
      const uint32_t group = segment.groups[i];
      if (group - begin >= end - begin) continue;
      copy_value<kSize>(cursors[group], segment.values + i * size, size);
      cursors[group] += size;
    }
  }
}

void scatter_any(RunControl& control, const WeldGroups* groups, uint8_t** cursors, uint32_t begin, uint32_t end) {
  switch (groups->value_size) {
    case 4:
      return scatter<4>(control, groups, cursors, begin, end);
    case 8:
      return scatter<8>(control, groups, cursors, begin, end);
    case 16:
      return scatter<16>(control, groups, cursors, begin, end);
    default:
      return scatter<0>(control, groups, cursors, begin, end);
  }
}

// Each task takes a range of groups and reads the whole log, so more tasks than a few do not pay.
void scatter_values(WeldRunContext* context, const WeldGroups* groups, uint8_t** cursors, int64_t value_count) {
  const int64_t group_count = groups->dict->count;
  const int64_t tasks = value_count < kParallelValues ? 1 : std::min<int64_t>({context->engine.threads(), group_count, 8});
  parallel_tasks(context->engine.scheduler(), tasks, [&](int, int64_t task) {
    scatter_any(context->control, groups, cursors, static_cast<uint32_t>(group_count * task / tasks),
                static_cast<uint32_t>(group_count * (task + 1) / tasks));
  });
}

WeldGroups* groups_new(WeldRunContext* context, const WeldDictLayout* layout, int64_t value_size, int64_t capacity_hint) {
  auto* groups = static_cast<WeldGroups*>(context->arena.allocate(sizeof(WeldGroups)));
  WeldDict* dict = weld_rt_dict_new(context, layout, capacity_hint);
  if (groups == nullptr || dict == nullptr) return nullptr;
  *groups = WeldGroups{};
  groups->dict = as_dict(dict);
  groups->value_size = value_size;
  groups->morsel = -1;
  return groups;
}

weld_status groups_merge(WeldRunContext* context, WeldGroups* groups, const WeldDictLayout* layout, uint64_t hash,
                         const void* key, const void* value) {
  const int64_t number = group_number(context, groups, layout, hash, key);
  if (number < 0) return WELD_OUT_OF_MEMORY;
  const bool continues =
      groups->free_count > 0 && groups->segment_count > 0 && groups->segments[groups->segment_count - 1].morsel == groups->morsel;
  if (!continues && !new_segment(context->arena, groups)) return WELD_OUT_OF_MEMORY;
  *groups->free_groups++ = static_cast<uint32_t>(number);
  std::memcpy(groups->free_values, value, groups->value_size);
  groups->free_values += groups->value_size;
  --groups->free_count;
  ++groups->segments[groups->segment_count - 1].count;
  ++group_of(groups, layout, number)->length;
  return 0;
}

WeldDict* groups_result(WeldRunContext* context, WeldGroups* groups, const WeldDictLayout* layout) {
  int64_t value_count = 0;
  for (int64_t s = 0; s < groups->segment_count; ++s) value_count += groups->segments[s].count;
  auto* values = static_cast<uint8_t*>(context->arena.allocate_array(value_count, groups->value_size));
  ScratchArray<uint8_t*> cursors(context->arena, groups->dict->count);
  if (values == nullptr || !cursors.ok()) return nullptr;
  for (int64_t number = 0; number < groups->dict->count; ++number) {
    WeldVec* group = group_of(groups, layout, number);
    group->data = cursors[number] = values;
    values += group->length * groups->value_size;
  }
  scatter_values(context, groups, cursors.data(), value_count);
  if (context->control.stopped() != 0) return nullptr;
  for (int64_t s = 0; s < groups->segment_count; ++s) {
    if (!groups->segments[s].is_first) continue;
    context->arena.release(groups->segments[s].groups);
    context->arena.release(groups->segments[s].values);
  }
  context->arena.release(groups->segments);
  groups->segment_count = groups->segment_capacity = groups->free_count = 0;
  groups->segments = nullptr;
  return groups->dict;
}

}  // namespace

WeldGroups* groups_copy(WeldRunContext* context, const WeldGroups* groups, const WeldDictLayout* layout) {
  Arena& arena = context->arena;
  auto* copy = static_cast<WeldGroups*>(arena.allocate(sizeof(WeldGroups)));
  if (copy == nullptr) return nullptr;
  *copy = WeldGroups{};
  copy->value_size = groups->value_size;
  copy->morsel = -1;
  copy->dict = dict_copy(context, groups->dict, layout);
  int64_t count = 0;
  for (int64_t s = 0; s < groups->segment_count; ++s) count += groups->segments[s].count;
  auto* numbers = static_cast<uint32_t*>(arena.allocate_array(count, sizeof(uint32_t)));
  auto* values = static_cast<uint8_t*>(arena.allocate_array(count, groups->value_size));
  if (copy->dict == nullptr || numbers == nullptr || values == nullptr || !reserve_segments(arena, copy, 1)) return nullptr;
  copy->segments[copy->segment_count++] = {numbers, values, count, -1, 0, true};
  for (int64_t s = 0; s < groups->segment_count; ++s) {
    const LogSegment& segment = groups->segments[s];
    if (weld_rt_copy(context, numbers, segment.groups, segment.count * static_cast<int64_t>(sizeof(uint32_t))) != 0 ||
        weld_rt_copy(context, values, segment.values, segment.count * groups->value_size) != 0) {
      return nullptr;
    }
    numbers += segment.count;
    values += segment.count * groups->value_size;
  }
  return copy;
}

int64_t groups_bytes(const WeldGroups* groups, const WeldDictLayout* layout) {
  int64_t values = 0;
  for (int64_t s = 0; s < groups->segment_count; ++s) values += groups->segments[s].count;
  return groups->dict->count * layout->entry_size + values * groups->value_size;
}

void groups_begin_morsel(WeldGroups* groups, int64_t morsel) { groups->morsel = morsel; }

weld_status groups_combine(WeldRunContext* context, WeldGroups* into, WeldGroups* const* others, int64_t other_count,
                           const WeldDictLayout* layout, int64_t before) {
  int64_t extra = 0;
  for (int64_t i = 0; i < other_count; ++i) {
    if (weld_status status = absorb(context, into, others[i], layout); status != 0) return status;
    extra += others[i]->segment_count;
  }
  if (!reserve_segments(context->arena, into, extra)) return WELD_OUT_OF_MEMORY;
  for (int64_t i = 0; i < other_count; ++i) {
    std::copy_n(others[i]->segments, others[i]->segment_count, into->segments + into->segment_count);
    into->segment_count += others[i]->segment_count;
  }
  LogSegment* end = into->segments + into->segment_count;
  LogSegment* begin = std::find_if(into->segments, end, [&](const LogSegment& segment) { return segment.morsel > before; });
  for (LogSegment* segment = begin; segment < end; ++segment) segment->order = segment - begin;
  // A morsel's segments all come from one log, and are in order there.
  std::sort(begin, end, [](const LogSegment& left, const LogSegment& right) {
    return left.morsel != right.morsel ? left.morsel < right.morsel : left.order < right.order;
  });
  for (LogSegment* segment = begin; segment < end; ++segment) segment->morsel = before;
  // The newest buffer no longer follows the newest segment.
  if (other_count > 0) into->free_count = 0;
  into->morsel = before;
  return 0;
}

}  // namespace weld::runtime

WeldGroups* weld_rt_groups_new(WeldRunContext* context, const WeldDictLayout* layout, int64_t value_size, int64_t capacity_hint) {
  return weld::runtime::groups_new(context, layout, value_size, capacity_hint);
}

weld_status weld_rt_groups_merge(WeldRunContext* context, WeldGroups* groups, const WeldDictLayout* layout, uint64_t hash,
                                 const void* key, const void* value) {
  return weld::runtime::groups_merge(context, groups, layout, hash, key, value);
}

WeldDict* weld_rt_groups_result(WeldRunContext* context, WeldGroups* groups, const WeldDictLayout* layout) {
  return weld::runtime::groups_result(context, groups, layout);
}
