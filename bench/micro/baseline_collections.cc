// Groups: each thread fills a table of its own, of twice as many slots as keys: the key's product with an odd number gives the
// slot, and the next free one is taken where it is another key's.
#include <algorithm>
#include <functional>
#include <utility>

#include "bench/micro/baseline.h"
#include "bench/micro/split.h"

namespace weld::bench {
namespace {

class Sums {
 public:
  void add(int64_t key, int64_t sum, int64_t count) {
    KeySum& entry = entry_of(key);
    if (entry.count == 0) {
      if (++size_ * 2 > slots_.size()) {
        --size_;
        grow();
        return add(key, sum, count);
      }
      entry.key = key;
    }
    entry.sum += sum;
    entry.count += count;
  }

  bool contains(int64_t key) const { return find(key).count != 0; }
  const KeySum& find(int64_t key) const { return slots_[slot_of(key)]; }  // a count of 0 where there is none

  // Those that have a count, in no order.
  const std::vector<KeySum>& slots() const { return slots_; }

 private:
  KeySum& entry_of(int64_t key) { return slots_[slot_of(key)]; }

  size_t slot_of(int64_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = (static_cast<uint64_t>(key) * 0x9e3779b97f4a7c15ULL >> 32) & mask;
    while (slots_[slot].count != 0 && slots_[slot].key != key) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<KeySum> old = std::exchange(slots_, std::vector<KeySum>(slots_.size() * 2));
    for (const KeySum& entry : old) {
      if (entry.count != 0) entry_of(entry.key) = entry;
    }
  }

  std::vector<KeySum> slots_ = std::vector<KeySum>(4096);
  size_t size_ = 0;
};

Sums sums_by_key(const int64_t* keys, const int64_t* values, int64_t rows, int threads) {
  std::vector<Sums> parts(static_cast<size_t>(threads));
  split(rows, threads, [&](int part, int64_t begin, int64_t end) {
    Sums sums;
    for (int64_t row = begin; row < end; ++row) sums.add(keys[row], values[row], 1);
    parts[static_cast<size_t>(part)] = std::move(sums);
  });
  Sums whole;
  for (const Sums& part : parts) {
    for (const KeySum& entry : part.slots()) {
      if (entry.count != 0) whole.add(entry.key, entry.sum, entry.count);
    }
  }
  return whole;
}

}  // namespace

std::vector<KeySum> group_sums(const int64_t* keys, const int64_t* values, int64_t rows, int threads) {
  std::vector<KeySum> sorted;
  const Sums sums = sums_by_key(keys, values, rows, threads);
  for (const KeySum& entry : sums.slots()) {
    if (entry.count != 0) sorted.push_back(entry);
  }
  std::sort(sorted.begin(), sorted.end(), [](const KeySum& left, const KeySum& right) { return left.key < right.key; });
  return sorted;
}

int64_t group_spread(const int64_t* keys, const int64_t* values, int64_t rows, int threads) {
  const Sums sums = sums_by_key(keys, values, rows, threads);
  return split_sum(rows, threads, [&](int64_t begin, int64_t end) {
    int64_t sum = 0;
    for (int64_t row = begin; row < end; ++row) {
      const KeySum& group = sums.find(keys[row]);
      const int64_t scaled = values[row] * group.count;
      sum += scaled > group.sum ? values[row] : scaled < group.sum ? -values[row] : 0;
    }
    return sum;
  });
}

std::vector<int64_t> greatest(const int64_t* xs, int64_t count, int64_t rows, int threads) {
  std::vector<std::vector<int64_t>> parts(static_cast<size_t>(threads));
  split(rows, threads, [&](int part, int64_t begin, int64_t end) {
    std::vector<int64_t> top(static_cast<size_t>(std::min(count, end - begin)));
    std::partial_sort_copy(xs + begin, xs + end, top.begin(), top.end(), std::greater<>());
    parts[static_cast<size_t>(part)] = std::move(top);
  });
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& part : parts) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end(), std::greater<>());
  all.resize(static_cast<size_t>(std::min(count, rows)));
  return all;
}

int64_t sum_of_known(const std::vector<int64_t>& others, const int64_t* keys, const int64_t* values, int64_t rows, int threads) {
  Sums known;
  for (int64_t key : others) known.add(key, 0, 1);
  return split_sum(rows, threads, [&](int64_t begin, int64_t end) {
    int64_t sum = 0;
    for (int64_t row = begin; row < end; ++row) sum += known.contains(keys[row]) ? values[row] : 0;
    return sum;
  });
}

}  // namespace weld::bench
