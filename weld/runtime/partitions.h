// Rows on their way into a dictionary, written down by the hash of their key instead of merged.
//
// A hashed dictionary of more entries than the cache holds makes every merge wait for memory, on every thread, and the threads'
// dictionaries then have to be combined. So a dictmerger whose dictionary grows large in a loop, and goes on growing, is told to
// keep partitions: from then on it has no entries, a merge appends {key, value} to the chunks of one of kPartitions, and what
// belongs together is combined partition by partition when the loop is over, with tables that stay in the cache.
#pragma once

#include <array>
#include <cstdint>

#include "weld/runtime/dict.h"

namespace weld::runtime {

inline constexpr int kPartitionBits = 6;
inline constexpr int kPartitions = 1 << kPartitionBits;

// A block of entries of one partition, which follow the struct.
struct PartitionChunk {
  PartitionChunk* next;
  int64_t count;

  uint8_t* entries() { return reinterpret_cast<uint8_t*>(this + 1); }
};

struct Partitions {
  struct List {
    PartitionChunk* newest;  // the only one that may have room; its count is what seal() last made it
    uint8_t* next;           // entry of it
    int64_t room;            // entries

    void seal(const WeldDictLayout& layout) {
      if (newest != nullptr) newest->count = (next - newest->entries()) / layout.entry_size;
    }
  };
  std::array<List, kPartitions> lists;
  const WeldBuilder* builder;
  int64_t rows;        // in all lists, about: newest chunks count as full
  int64_t compact_at;  // rows
};

// Copies of the dictionary's entries; null when out of memory or stopped. builder outlives the partitions.
Partitions* make_partitions(WeldRunContext* context, const Dict* dict, const WeldBuilder& builder);

// Gives their memory back.
void release_partitions(WeldRunContext* context, Partitions* partitions);

// Between two morsels of the loop that fills the dictionary, of so many rows each and with so many rows left: lets it take
// entries in partitions from now on, when that is its strategy or pays by how it grew in the last one.
void consider_partitions(WeldRunContext* context, Dict* dict, const WeldBuilder& builder, int64_t morsel_rows, int64_t rows_left);

// A place for a merged entry of that key, which need not be the only one; null when out of memory or stopped.
uint8_t* partition_insert(WeldRunContext* context, Partitions* partitions, uint64_t hash, const void* key);

// The layout of a dictionary that absorbs a partition: it is hashed, by the bits of the hash that are left.
WeldDictLayout layout_in_partition(const WeldDictLayout& layout);

// Merges the entries of a partition's chunks into a dictionary of that layout.
weld_status absorb_partition(WeldRunContext* context, Dict* into, const WeldDictLayout& layout, PartitionChunk* chunks,
                             const WeldBuilder& builder);

}  // namespace weld::runtime
