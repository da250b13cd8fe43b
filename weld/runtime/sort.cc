// Stable merge sort with an unknown comparator. Elements of up to 32 bytes that are a multiple of 4 are moved themselves; others
// are sorted by pointer and gathered at the end.
//
// Runs of kRun are sorted by insertion, then merged from one buffer into the other, twice as long each time. In parallel, blocks
// are sorted by one task each; after that a round's output is cut into equal stretches, and for each the places where it begins
// in the two inputs are found by binary search, so that the last merges use all threads too.
//
// Every index is bounded by itself, whatever the comparator says, so one that is no order gives some permutation, not a wrong
// access.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <new>
#include <vector>

#include "weld/runtime/context.h"

namespace weld::runtime {

namespace {

constexpr int64_t kRun = 8;
constexpr int64_t kBlock = 4 << 10;  // elements sorted or merged by one task

template <int64_t kSize>
struct alignas(kSize < 8 ? kSize : 8) Bytes {
  uint8_t bytes[kSize];
};

// What is sorted: elements, or pointers to them.
template <typename Item>
const void* address(const Item& item) {
  return item.bytes;
}
const void* address(const uint8_t* const& item) { return item; }

struct Comparator {
  WeldCompare compare;
  const void* environment;
  LoopProfile* profile = nullptr;  // of the sort, which counts its threads; null when it is not recorded
};

// Sorts on one thread. Stops at the first failed comparison.
template <typename Item>
class Sorter {
 public:
  Sorter(WeldRunContext* context, const Comparator& comparator) : context_(context), comparator_(comparator) {}

  weld_status status() const { return status_; }

  // False when the sort failed or the run has to stop.
  bool proceed() {
    if (status_ == 0) status_ = context_->control.poll();
    return status_ == 0;
  }

  // True when right has to come before left.
  bool swapped(const Item& left, const Item& right) {
    return comparator_.compare(context_, comparator_.environment, address(left), address(right), &status_) > 0 && status_ == 0;
  }

  // Sorts items[0, count), using as much of spare.
  void sort(Item* items, Item* spare, int64_t count) {
    for (int64_t begin = 0; begin < count && status_ == 0; begin += kRun)
      insertion_sort(items + begin, std::min(kRun, count - begin));
    Item* from = items;
    Item* to = spare;
    for (int64_t width = kRun; width < count && status_ == 0; width *= 2) {
      for (int64_t begin = 0; begin < count; begin += 2 * width) {
        const int64_t middle = std::min(begin + width, count);
        const int64_t end = std::min(middle + width, count);
        merge(from + begin, from + middle, from + middle, from + end, to + begin);
      }
      std::swap(from, to);
    }
    if (from != items) std::copy_n(from, count, items);
  }

  void merge(const Item* left, const Item* left_end, const Item* right, const Item* right_end, Item* to) {
    // Already in order, often.
    if (left < left_end && right < right_end && !swapped(left_end[-1], *right)) {
      std::copy(right, right_end, std::copy(left, left_end, to));
      return;
    }
    while (left < left_end && right < right_end && status_ == 0) *to++ = swapped(*left, *right) ? *right++ : *left++;
    std::copy(right, right_end, std::copy(left, left_end, to));
  }

