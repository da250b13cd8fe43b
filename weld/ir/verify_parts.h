// The parts of the verifier. Private to verify*.cc.
#pragma once

#include <string>
#include <utility>

#include "weld/ir/expr.h"

namespace weld {

// Collects what is wrong, up to a limit past which more would not help.
class Faults {
 public:
  void add(Span span, std::string message) {
    if (list_.size() < kLimit) list_.push_back({std::move(message), span});
  }
  bool empty() const { return list_.empty(); }
  Diagnostics take() { return std::move(list_); }

 private:
  static constexpr size_t kLimit = 50;
  Diagnostics list_;
};

// verify.cc: each name is bound once, and where it is used, with the type that it has there.
void verify_scopes(const ExprPtr& root, Faults& faults);
// verify_types.cc: the type of each node follows from its parts and is one that a value can have; functions, iterators and
// builders stand only where they may. Needs no scopes.
void verify_types(const ExprPtr& root, Faults& faults);
// verify_builders.cc: each builder is used once along every path, and a loop returns the builder it was given. Requires that the
// others found nothing. Recursive, so it requires the deep stack.
void verify_builders(const ExprPtr& root, Faults& faults);

}  // namespace weld
