#include "tests/reference/compare.h"

#include <algorithm>
#include <optional>

#include "tests/reference/scalars.h"

namespace weld::reference {
namespace {

using CompareScalars = std::optional<ScalarValue> (*)(BinaryOp, ScalarValue, ScalarValue);

bool compare(BinaryOp op, const Value& left, const Value& right, const Ready& ready, CompareScalars scalars) {
  if (left.is<ScalarValue>()) return scalars(op, left.scalar(), right.scalar())->bits != 0;
  if (op == BinaryOp::kNotEqual) return !compare(BinaryOp::kEqual, left, right, ready, scalars);
  const bool is_vec = left.is<Vec>();
  auto size = [&](const Value& value) { return is_vec ? value.elements().size() : value.cells().size(); };
  auto part = [&](const Value& value, size_t i) { return ready(is_vec ? value.elements()[i] : Value{value.cells()[i]}); };
  for (size_t i = 0; i < std::min(size(left), size(right)); i++) {
    const Value a = part(left, i);
    const Value b = part(right, i);
    if (compare(BinaryOp::kEqual, a, b, ready, scalars)) continue;
    if (op == BinaryOp::kEqual) return false;
    const bool less = op == BinaryOp::kLess || op == BinaryOp::kLessEqual;
    return compare(less ? BinaryOp::kLess : BinaryOp::kGreater, a, b, ready, scalars);
  }
  auto count = [&](const Value& value) { return ScalarValue::integer(ScalarKind::kU64, size(value)); };
  return binary(op, count(left), count(right))->bits != 0;
}

}  // namespace

bool compare_values(BinaryOp op, const Value& left, const Value& right, const Ready& ready) {
  return compare(op, left, right, ready, binary);
}

bool compare_keys(BinaryOp op, const Value& left, const Value& right, const Ready& ready) {
  return compare(op, left, right, ready, binary_of_keys);
}

}  // namespace weld::reference
