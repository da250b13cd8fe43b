#include "bench/tpch/threads.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace weld::tpch {

int resolve_threads(int threads) {
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void for_each_chunk(int threads, int64_t chunks, const std::function<void(int64_t)>& work) {
  std::atomic<int64_t> next{0};
  auto take = [&] {
    for (int64_t chunk = next++; chunk < chunks; chunk = next++) work(chunk);
  };
  int64_t extra = std::min<int64_t>(resolve_threads(threads), chunks) - 1;
  std::vector<std::thread> workers;
  for (int64_t i = 0; i < extra; ++i) workers.emplace_back(take);
  take();
  for (std::thread& worker : workers) worker.join();
}

}  // namespace weld::tpch
