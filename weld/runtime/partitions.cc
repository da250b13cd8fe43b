// Chunks are appended to until they are full. When many rows have come together, or memory is short, each partition's equal keys
// are combined where they lie, so that partitions take memory in proportion to the different keys rather than to the rows.
#include "weld/runtime/partitions.h"

#include <algorithm>
#include <utility>

#include "weld/runtime/context.h"

namespace weld::runtime {

namespace {

constexpr int64_t kChunkBytes = 32 << 10;
constexpr int64_t kFetchAhead = 256;  // bytes: each partition is written in order, but there are more than a processor follows
constexpr int64_t kCompactRows = 8 << 20;
constexpr int64_t kRowsForEntry = 4;  // that come together before equal keys are combined again
constexpr int64_t kEntriesInCache = 32 << 10;
constexpr double kShareOfNew = 0.9;       // of a chunk's keys, from which on the other chunks' are expected to be new
constexpr double kManyEntries = 400'000;  // from which on partitions pay

int64_t entries_of_chunk(const WeldDictLayout& layout) {
  return std::max<int64_t>((kChunkBytes - static_cast<int64_t>(sizeof(PartitionChunk))) / layout.entry_size, 1);
}

bool add_chunk(WeldRunContext* context, Partitions::List* list, const WeldDictLayout& layout) {
  const int64_t count = entries_of_chunk(layout);
  const int64_t bytes = static_cast<int64_t>(sizeof(PartitionChunk)) + count * layout.entry_size;
  auto* chunk = static_cast<PartitionChunk*>(context->arena.allocate(bytes));
  if (chunk == nullptr) return false;
  list->seal(layout);
  *chunk = {list->newest, 0};
  *list = {chunk, chunk->entries(), count};
  return true;
}

uint8_t* append(Partitions::List* list, int64_t entry_size) {
  --list->room;
  return std::exchange(list->next, list->next + entry_size);
}

void release_chunks(WeldRunContext* context, PartitionChunk* chunk) {
  while (chunk != nullptr) {
    PartitionChunk* next = chunk->next;
    context->arena.release(chunk);
    chunk = next;
  }
}

// Writes the entries over the first of the list's chunks, which have had at least as many, and gives the others back.
void rewrite(WeldRunContext* context, Partitions::List* list, const Dict& dict, const WeldDictLayout& layout) {
  const int64_t most = entries_of_chunk(layout);
  int64_t done = 0;
  PartitionChunk* last = list->newest;
  for (PartitionChunk* chunk = list->newest; done < dict.count; chunk = chunk->next) {
    chunk->count = std::min(dict.count - done, most);
    std::memcpy(chunk->entries(), dict.entries + done * layout.entry_size, chunk->count * layout.entry_size);
    done += chunk->count;
    last = chunk;
  }
  // The one that is not full comes first.
  const int64_t room = most - last->count;
  release_chunks(context, last->next);
  last->next = nullptr;
  if (last != list->newest) {
    PartitionChunk* before = list->newest;
    while (before->next != last) before = before->next;
    before->next = nullptr;
    last->next = list->newest;
    list->newest = last;
  }
  list->room = room;
  list->next = list->newest->entries() + list->newest->count * layout.entry_size;
}

bool compact(WeldRunContext* context, Partitions* partitions) {
  const WeldDictLayout layout = layout_in_partition(*partitions->builder->dict);
  int64_t rows = 0;
  for (Partitions::List& list : partitions->lists) {
    if (list.newest == nullptr) continue;
    list.seal(layout);
    WeldRunContext scratch(context);
    WeldDict* dict = weld_rt_dict_new(&scratch, &layout, 0);
    if (dict == nullptr) return false;
    if (absorb_partition(&scratch, as_dict(dict), layout, list.newest, *partitions->builder) != 0) return false;
    rewrite(context, &list, *as_dict(dict), layout);
    rows += dict->count;
    context->arena.count_allocated(scratch.allocated_bytes());
  }
  partitions->rows = rows;
  partitions->compact_at = std::max(kCompactRows, rows * kRowsForEntry);
  return true;
}

// Makes room for one more entry. What chunks take may be less after equal keys are combined. Apart from what is done for every
// entry, which takes longer for the registers that this needs.
[[gnu::noinline]] bool make_room(WeldRunContext* context, Partitions* partitions, Partitions::List* list) {
  const WeldDictLayout& layout = *partitions->builder->dict;
  if (context->control.poll() != 0) return false;
  auto add = [&] {
    if (!add_chunk(context, list, layout)) return false;
    partitions->rows += list->room;
    return true;
  };
  if (partitions->rows < partitions->compact_at && add()) return true;
  if (!compact(context, partitions)) partitions->compact_at *= 2;
  return list->room > 0 || add();
}

}  // namespace

uint8_t* partition_insert(WeldRunContext* context, Partitions* partitions, uint64_t hash, const void* key) {
  const WeldDictLayout& layout = *partitions->builder->dict;
  Partitions::List* list = &partitions->lists[hash >> (64 - kPartitionBits)];
  if (list->room == 0 && !make_room(context, partitions, list)) return nullptr;
  uint8_t* entry = append(list, layout.entry_size);
  __builtin_prefetch(entry + kFetchAhead, /*rw=*/1);
  if (layout.key_size == sizeof(uint64_t)) {
    std::memcpy(entry, key, sizeof(uint64_t));
  } else {
    std::memcpy(entry, key, layout.key_size);
  }
  return entry;
}

Partitions* make_partitions(WeldRunContext* context, const Dict* dict, const WeldBuilder& builder) {
  const WeldDictLayout& layout = *builder.dict;
  auto* partitions = static_cast<Partitions*>(context->arena.allocate(sizeof(Partitions)));
  if (partitions == nullptr) return nullptr;
  *partitions = {};
  partitions->builder = &builder;
  partitions->rows = dict->count;
  partitions->compact_at = std::max(kCompactRows, dict->count * kRowsForEntry);
  StepPoll poll(context->control);
  for (int64_t number = 0; number < dict->count; ++number) {
    Partitions::List* list = &partitions->lists[dict_hash(dict, &layout, number) >> (64 - kPartitionBits)];
    if (poll.step() != 0 || (list->room == 0 && !add_chunk(context, list, layout))) {
      release_partitions(context, partitions);
      return nullptr;
    }
    std::memcpy(append(list, layout.entry_size), dict->entries + number * layout.entry_size, layout.entry_size);
  }
  return partitions;
}

void release_partitions(WeldRunContext* context, Partitions* partitions) {
  for (Partitions::List& list : partitions->lists) release_chunks(context, list.newest);
  context->arena.release(partitions);
}

void consider_partitions(WeldRunContext* context, Dict* dict, const WeldBuilder& builder, int64_t morsel_rows,
                         int64_t rows_left) {
  if (dict->partitions != nullptr || builder.dict->direct_bits > 0) return;
  const auto added = static_cast<double>(dict->count - std::exchange(dict->seen, dict->count));
  if (dict->strategy == DictionaryStrategy::kAuto) {
    if (dict->range != 0 || dict->count < kEntriesInCache || rows_left < dict->count) return;
    if (static_cast<double>(dict->count + rows_left) < kManyEntries) return;
    // If keys came in no order, a share of them that is not new would be that of the entries among all that there are.
    const double known = 1 - added / static_cast<double>(morsel_rows);
    if (known * kManyEntries > static_cast<double>(dict->count)) return;
  } else if (dict->strategy != DictionaryStrategy::kPartitioned) {
    return;
  }
  Partitions* partitions = make_partitions(context, dict, builder);
  if (partitions == nullptr) return;
  dict_clear(context, dict);
  dict->partitions = partitions;
  dict->is_partitioned = true;
}

WeldDictLayout layout_in_partition(const WeldDictLayout& layout) {
  WeldDictLayout hashed = layout;
  hashed.direct_bits = 0;
  hashed.number = WELD_KEY_NO_NUMBER;
  return hashed;
}

weld_status absorb_partition(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, PartitionChunk* chunks,
                             const WeldBuilder& builder) {
  int64_t rows_left = 0;
  for (PartitionChunk* chunk = chunks; chunk != nullptr; chunk = chunk->next) rows_left += chunk->count;
  for (PartitionChunk* chunk = chunks; chunk != nullptr; chunk = chunk->next) {
    const int64_t before = into->count;
    weld_status status = context->control.poll();
    if (status == 0)
      status = dict_absorb_all(context, into, layout, chunk->entries(), chunk->count, kPartitionBits, builder.combine);
    if (status != 0) return status;
    rows_left -= chunk->count;
    const int64_t added = into->count - before;
    if (static_cast<double>(added) > kShareOfNew * static_cast<double>(chunk->count))
      dict_expect(context, into, &layout, into->count + rows_left);
  }
  return 0;
}

}  // namespace weld::runtime
