// The numbers are rough: what one evaluation adds to a loop that runs at full speed.
#include "weld/optimizer/cost.h"

#include <algorithm>

#include "weld/ir/rewrite.h"

namespace weld {
namespace {

// Loops inside a body run an unknown number of times; this many is assumed.
constexpr int64_t kAssumedInnerIterations = 16;

// A node that costs as much is a function of the C library.
constexpr int64_t kFunctionCost = 4000;

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
  return node_cost(expr) >= kFunctionCost ? LoopForm::kVector : LoopForm::kLight;
}

}  // namespace

int64_t node_cost(const Expr& expr) {
  switch (expr.kind()) {
    case NodeKind::kUnary:
      return *info(expr.unary_op()).libm_name != '\0' ? 4000 : 200;
    case NodeKind::kBinary:
      switch (expr.binary_op()) {
        case BinaryOp::kDivide:
        case BinaryOp::kModulo:
          return 1500;
        case BinaryOp::kPow:
          return 10000;
        default:
          return 150;
      }
    case NodeKind::kLookup:
    case NodeKind::kOptLookup:
    case NodeKind::kKeyExists:
      return expr.child(0)->type().is_dict() ? 8000 : 800;
    case NodeKind::kMerge:
      switch (expr.child(0)->type().kind()) {
        case TypeKind::kDictMerger:
        case TypeKind::kGroupMerger:
          return 5000;
        default:
          return 400;
      }
    case NodeKind::kFor:
    case NodeKind::kIterate:
    case NodeKind::kSort:
    case NodeKind::kCudf:
      return 20000;
    case NodeKind::kNewBuilder:
    case NodeKind::kMakeVector:
    case NodeKind::kSerialize:
      return 10000;
    case NodeKind::kDeserialize:
      return expr.type().contains_pointer() ? 20000 : 800;
    case NodeKind::kLiteral:
    case NodeKind::kIdentifier:
    case NodeKind::kGetField:
      return 60;
    default:
      return 200;
  }
}

int64_t kept_cost(int64_t bytes) {
  constexpr int64_t kByteCost = 200;
  return bytes * kByteCost;
}

LoopForm loop_form(const ExprPtr& loop) {
  LoopForm form = LoopForm::kLight;
  walk(loop->function()->body(), [&](const ExprPtr& node) {
    form = std::max(form, form_with(*node));
    return true;
  });
  return form;
}

int64_t estimated_cost(const ExprPtr& expr) {
  int64_t cost = 0;
  walk(expr, [&](const ExprPtr& node) {
    int64_t own = node_cost(*node);
    if (node->is(NodeKind::kFor)) {
      own += kAssumedInnerIterations * 2000;
    }
    cost += own;
    return true;
  });
  return cost;
}

}  // namespace weld
