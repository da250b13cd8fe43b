// Combining the dictionaries that the runners of a loop filled: D0 (the loop's own state) to Dn.
//
// Few entries are put into the largest dictionary one by one. Many are combined in parallel: by ranges of their keys when all
// dictionaries are dense (combine_dense.h), else by kPartitions ranges of the hash:
//   1. each dictionary's entry numbers are put in order of partition;
//   2. each partition finds its equal keys with a table of its own and combines their values into the first of them, where it
//   lies;
//   3. the entries that are left are copied into one new dictionary. Because slots are chosen by the high bits of the hash, each
//      partition has a range of the index to itself; what does not find room before the end of the range is placed afterwards.
#include <algorithm>
#include <bit>
#include <iterator>
#include <new>
#include <utility>
#include <vector>

#include "weld/runtime/builders.h"
#include "weld/runtime/combine_dense.h"
#include "weld/runtime/dict.h"

namespace weld::runtime {

namespace {

constexpr int kPartitionBits = 6;
constexpr int kPartitions = 1 << kPartitionBits;
constexpr int64_t kParallelEntries = 32 << 10;
constexpr int64_t kStretch = 256 << 10;  // entries counted between two polls

int partition_of(uint64_t hash) { return static_cast<int>(hash >> (64 - kPartitionBits)); }

weld_status absorb(WeldRunContext* context, Dict* into, const Dict* from, const WeldBuilder& builder) {
  const WeldDictLayout* layout = builder.dict;
  StepPoll poll(context->control);
  for (int64_t number = 0; number < from->count; ++number) {
    if (weld_status status = poll.step(); status != 0) return status;
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

// An entry of one of the dictionaries: its number in the low half, the dictionary's in the high.
using Reference = uint64_t;

class PartitionedCombine {
 public:
  PartitionedCombine(WeldRunContext* context, std::vector<Dict*> sources, int64_t entries, const WeldBuilder& builder)
      : context_(context),
        layout_(*builder.dict),
        builder_(builder),
        sources_(std::move(sources)),
        references_(context->arena, entries),
        contexts_(context),
        partitions_(kPartitions),
        cursors_(sources_.size() * kPartitions) {}

  // Leaves the result in *into.
  weld_status run(Dict* into) {
    if (!references_.ok()) return WELD_OUT_OF_MEMORY;
    make_references();
    if (weld_status status = context_->control.stopped(); status != 0) return status;
    parallel(kPartitions,
             [this](int runner, int64_t number) { partitions_[number].status = unite(runner, partitions_[number]); });
    for (const Partition& partition : partitions_) {
      if (partition.status != 0) return partition.status;
    }
    return collect(into);
  }

 private:
  struct alignas(128) Partition {
    int64_t begin = 0;  // in references_
    int64_t count = 0;  // references, and after uniting those that are left
    int64_t first_entry = 0;
    int64_t overflow = 0;  // entries without a slot in its range; their numbers replace its first references
    weld_status status = 0;
  };

  template <typename Body>
  void parallel(int64_t tasks, const Body& body) {
    parallel_tasks(context_->engine.scheduler(), tasks, body);
  }

  const Dict* source(Reference reference) const { return sources_[reference >> 32]; }
  uint64_t hash(Reference reference) const { return source(reference)->hashes[reference & UINT32_MAX]; }
  uint8_t* entry(Reference reference) const {
    return source(reference)->entries + static_cast<int64_t>(reference & UINT32_MAX) * layout_.entry_size;
  }

  // A counting sort of all entries by partition, and within one by dictionary.
  void make_references() {
    const auto source_count = static_cast<int64_t>(sources_.size());
    parallel(source_count, [this](int, int64_t s) {
      in_stretches(context_, sources_[s]->count, kStretch, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++cursors_[s * kPartitions + partition_of(sources_[s]->hashes[i])];
      });
    });
    // With only some of the entries counted there is no place for the others.
    if (context_->control.stopped() != 0) return;
    int64_t at = 0;
    for (int p = 0; p < kPartitions; ++p) {
      partitions_[p].begin = at;
      for (int64_t s = 0; s < source_count; ++s) at += std::exchange(cursors_[s * kPartitions + p], at);
      partitions_[p].count = at - partitions_[p].begin;
    }
    parallel(source_count, [this](int, int64_t s) {
      int64_t* cursors = &cursors_[s * kPartitions];
      in_stretches(context_, sources_[s]->count, kStretch, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          references_[cursors[partition_of(sources_[s]->hashes[i])]++] =
              static_cast<uint64_t>(s) << 32 | static_cast<uint64_t>(i);
        }
      });
    });
  }

