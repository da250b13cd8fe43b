#include "weld/ir/slab_memory.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weld {
namespace {

struct Block {
  unsigned char* at;
  size_t size;
  unsigned char mark;
};

// Of sizes up to some that no slab has room for.
std::vector<Block> marked_blocks(int count) {
  std::vector<Block> blocks;
  for (int i = 0; i < count; ++i) {
    const size_t size = i % 97 == 0 ? 40'000 : static_cast<size_t>(1 + (i * 37) % 3000);
    const auto use = i % 3 == 0 ? SlabUse::kNotes : SlabUse::kNodes;
    blocks.push_back({static_cast<unsigned char*>(allocate_block(size, use)), size, static_cast<unsigned char>(i)});
    std::memset(blocks.back().at, blocks.back().mark, size);
  }
  return blocks;
}

void check_and_release(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.at) % kBlockAlignment, 0U);
    EXPECT_EQ(block.at[0], block.mark);
    EXPECT_EQ(block.at[block.size - 1], block.mark);
    release_block(block.at, block.size);
  }
}

TEST(SlabMemory, BlocksDoNotOverlap) {
  // More than one region of slabs holds; the second round takes what the first gave back.
  for (int round = 0; round < 2; ++round) check_and_release(marked_blocks(3000));
}

TEST(SlabMemory, OtherThreadsRelease) {
  std::vector<std::vector<Block>> blocks(4);
  std::vector<std::thread> makers;
  for (std::vector<Block>& some : blocks) makers.emplace_back([&some] { some = marked_blocks(1000); });
  for (std::thread& maker : makers) maker.join();
  std::vector<std::thread> releasers;
  for (const std::vector<Block>& some : blocks) releasers.emplace_back([&some] { check_and_release(some); });
  for (std::thread& releaser : releasers) releaser.join();
}

TEST(SlabMemory, ContainersKeepWhatTheyHold) {
  std::unordered_map<int, std::string, std::hash<int>, std::equal_to<>, SlabAllocator<std::pair<const int, std::string>>> notes;
  for (int i = 0; i < 5000; ++i) notes[i] = std::to_string(i);
  for (int i = 0; i < 5000; i += 2) notes.erase(i);
  EXPECT_EQ(notes.size(), 2500U);
  for (const auto& [number, text] : notes) EXPECT_EQ(text, std::to_string(number));
}

}  // namespace
}  // namespace weld
