// Loops whose rows run in stages: what vector registers can do is done for a block of rows at once, before what they cannot. No
// LLVM here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weld/ir/expr.h"

namespace weld::codegen {

struct StagedRows {
  // A float that takes a function of the C library, may be evaluated for any row, and has a name that no program has. It may use
  // the names of those before it.
  struct Value {
    std::string name;
    ExprPtr expr;
  };

  ExprPtr condition;  // of the loop's parameters, may be evaluated for any row; null where every row counts
  ExprPtr counting;   // what the loop's body gives for a row that counts; of one that does not it gives the builder as it was
  std::vector<Value> values;
  ExprPtr staged;  // counting over the values' names
};

// The stages of a For whose function is a lambda |b, i, e|; nullopt for a loop that gains nothing by them, or has rows of several
// elements.
std::optional<StagedRows> staged_rows(const ExprPtr& loop);

}  // namespace weld::codegen
