// A slab begins with the number of its blocks that are in use, and is aligned to its size, so that the address of a block tells
// its slab. The thread that takes blocks from a slab counts as one more user until it takes the next slab; whoever is the last
// puts the slab on a list, from which any thread takes its next one.
#include "weld/ir/slab_memory.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include "weld/ir/diagnostic.h"

namespace weld {
namespace {

constexpr size_t kSlabSize = size_t{1} << 15;
constexpr size_t kSlabsInRegion = 64;              // what is asked of the system at a time: a huge page, 2 MiB
constexpr size_t kLargestBlock = size_t{1} << 11;  // larger ones are no worse off elsewhere
constexpr size_t kMostFreeSlabs = 512;             // are kept; any more go back to the system, which frees huge pages as a whole

#if defined(__SANITIZE_ADDRESS__)
#define WELD_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WELD_ADDRESS_SANITIZER
#endif
#endif
#ifdef WELD_ADDRESS_SANITIZER
constexpr bool kUsesSlabs = false;  // so that it sees uses of released blocks
#else
constexpr bool kUsesSlabs = true;
#endif

struct Slab {
  std::atomic<uint32_t> users;
  Slab* next;  // of those on the list
};
constexpr size_t kFirstBlock = (sizeof(Slab) + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment;

class FreeSlabs {
 public:
  Slab* take() {
    std::lock_guard lock(mutex_);
    if (first_ == nullptr) add_region();
    Slab* slab = std::exchange(first_, first_->next);
    --count_;
    return slab;
  }

  void put(Slab* slab) {
    std::unique_lock lock(mutex_);
    if (count_ < kMostFreeSlabs) return push(slab);
    lock.unlock();
    munmap(slab, kSlabSize);
  }

 private:
  void push(Slab* slab) {
    slab->next = first_;
    first_ = slab;
    ++count_;
  }

  // Takes a region more than it keeps, for the alignment.
  void add_region() {
    constexpr size_t kSize = kSlabsInRegion * kSlabSize;
    void* region = mmap(nullptr, 2 * kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    WELD_CHECK(region != MAP_FAILED, "there is no memory for the nodes of a program");
    char* begin = static_cast<char*>(region);
    const size_t before = -reinterpret_cast<uintptr_t>(begin) % kSize;
    if (before > 0) munmap(begin, before);
    munmap(begin + before + kSize, kSize - before);
    // A walk over a long program goes through more pages than the processor remembers the addresses of. A short one has no use
    // for a whole huge page. Where there are none, nothing is lost.
    if (std::exchange(has_region_, true)) madvise(begin + before, kSize, MADV_HUGEPAGE);
    for (size_t i = kSlabsInRegion; i-- > 0;) push(new (begin + before + i * kSlabSize) Slab);
  }

  std::mutex mutex_;
  Slab* first_ = nullptr;
  size_t count_ = 0;
  bool has_region_ = false;
};

// Never destroyed: blocks may be released while the process ends.
FreeSlabs& free_slabs() {
  static FreeSlabs& slabs = *new FreeSlabs;
  return slabs;
}

void leave(Slab* slab) {
  if (slab->users.fetch_sub(1, std::memory_order_acq_rel) == 1) free_slabs().put(slab);
}

// The slab that a thread takes blocks from. Has no destructor: what is destroyed at the end of a thread later than its other
// objects may still take blocks.
class OpenSlab {
 public:
  void* allocate(size_t size) {
    if (size > left_) open();
    void* block = next_;
    next_ += size;
    left_ -= size;
    slab_->users.fetch_add(1, std::memory_order_relaxed);
    return block;
  }

  void close() {
    if (slab_ != nullptr) leave(slab_);
    slab_ = nullptr;
    left_ = 0;
  }

 private:
  void open();

  Slab* slab_ = nullptr;
  char* next_ = nullptr;
  size_t left_ = 0;
};

thread_local OpenSlab open_slabs[kSlabUses];  // by use

struct ClosesSlabs {
  ~ClosesSlabs() {
    for (OpenSlab& slab : open_slabs) slab.close();
  }
};

void OpenSlab::open() {
  thread_local ClosesSlabs at_end;
  Slab* slab = free_slabs().take();
  close();
  slab_ = slab;
  slab_->users.store(1, std::memory_order_relaxed);
  next_ = reinterpret_cast<char*>(slab_) + kFirstBlock;
  left_ = kSlabSize - kFirstBlock;
}

bool is_from_slab(size_t size) { return kUsesSlabs && size <= kLargestBlock; }

}  // namespace

void* allocate_block(size_t size, SlabUse use) {
  if (!is_from_slab(size)) return ::operator new(size);
  return open_slabs[static_cast<size_t>(use)].allocate((size + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment);
}

void release_block(void* block, size_t size) {
  if (!is_from_slab(size)) return ::operator delete(block);
  leave(reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) & ~(kSlabSize - 1)));
}

}  // namespace weld
