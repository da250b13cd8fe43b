// The inside of a run: what a WeldRunContext holds. For the runtime's own files and tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "weld/runtime/memory.h"
#include "weld/runtime/run_context.h"
#include "weld/runtime/scheduler.h"

namespace weld::runtime {

// Stops a run from outside. Thread-safe.
class RunControl {
 public:
  void cancel() { stop_.store(WELD_CANCELLED, std::memory_order_relaxed); }
  // The run times out at this moment of std::chrono::steady_clock, in nanoseconds; 0: never.
  void set_deadline(int64_t nanoseconds) { deadline_.store(nanoseconds, std::memory_order_relaxed); }
  // WELD_CANCELLED or WELD_TIMEOUT when the run has to stop, else 0.
  weld_status poll();

 private:
  std::atomic<weld_status> stop_{0};
  std::atomic<int64_t> deadline_{0};
};

class EngineImplementation final : public Engine {
 public:
  explicit EngineImplementation(const EngineOptions& options);

  int threads() const override { return scheduler_.threads(); }
  uint64_t memory_usage() const override { return account_->used(); }
  uint64_t memory_peak() const override { return account_->peak(); }

  Scheduler& scheduler() { return scheduler_; }
  int64_t morsel_rows() const { return morsel_rows_; }
  // Lives as long as the results on it.
  const std::shared_ptr<Account>& account() const { return account_; }

 private:
  std::shared_ptr<Account> account_;
  int64_t morsel_rows_;
  Scheduler scheduler_;
};

// As run() of run_context.h, and stops when the control says so.
RunOutcome run(const std::shared_ptr<Engine>& engine, WeldEntry entry, const void* arguments, const uint64_t* literals,
               int64_t result_size, RunControl& control);

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
};

namespace weld::runtime {

// Contexts for the runners of one parallel section, made as they are needed; what they hold is freed at its end. Each is used by
// one runner. Throws std::bad_alloc when made.
class RunnerContexts {
 public:
  explicit RunnerContexts(WeldRunContext* parent) : parent_(parent), contexts_(parent->engine.threads()) {}

  WeldRunContext* get(int runner) {
    std::optional<WeldRunContext>& context = contexts_[runner];
    if (!context) context.emplace(parent_);
    return &*context;
  }

 private:
  WeldRunContext* parent_;
  std::vector<std::optional<WeldRunContext>> contexts_;
};

}  // namespace weld::runtime
