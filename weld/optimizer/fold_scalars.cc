// Integers are computed in 64 bits, where the low bits of sums and products do not depend on signedness, and cut to their width.
#include "weld/optimizer/fold_scalars.h"

#include <bit>
#include <cmath>

namespace weld {
namespace {

using Folded = std::optional<ScalarValue>;

float as_float(const ScalarValue& value) { return std::bit_cast<float>(static_cast<uint32_t>(value.bits)); }

Folded finite(float value) { return std::isfinite(value) ? Folded(ScalarValue::f32(value)) : std::nullopt; }
Folded finite(double value) { return std::isfinite(value) ? Folded(ScalarValue::f64(value)) : std::nullopt; }

int width_of(ScalarKind kind) { return scalar_size(kind) * 8; }

bool is_most_negative(const ScalarValue& value) {
  return is_signed_integer(value.kind) && value.bits == uint64_t{1} << (width_of(value.kind) - 1);
}

template <class T>
Folded fold_comparison(BinaryOp op, T left, T right) {
  switch (op) {
    case BinaryOp::kEqual:
      return ScalarValue::boolean(left == right);
    case BinaryOp::kNotEqual:
      return ScalarValue::boolean(left != right);
    case BinaryOp::kLess:
      return ScalarValue::boolean(left < right);
    case BinaryOp::kGreater:
      return ScalarValue::boolean(left > right);
    case BinaryOp::kLessEqual:
      return ScalarValue::boolean(left <= right);
    case BinaryOp::kGreaterEqual:
      return ScalarValue::boolean(left >= right);
    default:
      return std::nullopt;
  }
}

template <class Float>
Folded fold_float(BinaryOp op, Float left, Float right) {
  switch (op) {
    case BinaryOp::kAdd:
      return finite(left + right);
    case BinaryOp::kSubtract:
      return finite(left - right);
    case BinaryOp::kMultiply:
      return finite(left * right);
    case BinaryOp::kDivide:
      return right == 0 ? std::nullopt : finite(left / right);
    case BinaryOp::kModulo:
      return right == 0 ? std::nullopt : finite(std::fmod(left, right));
    // Which of two equal values, -0.0 and 0.0 among them, comes out is left to the machine.
    case BinaryOp::kMin:
      return left == right ? std::nullopt : finite(left < right ? left : right);
    case BinaryOp::kMax:
      return left == right ? std::nullopt : finite(left > right ? left : right);
    default:
      return fold_comparison(op, left, right);
  }
}

Folded fold_division(BinaryOp op, const ScalarValue& left, const ScalarValue& right) {
  if (right.bits == 0) return std::nullopt;
  bool divide = op == BinaryOp::kDivide;
  if (!is_signed_integer(left.kind)) {
    return ScalarValue::integer(left.kind, divide ? left.bits / right.bits : left.bits % right.bits);
  }
  int64_t dividend = left.as_signed();
  int64_t divisor = right.as_signed();
  if (divisor == -1 && is_most_negative(left)) return std::nullopt;
  return ScalarValue::integer(left.kind, static_cast<uint64_t>(divide ? dividend / divisor : dividend % divisor));
}

Folded fold_shift(BinaryOp op, const ScalarValue& left, const ScalarValue& right) {
  if (right.bits >= static_cast<uint64_t>(width_of(left.kind))) return std::nullopt;
  if (op == BinaryOp::kShiftLeft) return ScalarValue::integer(left.kind, left.bits << right.bits);
  if (!is_signed_integer(left.kind)) return ScalarValue::integer(left.kind, left.bits >> right.bits);
  return ScalarValue::integer(left.kind, static_cast<uint64_t>(left.as_signed() >> right.bits));
}

// Integers and bool.
Folded fold_integer(BinaryOp op, const ScalarValue& left, const ScalarValue& right) {
  bool is_signed = is_signed_integer(left.kind);
  bool less = is_signed ? left.as_signed() < right.as_signed() : left.bits < right.bits;
  switch (op) {
    case BinaryOp::kAdd:
      return ScalarValue::integer(left.kind, left.bits + right.bits);
    case BinaryOp::kSubtract:
      return ScalarValue::integer(left.kind, left.bits - right.bits);
    case BinaryOp::kMultiply:
      return ScalarValue::integer(left.kind, left.bits * right.bits);
    case BinaryOp::kDivide:
    case BinaryOp::kModulo:
      return fold_division(op, left, right);
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight:
      return fold_shift(op, left, right);
    case BinaryOp::kAnd:
    case BinaryOp::kBitAnd:
      return ScalarValue{left.kind, left.bits & right.bits};
    case BinaryOp::kOr:
    case BinaryOp::kBitOr:
      return ScalarValue{left.kind, left.bits | right.bits};
    case BinaryOp::kBitXor:
      return ScalarValue{left.kind, left.bits ^ right.bits};
    case BinaryOp::kMin:
      return less ? left : right;
    case BinaryOp::kMax:
      return less ? right : left;
    case BinaryOp::kPow:
      return std::nullopt;
    default:
      return is_signed ? fold_comparison(op, left.as_signed(), right.as_signed()) : fold_comparison(op, left.bits, right.bits);
  }
}

template <class Float>
Folded fold_float(UnaryOp op, Float operand) {
  switch (op) {
    case UnaryOp::kNegate:
      return finite(-operand);
    case UnaryOp::kAbs:
      return finite(std::fabs(operand));
    case UnaryOp::kSqrt:
      return operand < 0 ? std::nullopt : finite(std::sqrt(operand));
    case UnaryOp::kFloor:
      return finite(std::floor(operand));
    case UnaryOp::kCeil:
      return finite(std::ceil(operand));
    default:
      return std::nullopt;
  }
}

Folded saturate(ScalarKind target, double value) {
  if (target == ScalarKind::kBool) return ScalarValue::boolean(value != 0);
  if (std::isnan(value)) return ScalarValue::integer(target, 0);
  int bits = width_of(target) - (is_signed_integer(target) ? 1 : 0);
  uint64_t largest = ~uint64_t{0} >> (64 - bits);
  double bound = std::ldexp(1.0, bits);  // largest + 1
  if (value >= bound) return ScalarValue::integer(target, largest);
  if (!is_signed_integer(target)) return ScalarValue::integer(target, value <= 0 ? 0 : static_cast<uint64_t>(value));
  if (value <= -bound) return ScalarValue::integer(target, ~largest);
  return ScalarValue::integer(target, static_cast<uint64_t>(static_cast<int64_t>(value)));
}

// From 64 bits straight to the target, so that it is rounded once.
Folded integer_to_float(ScalarKind target, const ScalarValue& operand) {
  bool is_signed = is_signed_integer(operand.kind);
  if (target == ScalarKind::kF32) {
    return ScalarValue::f32(is_signed ? static_cast<float>(operand.as_signed()) : static_cast<float>(operand.bits));
  }
  return ScalarValue::f64(is_signed ? static_cast<double>(operand.as_signed()) : static_cast<double>(operand.bits));
}

}  // namespace

std::optional<ScalarValue> fold_binary(BinaryOp op, const ScalarValue& left, const ScalarValue& right) {
  if (op == BinaryOp::kPow) return std::nullopt;
  if (left.kind == ScalarKind::kF32) return fold_float(op, as_float(left), as_float(right));
  if (left.kind == ScalarKind::kF64) return fold_float(op, left.as_double(), right.as_double());
  return fold_integer(op, left, right);
}

std::optional<ScalarValue> fold_unary(UnaryOp op, const ScalarValue& operand) {
  if (operand.kind == ScalarKind::kF32) return fold_float(op, as_float(operand));
  if (operand.kind == ScalarKind::kF64) return fold_float(op, operand.as_double());
  switch (op) {
    case UnaryOp::kNot:
      return ScalarValue::boolean(operand.bits == 0);
    case UnaryOp::kNegate:
      return ScalarValue::integer(operand.kind, 0 - operand.bits);
    case UnaryOp::kAbs: {
      if (is_most_negative(operand)) return std::nullopt;
      bool negative = is_signed_integer(operand.kind) && operand.as_signed() < 0;
      return negative ? ScalarValue::integer(operand.kind, 0 - operand.bits) : operand;
    }
    default:
      return std::nullopt;
  }
}

std::optional<ScalarValue> fold_cast(ScalarKind target, const ScalarValue& operand) {
  if (target == operand.kind) return operand;
  if (is_float(operand.kind)) {
    if (!is_float(target)) return saturate(target, operand.as_double());
    if (target == ScalarKind::kF64) return finite(operand.as_double());
    return finite(static_cast<float>(operand.as_double()));
  }
  if (is_float(target)) return integer_to_float(target, operand);
  return ScalarValue::integer(target, static_cast<uint64_t>(operand.as_signed()));
}

}  // namespace weld
