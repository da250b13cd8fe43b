// A run has one root context, whose arena becomes the result's memory. Parallel loops make contexts for their runners and hand
// what those hold to the context that they were called with, so that at the end the root has everything.
#include "weld/runtime/run_context.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <iterator>
#include <new>
#include <utility>

#include "weld/runtime/context.h"

namespace weld::runtime {

namespace {

class ArenaMemory final : public Memory {
 public:
  ArenaMemory(std::shared_ptr<Account> account, Arena arena) : account_(std::move(account)), arena_(std::move(arena)) {}
  uint64_t bytes() const override { return arena_.bytes(); }

 private:
  std::shared_ptr<Account> account_;  // outlives the arena
  Arena arena_;
};

RunOutcome failed(weld_status status) { return {status, nullptr, nullptr}; }

// While it lives, the engine's cancelling reaches the control.
class ActiveRun {
 public:
  ActiveRun(ActiveRuns& runs, RunControl& control) : runs_(runs), control_(control) { runs_.add(&control_); }
  ActiveRun(const ActiveRun&) = delete;
  ActiveRun& operator=(const ActiveRun&) = delete;
  ~ActiveRun() { runs_.remove(&control_); }

 private:
  ActiveRuns& runs_;
  RunControl& control_;
};

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What stopped the run is its outcome, though what notices it may only be able to say that it has no result.
weld_status with_reason(weld_status status, const RunControl& control) {
  constexpr weld_status kCode = (1U << WELD_STATUS_CODE_BITS) - 1;
  const weld_status reason = control.stopped();
  return reason == 0 ? status : (status & ~kCode) | reason;
}

RunOutcome run_in(EngineImplementation& engine, WeldEntry entry, const void* arguments, const uint64_t* literals,
                  int64_t result_size, RunControl& control, RunProfile* profile) {
  WeldRunContext context(engine, control);
  void* result = context.arena.allocate(result_size);
  if (result == nullptr) return failed(WELD_OUT_OF_MEMORY);
  std::memset(result, 0, result_size);
  const ActiveRun active(engine.runs(), control);
  const weld_status status = entry(&context, arguments, literals, result);
  if (profile != nullptr) {
    profile->allocated_bytes = context.allocated_bytes();
    profile->result_bytes = status == 0 ? context.arena.bytes() : 0;
  }
  if (status != 0) return failed(with_reason(status, control));
  return {0, result, std::make_shared<ArenaMemory>(engine.account(), std::move(context.arena))};
}

}  // namespace

weld_status RunControl::poll() {
  const weld_status stop = stop_.load(std::memory_order_relaxed);
  if (stop != 0) return stop;
  const int64_t deadline = deadline_.load(std::memory_order_relaxed);
  if (deadline == 0) return 0;
  return now_ns() < deadline ? 0 : stop_with(WELD_TIMEOUT);
}

void ActiveRuns::add(RunControl* control) {
  std::lock_guard<std::mutex> lock(mutex_);
  controls_.push_back(control);
}

void ActiveRuns::remove(RunControl* control) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find(controls_.begin(), controls_.end(), control);
  *found = controls_.back();
  controls_.pop_back();
}

void ActiveRuns::cancel() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (RunControl* control : controls_) control->cancel();
}

EngineImplementation::EngineImplementation(const EngineOptions& options)
    : account_(std::make_shared<Account>(options.memory_limit)),
      morsel_rows_(options.morsel_rows),
      timeout_ms_(options.timeout_ms),
      strategies_(options.strategies),
      scheduler_(options.threads) {}

std::shared_ptr<Engine> Engine::create(const EngineOptions& options) { return std::make_shared<EngineImplementation>(options); }

RunOutcome run(const std::shared_ptr<Engine>& engine, WeldEntry entry, const void* arguments, const uint64_t* literals,
               int64_t result_size, RunProfile* profile) {
  constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
  RunControl control;
  if (const int64_t timeout = static_cast<const EngineImplementation&>(*engine).timeout_ms(); timeout > 0) {
    control.set_deadline(now_ns() + timeout * kNanosecondsPerMillisecond);
  }
  return run(engine, entry, arguments, literals, result_size, control, profile);
}

RunOutcome run(const std::shared_ptr<Engine>& engine, WeldEntry entry, const void* arguments, const uint64_t* literals,
               int64_t result_size, RunControl& control, RunProfile* profile) {
  try {
    const auto held = std::static_pointer_cast<EngineImplementation>(engine);
    if (profile == nullptr) return run_in(*held, entry, arguments, literals, result_size, control, nullptr);
    *profile = {};
    ProfileRecorder recorder;
    control.set_recorder(&recorder);
    const int64_t begin = now_ns();
    RunOutcome outcome = run_in(*held, entry, arguments, literals, result_size, control, profile);
    profile->nanoseconds = now_ns() - begin;
    recorder.take(profile);
    control.set_recorder(nullptr);
    return outcome;
  } catch (const std::bad_alloc&) {
    return failed(WELD_OUT_OF_MEMORY);
  } catch (const std::exception&) {
    return failed(WELD_UNKNOWN);
  }
}

const char* error_name(uint32_t code) {
  switch (code) {
    case WELD_SUCCESS:
      return "Success";
    case WELD_CONFIGURATION_ERROR:
      return "ConfigurationError";
    case WELD_LOAD_LIBRARY_ERROR:
      return "LoadLibraryError";
    case WELD_COMPILE_ERROR:
      return "CompileError";
    case WELD_ARRAY_OUT_OF_BOUNDS:
      return "ArrayOutOfBounds";
    case WELD_BAD_ITERATOR_LENGTH:
      return "BadIteratorLength";
    case WELD_MISMATCHED_ZIP_SIZE:
      return "MismatchedZipSize";
    case WELD_OUT_OF_MEMORY:
      return "OutOfMemory";
    case WELD_RUN_NOT_FOUND:
      return "RunNotFound";
    case WELD_DESERIALIZATION_ERROR:
      return "DeserializationError";
    case WELD_KEY_NOT_FOUND:
      return "KeyNotFound";
    case WELD_ASSERTION_ERROR:
      return "AssertionError";
    case WELD_DIVISION_BY_ZERO:
      return "DivisionByZero";
    case WELD_CANCELLED:
      return "Cancelled";
    case WELD_TIMEOUT:
      return "Timeout";
    default:
      return "Unknown";
  }
}

// Every function's address is taken here, so one without a definition does not link; one whose definition differs from the table
// does not compile, because its file includes the declarations made from it.
const RuntimeSymbol* runtime_symbols(int* count) {
  static const RuntimeSymbol symbols[] = {
#define WELD_FUNCTION(result, name, parameters) {#name, reinterpret_cast<void*>(static_cast<result(*) parameters>(name))},
#include "weld/runtime/functions.def"
  };
  *count = static_cast<int>(std::size(symbols));
  return symbols;
}

}  // namespace weld::runtime

weld_status weld_rt_poll(WeldRunContext* context) { return context->control.poll(); }

WeldRunContext* weld_rt_scratch(WeldRunContext* context) {
  if (context->scratch == nullptr) context->scratch.reset(new (std::nothrow) WeldRunContext(context));
  return context->scratch.get();
}