  // How many of the first `count` merged items come from the left, between low and high.
  int64_t split(const Item* left, const Item* right, int64_t count, int64_t low, int64_t high) {
    while (low < high && status_ == 0) {
      const int64_t middle = low + (high - low) / 2;
      // The left item belongs to the first `count` unless the right one that would take its place comes before it.
      if (swapped(left[middle], right[count - middle - 1])) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

 private:
  void insertion_sort(Item* items, int64_t count) {
    for (int64_t i = 1; i < count; ++i) {
      if (!swapped(items[i - 1], items[i])) continue;
      const Item moving = items[i];
      int64_t at = i;
      do {
        items[at] = items[at - 1];
        --at;
      } while (at > 0 && swapped(items[at - 1], moving));
      items[at] = moving;
    }
  }

  WeldRunContext* context_;
  const Comparator& comparator_;
  weld_status status_ = 0;
};

// Runs tasks on all threads of the engine, or on its only one, each with a sorter. Every task polls, so a long sort can be
// stopped.
template <typename Item>
class SortTasks {
 public:
  SortTasks(WeldRunContext* context, const Comparator& comparator)
      : context_(context), comparator_(comparator), contexts_(context) {}
  SortTasks(const SortTasks&) = delete;
  SortTasks& operator=(const SortTasks&) = delete;
  ~SortTasks() {
    if (comparator_.profile != nullptr) comparator_.profile->threads = std::max(comparator_.profile->threads, contexts_.count());
  }

  weld_status status() const { return status_; }
  bool ok() const { return status_ == 0; }

  template <typename Body>
  void run(int64_t tasks, const Body& body) {
    parallel_tasks(
        context_->engine.scheduler(), tasks,
        [&](int runner, int64_t task) {
          WeldRunContext* context = contexts_.get(runner);
          Sorter<Item> sorter(context, comparator_);
          if (sorter.proceed()) body(sorter, task);
          context->arena.release_to(0);
          if (sorter.status() != 0) fail(sorter.status());
        },
        &stopped_);
  }

  void fail(weld_status status) {
    weld_status none = 0;
    status_.compare_exchange_strong(none, status, std::memory_order_relaxed);
    stopped_.store(true, std::memory_order_relaxed);
  }

 private:
  WeldRunContext* context_;
  const Comparator& comparator_;
  RunnerContexts contexts_;
  std::atomic<bool> stopped_{false};
  std::atomic<weld_status> status_{0};
};

template <typename Item>
class ParallelSorter {
 public:
  ParallelSorter(WeldRunContext* context, const Comparator& comparator, Item* items, Item* spare, int64_t count)
      : context_(context), tasks_(context, comparator), items_(items), spare_(spare), count_(count) {}

  weld_status sort() {
    const int64_t blocks = (count_ + kBlock - 1) / kBlock;
    tasks_.run(blocks, [this](Sorter<Item>& sorter, int64_t block) {
      const int64_t begin = block * kBlock;
      sorter.sort(items_ + begin, spare_ + begin, std::min(kBlock, count_ - begin));
    });
    Item* from = items_;
    Item* to = spare_;
    for (int64_t width = kBlock; width < count_ && tasks_.ok(); width *= 2) {
      merge_round(from, to, width);
      std::swap(from, to);
    }
    if (tasks_.ok() && from != items_) copy(from);
    return tasks_.status();
  }

 private:
  // A stretch of the output of one merge: [begin, end) of the pair's items, of which the first left_begin .. come from the left
  // input.
  struct Stretch {
    int64_t pair;
    int64_t begin;
    int64_t end;
    int64_t left_begin;
    int64_t left_end;
  };

  void merge_round(const Item* from, Item* to, int64_t width) {
    const int64_t pairs = (count_ + 2 * width - 1) / (2 * width);
    const int64_t cuts = 2 * width / kBlock;  // stretches of a whole pair
    ScratchArray<Stretch> stretches(context_->arena, pairs * cuts);
    if (!stretches.ok()) return tasks_.fail(WELD_OUT_OF_MEMORY);
    tasks_.run(pairs, [&](Sorter<Item>& sorter, int64_t pair) { cut(sorter, from, width, pair, &stretches[pair * cuts]); });
    if (!tasks_.ok()) return;
    tasks_.run(pairs * cuts, [&](Sorter<Item>& sorter, int64_t number) {
      const Stretch& stretch = stretches[number];
      const Item* left = from + stretch.pair * 2 * width;
      const Item* right = left + width;
      if (stretch.begin == stretch.end) return;
      sorter.merge(left + stretch.left_begin, left + stretch.left_end, right + (stretch.begin - stretch.left_begin),
                   right + (stretch.end - stretch.left_end), to + stretch.pair * 2 * width + stretch.begin);
    });
  }

  // Bounds keep every stretch's parts of both inputs from having a negative length.
  void cut(Sorter<Item>& sorter, const Item* from, int64_t width, int64_t pair, Stretch* stretches) {
    const int64_t start = pair * 2 * width;
    const int64_t left_count = std::min(width, count_ - start);
    const int64_t right_count = std::min(width, count_ - start - left_count);
    const int64_t total = left_count + right_count;
    const Item* left = from + start;
    int64_t begin = 0;
    int64_t left_begin = 0;
    for (int64_t i = 0; i < 2 * width / kBlock; ++i) {
      const int64_t end = std::min((i + 1) * kBlock, total);
      const int64_t low = std::max(left_begin, end - right_count);
      const int64_t high = std::min(left_count, end - (begin - left_begin));
      const int64_t left_end = sorter.split(left, left + width, end, low, high);
      stretches[i] = {pair, begin, end, left_begin, left_end};
      begin = end;
      left_begin = left_end;
    }
  }

  void copy(const Item* from) {
    tasks_.run((count_ + kBlock - 1) / kBlock, [&](Sorter<Item>&, int64_t block) {
      const int64_t begin = block * kBlock;
      std::copy_n(from + begin, std::min(kBlock, count_ - begin), items_ + begin);
    });
  }

  WeldRunContext* context_;
  SortTasks<Item> tasks_;
  Item* items_;
  Item* spare_;
  int64_t count_;
};

template <typename Item>
weld_status sort_items(WeldRunContext* context, const Comparator& comparator, Item* items, int64_t count) {
  ScratchArray<Item> spare(context->arena, count);
  if (!spare.ok()) return WELD_OUT_OF_MEMORY;
  const uint64_t mark = context->arena.mark();
  weld_status status = 0;
  if (count > 2 * kBlock) {
    status = ParallelSorter<Item>(context, comparator, items, spare.data(), count).sort();
  } else {
    Sorter<Item> sorter(context, comparator);
    sorter.sort(items, spare.data(), count);
    status = sorter.status();
  }
  context->arena.release_to(mark);
  return status;
}

struct Job {
  WeldRunContext* context;
  const uint8_t* data;
  int64_t length;
  int64_t element_size;
  Comparator comparator;
  uint8_t* sorted;
};

template <int64_t kSize>
weld_status sort_values(const Job& job) {
  if (weld_status status = weld_rt_copy(job.context, job.sorted, job.data, job.length * kSize); status != 0) return status;
  return sort_items(job.context, job.comparator, reinterpret_cast<Bytes<kSize>*>(job.sorted), job.length);
}

weld_status sort_pointers(const Job& job) {
  ScratchArray<const uint8_t*> pointers(job.context->arena, job.length);
  if (!pointers.ok()) return WELD_OUT_OF_MEMORY;
  weld_status status = in_stretches(job.context, job.length, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) pointers[i] = job.data + i * job.element_size;
  });
  if (status == 0) status = sort_items(job.context, job.comparator, pointers.data(), job.length);
  if (status != 0) return status;
  return in_stretches(job.context, job.length, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) std::memcpy(job.sorted + i * job.element_size, pointers[i], job.element_size);
  });
}

