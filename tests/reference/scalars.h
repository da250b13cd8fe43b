// Operators on scalars, as docs/language.md defines them.
#pragma once

#include <optional>

#include "tests/reference/value.h"
#include "weld/ir/expr.h"

namespace weld::reference {

// nullopt: the integer division fails. Not for && and ||.
std::optional<ScalarValue> binary(BinaryOp op, ScalarValue left, ScalarValue right);
ScalarValue unary(UnaryOp op, ScalarValue operand);
ScalarValue cast(ScalarKind target, ScalarValue operand);
ScalarValue combine(MergeOp op, ScalarValue left, ScalarValue right);
// 0, 1, the largest, the smallest; infinities for floats.
ScalarValue identity(MergeOp op, ScalarKind kind);
// A comparison of keys of a sort: NaN is one with itself and greater than any number.
std::optional<ScalarValue> binary_of_keys(BinaryOp op, ScalarValue left, ScalarValue right);
// Of a scalar or a struct of scalars.
Value identity_of(Type type, MergeOp op);

}  // namespace weld::reference