  // Combines entries with equal keys; the partition's first `count` references are then those of different keys. The table holds
  // the low half of the hash and a reference's place + 1, like a dictionary's index.
  weld_status unite(int runner, Partition& partition) {
    Arena& arena = contexts_.get(runner)->arena;
    const uint64_t slot_count = std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(partition.count, 1)) * 2);
    ScratchArray<uint64_t> slots(arena, static_cast<int64_t>(slot_count));
    if (!slots.ok() || partition.count > kMostDictEntries) return WELD_OUT_OF_MEMORY;
    std::fill_n(slots.data(), slot_count, 0);
    const int shift = 64 - std::countr_zero(slot_count);
    Reference* references = references_.data() + partition.begin;
    int64_t kept = 0;
    auto place = [&](int64_t i) {
      const uint64_t full_hash = hash(references[i]);
      uint64_t at = full_hash << kPartitionBits >> shift;
      while (slots[at] != 0 && !combined(slots[at], full_hash, references, references[i])) at = (at + 1) & (slot_count - 1);
      if (slots[at] != 0) return;
      references[kept++] = references[i];
      slots[at] = full_hash << 32 | static_cast<uint64_t>(kept);
    };
    StepPoll poll(context_->control);
    for (int64_t i = 0; i < partition.count; ++i) {
      if (weld_status status = poll.step(); status != 0) return status;
      place(i);
    }
    partition.count = kept;
    return 0;
  }

  // Combines an entry into the one of a slot if their keys are equal.
  bool combined(uint64_t slot, uint64_t full_hash, const Reference* references, Reference from) {
    if (slot >> 32 != (full_hash & UINT32_MAX)) return false;
    uint8_t* into = entry(references[(slot & UINT32_MAX) - 1]);
    if (!layout_.equal(entry(from), into)) return false;
    builder_.combine(into + layout_.value_offset, entry(from) + layout_.value_offset);
    return true;
  }

  weld_status collect(Dict* into) {
    int64_t count = 0;
    for (Partition& partition : partitions_) {
      partition.first_entry = count;
      count += partition.count;
    }
    if (count > kMostDictEntries) return WELD_OUT_OF_MEMORY;
    const int64_t slot_count = std::max<int64_t>(dict_slots_for(count), kPartitions);
    Dict made = {};
    made.entries = static_cast<uint8_t*>(context_->arena.allocate_array(count, layout_.entry_size));
    made.hashes = static_cast<uint64_t*>(context_->arena.allocate_array(count, sizeof(uint64_t)));
    made.index = context_->arena.allocate_array(slot_count, sizeof(uint64_t));
    if (made.entries == nullptr || made.hashes == nullptr || made.index == nullptr) return WELD_OUT_OF_MEMORY;
    made.slot_mask = static_cast<uint64_t>(slot_count) - 1;
    made.shift = 64 - std::countr_zero(static_cast<uint64_t>(slot_count));
    made.count = made.capacity = count;
    made.grow_at = dict_entries_for(slot_count);
    parallel(kPartitions, [&](int, int64_t number) { fill(made, static_cast<int>(number), slot_count / kPartitions); });
    if (weld_status status = context_->control.stopped(); status != 0) return status;
    for (const Partition& partition : partitions_) {
      for (int64_t i = 0; i < partition.overflow; ++i) {
        const auto number = static_cast<int64_t>(references_[partition.begin + i]);
        dict_place(static_cast<uint64_t*>(made.index), made.shift, made.slot_mask, made.hashes[number], number);
      }
    }
    made.rows = into->rows;
    made.strategy = into->strategy;
    *into = made;
    return 0;
  }

  // Copies a partition's entries and fills its range of the index.
  void fill(const Dict& made, int number, int64_t range) {
    Partition& partition = partitions_[number];
    auto* slots = static_cast<uint64_t*>(made.index);
    const auto end = static_cast<uint64_t>((number + 1) * range);
    std::fill_n(slots + number * range, range, 0);
    StepPoll poll(context_->control);
    for (int64_t i = 0; i < partition.count; ++i) {
      if (poll.step() != 0) return;
      const Reference reference = references_[partition.begin + i];
      const int64_t entry_number = partition.first_entry + i;
      const uint64_t full_hash = hash(reference);
      std::memcpy(made.entries + entry_number * layout_.entry_size, entry(reference), layout_.entry_size);
      made.hashes[entry_number] = full_hash;
      uint64_t at = full_hash >> made.shift;
      while (at < end && slots[at] != 0) ++at;
      if (at < end) {
        slots[at] = full_hash << 32 | static_cast<uint64_t>(entry_number + 1);
      } else {
        references_[partition.begin + partition.overflow++] = static_cast<Reference>(entry_number);
      }
    }
  }

  WeldRunContext* context_;
  const WeldDictLayout& layout_;
  const WeldBuilder& builder_;
  std::vector<Dict*> sources_;
  ScratchArray<Reference> references_;
  RunnerContexts contexts_;
  std::vector<Partition> partitions_;
  std::vector<int64_t> cursors_;  // for each dictionary, the next reference of each partition
};

