// The numbers are rough: what one evaluation adds to a loop that runs at full speed, by the table of the machine (cost_table.h).
#include "weld/optimizer/cost.h"

#include <algorithm>

#include "weld/ir/rewrite.h"
#include "weld/optimizer/cost_table.h"

namespace weld {
namespace {

// How many times less expensive functions of the C library are in vector registers: 2 with AVX2, 5 with AVX-512.
constexpr int64_t kVectorSpeedup = 3;

// Loops inside a body run an unknown number of times; this many is assumed.
constexpr int64_t kAssumedInnerIterations = 16;

// Of nodes that the processor hardly notices, in picoseconds.
constexpr int64_t kOperandCost = 60;
constexpr int64_t kOtherCost = 200;

bool has_appender(Type type) {
  if (type.kind() == TypeKind::kAppender) return true;
  if (!type.is_struct()) return false;
  for (Type field : type.children()) {
    if (has_appender(field)) return true;
  }
  return false;
}

// Whether a node of a loop's body keeps the loop out of vector registers.
bool runs_row_by_row(const Expr& expr) {
  switch (expr.kind()) {
    case NodeKind::kFor:
    case NodeKind::kIterate:
    case NodeKind::kSort:
    case NodeKind::kCudf:
    case NodeKind::kAssert:
    case NodeKind::kOptLookup:
    case NodeKind::kKeyExists:
    case NodeKind::kNewBuilder:
    case NodeKind::kMakeVector:
    case NodeKind::kSerialize:
    case NodeKind::kDeserialize:
      return true;
    case NodeKind::kLookup:
      return expr.child(0)->type().is_dict();
    case NodeKind::kBinary:
      return expr.child(0)->type().contains_pointer();
    case NodeKind::kMerge:
      return expr.child(0)->type().kind() == TypeKind::kVecMerger;
    case NodeKind::kIf:
      return has_appender(expr.type());
    default:
      return false;
  }
}

LoopForm form_with(const Expr& expr) {
  if (expr.is(NodeKind::kMerge)) {
    TypeKind builder = expr.child(0)->type().kind();
    if (builder == TypeKind::kDictMerger || builder == TypeKind::kGroupMerger) return LoopForm::kDictionary;
  }
  if (runs_row_by_row(expr)) return LoopForm::kScalar;
  return is_function(expr) ? LoopForm::kVector : LoopForm::kLight;
}

}  // namespace

bool is_function(const Expr& expr) {
  if (expr.is(NodeKind::kUnary)) {
    const UnaryOpInfo& op = info(expr.unary_op());
    return *op.libm_name != '\0' && (op.flags & kInstruction) == 0;
  }
  return expr.is(NodeKind::kBinary) && expr.binary_op() == BinaryOp::kPow;
}

int64_t node_cost(const Expr& expr) {
  const CostTable& costs = cost_table();
  switch (expr.kind()) {
    case NodeKind::kUnary:
      if (expr.unary_op() == UnaryOp::kSqrt) return costs.division;
      return is_function(expr) ? costs.function : kOtherCost;
    case NodeKind::kBinary:
      switch (expr.binary_op()) {
        case BinaryOp::kDivide:
        case BinaryOp::kModulo:
          return costs.division;
        case BinaryOp::kPow:
          return costs.power;
        default:
          return costs.arithmetic;
      }
    case NodeKind::kLookup:
    case NodeKind::kOptLookup:
    case NodeKind::kKeyExists:
      return expr.child(0)->type().is_dict() ? costs.dictionary_lookup : costs.vector_lookup;
    case NodeKind::kMerge:
      switch (expr.child(0)->type().kind()) {
        case TypeKind::kDictMerger:
        case TypeKind::kGroupMerger:
          return costs.dictionary_merge;
        default:
          return costs.merge;
      }
    case NodeKind::kFor:
      return costs.inner_loop + kAssumedInnerIterations * costs.inner_iteration;
    case NodeKind::kIterate:
    case NodeKind::kSort:
    case NodeKind::kCudf:
      return costs.inner_loop;
    case NodeKind::kNewBuilder:
    case NodeKind::kMakeVector:
    case NodeKind::kSerialize:
      return costs.allocation;
    case NodeKind::kDeserialize:
      return expr.type().contains_pointer() ? 2 * costs.allocation : costs.vector_lookup;
    case NodeKind::kLiteral:
    case NodeKind::kIdentifier:
    case NodeKind::kGetField:
      return kOperandCost;
    default:
      return kOtherCost;
  }
}

int64_t kept_cost(int64_t bytes) { return bytes * cost_table().kept_byte; }

FilterCosts value_costs(const std::vector<ExprPtr>& values) {
  // What is listed is computed in vector registers, too.
  FilterCosts costs = {0, 0};
  for (const ExprPtr& value : values) {
    const int64_t cost = estimated_cost(value);
    costs.listed += cost / kVectorSpeedup + cost_table().listed_append;
    costs.dense += cost / kVectorSpeedup + cost_table().moved_append;
  }
  return costs;
}

// Measured on Skylake at 2 GHz, where a branch that is guessed wrong takes 14 ns.
FilterCosts branch_costs(bool lists_values) { return {.listed = 100, .dense = lists_values ? 97 : 93}; }

LoopForm loop_form(const ExprPtr& loop) {
  LoopForm form = LoopForm::kLight;
  walk(loop->function()->body(), [&](const ExprPtr& node) {
    form = std::max(form, form_with(*node));
    return true;
  });
  return form;
}

bool may_share_loop(LoopForm left, LoopForm right) {
  const auto by_row = [](LoopForm form) { return form == LoopForm::kScalar || form == LoopForm::kDictionary; };
  if (left == LoopForm::kVector && by_row(right)) return false;
  if (right == LoopForm::kVector && by_row(left)) return false;
  return left != LoopForm::kDictionary || right != LoopForm::kDictionary;
}

int64_t estimated_cost(const ExprPtr& expr) {
  int64_t cost = 0;
  walk(expr, [&](const ExprPtr& node) {
    cost += node_cost(*node);
    return true;
  });
  return cost;
}

}  // namespace weld
