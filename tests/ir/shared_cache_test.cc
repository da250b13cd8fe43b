// A cache of shared values: what it keeps, and that several threads make one value.
#include "weld/ir/shared_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weld {
namespace {

using Cache = SharedCache<int>;

Cache::Outcome make_int(int value) { return std::make_shared<const int>(value); }

TEST(SharedCache, KeepsWhatWasAskedForLast) {
  Cache cache(2);
  EXPECT_EQ(**cache.get("a", [] { return make_int(1); }), 1);
  EXPECT_EQ(**cache.get("b", [] { return make_int(2); }), 2);
  EXPECT_EQ(**cache.get("a", [] { return make_int(10); }), 1);
  EXPECT_EQ(**cache.get("c", [] { return make_int(3); }), 3);  // in the place of b
  EXPECT_EQ(**cache.get("a", [] { return make_int(10); }), 1);
  EXPECT_EQ(**cache.get("b", [] { return make_int(20); }), 20);
  EXPECT_EQ(cache.counts().hits, 2u);
  EXPECT_EQ(cache.counts().misses, 4u);
}

TEST(SharedCache, ValuesOutliveTheirPlace) {
  Cache cache(1);
  const std::shared_ptr<const int> a = *cache.get("a", [] { return make_int(1); });
  EXPECT_TRUE(cache.get("b", [] { return make_int(2); }).ok());
  EXPECT_EQ(*a, 1);
  EXPECT_EQ(a.use_count(), 1);
}

TEST(SharedCache, KeepsNoFailures) {
  Cache cache(4);
  EXPECT_FALSE(cache.get("a", []() -> Cache::Outcome { return Diagnostic{"no", {}}; }).ok());
  EXPECT_THROW((void)cache.get("a", []() -> Cache::Outcome { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(**cache.get("a", [] { return make_int(1); }), 1);
  EXPECT_EQ(cache.counts().misses, 3u);
}

TEST(SharedCache, OneThreadMakesAndTheOthersWait) {
  Cache cache(4);
  std::atomic<int> made = 0;
  std::atomic<int> sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      sum += **cache.get("a", [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return make_int(++made);
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(sum, 4);
}

}  // namespace
}  // namespace weld
