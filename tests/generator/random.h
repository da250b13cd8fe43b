// Random choices, and text put together in a fixed order. All of it gives the same with every compiler and standard library: the
// numbers come from splitmix64, and what draws numbers while text is written stands in braces, whose parts are evaluated from
// left to right, never in the arguments of one call or on both sides of one operator.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/type.h"

namespace weld::generator {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  int64_t below(int64_t bound) { return static_cast<int64_t>(next() % static_cast<uint64_t>(bound)); }
  int64_t between(int64_t first, int64_t last) { return first + below(last - first + 1); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  T pick(const std::vector<T>& of) {
    return of[static_cast<size_t>(below(static_cast<int64_t>(of.size())))];
  }
  template <class T>
  T pick(std::initializer_list<T> of) {
    return of.begin()[below(static_cast<int64_t>(of.size()))];
  }

 private:
  uint64_t state_;
};

// The parts, one after the other.
std::string concat(std::initializer_list<std::string_view> parts);
// The parts with commas between them.
std::string tuple(const std::vector<std::string>& parts);

// What numbers may be drawn: NaN has no place in an order, and -0.0 equals 0.0 but is not the same.
enum class Numbers { kAll, kOrdered };

// A scalar literal, edge values often.
std::string scalar_literal(Random& random, ScalarKind kind, Numbers numbers);

}  // namespace weld::generator
