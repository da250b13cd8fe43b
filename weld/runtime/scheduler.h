// Threads: runs a job on the calling thread and the engine's workers. TBB lies behind this.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "weld/runtime/sanitizer.h"

namespace weld::runtime {

// One persistent TBB arena. Thread-safe.
class Scheduler {
 public:
  // threads may exceed the number of cores; 0: all cores. Throws std::bad_alloc.
  explicit Scheduler(int threads);
  ~Scheduler();

  int threads() const { return threads_; }

  // Calls job(data, runner) once for every runner in [0, count), as many at a time as there are threads for, and returns when all
  // calls have returned. The calling thread takes part, and while it waits runs nothing but this job. job must not throw. False
  // when there was no memory to start: then some calls may not have been made.
  bool run(int count, void (*job)(void* data, int runner), void* data);

 private:
  struct Arena;

  int threads_;
  std::unique_ptr<Arena> arena_;
};

// Calls body(runner, task) for every task in [0, tasks). Each runner takes the next task in order, one at a time, until none is
// left or stop is set; there are at most scheduler.threads() runners, and calls with the same runner never overlap. What one call
// wrote is seen by the caller afterwards. Returns the number of calls.
template <typename Body>
int64_t parallel_tasks(Scheduler& scheduler, int64_t tasks, const Body& body, const std::atomic<bool>* stop = nullptr) {
  struct Shared {
    const Body& body;
    int64_t tasks;
    const std::atomic<bool>* stop;
    std::atomic<int64_t> next{0};
    std::atomic<int64_t> done{0};

    void work(int runner) {
      int64_t calls = 0;
      for (;; ++calls) {
        const int64_t task = next.fetch_add(1, std::memory_order_relaxed);
        if (task >= tasks || (stop != nullptr && stop->load(std::memory_order_relaxed))) break;
        body(runner, task);
      }
      done.fetch_add(calls, std::memory_order_relaxed);
    }
  };
  Shared shared{body, tasks, stop};
  auto job = [](void* data, int runner) {
    receive_writes(data);
    static_cast<Shared*>(data)->work(runner);
    publish_writes(data);
  };
  publish_writes(&shared);
  const int runners = static_cast<int>(std::min<int64_t>(scheduler.threads(), tasks));
  const bool started = runners > 1 && scheduler.run(runners, job, &shared);
  receive_writes(&shared);
  if (!started) shared.work(0);
  return shared.done.load(std::memory_order_relaxed);
}

}  // namespace weld::runtime
