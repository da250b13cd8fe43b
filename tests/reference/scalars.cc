// Each operator is computed on the C++ type of its kind: integers by way of a 128-bit number that holds every one of them exactly
// and is cut to the kind's width at the end, floats in their own precision.
#include "tests/reference/scalars.h"

#include <bit>
#include <cmath>
#include <limits>

namespace weld::reference {
namespace {

using Wide = __int128;

Wide wide(ScalarValue value) { return is_signed_integer(value.kind) ? Wide{value.as_signed()} : Wide{value.bits}; }

ScalarValue cut(ScalarKind kind, Wide value) { return ScalarValue::integer(kind, static_cast<uint64_t>(value)); }

int width(ScalarKind kind) { return scalar_size(kind) * 8; }

Wide largest(ScalarKind kind) { return (Wide{1} << (is_signed_integer(kind) ? width(kind) - 1 : width(kind))) - 1; }
Wide smallest(ScalarKind kind) { return is_signed_integer(kind) ? -largest(kind) - 1 : 0; }

float as_float(ScalarValue value) { return std::bit_cast<float>(static_cast<uint32_t>(value.bits)); }
ScalarValue make(float value) { return ScalarValue::f32(value); }
ScalarValue make(double value) { return ScalarValue::f64(value); }

template <class T>
std::optional<bool> compare(BinaryOp op, T left, T right) {
  switch (op) {
    case BinaryOp::kEqual:
      return left == right;
    case BinaryOp::kNotEqual:
      return left != right;
    case BinaryOp::kLess:
      return left < right;
    case BinaryOp::kGreater:
      return left > right;
    case BinaryOp::kLessEqual:
      return left <= right;
    case BinaryOp::kGreaterEqual:
      return left >= right;
    default:
      return std::nullopt;
  }
}

// A number is preferred to NaN, and -0.0 is less than 0.0.
template <class Float>
Float lesser(Float left, Float right) {
  if (std::isnan(left)) return right;
  if (std::isnan(right)) return left;
  if (left == right) return std::signbit(left) ? left : right;
  return left < right ? left : right;
}

template <class Float>
ScalarValue float_binary(BinaryOp op, Float left, Float right) {
  if (auto truth = compare(op, left, right)) return ScalarValue::boolean(*truth);
  switch (op) {
    case BinaryOp::kAdd:
      return make(left + right);
    case BinaryOp::kSubtract:
      return make(left - right);
    case BinaryOp::kMultiply:
      return make(left * right);
    case BinaryOp::kDivide:
      return make(left / right);
    case BinaryOp::kModulo:
      return make(std::fmod(left, right));
    case BinaryOp::kMin:
      return make(lesser(left, right));
    case BinaryOp::kMax:
      return make(-lesser(-left, -right));
    default:
      WELD_CHECK(op == BinaryOp::kPow, "an operator that floats do not have");
      return make(std::pow(left, right));
  }
}

std::optional<ScalarValue> integer_binary(BinaryOp op, ScalarValue left, ScalarValue right) {
  const ScalarKind kind = left.kind;
  const Wide a = wide(left);
  const Wide b = wide(right);
  if (auto truth = compare(op, a, b)) return ScalarValue::boolean(*truth);
  const auto shift = static_cast<int>(right.bits & static_cast<uint64_t>(width(kind) - 1));
  switch (op) {
    case BinaryOp::kAdd:
      return cut(kind, a + b);
    case BinaryOp::kSubtract:
      return cut(kind, a - b);
    case BinaryOp::kMultiply:
      return ScalarValue::integer(kind, static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    case BinaryOp::kDivide:
    case BinaryOp::kModulo:
      if (b == 0 || (b == -1 && a == smallest(kind))) return std::nullopt;
      return cut(kind, op == BinaryOp::kDivide ? a / b : a % b);
    case BinaryOp::kBitAnd:
      return cut(kind, a & b);
    case BinaryOp::kBitOr:
      return cut(kind, a | b);
    case BinaryOp::kBitXor:
      return cut(kind, a ^ b);
    case BinaryOp::kShiftLeft:
      return ScalarValue::integer(kind, left.bits << shift);
    case BinaryOp::kShiftRight:
      return cut(kind, a >> shift);
    case BinaryOp::kMin:
      return a < b ? left : right;
    default:
      WELD_CHECK(op == BinaryOp::kMax, "an operator that integers do not have");
      return a > b ? left : right;
  }
}

template <class Float>
ScalarValue float_unary(UnaryOp op, Float x) {
  switch (op) {
    case UnaryOp::kNegate:
      return make(-x);
    case UnaryOp::kExp:
      return make(std::exp(x));
    case UnaryOp::kExp2:
      return make(std::exp2(x));
    case UnaryOp::kLog:
      return make(std::log(x));
    case UnaryOp::kLog2:
      return make(std::log2(x));
    case UnaryOp::kLog10:
      return make(std::log10(x));
    case UnaryOp::kSqrt:
      return make(std::sqrt(x));
    case UnaryOp::kCbrt:
      return make(std::cbrt(x));
    case UnaryOp::kSin:
      return make(std::sin(x));
    case UnaryOp::kCos:
      return make(std::cos(x));
    case UnaryOp::kTan:
      return make(std::tan(x));
    case UnaryOp::kAsin:
      return make(std::asin(x));
    case UnaryOp::kAcos:
      return make(std::acos(x));
    case UnaryOp::kAtan:
      return make(std::atan(x));
    case UnaryOp::kSinh:
      return make(std::sinh(x));
    case UnaryOp::kCosh:
      return make(std::cosh(x));
    case UnaryOp::kTanh:
      return make(std::tanh(x));
    case UnaryOp::kErf:
      return make(std::erf(x));
    case UnaryOp::kFloor:
      return make(std::floor(x));
    case UnaryOp::kCeil:
      return make(std::ceil(x));
    case UnaryOp::kRound:
      return make(std::round(x));
    default:
      WELD_CHECK(op == UnaryOp::kAbs, "an operator that floats do not have");
      return make(std::fabs(x));
  }
}

// Toward zero; the nearest integer there is; 0 for NaN. Every f64 in an integer type's range is exact as a Wide.
ScalarValue float_to_integer(ScalarKind target, double value) {
  if (std::isnan(value)) return cut(target, 0);
  if (value >= std::ldexp(1.0, 64)) return cut(target, largest(target));
  if (value <= -std::ldexp(1.0, 64)) return cut(target, smallest(target));
  const auto whole = static_cast<Wide>(value);
  if (whole > largest(target)) return cut(target, largest(target));
  if (whole < smallest(target)) return cut(target, smallest(target));
  return cut(target, whole);
}

}  // namespace

std::optional<ScalarValue> binary(BinaryOp op, ScalarValue left, ScalarValue right) {
  if (op == BinaryOp::kPow && right.kind != left.kind) right = cast(left.kind, right);
  if (left.kind == ScalarKind::kF32) return float_binary(op, as_float(left), as_float(right));
  if (left.kind == ScalarKind::kF64) return float_binary(op, left.as_double(), right.as_double());
  return integer_binary(op, left, right);
}

ScalarValue unary(UnaryOp op, ScalarValue operand) {
  if (operand.kind == ScalarKind::kF32) return float_unary(op, as_float(operand));
  if (operand.kind == ScalarKind::kF64) return float_unary(op, operand.as_double());
  const Wide value = wide(operand);
  if (op == UnaryOp::kNot) return ScalarValue::boolean(value == 0);
  if (op == UnaryOp::kNegate) return cut(operand.kind, -value);
  WELD_CHECK(op == UnaryOp::kAbs, "an operator that integers do not have");
  return cut(operand.kind, value < 0 ? -value : value);
}

ScalarValue cast(ScalarKind target, ScalarValue operand) {
  if (is_float(operand.kind)) {
    const double value = operand.as_double();
    if (target == ScalarKind::kF64) return make(value);
    if (target == ScalarKind::kF32) return make(static_cast<float>(value));
    if (target == ScalarKind::kBool) return ScalarValue::boolean(value != 0);
    return float_to_integer(target, value);
  }
  const Wide value = wide(operand);
  if (target == ScalarKind::kBool) return ScalarValue::boolean(value != 0);
  if (target == ScalarKind::kF64) return make(static_cast<double>(value));
  if (target == ScalarKind::kF32) return make(static_cast<float>(value));
  return cut(target, value);
}

ScalarValue combine(MergeOp op, ScalarValue left, ScalarValue right) {
  switch (op) {
    case MergeOp::kAdd:
      return *binary(BinaryOp::kAdd, left, right);
    case MergeOp::kMultiply:
      return *binary(BinaryOp::kMultiply, left, right);
    case MergeOp::kMin:
      return *binary(BinaryOp::kMin, left, right);
    case MergeOp::kMax:
      break;
  }
  return *binary(BinaryOp::kMax, left, right);
}

ScalarValue identity(MergeOp op, ScalarKind kind) {
  const bool lowest = op == MergeOp::kMax;
  if (op == MergeOp::kAdd || op == MergeOp::kMultiply) {
    return cast(kind, ScalarValue::integer(ScalarKind::kI64, op == MergeOp::kAdd ? 0 : 1));
  }
  if (is_float(kind)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return cast(kind, ScalarValue::f64(lowest ? -infinity : infinity));
  }
  return cut(kind, lowest ? smallest(kind) : largest(kind));
}

std::optional<ScalarValue> binary_of_keys(BinaryOp op, ScalarValue left, ScalarValue right) {
  const auto is_nan = [](ScalarValue value) { return is_float(value.kind) && std::isnan(value.as_double()); };
  if (!is_nan(left) && !is_nan(right)) return binary(op, left, right);
  const auto rank = [&](ScalarValue value) { return ScalarValue::integer(ScalarKind::kU8, is_nan(value) ? 1 : 0); };
  return binary(op, rank(left), rank(right));
}

Value identity_of(Type type, MergeOp op) {
  if (type.is_scalar()) return make_scalar(identity(op, type.scalar_kind()));
  std::vector<Value> fields;
  for (Type child : type.children()) fields.push_back(identity_of(child, op));
  return make_struct(std::move(fields));
}

}  // namespace weld::reference
