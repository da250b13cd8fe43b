// What the handles of weld.h are, and the one place where faults and exceptions become a weld_error. For the sources of this
// folder.
#pragma once

#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bindings/c/configuration.h"
#include "bindings/c/weld.h"
#include "weld/module.h"
#include "weld/object.h"

namespace weld::capi {

// What a context is, for its handles and the values made under it.
struct ContextState : EvaluationContext {
  DumpOptions dump;
};

}  // namespace weld::capi

struct weld_conf {
  weld::capi::Settings settings;
};
struct weld_context {
  std::shared_ptr<const weld::capi::ContextState> state;
};
struct weld_error {
  uint64_t code = WELD_ERROR_NONE;
  std::string message = "Success";
};
struct weld_module {
  std::shared_ptr<const weld::Module> module;
  std::string return_type;
  std::vector<std::string> parameter_types;
};
struct weld_object {
  weld::ObjectPtr object;
  std::string type;
};
struct weld_value {
  const void* data = nullptr;
  int64_t run = -1;
  std::shared_ptr<const weld::capi::ContextState> context;  // null for borrowed data
  std::shared_ptr<const void> owner;                        // of the data
};

namespace weld::capi {

// A fault on its way to a weld_error.
struct Failure {
  uint64_t code;
  std::string message;
};

// To the standard error output, when the log level asks for it.
void write_log(uint64_t level, std::string_view text);
// Sets err, where it is not NULL.
void report(weld_error_t err, uint64_t code, std::string message);
void require(const void* argument, const char* name);
void require_context(weld_context_t context);
// A number for each run of the process, from 1.
int64_t next_run();

// Calls work, sets err to its outcome, and returns what work returned, or an empty value when it threw.
template <class Work>
std::invoke_result_t<Work> guarded(weld_error_t err, Work work) noexcept {
  try {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
        work();
        report(err, WELD_ERROR_NONE, "Success");
        return;
      } else {
        auto outcome = work();
        report(err, WELD_ERROR_NONE, "Success");
        return outcome;
      }
    } catch (Failure& failure) {
      report(err, failure.code, std::move(failure.message));
    } catch (const std::bad_alloc&) {
      report(err, WELD_ERROR_OUT_OF_MEMORY, "OutOfMemory");  // short: needs no allocation
    } catch (const std::exception& exception) {
      report(err, WELD_ERROR_UNKNOWN, exception.what());
    }
  } catch (...) {
    if (err != nullptr) err->code = WELD_ERROR_OUT_OF_MEMORY;  // no memory for a message
  }
  if constexpr (!std::is_void_v<std::invoke_result_t<Work>>) return {};
}

// For functions that have no error to set.
template <class Work>
std::invoke_result_t<Work> guarded(Work work) noexcept {
  return guarded(nullptr, std::move(work));
}

class Stopwatch {
 public:
  double milliseconds() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace weld::capi