weld_status sort_any(const Job& job) {
  switch (job.element_size) {
    case 0:
      return 0;
    case 1:
      return sort_values<1>(job);
    case 2:
      return sort_values<2>(job);
    case 4:
      return sort_values<4>(job);
    case 8:
      return sort_values<8>(job);
    case 16:
      return sort_values<16>(job);
    case 24:
      return sort_values<24>(job);
    case 32:
      return sort_values<32>(job);
    default:
      return sort_pointers(job);
  }
}

// The first few of an order. Each task goes over a stretch and keeps those that come before the last of the first `limit` that it
// has seen; when it has kept some more than that, it sorts them and drops the rest. What the tasks have kept is sorted in the
// end. Stretches are in the order of the elements, as are those kept among equals, so all this is as stable as a sort.
class FirstSelector {
 public:
  FirstSelector(const Job& job, int64_t limit)
      : job_(job),
        limit_(limit),
        capacity_(limit + std::max(limit, kLeastSpare)),
        task_count_(std::clamp<int64_t>(job.length / std::max(capacity_ * 4, kBlock), 1, job.context->engine.threads() * 4)),
        kept_(job.context->arena, task_count_ * capacity_),
        spare_(job.context->arena, task_count_ * capacity_) {}

  // Where the first `limit` elements are is in first() then.
  weld_status select() {
    if (!kept_.ok() || !spare_.ok()) return WELD_OUT_OF_MEMORY;
    std::vector<int64_t> counts(static_cast<size_t>(task_count_));
    SortTasks<Item> tasks(job_.context, job_.comparator);
    tasks.run(task_count_,
              [&](Sorter<Item>& sorter, int64_t task) { counts[static_cast<size_t>(task)] = select_in(sorter, task); });
    if (!tasks.ok() || task_count_ == 1) return tasks.status();
    int64_t count = 0;
    for (int64_t task = 0; task < task_count_; ++task) {
      const int64_t found = counts[static_cast<size_t>(task)];
      std::copy_n(kept_.data() + task * capacity_, found, kept_.data() + count);
      count += found;
    }
    return sort_items(job_.context, job_.comparator, kept_.data(), count);
  }

  const uint8_t* const* first() { return kept_.data(); }

 private:
  using Item = const uint8_t*;
  static constexpr int64_t kLeastSpare = 256;

  int64_t select_in(Sorter<Item>& sorter, int64_t task) {
    const int64_t end = job_.length * (task + 1) / task_count_;
    Item* kept = kept_.data() + task * capacity_;
    Item* spare = spare_.data() + task * capacity_;
    int64_t count = 0;
    bool is_full = false;
    for (int64_t begin = job_.length * task / task_count_; begin < end && sorter.proceed(); begin += kBlock) {
      for (int64_t i = begin; i < std::min(begin + kBlock, end); ++i) {
        Item item = job_.data + i * job_.element_size;
        if (is_full && !sorter.swapped(kept[limit_ - 1], item)) continue;
        kept[count++] = item;
        if (count < capacity_) continue;
        sorter.sort(kept, spare, count);
        count = limit_;
        is_full = true;
      }
    }
    sorter.sort(kept, spare, count);
    return std::min(count, limit_);
  }

