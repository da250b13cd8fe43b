#include "tests/reference/simd.h"

#include "tests/reference/scalars.h"

namespace weld::reference {

std::optional<Value> binary_value(BinaryOp op, const Value& left, const Value& right) {
  if (op == BinaryOp::kAnd) op = BinaryOp::kBitAnd;
  if (op == BinaryOp::kOr) op = BinaryOp::kBitOr;
  if (!left.is<Simd>()) {
    std::optional<ScalarValue> result = binary(op, left.scalar(), right.scalar());
    return result ? std::optional<Value>(make_scalar(*result)) : std::nullopt;
  }
  std::vector<ScalarValue> lanes;
  for (size_t i = 0; i < left.lanes().size(); i++) {
    std::optional<ScalarValue> result = binary(op, left.lanes()[i], right.lanes()[i]);
    if (!result) return std::nullopt;
    lanes.push_back(*result);
  }
  return make_simd(std::move(lanes));
}

Value unary_value(UnaryOp op, const Value& operand) {
  if (!operand.is<Simd>()) return make_scalar(unary(op, operand.scalar()));
  std::vector<ScalarValue> lanes;
  for (const ScalarValue& lane : operand.lanes()) lanes.push_back(unary(op, lane));
  return make_simd(std::move(lanes));
}

Value cast_value(ScalarKind target, const Value& operand) {
  if (!operand.is<Simd>()) return make_scalar(cast(target, operand.scalar()));
  std::vector<ScalarValue> lanes;
  for (const ScalarValue& lane : operand.lanes()) lanes.push_back(cast(target, lane));
  return make_simd(std::move(lanes));
}

Value broadcast_value(const Value& scalar, int lanes) {
  return make_simd(std::vector<ScalarValue>(static_cast<size_t>(lanes), scalar.scalar()));
}

Value select_lanes(const Value& condition, const Value& left, const Value& right) {
  std::vector<ScalarValue> lanes;
  for (size_t i = 0; i < condition.lanes().size(); i++) {
    lanes.push_back(condition.lanes()[i].bits != 0 ? left.lanes()[i] : right.lanes()[i]);
  }
  return make_simd(std::move(lanes));
}

namespace {

size_t whole_steps(const Value& vec, int lanes) { return vec.elements().size() / static_cast<size_t>(lanes); }

}  // namespace

std::vector<Value> simd_steps(const Value& vec, int lanes) {
  std::vector<Value> steps;
  for (size_t step = 0; step < whole_steps(vec, lanes); step++) {
    std::vector<ScalarValue> values;
    for (size_t lane = 0; lane < static_cast<size_t>(lanes); lane++) {
      values.push_back(vec.elements()[step * static_cast<size_t>(lanes) + lane].scalar());
    }
    steps.push_back(make_simd(std::move(values)));
  }
  return steps;
}

std::vector<Value> simd_tail(const Value& vec, int lanes) {
  const auto first = static_cast<ptrdiff_t>(whole_steps(vec, lanes)) * lanes;
  return {vec.elements().begin() + first, vec.elements().end()};
}

}  // namespace weld::reference
