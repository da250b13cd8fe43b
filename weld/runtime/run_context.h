// A run: the memory, the threads and the state of one execution of a compiled program.
#pragma once

#include <cstdint>
#include <memory>

#include "weld/runtime/profile.h"
#include "weld/runtime/runtime.h"
#include "weld/runtime/strategies.h"

namespace weld::runtime {

inline constexpr int64_t kMaximumTimeoutMs = 1'000'000'000'000;

struct EngineOptions {
  int threads = 0;            // 0: all cores
  uint64_t memory_limit = 0;  // bytes over all runs and results of the engine; 0: none
  int64_t morsel_rows = 0;    // forces the rows of every morsel, for tests; 0: chosen
  int64_t timeout_ms = 0;     // after this long a run ends with WELD_TIMEOUT; at most kMaximumTimeoutMs; 0: never
  Strategies strategies = {};
};

// A thread pool (one persistent TBB arena) and a memory account shared by the runs made under it. Thread-safe; outlives its runs
// by shared ownership, so an Engine may be dropped while results live.
class Engine {
 public:
  static std::shared_ptr<Engine> create(const EngineOptions& options);
  virtual ~Engine() = default;

  virtual int threads() const = 0;
  // Bytes that runs and results of this engine hold now, and the most they held.
  virtual uint64_t memory_usage() const = 0;
  virtual uint64_t memory_peak() const = 0;

  // Makes all runs that are in progress end with WELD_CANCELLED, soon; runs that begin later are not concerned. From any thread.
  virtual void cancel() = 0;
};

// The memory that a result lives in. Frees it when destroyed; from any thread.
class Memory {
 public:
  virtual ~Memory() = default;
  virtual uint64_t bytes() const = 0;
};

struct RunOutcome {
  weld_status status = 0;
  void* result = nullptr;          // result_size bytes, in memory; null when status is not 0
  std::shared_ptr<Memory> memory;  // null when status is not 0
};

// Runs a compiled program on the calling thread and the engine's workers. Thread-safe. Never throws. The result's storage is
// zeroed before the call. A profile, when given, is filled, also by a run that fails.
RunOutcome run(const std::shared_ptr<Engine>& engine, WeldEntry entry, const void* arguments, const uint64_t* literals,
               int64_t result_size, RunProfile* profile = nullptr);

// The message of an error code, e.g. "ArrayOutOfBounds". "Unknown" for others.
const char* error_name(uint32_t code);

// Name and address of every function of functions.def, for the JIT.
struct RuntimeSymbol {
  const char* name;
  void* address;
};
const RuntimeSymbol* runtime_symbols(int* count);

}  // namespace weld::runtime
