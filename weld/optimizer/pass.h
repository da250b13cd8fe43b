// The optimizer: a list of passes (passes.def), each one free function over a typed expression.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/expr.h"

namespace weld {

// A pass takes a verified, typed program (a Lambda) with unique names and returns an equivalent one with unique names; the same
// pointer when it changed nothing.
using PassFunction = ExprPtr (*)(const ExprPtr& program);

struct Pass {
  const char* name;     // as given to weld.optimization.passes, e.g. "fuse-maps"
  const char* summary;  // one line, for --help
  PassFunction run;
  bool is_late;  // runs when the others have left the program as it is
};

// All passes, in their default order, from passes.def (which gives a reason for each place).
std::span<const Pass> all_passes();
const Pass* find_pass(std::string_view name);

// A list of passes is either names in the order in which they run, or names with a '-' in front, which are left out of the
// default list. What is wrong with a list, for its user; empty when nothing is.
std::string fault_of_pass_list(const std::vector<std::string>& list);

struct PassTiming {
  std::string name;
  double milliseconds = 0;
  bool changed = false;
};

struct OptimizerOptions {
  // Nullopt for the default list, repeated until nothing changes (at most six rounds; a pass that has left a program as it was is
  // not run on that again), as it is without passes left out. A round has late passes only where the others change nothing in it,
  // or it is the last. Passes in an order run once. Has no fault.
  std::optional<std::vector<std::string>> passes;
  bool verify_each = false;  // the verifier after each pass; a fault is an internal error
  // Called after each pass that ran, with the program it returned.
  std::function<void(const Pass&, const ExprPtr&)> after_pass;
};

// Timings, when not null, gets one entry for each pass run.
ExprPtr optimize(ExprPtr program, const OptimizerOptions& options, std::vector<PassTiming>* timings = nullptr);

}  // namespace weld
