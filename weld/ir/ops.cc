// Tables and name lookups generated from ops.def. An operator's number is its place in its table.
#include "weld/ir/ops.h"

#include <cstddef>

namespace weld {
namespace {

constexpr BinaryOpInfo kBinaryOps[] = {
#define WELD_BINARY(op, name, symbol, precedence, operands, result, flags) \
  {name, symbol, precedence, OperandClass::operands, ResultRule::result, flags},
#include "weld/ir/ops.def"
};

constexpr UnaryOpInfo kUnaryOps[] = {
#define WELD_UNARY(op, name, symbol, operands, libm_name, flags) {name, symbol, OperandClass::operands, libm_name, flags},
#include "weld/ir/ops.def"
};

template <class Op, class Info, size_t count, class Matches>
std::optional<Op> find_op(const Info (&table)[count], const Matches& matches) {
  for (size_t i = 0; i < count; ++i) {
    if (matches(table[i])) return static_cast<Op>(i);
  }
  return std::nullopt;
}

}  // namespace

const BinaryOpInfo& info(BinaryOp op) { return kBinaryOps[static_cast<size_t>(op)]; }
const UnaryOpInfo& info(UnaryOp op) { return kUnaryOps[static_cast<size_t>(op)]; }

const char* operand_class_text(OperandClass operands) {
  switch (operands) {
    case OperandClass::kBool:
      return "bool";
    case OperandClass::kBits:
      return "integers or bool";
    case OperandClass::kInteger:
      return "integers";
    case OperandClass::kNumeric:
      return "numbers";
    case OperandClass::kFloat:
    case OperandClass::kPow:
      return "floats";
    case OperandClass::kComparable:
      return "scalars, or vecs and structs of them";
  }
  return "";
}

std::optional<BinaryOp> binary_op_named(std::string_view name) {
  return find_op<BinaryOp>(kBinaryOps, [&](const BinaryOpInfo& op) { return name == op.name; });
}
std::optional<BinaryOp> binary_op_with_symbol(std::string_view symbol) {
  if (symbol.empty()) return std::nullopt;
  return find_op<BinaryOp>(kBinaryOps, [&](const BinaryOpInfo& op) { return symbol == op.symbol; });
}
std::optional<UnaryOp> unary_op_named(std::string_view name) {
  return find_op<UnaryOp>(kUnaryOps, [&](const UnaryOpInfo& op) { return name == op.name; });
}

}  // namespace weld
