// Which memory a value may refer to, so that memory is freed as soon as nothing can refer to it, and a result never refers to an
// input. Conservative, and by names: an expression may refer to whatever the names it uses may refer to, unless what it makes is
// new.
#pragma once

#include <unordered_set>
#include <vector>

#include "weld/ir/expr.h"

namespace weld::codegen {

// True when the value lies in memory that evaluating the expression allocates, all of it, and refers to nothing else: the result
// of a builder or sort over elements without pointers, a vector literal of such, packed bytes. That memory is one block or one
// dictionary, so release() frees it.
bool makes_own_memory(const ExprPtr& expr);
// True when the value lies in memory that evaluating the expression allocates and refers to nothing else, whatever its shape.
bool refers_to_new_memory(const ExprPtr& expr);

// Names whose value's memory is not of the run: parameters that hold pointers. Let-bound names are followed.
class InputAliases {
 public:
  explicit InputAliases(const Parameters& parameters);
  // True when the expression's value may refer to an input's memory, to a constant of the module's or to what a C function gave.
  bool may_refer_to_inputs(const ExprPtr& expr);

 private:
  std::unordered_set<Name> tainted_;
};

// A chain `let a = …; let b = …; body`, and after which of its steps the memory of which name is free.
struct LetChain {
  std::vector<ExprPtr> lets;  // the Let nodes, outermost first
  ExprPtr body;
  // For each step (each let's value, then the body): the names whose memory nothing refers to once it is evaluated.
  std::vector<std::vector<Name>> dead_after;
};
LetChain analyze_chain(const ExprPtr& let);

}  // namespace weld::codegen
