// The process-wide store of memory blocks that arenas are made of.
//
// Fresh pages cost more than anything else a materializing loop does, so memory comes from the system in 2 MiB-aligned extents
// with huge pages, and what is given back is kept for the next run, up to a bound. A block of more than kSlabBytes has extents of
// its own; smaller ones are cut from 2 MiB slabs in units of 8 KiB.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace weld::runtime {

class Arena;

// One block. The fields from owner on are for the arena that owns it.
struct Block {
  uint8_t* data;  // 64-byte aligned; null while the block is not in use
  uint64_t size;  // bytes at data

  Arena* owner;
  Block* previous;  // the owner's blocks, oldest first
  Block* next;
  Block* previous_chunk;
  uint64_t sequence;
  bool is_chunk;
};

struct Slab;

// Thread-safe. Never throws; never destroyed, so results may be dropped while the process ends.
class BlockPool {
 public:
  static BlockPool& instance();

  // What a block of so many bytes takes up; 0 when no block can be so large.
  static uint64_t footprint(uint64_t bytes);
  static uint64_t footprint(const Block* block);

  // A block with size >= bytes (as much as its footprint holds), or null when the system has no memory.
  Block* acquire(uint64_t bytes);
  void release(Block* block);

  // The block whose data starts at an address in some block in use; null when the address is further inside.
  static Block* block_at(const void* data);

  // Gives everything unused back to the system.
  void trim();
  // Bytes kept for reuse.
  uint64_t kept_bytes();

 private:
  struct Extent {
    uint64_t size;
    uint64_t age;  // when it was given back
  };

  BlockPool();

  Block* acquire_large(uint64_t size);
  Block* acquire_units(uint32_t units);
  void release_units(Block* block, Slab* slab);
  Block* cut(Slab* slab, uint32_t first, uint32_t units);
  uint8_t* acquire_extent(uint64_t size, std::unique_lock<std::mutex>& lock);
  void release_extent(uint8_t* base, uint64_t size, std::unique_lock<std::mutex>& lock);
  void keep(uintptr_t base, uint64_t size);
  void forget(std::map<uintptr_t, Extent>::iterator extent);
  void link(Slab* slab);
  void unlink(Slab* slab);

  std::mutex mutex_;
  std::map<uintptr_t, Extent> extents_;  // unused extents by address; neighbours are joined
  std::set<std::pair<uint64_t, uintptr_t>> by_size_;
  uint64_t kept_ = 0;
  uint64_t keep_at_most_;
  uint64_t clock_ = 0;
  Slab* slabs_ = nullptr;  // those with a free unit
};

}  // namespace weld::runtime
