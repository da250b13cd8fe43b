// Operators on scalars and, lane by lane, on simd; and how simd values come from vecs. As docs/language.md defines them.
#pragma once

#include <optional>
#include <vector>

#include "tests/reference/value.h"

namespace weld::reference {

// nullopt: an integer division fails, in any lane. For simd also && and ||.
std::optional<Value> binary_value(BinaryOp op, const Value& left, const Value& right);
Value unary_value(UnaryOp op, const Value& operand);
Value cast_value(ScalarKind target, const Value& operand);
Value broadcast_value(const Value& scalar, int lanes);
Value select_lanes(const Value& condition, const Value& left, const Value& right);

// The simd values of a vec of evaluated scalars, and the scalars that are left over.
std::vector<Value> simd_steps(const Value& vec, int lanes);
std::vector<Value> simd_tail(const Value& vec, int lanes);

}  // namespace weld::reference
