#include "weld/optimizer/merger_values.h"

namespace weld {
namespace {

ExprPtr float_literal(ScalarKind kind, double value) {
  return make_literal(kind == ScalarKind::kF32 ? ScalarValue::f32(static_cast<float>(value)) : ScalarValue::f64(value));
}

// An integer type's smallest or largest value.
ScalarValue extreme_value(ScalarKind kind, bool smallest) {
  int bits = scalar_size(kind) * 8;
  uint64_t sign = uint64_t{1} << (bits - 1);
  if (is_signed_integer(kind)) return ScalarValue::integer(kind, smallest ? sign : sign - 1);
  return ScalarValue::integer(kind, smallest ? 0 : ~uint64_t{0});
}

ExprPtr zero(Type type) {
  if (type.is_scalar()) return make_literal(ScalarValue::integer(type.scalar_kind(), 0));  // of floats too, 0.0 has no bit set
  std::vector<ExprPtr> fields;
  for (Type field : type.children()) fields.push_back(zero(field));
  return make_struct(std::move(fields));
}

bool has_float(Type type) {
  if (type.is_scalar()) return is_float(type.scalar_kind());
  bool found = false;
  for (Type field : type.children()) found |= has_float(field);
  return found;
}

}  // namespace

BinaryOp binary_op_of(MergeOp op) {
  switch (op) {
    case MergeOp::kAdd:
      return BinaryOp::kAdd;
    case MergeOp::kMultiply:
      return BinaryOp::kMultiply;
    case MergeOp::kMin:
      return BinaryOp::kMin;
    case MergeOp::kMax:
      break;
  }
  return BinaryOp::kMax;
}

ExprPtr merge_identity(MergeOp op, Type type) {
  if (type.is_struct()) {
    std::vector<ExprPtr> fields;
    for (Type field : type.children()) fields.push_back(merge_identity(op, field));
    return make_struct(std::move(fields));
  }
  ScalarKind kind = type.scalar_kind();
  if (op == MergeOp::kAdd || op == MergeOp::kMultiply) {
    bool sum = op == MergeOp::kAdd;
    return is_float(kind) ? float_literal(kind, sum ? -0.0 : 1.0) : make_literal(ScalarValue::integer(kind, sum ? 0 : 1));
  }
  bool smallest = op == MergeOp::kMax;
  if (!is_float(kind)) return make_literal(extreme_value(kind, smallest));
  return make_binary(BinaryOp::kDivide, float_literal(kind, smallest ? -1 : 1), float_literal(kind, 0));
}

ExprPtr start_of_merger(const ExprPtr& builder) {
  Type type = builder->operand_type().child(0);
  MergeOp op = builder->operand_type().merge_op();
  bool is_extreme = op == MergeOp::kMin || op == MergeOp::kMax;
  if (builder->children().empty()) {
    if (!has_float(type) || op == MergeOp::kMultiply) return nullptr;
    return op == MergeOp::kAdd ? zero(type) : merge_identity(op, type);
  }
  const ExprPtr& start = builder->child(0);
  return has_float(type) && is_extreme ? make_binary(binary_op_of(op), start, merge_identity(op, type)) : start;
}

}  // namespace weld
