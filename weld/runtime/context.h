// The inside of a run: what a WeldRunContext holds. For the runtime's own files and tests.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "weld/runtime/memory.h"
#include "weld/runtime/profile.h"
#include "weld/runtime/run_context.h"
#include "weld/runtime/scheduler.h"

namespace weld::runtime {

// Collects what the loops and sorts of a run report. Thread-safe. All throw std::bad_alloc.
class ProfileRecorder {
 public:
  // One run of a loop.
  void add(const WeldPipeline* pipeline, const LoopProfile& run);
  // A choice made for a loop, apart from a run's own record.
  void decide(const WeldPipeline* pipeline, Decision decision);
  // What a step did of its loop's condition. kept and the blocks are added up.
  void count_filter(const void* step, const FilterCounts& counts);
  // One run of the sort of that name.
  void add_sort(const LoopProfile& run);
  // When the run is over: sets its loops and sorts.
  void take(RunProfile* profile);

 private:
  LoopProfile& of(const WeldPipeline* pipeline);

  std::mutex mutex_;
  std::unordered_map<const WeldPipeline*, size_t> numbers_;
  std::unordered_map<const void*, FilterCounts> filters_;  // by step
  std::vector<LoopProfile> loops_;
  std::vector<LoopProfile> sorts_;
};

// Stops a run from outside, and knows what its threads have to do. Thread-safe.
class RunControl {
 public:
  void cancel() { stop_with(WELD_CANCELLED); }
  // The run times out at this moment of std::chrono::steady_clock, in nanoseconds; 0: never.
  void set_deadline(int64_t nanoseconds) { deadline_.store(nanoseconds, std::memory_order_relaxed); }
  // WELD_CANCELLED or WELD_TIMEOUT when the run has to stop, else 0.
  weld_status poll();
  // The same, but a deadline counts only once poll() has seen it pass.
  weld_status stopped() const { return stop_.load(std::memory_order_relaxed); }

  // The morsels of the run's parallel loops that no thread has taken yet.
  void add_waiting(int64_t morsels) { waiting_.fetch_add(morsels, std::memory_order_relaxed); }
  int64_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

  // Null when the run is not recorded. Set before the run begins.
  ProfileRecorder* recorder() const { return recorder_; }
  void set_recorder(ProfileRecorder* recorder) { recorder_ = recorder; }

 private:
  // The first reason stays.
  weld_status stop_with(weld_status reason) {
    weld_status before = 0;
    return stop_.compare_exchange_strong(before, reason, std::memory_order_relaxed) ? reason : before;
  }

  std::atomic<weld_status> stop_{0};
  std::atomic<int64_t> deadline_{0};
  std::atomic<int64_t> waiting_{0};
  ProfileRecorder* recorder_ = nullptr;
};

// The runs of an engine that are in progress. Thread-safe.
class ActiveRuns {
 public:
  // Throws std::bad_alloc.
  void add(RunControl* control);
  void remove(RunControl* control);
  void cancel();

 private:
  std::mutex mutex_;
  std::vector<RunControl*> controls_;
};

class EngineImplementation final : public Engine {
 public:
  explicit EngineImplementation(const EngineOptions& options);

  int threads() const override { return scheduler_.threads(); }
  uint64_t memory_usage() const override { return account_->used(); }
  uint64_t memory_peak() const override { return account_->peak(); }
  void cancel() override { runs_.cancel(); }

  ActiveRuns& runs() { return runs_; }
  int64_t timeout_ms() const { return timeout_ms_; }
  Scheduler& scheduler() { return scheduler_; }
  int64_t morsel_rows() const { return morsel_rows_; }
  const Strategies& strategies() const { return strategies_; }
  // Lives as long as the results on it.
  const std::shared_ptr<Account>& account() const { return account_; }

 private:
  std::shared_ptr<Account> account_;
  int64_t morsel_rows_;
  int64_t timeout_ms_;
  Strategies strategies_;
  ActiveRuns runs_;
  Scheduler scheduler_;
};

// As run() of run_context.h, with a control of the caller's.
RunOutcome run(const std::shared_ptr<Engine>& engine, WeldEntry entry, const void* arguments, const uint64_t* literals,
               int64_t result_size, RunControl& control, RunProfile* profile = nullptr);

}  // namespace weld::runtime

// Alone on its cache lines, because each thread writes to its own.
struct alignas(128) WeldRunContext {
  WeldRunContext(weld::runtime::EngineImplementation& engine, weld::runtime::RunControl& control)
      : arena(engine.account().get()), engine(engine), control(control) {}
  // A context for another thread of the same run.
  explicit WeldRunContext(WeldRunContext* parent) : WeldRunContext(parent->engine, parent->control) {}

  weld::runtime::Arena arena;
  weld::runtime::EngineImplementation& engine;
  weld::runtime::RunControl& control;
  std::unique_ptr<WeldRunContext> scratch;  // made when first asked for

  // Bytes ever allocated through scratch contexts, and by all of this context.
  uint64_t row_bytes() const { return adopted_row_bytes_ + (scratch == nullptr ? 0 : scratch->allocated_bytes()); }
  uint64_t allocated_bytes() const { return arena.allocated() + row_bytes(); }
  // Takes over what another context of the same run holds, and what it counted.
  void adopt(WeldRunContext& other) {
    arena.adopt(other.arena);
    adopted_row_bytes_ += other.row_bytes();
  }

 private:
  uint64_t adopted_row_bytes_ = 0;
};

namespace weld::runtime {

// For long work in small steps, a few thousand of which take less than a millisecond: polls at the first and then at one in
// kStepsBetweenPolls.
class StepPoll {
 public:
  explicit StepPoll(RunControl& control) : control_(control) {}

  // Before each step: why the run has to stop, else 0.
  weld_status step() { return steps_++ % kStepsBetweenPolls == 0 ? control_.poll() : 0; }

 private:
  static constexpr uint64_t kStepsBetweenPolls = 1 << 12;

  RunControl& control_;
  uint64_t steps_ = 0;
};

// Calls body(begin, end) for one stretch of [0, count) after the other, and gives up between them when the run has to stop. A
// stretch should take less than a millisecond.
template <typename Body>
weld_status in_stretches(WeldRunContext* context, int64_t count, int64_t stretch, const Body& body) {
  for (int64_t begin = 0; begin < count; begin += stretch) {
    const weld_status status = begin == 0 ? 0 : context->control.poll();
    if (status != 0) return status;
    body(begin, std::min(begin + stretch, count));
  }
  return 0;
}

// Contexts for the runners of one parallel section, made as they are needed; what they hold is freed at its end. Each is used by
// one runner. Throws std::bad_alloc when made.
class RunnerContexts {
 public:
  explicit RunnerContexts(WeldRunContext* parent) : parent_(parent), contexts_(parent->engine.threads()) {}
  RunnerContexts(const RunnerContexts&) = delete;
  RunnerContexts& operator=(const RunnerContexts&) = delete;
  ~RunnerContexts() {
    for (const std::optional<WeldRunContext>& context : contexts_) {
      if (context) parent_->arena.count_allocated(context->allocated_bytes());
    }
  }

  WeldRunContext* get(int runner) {
    std::optional<WeldRunContext>& context = contexts_[runner];
    if (!context) context.emplace(parent_);
    return &*context;
  }
  // How many runners have one.
  int count() const {
    return static_cast<int>(
        std::count_if(contexts_.begin(), contexts_.end(), [](const auto& context) { return context.has_value(); }));
  }

 private:
  WeldRunContext* parent_;
  std::vector<std::optional<WeldRunContext>> contexts_;
};

}  // namespace weld::runtime
