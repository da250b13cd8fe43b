// A value that never changes, with a count of its owners: one pointer wide. For what many nodes of a program have in common.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "weld/ir/slab_memory.h"

namespace weld {

// Copies share the value. Those of one value may be used and destroyed by several threads at once.
template <class T>
class SharedValue {
 public:
  SharedValue() = default;  // owns nothing; to be assigned to or destroyed, and compared to another
  SharedValue(T value) : block_(new (allocate_block(sizeof(Block), SlabUse::kParts)) Block{1, std::move(value)}) {}
  SharedValue(const SharedValue& other) : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedValue(SharedValue&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedValue& operator=(SharedValue other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedValue() {
    if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~Block();
    release_block(block_, sizeof(Block));
  }

  explicit operator bool() const { return block_ != nullptr; }
  const T& operator*() const { return block_->value; }
  const T* operator->() const { return &block_->value; }

  friend bool operator==(const SharedValue& left, const SharedValue& right) {
    if (left.block_ == right.block_) return true;
    return left && right && *left == *right;
  }

 private:
  struct Block {
    std::atomic<uint32_t> owners;
    const T value;
  };

  Block* block_ = nullptr;
};

}  // namespace weld
