// Every extent starts at a multiple of 2 MiB with a Region header, so that the header of any block is found from its address. A
// large block: the header, then the data. A slab: the header with a bitmap of free units and one Block for each unit (filled in
// for the unit that a block starts at), then the units.
//
// Unused extents are joined with their neighbours and cut to size when reused (best fit). When more than the bound is kept, the
// extents that have been unused longest are unmapped.
#include "weld/runtime/block_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <new>

#include "weld/runtime/sanitizer.h"

namespace weld::runtime {

enum class RegionKind : uint64_t { kLarge, kSlab };

struct Region {
  RegionKind kind;
};

namespace {

constexpr uint64_t kExtentBytes = uint64_t{2} << 20;
constexpr uint64_t kUnitBytes = 8 << 10;
constexpr uint32_t kUnits = kExtentBytes / kUnitBytes;
constexpr uint32_t kHeaderUnits = 2;
constexpr uint64_t kLargeHeader = 128;
constexpr uint64_t kSlabBytes = (kUnits - kHeaderUnits) * kUnitBytes;  // the largest block in a slab
constexpr uint64_t kLargestBlock = uint64_t{1} << 46;
constexpr int kSlabsTried = 8;

struct LargeRegion : Region {
  Block block;
};
static_assert(sizeof(LargeRegion) <= kLargeHeader);

uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

Region* region_of(const void* address) {
  return reinterpret_cast<Region*>(reinterpret_cast<uintptr_t>(address) & ~(kExtentBytes - 1));
}

// size is a multiple of kExtentBytes. Null when the system refuses.
uint8_t* map_extent(uint64_t size) {
  const int protection = PROT_READ | PROT_WRITE;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  void* mapped = mmap(nullptr, size + kExtentBytes, protection, flags, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* start = static_cast<uint8_t*>(mapped);
  auto* base = reinterpret_cast<uint8_t*>(round_up(reinterpret_cast<uintptr_t>(start), kExtentBytes));
  const uint64_t before = base - start;
  if (before > 0) munmap(start, before);
  munmap(base + size, kExtentBytes - before);
  madvise(base, size, MADV_HUGEPAGE);
  return base;
}

void unmap_extent(uintptr_t base, uint64_t size) {
  auto* start = reinterpret_cast<uint8_t*>(base);
  mark_used(start, size);
  munmap(start, size);
}

}  // namespace

struct Slab : Region {
  uint64_t free_units[kUnits / 64];
  uint64_t free_count;
  Slab* previous;
  Slab* next;
  Block blocks[kUnits - kHeaderUnits];

