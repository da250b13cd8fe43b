// An arena is a list of blocks in the order they were acquired, numbered in that order. Some of them are chunks, which small
// allocations fill from the front; the newest chunk of this arena's own is the one in use. A mark is the number of the newest
// block and the fill of the chunk in use, so releasing to it drops the newer blocks and sets the fill back. Blocks adopted from
// another arena are numbered as if acquired now; its chunks are not filled further.
#include "weld/runtime/memory.h"

#include <algorithm>
#include <utility>

#include "weld/runtime/context.h"
#include "weld/runtime/sanitizer.h"

namespace weld::runtime {

bool Account::charge(uint64_t bytes) {
  // Not added and taken back when too much: meanwhile another thread's charge would fail.
  uint64_t before = used_.load(std::memory_order_relaxed);
  do {
    if (limit_ != 0 && before + bytes > limit_) return false;
  } while (!used_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  uint64_t peak = peak_.load(std::memory_order_relaxed);
  while (peak < before + bytes && !peak_.compare_exchange_weak(peak, before + bytes, std::memory_order_relaxed)) {
  }
  return true;
}

Block* Arena::acquire(uint64_t bytes) {
  const uint64_t footprint = BlockPool::footprint(bytes);
  if (footprint == 0 || !account_->charge(footprint)) return nullptr;
  Block* block = BlockPool::instance().acquire(bytes);
  if (block == nullptr) {
    account_->discharge(footprint);
    return nullptr;
  }
  bytes_ += footprint;
  block->owner = this;
  block->sequence = ++sequence_;
  block->previous = last_;
  block->next = nullptr;
  (last_ != nullptr ? last_->next : first_) = block;
  last_ = block;
  return block;
}

void Arena::free_block(Block* block) {
  const uint64_t footprint = BlockPool::footprint(block);
  (block->previous != nullptr ? block->previous->next : first_) = block->next;
  (block->next != nullptr ? block->next->previous : last_) = block->previous;
  bytes_ -= footprint;
  BlockPool::instance().release(block);
  account_->discharge(footprint);
}

bool Arena::new_chunk() {
  Block* block = acquire(next_chunk_);
  if (block == nullptr && next_chunk_ > kFirstChunk) block = acquire(kFirstChunk);
  if (block == nullptr) return false;
  next_chunk_ = std::min(next_chunk_ * 2, kLargestChunk);
  block->is_chunk = true;
  block->previous_chunk = chunk_;
  chunk_ = block;
  bump_ = block->data;
  bump_end_ = bump_ + block->size;
  mark_unused(bump_, block->size);
  return true;
}

void* Arena::allocate(int64_t bytes, int64_t* usable) {
  if (bytes < 0) return nullptr;
  if (bytes > kLargestSmall) {
    Block* block = acquire(bytes);
    if (block == nullptr) return nullptr;
    allocated_ += bytes;
    if (usable != nullptr) {
      *usable = static_cast<int64_t>(block->size);
    } else {
      mark_unused(block->data + bytes, block->size - bytes);
    }
    return block->data;
  }
  const int64_t size = std::max((bytes + kAlignment - 1) / kAlignment * kAlignment, kAlignment);
  if (bump_end_ - bump_ < size && !new_chunk()) return nullptr;
  uint8_t* memory = bump_;
  bump_ += size;
  allocated_ += bytes;
  if (usable != nullptr) *usable = size;
  mark_used(memory, usable != nullptr ? size : bytes);
  return memory;
}

void* Arena::allocate_array(int64_t count, int64_t element_size, int64_t* usable) {
  int64_t bytes = 0;
  if (count < 0 || __builtin_mul_overflow(count, element_size, &bytes)) return nullptr;
  return allocate(bytes, usable);
}

void Arena::release(void* memory) {
  if (memory == nullptr) return;
  Block* block = BlockPool::block_at(memory);
  if (block != nullptr && block->owner == this && !block->is_chunk) free_block(block);
}

bool Arena::extend(void* memory, int64_t bytes, int64_t new_bytes) {
  auto* start = static_cast<uint8_t*>(memory);
  const int64_t old_size = std::max((bytes + kAlignment - 1) / kAlignment * kAlignment, kAlignment);
  if (chunk_ == nullptr || start + old_size != bump_ || start < chunk_->data || new_bytes > bump_end_ - start) return false;
  mark_used(start, new_bytes);
  allocated_ += std::max<int64_t>(new_bytes - bytes, 0);
  bump_ = std::max(bump_, start + (new_bytes + kAlignment - 1) / kAlignment * kAlignment);
  return true;
}

void Arena::release_to(uint64_t mark) {
  const uint64_t sequence = mark >> kMarkBits;
  while (last_ != nullptr && last_->sequence > sequence) {
    if (last_ == chunk_) chunk_ = last_->previous_chunk;
    free_block(last_);
  }
  if (chunk_ == nullptr) {
    bump_ = bump_end_ = nullptr;
    next_chunk_ = kFirstChunk;
    return;
  }
  const uint64_t fill = (mark & ((uint64_t{1} << kMarkBits) - 1)) * kAlignment;
  bump_ = chunk_->data + fill;
  bump_end_ = chunk_->data + chunk_->size;
  mark_unused(bump_, bump_end_ - bump_);
}

void Arena::adopt(Arena& other) {
  if (other.first_ != nullptr) {
    for (Block* block = other.first_; block != nullptr; block = block->next) {
      block->owner = this;
      block->sequence = ++sequence_;
    }
    other.first_->previous = last_;
    (last_ != nullptr ? last_->next : first_) = other.first_;
    last_ = other.last_;
  }
  bytes_ += other.bytes_;
  allocated_ += std::exchange(other.allocated_, 0);
  other.first_ = other.last_ = other.chunk_ = nullptr;
  other.bump_ = other.bump_end_ = nullptr;
  other.bytes_ = 0;
  other.next_chunk_ = kFirstChunk;
}

}  // namespace weld::runtime

void* weld_rt_allocate(WeldRunContext* context, int64_t bytes) { return context->arena.allocate(bytes); }

void weld_rt_release(WeldRunContext* context, void* block) { context->arena.release(block); }

uint64_t weld_rt_mark(WeldRunContext* context) { return context->arena.mark(); }

void weld_rt_release_to(WeldRunContext* context, uint64_t mark) { context->arena.release_to(mark); }
