// What evaluating an expression costs, as the optimizer and code generation see it. The estimates decide between forms of a
// program that mean the same; nothing is wrong when they are.
#pragma once

#include <cstdint>
#include <vector>

#include "weld/ir/expr.h"

namespace weld {

// Estimated picoseconds to evaluate one node, its children apart.
int64_t node_cost(const Expr& expr);

// Whether it calls a function of the C library, such as exp.
bool is_function(const Expr& expr);

// Estimated picoseconds to evaluate an expression once; loops inside count as some iterations.
int64_t estimated_cost(const ExprPtr& expr);

// Estimated picoseconds for an element of so many bytes that a loop writes to a new vector: most of it is for memory that is
// touched for the first time.
int64_t kept_cost(int64_t bytes);

// Estimated picoseconds of a loop's condition that keeps some rows, of which some values are wanted.
struct FilterCosts {
  int64_t listed;  // for each row that is kept, when these are gone through one by one
  int64_t dense;   // for each row, when values are computed of all, in vector registers
};
// The values are computed of rows gathered by a list, or of every row, and then moved together.
FilterCosts value_costs(const std::vector<ExprPtr>& values);
// The dense form is a branch for each row, and costs little as long as nearly all are kept. Where rows are listed, values may be
// computed of them first, in vector registers, which rows with a branch do without.
FilterCosts branch_costs(bool lists_values);

// How code generation can run a loop.
enum class LoopForm : uint8_t {
  kLight,       // in vector registers, and not much slower row by row
  kVector,      // in vector registers, which it needs: it computes functions that are several times slower row by row
  kScalar,      // row by row: it appends under conditions, or has lookups in dictionaries, loops or calls in it
  kDictionary,  // row by row, into a dictionary, which wants the cache for itself
};
// Of a For whose function is a lambda, by what its body has.
LoopForm loop_form(const ExprPtr& loop);
// Whether loops of these forms are not slower together: one that needs vector registers does not join one that cannot run in
// them, nor do two that fill dictionaries.
bool may_share_loop(LoopForm left, LoopForm right);

}  // namespace weld
