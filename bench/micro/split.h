// Runs a function over even parts of a range of rows, each on a thread of its own.
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

namespace weld::bench {
namespace {  // each source compiles its own, with its own flags

// Calls work(part, begin, end) for each of `threads` parts and returns when all are done. The last part runs on the caller's
// thread.
template <class Work>
void split(int64_t rows, int threads, const Work& work) {
  std::vector<std::thread> others;
  for (int part = 0; part + 1 < threads; ++part) {
    others.emplace_back([&, part] { work(part, rows * part / threads, rows * (part + 1) / threads); });
  }
  work(threads - 1, rows * (threads - 1) / threads, rows);
  for (std::thread& other : others) other.join();
}

// The sum over the parts of what work(begin, end) returns.
template <class Work>
int64_t split_sum(int64_t rows, int threads, const Work& work) {
  std::vector<int64_t> sums(static_cast<size_t>(threads));
  split(rows, threads, [&](int part, int64_t begin, int64_t end) { sums[static_cast<size_t>(part)] = work(begin, end); });
  int64_t total = 0;
  for (int64_t sum : sums) total += sum;
  return total;
}

}  // namespace
}  // namespace weld::bench
