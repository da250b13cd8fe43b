// The block pool, arenas, marks, the limit.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <thread>

#include "tests/runtime/support.h"
#include "weld/runtime/block_pool.h"
#include "weld/runtime/memory.h"

namespace weld::runtime {
namespace {

constexpr int64_t kSizes[] = {0,       1,         63,        64,        65,        4095,      4096,      4097,       8192,
                              100'000, 2'000'000, 2'080'768, 2'080'769, 2'097'024, 2'097'025, 5'000'000, 20'000'000, 70'000'000};

TEST(ArenaTest, BlocksAreAlignedDistinctAndWritable) {
  Account account(0);
  {
    Arena arena(&account);
    std::vector<std::pair<uint8_t*, int64_t>> blocks;
    for (int round = 0; round < 3; ++round) {
      for (int64_t size : kSizes) {
        auto* block = static_cast<uint8_t*>(arena.allocate(size));
        ASSERT_NE(block, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
        std::memset(block, static_cast<int>(blocks.size()), size);
        blocks.emplace_back(block, size);
      }
    }
    for (size_t i = 0; i < blocks.size(); ++i) {
      const auto [block, size] = blocks[i];
      if (size == 0) continue;
      EXPECT_EQ(block[0], i);
      EXPECT_EQ(block[size / 2], i);
      EXPECT_EQ(block[size - 1], i);
    }
    EXPECT_EQ(account.used(), arena.bytes());
    EXPECT_GT(account.used(), 300'000'000u);
  }
  EXPECT_EQ(account.used(), 0u);
  EXPECT_GT(account.peak(), 300'000'000u);
}

TEST(ArenaTest, ImpossibleSizesGiveNull) {
  Account account(0);
  Arena arena(&account);
  EXPECT_EQ(arena.allocate(-1), nullptr);
  EXPECT_EQ(arena.allocate(std::numeric_limits<int64_t>::min()), nullptr);
  EXPECT_EQ(arena.allocate(std::numeric_limits<int64_t>::max()), nullptr);
  EXPECT_EQ(arena.allocate(std::numeric_limits<int64_t>::max() - 63), nullptr);
  EXPECT_EQ(arena.allocate(int64_t{1} << 45), nullptr);  // more than the machine gives
  EXPECT_EQ(arena.allocate_array(int64_t{1} << 40, int64_t{1} << 40), nullptr);
  EXPECT_EQ(arena.allocate_array(-1, 8), nullptr);
  EXPECT_EQ(account.used(), 0u);
  EXPECT_NE(arena.allocate(10), nullptr);
}

TEST(ArenaTest, ReleaseFreesLargeBlocksAtOnce) {
  Account account(0);
  Arena arena(&account);
  void* small = arena.allocate(100);
  const uint64_t before = account.used();
  for (int64_t size : {5'000, 1'000'000, 3'000'000}) {
    void* block = arena.allocate(size);
    EXPECT_GE(account.used(), before + size);
    arena.release(block);
    EXPECT_EQ(account.used(), before);
  }
  arena.release(small);  // waits for its region
  arena.release(nullptr);
  EXPECT_EQ(account.used(), before);
}

TEST(ArenaTest, AnotherArenasBlockIsLeftAlone) {
  Account account(0);
  Arena owner(&account);
  Arena other(&account);
  auto* block = static_cast<uint8_t*>(owner.allocate(1'000'000));
  other.release(block);
  block[999'999] = 1;
  EXPECT_EQ(account.used(), owner.bytes());
  owner.release(block);
  EXPECT_EQ(account.used(), 0u);
}

TEST(ArenaTest, MarksNest) {
  Account account(0);
  Arena arena(&account);
  auto* kept = static_cast<int64_t*>(arena.allocate(8));
  *kept = 42;
  const uint64_t outer = arena.mark();
  const uint64_t at_outer = account.used();
  void* first = arena.allocate(100);
  for (int i = 0; i < 100; ++i) arena.allocate(3000);
  arena.allocate(3'000'000);
  const uint64_t inner = arena.mark();
  const uint64_t at_inner = account.used();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 1000; ++i) arena.allocate(4000);
    arena.allocate(10'000'000);
    arena.release_to(inner);
    EXPECT_EQ(account.used(), at_inner);
  }
  arena.release_to(outer);
  EXPECT_EQ(account.used(), at_outer);
  EXPECT_EQ(arena.allocate(100), first);  // the same place again
  EXPECT_EQ(*kept, 42);
}

TEST(ArenaTest, AdoptedMemoryLivesInItsNewRegion) {
  Account account(0);
  Arena arena(&account);
  const uint64_t mark = arena.mark();
  auto* before = static_cast<int64_t*>(arena.allocate(8));
  int64_t* small;
  int64_t* large;
  {
    Arena child(&account);
    small = static_cast<int64_t*>(child.allocate(8));
    large = static_cast<int64_t*>(child.allocate(4'000'000));
    *small = 1;
    *large = 2;
    arena.adopt(child);
    EXPECT_EQ(child.bytes(), 0u);
  }
  EXPECT_EQ(*small + *large, 3);
  auto* after = static_cast<int64_t*>(arena.allocate(8));
  EXPECT_EQ(after, before + 8);
  const uint64_t used = account.used();
  arena.release(large);
  EXPECT_LE(account.used(), used - 4'000'000);
  arena.release_to(mark);
  EXPECT_EQ(account.used(), 0u);
}

TEST(ArenaTest, LimitIsKept) {
  Account account(1 << 20);
  {
    Arena arena(&account);
    EXPECT_EQ(arena.allocate(1 << 21), nullptr);
    int64_t allocated = 0;
    while (arena.allocate(1000) != nullptr) allocated += 1000;
    EXPECT_GT(allocated, 700'000);
    EXPECT_LE(account.used(), 1u << 20);
  }
  EXPECT_EQ(account.used(), 0u);
  EXPECT_LE(account.peak(), 1u << 20);
}

TEST(BlockPoolTest, FreedBlocksAreUsedAgainAndTrimmed) {
  BlockPool& pool = BlockPool::instance();
  pool.trim();
  EXPECT_EQ(pool.kept_bytes(), 0u);
  Block* block = pool.acquire(30'000'000);
  ASSERT_NE(block, nullptr);
  uint8_t* data = block->data;
  pool.release(block);
  const uint64_t kept = pool.kept_bytes();
  EXPECT_GE(kept, 30'000'000u);
  Block* part = pool.acquire(10'000'000);
  Block* rest = pool.acquire(10'000'000);
  EXPECT_EQ(part->data, data);
  EXPECT_GT(rest->data, data);
  EXPECT_LT(rest->data, data + 30'000'000);
  pool.release(part);
  pool.release(rest);
  EXPECT_EQ(pool.kept_bytes(), kept);  // joined again
  block = pool.acquire(30'000'000);
  EXPECT_EQ(block->data, data);
  pool.release(block);
  pool.trim();
  EXPECT_EQ(pool.kept_bytes(), 0u);
}

TEST(BlockPoolTest, ManyThreads) {
  Account account(0);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      Arena arena(&account);
      std::vector<uint8_t*> blocks;
      uint64_t random = t;
      for (int i = 0; i < 1000; ++i) {
        random = mix(random + i);
        const auto size = static_cast<int64_t>(4097 + random % 300'000);
        auto* block = static_cast<uint8_t*>(arena.allocate(size));
        block[0] = block[size - 1] = static_cast<uint8_t>(t);
        blocks.push_back(block);
        if (i % 3 == 0) {
          if (blocks[i / 3][0] != t) ++wrong;
          arena.release(blocks[i / 3]);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(account.used(), 0u);
}

TEST(AppenderTest, GrowsAndKeepsElements) {
  auto engine = make_engine(1);
  for (int64_t size : {1, 3, 8, 100, 5000}) {
    RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
      WeldAppender appender = {};
      std::vector<uint8_t> element(size);
      for (int64_t i = 0; i < 3000; ++i) {
        if (weld_status status = weld_rt_appender_reserve(context, &appender, size, 1); status != 0) return status;
        EXPECT_LT(appender.size, appender.capacity);
        std::fill(element.begin(), element.end(), static_cast<uint8_t>(i));
        std::memcpy(appender.data + size * appender.size++, element.data(), size);
        if (i % 100 == 0) weld_rt_allocate(context, 10);  // so that it is not always the newest allocation
      }
      for (int64_t i = 0; i < 3000; ++i) {
        EXPECT_EQ(appender.data[i * size], static_cast<uint8_t>(i));
        EXPECT_EQ(appender.data[i * size + size - 1], static_cast<uint8_t>(i));
      }
      return 0;
    });
    EXPECT_EQ(outcome.status, 0u);
  }
  EXPECT_EQ(engine->memory_usage(), 0u);
}

TEST(AppenderTest, ImpossibleSizesAreOutOfMemory) {
  auto engine = make_engine(1);
  RunOutcome outcome = run_program(engine, 8, [&](WeldRunContext* context, void*) -> weld_status {
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    WeldAppender appender = {};
    EXPECT_EQ(weld_rt_appender_reserve(context, &appender, 8, kMost), weld_status{WELD_OUT_OF_MEMORY});
    EXPECT_EQ(weld_rt_appender_reserve(context, &appender, 1, kMost), weld_status{WELD_OUT_OF_MEMORY});
    EXPECT_EQ(weld_rt_appender_reserve(context, &appender, 8, -1), weld_status{WELD_OUT_OF_MEMORY});
    EXPECT_EQ(weld_rt_appender_reserve(context, &appender, 8, 5), 0u);
    appender.size = 5;
    EXPECT_EQ(weld_rt_appender_reserve(context, &appender, 8, kMost), weld_status{WELD_OUT_OF_MEMORY});
    EXPECT_EQ(weld_rt_appender_reserve(context, &appender, 8, kMost - 5), weld_status{WELD_OUT_OF_MEMORY});
    WeldAppender empty = {};
    EXPECT_EQ(weld_rt_appender_reserve(context, &empty, 0, kMost), 0u);
    EXPECT_EQ(empty.capacity, kMost);
    return 0;
  });
  EXPECT_EQ(outcome.status, 0u);
}

}  // namespace
}  // namespace weld::runtime
