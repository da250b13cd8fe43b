// Loops whose rows run in stages: what vector registers can do is done for a block of rows at once, before what they cannot. No
// LLVM here.
#pragma once

#include <optional>
#include <vector>

#include "weld/ir/expr.h"
#include "weld/runtime/strategies.h"

namespace weld::codegen {

struct StagedRows {
  // Something that may be evaluated for any row, under a name that no program has. It may use the names of those before it.
  struct Value {
    Name name;
    ExprPtr expr;
  };

  ExprPtr condition;  // of the loop's parameters, may be evaluated for any row; null where every row counts
  ExprPtr counting;   // what the loop's body gives for a row that counts; of one that does not it gives the builder as it was
  // Floats that take a function of the C library or, under a condition, many operators; where there are appenders, what is
  // appended.
  std::vector<Value> values;
  ExprPtr staged;  // counting over the values' names
  // What there is for blocks of which many rows count, beside going to these one by one.
  enum class Dense : uint8_t {
    kNone,
    kValues,    // the values of every row are computed first, in vector registers
    kAppend,    // the same, and then those of rows that count are moved together
    kBranches,  // the loop's body for every row, with a branch that is seldom guessed wrong when nearly all count
  };
  Dense dense = Dense::kNone;
  // Where rows are listed, the values of those listed are computed first, too.
  bool lists_values() const { return dense != Dense::kAppend && !values.empty(); }
  // kAppend: where a row that counts appends one number to each of some appenders and, beside that, merges into mergers alone:
  // for each value, which of the loop's builders it goes to.
  std::vector<size_t> appenders;
  // Where a row that counts does one merge into a dictionary, by a key that is a number: the key, which may be computed for any
  // row and takes little; else null. And the dictionary's type.
  ExprPtr key;
  Type dictionary;
  // kAppend: the merging for any row, where kKept is bound to a bool that says whether it counts; null where there is none.
  ExprPtr reductions;
};

inline constexpr const char* kKept = "staged.kept";

// How a condition's rows are to be handled, by annotations at the loop or at an `if` in its body: impl, predicate,
// branch_selectivity.
runtime::FilterStrategy annotated_form(const ExprPtr& loop);

// Whether a loop may handle several rows at once: it may, unless an annotation forbids it.
bool may_vectorize(const Expr& loop);

// The stages of a For whose function is a lambda |b, i, e|; nullopt for a loop that gains nothing by them, or has rows of several
// elements.
std::optional<StagedRows> staged_rows(const ExprPtr& loop);

}  // namespace weld::codegen
