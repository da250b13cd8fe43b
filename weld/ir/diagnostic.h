// The three kinds of failure, one form each: a fault in a user's program is a Result<T> holding Diagnostics; a run-time error is
// a status code (weld/runtime/runtime.h); a fault of our own is WELD_CHECK, which reports and aborts.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weld {

// Half-open range of byte offsets in a program's text. {0, 0} means "no place".
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct Diagnostic {
  std::string message;
  Span span;
};

using Diagnostics = std::vector<Diagnostic>;

// A value, or at least one diagnostic.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Diagnostics diagnostics) : state_(std::move(diagnostics)) {}
  Result(Diagnostic diagnostic) : state_(Diagnostics{std::move(diagnostic)}) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Require ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Requires !ok().
  const Diagnostics& diagnostics() const { return std::get<1>(state_); }

 private:
  std::variant<T, Diagnostics> state_;
};

// Renders each diagnostic as "name:line:column: error: message", the source line and a caret under the span.
// Lines and columns count from 1; a column counts bytes.
std::string format_diagnostics(std::string_view source_name, std::string_view source, const Diagnostics& diagnostics);

// Line and column (from 1) of a byte offset.
struct Place {
  int line = 1;
  int column = 1;
};
Place place_of(std::string_view source, uint32_t offset);

}  // namespace weld

// A condition that only a fault in this project can break; never used for a user's input.
#define WELD_CHECK(condition, message)                                                                     \
  do {                                                                                                     \
    if (!(condition)) [[unlikely]] {                                                                       \
      std::fprintf(stderr, "%s:%d: internal error: %s (%s)\n", __FILE__, __LINE__, (message), #condition); \
      std::abort();                                                                                        \
    }                                                                                                      \
  } while (false)
