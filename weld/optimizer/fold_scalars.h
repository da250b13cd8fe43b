// Operators on constants, with the language's results to the bit: integers wrap, casts saturate, floats round as IEEE says.
#pragma once

#include <optional>

#include "weld/ir/expr.h"

namespace weld {

// Each gives nullopt where the operation fails at run time, where its result is not a finite number, or where the result may
// depend on the math library (exp, sin, pow, ...). Requires operands of types that the operator takes.
std::optional<ScalarValue> fold_binary(BinaryOp op, const ScalarValue& left, const ScalarValue& right);
std::optional<ScalarValue> fold_unary(UnaryOp op, const ScalarValue& operand);
std::optional<ScalarValue> fold_cast(ScalarKind target, const ScalarValue& operand);

}  // namespace weld
