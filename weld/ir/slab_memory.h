// Memory for many small blocks that are made together and die together, such as the nodes of a program. Making one moves a
// pointer along a slab, and blocks made one after the other lie one after the other: a walk over a program that a pass has just
// built goes through memory in order. The general allocator's lists of free blocks grow long in programs of a hundred thousand
// nodes, and are gone through whenever something large is freed.
#pragma once

#include <cstddef>

namespace weld {

// What is made together but does not die together is in slabs of its own: nodes outlive what a pass notes of them, and what they
// have in common, such as names, outlives nodes.
enum class SlabUse : unsigned char { kNodes, kParts, kNotes };
inline constexpr size_t kSlabUses = 3;

inline constexpr size_t kBlockAlignment = alignof(void*);

// From a slab of the calling thread; may be released by any thread. Aligned to kBlockAlignment. A slab is used again when all
// its blocks are released.
void* allocate_block(size_t size, SlabUse use);
// size: as it was asked for.
void release_block(void* block, size_t size);

// Blocks for containers and shared pointers.
template <class T, SlabUse use = SlabUse::kNodes>
struct SlabAllocator {
  using value_type = T;
  template <class Other>
  struct rebind {
    using other = SlabAllocator<Other, use>;
  };

  SlabAllocator() = default;
  template <class Other>
  SlabAllocator(const SlabAllocator<Other, use>&) {}

  T* allocate(size_t count) {
    static_assert(alignof(T) <= kBlockAlignment);
    return static_cast<T*>(allocate_block(count * sizeof(T), use));
  }
  void deallocate(T* blocks, size_t count) { release_block(blocks, count * sizeof(T)); }

  template <class Other>
  bool operator==(const SlabAllocator<Other, use>&) const {
    return true;
  }
};

}  // namespace weld
