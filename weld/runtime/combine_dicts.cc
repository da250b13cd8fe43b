// Combining the dictionaries that the runners of a loop filled: D0 (the loop's own state) to Dn.
//
// Few entries are put into the largest dictionary one by one. Many are combined in parallel: by ranges of their keys when all
// dictionaries are dense (combine_dense.h), else by the partitions that the dictionaries have or are given (partitions.h):
//   1. what has no partitions is moved into some;
//   2. each partition's entries, of all dictionaries, are merged into a dictionary of its own;
//   3. those are copied into one. Because slots are chosen by the high bits of the hash, each partition has a range of the index
//      to itself; what does not find room before the end of the range is placed afterwards.
#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "weld/runtime/builders.h"
#include "weld/runtime/combine_dense.h"
#include "weld/runtime/dict.h"
#include "weld/runtime/partitions.h"

namespace weld::runtime {

namespace {

constexpr int64_t kParallelEntries = 32 << 10;

weld_status absorb(WeldRunContext* context, Dict* into, const Dict* from, const WeldBuilder& builder) {
  const WeldDictLayout& layout = *builder.dict;
  StepPoll poll(context->control);
  for (int64_t number = 0; number < from->count; ++number) {
    if (weld_status status = poll.step(); status != 0) return status;
    const uint8_t* entry = from->entries + number * layout.entry_size;
    if (weld_status status = dict_absorb(context, into, layout, dict_hash(from, &layout, number), entry, builder.combine);
        status != 0) {
      return status;
    }
  }
  return 0;
}

weld_status combine_one_by_one(WeldRunContext* context, WeldDict** state, WeldDict** others, int64_t other_count,
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

class PartitionedCombine {
 public:
  PartitionedCombine(WeldRunContext* context, std::vector<Dict*> sources, const WeldBuilder& builder)
      : context_(context),
        layout_(layout_in_partition(*builder.dict)),
        builder_(builder),
        sources_(std::move(sources)),
        contexts_(context),
        partitions_(sources_.size()),
        parts_(kPartitions) {}

  // Leaves the result in *into.
  weld_status run(Dict* into) {
    parallel(static_cast<int64_t>(sources_.size()), [this](int runner, int64_t number) {
      Partitions* own = sources_[number]->partitions;
      partitions_[number] = own != nullptr ? own : make_partitions(contexts_.get(runner), sources_[number], builder_);
    });
    if (weld_status status = context_->control.stopped(); status != 0) return status;
    if (std::count(partitions_.begin(), partitions_.end(), nullptr) > 0) return WELD_OUT_OF_MEMORY;
    parallel(kPartitions, [this](int runner, int64_t number) { parts_[number].status = unite(contexts_.get(runner), number); });
    for (const Part& part : parts_) {
      if (part.status != 0) return part.status;
    }
    return collect(into);
  }

 private:
  // What becomes of a partition: a dictionary whose hashes lack the bits that all of it have in common.
  struct alignas(128) Part {
    Dict* dict = nullptr;
    int64_t first_entry = 0;
    int64_t overflow = 0;  // entries without a slot in its range; their numbers replace the first hashes
    weld_status status = 0;
  };

  template <typename Body>
  void parallel(int64_t tasks, const Body& body) {
    parallel_tasks(context_->engine.scheduler(), tasks, body);
  }

  weld_status unite(WeldRunContext* context, int64_t number) {
    WeldDict* dict = weld_rt_dict_new(context, &layout_, 0);
    if (dict == nullptr) return WELD_OUT_OF_MEMORY;
    parts_[number].dict = as_dict(dict);
    for (Partitions* partitions : partitions_) {
      partitions->lists[number].seal(layout_);
      PartitionChunk* chunks = partitions->lists[number].newest;
      if (weld_status status = absorb_partition(context, as_dict(dict), layout_, chunks, builder_); status != 0) return status;
    }
    return 0;
  }

  weld_status collect(Dict* into) {
    int64_t count = 0;
    for (Part& part : parts_) {
      part.first_entry = count;
      count += part.dict->count;
    }
    if (count > kMostDictEntries) return WELD_OUT_OF_MEMORY;
    const int64_t slot_count = std::max<int64_t>(dict_slots_for(count), kPartitions);
    Dict made = *into;
    made.entries = static_cast<uint8_t*>(context_->arena.allocate_array(count, layout_.entry_size));
    made.hashes = static_cast<uint64_t*>(context_->arena.allocate_array(count, sizeof(uint64_t)));
    made.index = context_->arena.allocate_array(slot_count, sizeof(uint64_t));
    if (made.entries == nullptr || made.hashes == nullptr || made.index == nullptr) return WELD_OUT_OF_MEMORY;
    made.slot_mask = static_cast<uint64_t>(slot_count) - 1;
    made.shift = 64 - std::countr_zero(static_cast<uint64_t>(slot_count));
    made.count = made.capacity = count;
    made.grow_at = dict_entries_for(slot_count);
    parallel(kPartitions, [&](int, int64_t number) { fill(made, number, slot_count / kPartitions); });
    if (weld_status status = context_->control.stopped(); status != 0) return status;
    for (const Part& part : parts_) {
      for (int64_t i = 0; i < part.overflow; ++i) {
        const auto number = static_cast<int64_t>(part.dict->hashes[i]);
        dict_place(static_cast<uint64_t*>(made.index), made.shift, made.slot_mask, made.hashes[number], number);
      }
    }
    *into = made;
    return 0;
  }

  // Copies a partition's entries and fills its range of the index.
  void fill(const Dict& made, int64_t number, int64_t range) {
    Part& part = parts_[number];
    auto* slots = static_cast<uint64_t*>(made.index);
    const auto end = static_cast<uint64_t>((number + 1) * range);
    std::fill_n(slots + number * range, range, 0);
    if (part.dict->count == 0) return;
    const int64_t bytes = part.dict->count * layout_.entry_size;
    if (weld_rt_copy(context_, made.entries + part.first_entry * layout_.entry_size, part.dict->entries, bytes) != 0) return;
    StepPoll poll(context_->control);
    for (int64_t i = 0; i < part.dict->count; ++i) {
      if (poll.step() != 0) return;
      const int64_t entry_number = part.first_entry + i;
      const uint64_t hash = part.dict->hashes[i] >> kPartitionBits | static_cast<uint64_t>(number) << (64 - kPartitionBits);
      made.hashes[entry_number] = hash;
      uint64_t at = hash >> made.shift;
      while (at < end && slots[at] != 0) ++at;
      if (at < end) {
        slots[at] = hash << 32 | static_cast<uint64_t>(entry_number + 1);
      } else {
        part.dict->hashes[part.overflow++] = static_cast<uint64_t>(entry_number);
      }
    }
  }

  WeldRunContext* context_;
  WeldDictLayout layout_;
  const WeldBuilder& builder_;
  std::vector<Dict*> sources_;
  RunnerContexts contexts_;
  std::vector<Partitions*> partitions_;  // of each source
  std::vector<Part> parts_;
};

}  // namespace

weld_status combine_dicts(WeldRunContext* context, WeldDict** state, WeldDict** others, int64_t other_count,
                          const WeldBuilder& builder) {
  std::vector<Dict*> sources;
  int64_t entries = 0;
  int64_t most = 0;
  bool is_partitioned = false;
  auto add = [&](WeldDict* dict) {
    const Dict* source = as_dict(dict);
    entries += source->count;
    most = std::max(most, source->count);
    is_partitioned |= source->partitions != nullptr;
    if (source->count > 0 || source->partitions != nullptr) sources.push_back(as_dict(dict));
  };
  add(*state);
  std::for_each(others, others + other_count, add);
  if (!is_partitioned && entries - most < kParallelEntries) {
    return combine_one_by_one(context, state, others, other_count, builder);
  }

  Dict combined = {};
  combined.rows = as_dict(*state)->rows;
  combined.strategy = as_dict(*state)->strategy;
  combined.count = entries;
  combined.is_partitioned = is_partitioned;
  Window window;
  weld_status status = 0;
  if (!is_partitioned && find_common_window(sources, *builder.dict, dict_most_range(&combined), &window)) {
    status = combine_dense(context, sources, window, builder, &combined);
  } else {
    status = PartitionedCombine(context, sources, builder).run(&combined);
  }
  if (status != 0) return status;
  dict_release(context, *state);
  std::for_each(others, others + other_count, [&](WeldDict* other) { dict_release(context, other); });
  *as_dict(*state) = combined;
  return 0;
}

}  // namespace weld::runtime
