// Memory of a run: an account with a limit, and arenas that allocate on it.
#pragma once

#include <atomic>
#include <cstdint>

#include "weld/runtime/block_pool.h"

namespace weld::runtime {

// Counts the bytes that the runs and results of one engine hold. Thread-safe.
class Account {
 public:
  explicit Account(uint64_t limit) : limit_(limit) {}

  // False, and nothing counted, when it would exceed the limit.
  bool charge(uint64_t bytes);
  void discharge(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

 private:
  const uint64_t limit_;  // 0: none
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> peak_{0};
};

// Allocates 64-byte aligned memory: up to kLargestSmall bytes by bumping a pointer through chunks, more as blocks of their own.
// Frees everything it still holds when destroyed. Belongs to one thread at a time. The account must outlive it.
class Arena {
 public:
  static constexpr int64_t kLargestSmall = 4 << 10;

  explicit Arena(Account* account) : account_(account) {}
  Arena(Arena&& other) noexcept : account_(other.account_) { adopt(other); }
  Arena& operator=(Arena&&) = delete;
  ~Arena() { release_to(0); }

  // At least bytes, uninitialised; null when bytes is negative or the memory is not to be had. *usable is what may be used.
  void* allocate(int64_t bytes, int64_t* usable = nullptr);
  // The same for an array; null when its size overflows.
  void* allocate_array(int64_t count, int64_t element_size, int64_t* usable = nullptr);

  // Frees a block of its own at once. Memory inside a chunk, or of another arena, waits for its region. Null is ignored.
  void release(void* memory);

  // Makes the newest small allocation larger where it lies, if there is room: true then.
  bool extend(void* memory, int64_t bytes, int64_t new_bytes);

  // A mark is a point in the order of allocations; release_to frees what was allocated after it. 0 is the very beginning.
  uint64_t mark() const {
    return sequence_ << kMarkBits | static_cast<uint64_t>(chunk_ == nullptr ? 0 : bump_ - chunk_->data) / kAlignment;
  }
  void release_to(uint64_t mark);

  // Takes over everything that another arena on the same account holds.
  void adopt(Arena& other);

  uint64_t bytes() const { return bytes_; }

  // Bytes that were ever asked for, also those freed again; with what adopted arenas and other contexts of the run counted.
  uint64_t allocated() const { return allocated_; }
  void count_allocated(uint64_t bytes) { allocated_ += bytes; }

 private:
  static constexpr int64_t kAlignment = 64;
  static constexpr int kMarkBits = 16;
  static constexpr int64_t kFirstChunk = 8 << 10;
  static constexpr int64_t kLargestChunk = 256 << 10;

  Block* acquire(uint64_t bytes);
  void free_block(Block* block);
  bool new_chunk();

  Account* account_;
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  Block* chunk_ = nullptr;  // the one that bump_ lies in
  uint8_t* bump_ = nullptr;
  uint8_t* bump_end_ = nullptr;
  uint64_t sequence_ = 0;  // of the newest block ever acquired
  uint64_t bytes_ = 0;
  uint64_t allocated_ = 0;
  int64_t next_chunk_ = kFirstChunk;
};

// An array of plain values on an arena, given back at the end of the scope. Check ok() before use.
template <typename T>
class ScratchArray {
 public:
  ScratchArray(Arena& arena, int64_t count)
      : arena_(arena), data_(static_cast<T*>(arena.allocate_array(count, sizeof(T)))), count_(count) {}
  ScratchArray(const ScratchArray&) = delete;
  ScratchArray& operator=(const ScratchArray&) = delete;
  ~ScratchArray() { arena_.release(data_); }

  bool ok() const { return data_ != nullptr; }
  int64_t size() const { return count_; }
  T* data() { return data_; }
  T& operator[](int64_t index) { return data_[index]; }

 private:
  Arena& arena_;
  T* data_;
  int64_t count_;
};

}  // namespace weld::runtime