  const Job& job_;
  int64_t limit_;
  int64_t capacity_;
  int64_t task_count_;
  ScratchArray<Item> kept_;
  ScratchArray<Item> spare_;
};

// From this share of the elements on, sorting all is as fast.
constexpr int64_t kLeastShare = 16;

weld_status sort_first(Job job, int64_t limit, WeldVec* sorted) {
  job.sorted = static_cast<uint8_t*>(job.context->arena.allocate_array(limit, job.element_size));
  if (job.sorted == nullptr) return WELD_OUT_OF_MEMORY;
  *sorted = {job.sorted, limit};
  if (limit == 0 || job.element_size == 0) return 0;
  const uint64_t mark = job.context->arena.mark();
  weld_status status = 0;
  {
    FirstSelector selector(job, limit);
    status = selector.select();
    for (int64_t i = 0; i < limit && status == 0; ++i) {
      std::memcpy(job.sorted + i * job.element_size, selector.first()[i], job.element_size);
    }
  }
  job.context->arena.release_to(mark);
  return status;
}

weld_status sort_all(Job job, WeldVec* sorted) {
  job.sorted = static_cast<uint8_t*>(job.context->arena.allocate_array(job.length, job.element_size));
  if (job.sorted == nullptr) return WELD_OUT_OF_MEMORY;
  *sorted = {job.sorted, job.length};
  return job.length == 0 ? 0 : sort_any(job);
}

// Whether the first elements are so few that they are selected.
bool are_few(const Job& job, int64_t limit) { return limit <= job.length / kLeastShare && limit < job.length; }

// limit: see weld_rt_sort_first; at least the length for all.
weld_status sort_up_to(const Job& job, int64_t limit, WeldVec* sorted) {
  if (are_few(job, limit)) return sort_first(job, limit, sorted);
  const weld_status status = sort_all(job, sorted);
  if (status == 0) sorted->length = std::min(limit, job.length);
  return status;
}

void decide_threads(const Job& job, LoopProfile* profile) {
  profile->parallel_runs = profile->threads > 1 ? 1 : 0;
  profile->decide({"threads", profile->threads > 1 ? "parallel" : "serial",
                   fmt::format("{} elements; more than {} are sorted by tasks; the engine has {}", job.length, 2 * kBlock,
                               job.context->engine.threads())});
}

void decide_selection(const Job& job, int64_t limit, LoopProfile* profile) {
  if (limit >= job.length) return;
  profile->decide({"first elements", are_few(job, limit) ? "selected in one pass" : "all sorted",
                   fmt::format("{} of {}; selecting pays up to one in {}", limit, job.length, kLeastShare)});
}

weld_status sort_recorded(Job job, int64_t limit, WeldVec* sorted, const char* name) {
  LoopProfile profile;
  profile.name = name;
  profile.runs = profile.threads = 1;
  profile.rows = job.length;
  job.comparator.profile = &profile;
  const uint64_t allocated = job.context->allocated_bytes();
  const auto start = std::chrono::steady_clock::now();
  const weld_status status = sort_up_to(job, limit, sorted);
  profile.nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
  if (status == 0) profile.output_bytes = static_cast<uint64_t>(sorted->length * job.element_size);
  profile.allocated_bytes = job.context->allocated_bytes() - allocated;
  decide_threads(job, &profile);
  decide_selection(job, limit, &profile);
  job.context->control.recorder()->add_sort(profile);
  return status;
}

weld_status sort(const Job& job, int64_t limit, WeldVec* sorted, const char* name) {
  try {
    const bool is_recorded = name != nullptr && job.context->control.recorder() != nullptr;
    return is_recorded ? sort_recorded(job, limit, sorted, name) : sort_up_to(job, limit, sorted);
  } catch (const std::bad_alloc&) {
    return WELD_OUT_OF_MEMORY;
  }
}

}  // namespace

}  // namespace weld::runtime

weld_status weld_rt_sort_first(WeldRunContext* context, const void* data, int64_t length, int64_t element_size, int64_t limit,
                               WeldCompare compare, const void* environment, WeldVec* sorted, const char* name) {
  const weld::runtime::Job job{context, static_cast<const uint8_t*>(data), length, element_size, {compare, environment}, nullptr};
  return weld::runtime::sort(job, std::clamp<int64_t>(limit, 0, length), sorted, name);
}

weld_status weld_rt_sort(WeldRunContext* context, const void* data, int64_t length, int64_t element_size, WeldCompare compare,
                         const void* environment, WeldVec* sorted, const char* name) {
  const weld::runtime::Job job{context, static_cast<const uint8_t*>(data), length, element_size, {compare, environment}, nullptr};
  return weld::runtime::sort(job, length, sorted, name);
}
