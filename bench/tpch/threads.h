// Running a number of independent chunks on a number of threads.
#pragma once

#include <cstdint>
#include <functional>

namespace weld::tpch {

// The given count, or that of the machine's cores when it is not positive.
int resolve_threads(int threads);

// Calls work(chunk) for every chunk in [0, chunks), each once, from up to threads threads (the caller's among them). Returns when
// all calls have; chunks start in ascending order.
void for_each_chunk(int threads, int64_t chunks, const std::function<void(int64_t)>& work);

// Rows [begin, end), and the cutting of a table's rows into chunks of chunk_rows, the last one shorter.
struct RowRange {
  int64_t begin;
  int64_t end;
  int64_t size() const { return end - begin; }
};
inline int64_t chunk_count(int64_t rows, int64_t chunk_rows) { return (rows + chunk_rows - 1) / chunk_rows; }
inline RowRange chunk_range(int64_t rows, int64_t chunk_rows, int64_t chunk) {
  int64_t begin = chunk * chunk_rows;
  return {begin, begin + chunk_rows < rows ? begin + chunk_rows : rows};
}

}  // namespace weld::tpch
