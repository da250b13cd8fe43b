// Comparisons of scalars, vecs and structs, as docs/language.md defines them.
#pragma once

#include "tests/reference/combine.h"
#include "tests/reference/value.h"
#include "weld/ir/expr.h"

namespace weld::reference {

// The first place where the sides differ decides; a vec that is the other's beginning is the lesser.
bool compare_values(BinaryOp op, const Value& left, const Value& right, const Ready& ready);
// As keys of a sort: NaN is one with itself and greater than any number.
bool compare_keys(BinaryOp op, const Value& left, const Value& right, const Ready& ready);

}  // namespace weld::reference