// Gives dense dictionaries the hashes of their entries.
weld_status hash_entries(WeldRunContext* context, const std::vector<Dict*>& dicts, const WeldDictLayout* layout) {
  std::vector<Dict*> dense;
  std::copy_if(dicts.begin(), dicts.end(), std::back_inserter(dense), [](const Dict* dict) { return dict->hashes == nullptr; });
  for (Dict* dict : dense) {
    dict->hashes = static_cast<uint64_t*>(context->arena.allocate_array(dict->count, sizeof(uint64_t)));
    if (dict->hashes == nullptr) return WELD_OUT_OF_MEMORY;
  }
  parallel_tasks(context->engine.scheduler(), static_cast<int64_t>(dense.size()), [&](int, int64_t task) {
    Dict& dict = *dense[task];
    in_stretches(context, dict.count, kStretch, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) dict.hashes[i] = layout->hash(dict.entries + i * layout->entry_size);
    });
  });
  return context->control.stopped();
}

}  // namespace

weld_status combine_dicts(WeldRunContext* context, WeldDict** state, WeldDict** others, int64_t other_count,
                          const WeldBuilder& builder) {
  std::vector<Dict*> sources;
  int64_t entries = 0;
  int64_t most = 0;
  auto add = [&](WeldDict* dict) {
    entries += dict->count;
    most = std::max(most, dict->count);
    if (dict->count > 0) sources.push_back(as_dict(dict));
  };
  add(*state);
  std::for_each(others, others + other_count, add);
  if (entries - most < kParallelEntries) return combine_one_by_one(context, state, others, other_count, builder);

  Dict combined = {};
  combined.rows = as_dict(*state)->rows;
  combined.strategy = as_dict(*state)->strategy;
  combined.count = entries;
  Window window;
  weld_status status = 0;
  if (find_common_window(sources, dict_most_range(&combined), &window)) {
    status = combine_dense(context, sources, window, builder, &combined);
  } else {
    status = hash_entries(context, sources, builder.dict);
    if (status == 0) status = PartitionedCombine(context, sources, entries, builder).run(&combined);
  }
  if (status != 0) return status;
  dict_release(context, *state);
  std::for_each(others, others + other_count, [&](WeldDict* other) { dict_release(context, other); });
  *as_dict(*state) = combined;
  return 0;
}

}  // namespace weld::runtime
