// The arena has a slot for each thread. TBB by itself makes no more workers than there are cores; a global_control raises that
// while an engine wants more. Of several such controls TBB obeys the smallest, so the process has one, for the largest engine
// alive.
#include "weld/runtime/scheduler.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <mutex>
#include <set>
#include <thread>

namespace weld::runtime {

namespace {

// As many as TBB finds, without waking it: an engine that never runs a parallel loop does not pay for that.
int cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

// The number of threads TBB may use in the process.
class ThreadLimit {
 public:
  void add(int threads) {
    std::lock_guard<std::mutex> lock(mutex_);
    wanted_.insert(threads);
    update();
  }

  void remove(int threads) {
    std::lock_guard<std::mutex> lock(mutex_);
    wanted_.erase(wanted_.find(threads));
    update();
  }

 private:
  // Without memory for a new control TBB's own limit applies.
  void update() {
    const int largest = wanted_.empty() ? 0 : *wanted_.rbegin();
    const int wanted = largest > cores_ ? largest : 0;
    if (wanted == current_) return;
    try {
      control_.reset();
      if (wanted > 0) control_ = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, wanted);
      current_ = wanted;
    } catch (const std::exception&) {
      current_ = 0;
    }
  }

  const int cores_ = cores();
  std::mutex mutex_;
  std::multiset<int> wanted_;
  int current_ = 0;
  std::unique_ptr<tbb::global_control> control_;
};

// Made when the library is loaded, before there are threads to race for it, and never destroyed, as engines may outlive main.
// Without memory for it the library cannot be loaded at all.
ThreadLimit& thread_limit = *new ThreadLimit;  // NOLINT(bugprone-throwing-static-initialization)

}  // namespace

struct Scheduler::Arena {
  explicit Arena(int threads) : threads(threads), arena(threads) { thread_limit.add(threads); }
  ~Arena() { thread_limit.remove(threads); }

  int threads;
  tbb::task_arena arena;
};

Scheduler::Scheduler(int threads) : threads_(threads > 0 ? threads : cores()), arena_(std::make_unique<Arena>(threads_)) {}

Scheduler::~Scheduler() = default;

bool Scheduler::run(int count, void (*job)(void* data, int runner), void* data) {
  try {
    arena_->arena.execute([&] {
      tbb::this_task_arena::isolate([&] {
        // Not bound to the application's task context: its cancelling must not skip our tasks.
        tbb::task_group_context context(tbb::task_group_context::isolated);
        tbb::parallel_for(0, count, 1, [&](int runner) { job(data, runner); }, tbb::simple_partitioner(), context);
      });
    });
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace weld::runtime