  bool is_free(uint32_t unit) const { return free_units[unit / 64] >> (unit % 64) & 1; }
  void set_free(uint32_t first, uint32_t units, bool free) {
    for (uint32_t unit = first; unit < first + units; ++unit) {
      const uint64_t bit = uint64_t{1} << (unit % 64);
      free_units[unit / 64] = free ? free_units[unit / 64] | bit : free_units[unit / 64] & ~bit;
    }
    free_count = free ? free_count + units : free_count - units;
  }
  // The first unit of a free run, or 0.
  uint32_t find(uint32_t units) const {
    uint32_t run = 0;
    for (uint32_t unit = kHeaderUnits; unit < kUnits; ++unit) {
      run = is_free(unit) ? run + 1 : 0;
      if (run == units) return unit + 1 - units;
    }
    return 0;
  }
  Block* block(uint32_t unit) { return &blocks[unit - kHeaderUnits]; }
  uint8_t* unit_data(uint32_t unit) { return reinterpret_cast<uint8_t*>(this) + unit * kUnitBytes; }
};
static_assert(sizeof(Slab) <= kHeaderUnits * kUnitBytes);

BlockPool& BlockPool::instance() {
  static auto* pool = new BlockPool;
  return *pool;
}

BlockPool::BlockPool() {
  const uint64_t pages = std::max<int64_t>(sysconf(_SC_PHYS_PAGES), 0);
  const uint64_t page = std::max<int64_t>(sysconf(_SC_PAGESIZE), 0);
  keep_at_most_ = std::max<uint64_t>(pages * page / 4, uint64_t{64} << 20);
}

uint64_t BlockPool::footprint(uint64_t bytes) {
  if (bytes > kLargestBlock) return 0;
  if (bytes <= kSlabBytes) return std::max(round_up(bytes, kUnitBytes), kUnitBytes);
  return round_up(bytes + kLargeHeader, kExtentBytes);
}

uint64_t BlockPool::footprint(const Block* block) { return block->size <= kSlabBytes ? block->size : block->size + kLargeHeader; }

Block* BlockPool::acquire(uint64_t bytes) {
  const uint64_t size = footprint(bytes);
  if (size == 0) return nullptr;
  return size <= kSlabBytes ? acquire_units(static_cast<uint32_t>(size / kUnitBytes)) : acquire_large(size);
}

Block* BlockPool::acquire_large(uint64_t size) {
  std::unique_lock<std::mutex> lock(mutex_);
  uint8_t* base = acquire_extent(size, lock);
  if (base == nullptr) return nullptr;
  auto* region = new (base) LargeRegion{{RegionKind::kLarge}, {}};
  region->block.data = base + kLargeHeader;
  region->block.size = size - kLargeHeader;
  return &region->block;
}

Block* BlockPool::acquire_units(uint32_t units) {
  std::unique_lock<std::mutex> lock(mutex_);
  Slab* slab = slabs_;
  for (int tried = 0; slab != nullptr && tried < kSlabsTried; ++tried, slab = slab->next) {
    if (slab->free_count < units) continue;
    if (uint32_t first = slab->find(units); first != 0) return cut(slab, first, units);
  }
  uint8_t* base = acquire_extent(kExtentBytes, lock);
  if (base == nullptr) return nullptr;
  slab = new (base) Slab{};
  slab->kind = RegionKind::kSlab;
  slab->set_free(kHeaderUnits, kUnits - kHeaderUnits, true);
  mark_unused(slab->unit_data(kHeaderUnits), kSlabBytes);
  link(slab);
  return cut(slab, kHeaderUnits, units);
}

Block* BlockPool::cut(Slab* slab, uint32_t first, uint32_t units) {
  slab->set_free(first, units, false);
  if (slab->free_count == 0) unlink(slab);
  Block* block = slab->block(first);
  *block = Block{};
  block->data = slab->unit_data(first);
  block->size = units * kUnitBytes;
  mark_used(block->data, block->size);
  return block;
}

void BlockPool::release(Block* block) {
  Region* region = region_of(block->data);
  if (region->kind == RegionKind::kSlab) return release_units(block, static_cast<Slab*>(region));
  const uint64_t size = block->size + kLargeHeader;
  std::unique_lock<std::mutex> lock(mutex_);
  release_extent(reinterpret_cast<uint8_t*>(region), size, lock);
}

void BlockPool::release_units(Block* block, Slab* slab) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto first = static_cast<uint32_t>((block->data - reinterpret_cast<uint8_t*>(slab)) / kUnitBytes);
  const bool was_full = slab->free_count == 0;
  mark_unused(block->data, block->size);
  slab->set_free(first, static_cast<uint32_t>(block->size / kUnitBytes), true);
  block->data = nullptr;
  if (was_full) link(slab);
  const bool is_last = slabs_ == slab && slab->next == nullptr;  // one empty slab stays
  if (slab->free_count < kUnits - kHeaderUnits || is_last) return;
  unlink(slab);
  release_extent(reinterpret_cast<uint8_t*>(slab), kExtentBytes, lock);
}

Block* BlockPool::block_at(const void* data) {
  Region* region = region_of(data);
  const uint64_t offset = static_cast<const uint8_t*>(data) - reinterpret_cast<uint8_t*>(region);
  Block* block = nullptr;
  if (region->kind == RegionKind::kLarge) {
    block = &static_cast<LargeRegion*>(region)->block;
  } else if (offset >= kHeaderUnits * kUnitBytes) {
    block = static_cast<Slab*>(region)->block(static_cast<uint32_t>(offset / kUnitBytes));
  }
  return block != nullptr && block->data == data ? block : nullptr;
}

uint8_t* BlockPool::acquire_extent(uint64_t size, std::unique_lock<std::mutex>& lock) {
  auto fit = by_size_.lower_bound({size, 0});
  if (fit != by_size_.end()) {
    auto extent = extents_.find(fit->second);
    const uintptr_t base = extent->first;
    const Extent whole = extent->second;
    forget(extent);
    if (whole.size > size) keep(base + size, whole.size - size);
    mark_used(reinterpret_cast<void*>(base), size);
    return reinterpret_cast<uint8_t*>(base);
  }
  lock.unlock();
  uint8_t* base = map_extent(size);
  if (base == nullptr) {
    trim();
    base = map_extent(size);
  }
  lock.lock();
  return base;
}

void BlockPool::release_extent(uint8_t* base, uint64_t size, std::unique_lock<std::mutex>& lock) {
  mark_unused(base, size);
  keep(reinterpret_cast<uintptr_t>(base), size);
  while (kept_ > keep_at_most_) {
    auto older = [](const auto& left, const auto& right) { return left.second.age < right.second.age; };
    auto oldest = std::min_element(extents_.begin(), extents_.end(), older);
    const auto [start, extent] = *oldest;
    const uint64_t surplus = std::min(extent.size, round_up(kept_ - keep_at_most_, kExtentBytes));
    forget(oldest);
    if (extent.size > surplus) keep(start, extent.size - surplus);
    lock.unlock();
    unmap_extent(start + extent.size - surplus, surplus);
    lock.lock();
  }
}

// Adds an unused extent. When there is no memory for the entry it is unmapped instead.
void BlockPool::keep(uintptr_t base, uint64_t size) {
  auto after = extents_.lower_bound(base);
  if (after != extents_.end() && after->first == base + size) {
    size += after->second.size;
    auto joined = after++;
    forget(joined);
  }
  if (after != extents_.begin()) {
    auto before = std::prev(after);
    if (before->first + before->second.size == base) {
      base = before->first;
      size += before->second.size;
      forget(before);
    }
  }
  bool in_extents = false;
  try {
    in_extents = extents_.emplace(base, Extent{size, ++clock_}).second;
    by_size_.emplace(size, base);
    kept_ += size;
  } catch (const std::bad_alloc&) {
    if (in_extents) extents_.erase(base);
    unmap_extent(base, size);
  }
}

void BlockPool::forget(std::map<uintptr_t, Extent>::iterator extent) {
  kept_ -= extent->second.size;
  by_size_.erase({extent->second.size, extent->first});
  extents_.erase(extent);
}

void BlockPool::trim() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (Slab* slab = slabs_; slab != nullptr;) {
    Slab* next = slab->next;
    if (slab->free_count == kUnits - kHeaderUnits) {
      unlink(slab);
      keep(reinterpret_cast<uintptr_t>(slab), kExtentBytes);
    }
    slab = next;
  }
  while (!extents_.empty()) {
    const auto [base, extent] = *extents_.begin();
    forget(extents_.begin());
    lock.unlock();
    unmap_extent(base, extent.size);
    lock.lock();
  }
}

uint64_t BlockPool::kept_bytes() {
  std::unique_lock<std::mutex> lock(mutex_);
  return kept_;
}

void BlockPool::link(Slab* slab) {
  slab->previous = nullptr;
  slab->next = slabs_;
  if (slabs_ != nullptr) slabs_->previous = slab;
  slabs_ = slab;
}

void BlockPool::unlink(Slab* slab) {
  (slab->previous != nullptr ? slab->previous->next : slabs_) = slab->next;
  if (slab->next != nullptr) slab->next->previous = slab->previous;
}

}  // namespace weld::runtime
