// What the evaluation of an expression may do besides giving a value. The functions judge node by node, lambdas' bodies included,
// so they err on the safe side.
#include "weld/ir/rewrite.h"

namespace weld {
namespace {

// Identifiers of functions stand for bodies that are not seen.
bool is_unseen_function(const Expr& expr) { return expr.is(NodeKind::kIdentifier) && expr.type().is_function(); }

// A literal, or simd of one, that divides every integer: neither 0 nor -1.
bool is_safe_divisor(const ExprPtr& divisor) {
  if (divisor->is(NodeKind::kBroadcast)) return is_safe_divisor(divisor->child(0));
  if (!divisor->is(NodeKind::kLiteral)) return false;
  int64_t value = divisor->literal().as_signed();
  return value != 0 && (value != -1 || is_unsigned(divisor->literal().kind));
}

bool division_may_fail(const Expr& expr) {
  if ((info(expr.binary_op()).flags & kFailsOnInteger) == 0) return false;
  Type type = expr.child(1)->type();
  bool floats = (type.is_scalar() || type.is_simd()) && is_float(type.scalar_kind());
  return !floats && !is_safe_divisor(expr.child(1));
}

bool node_may_fail(const Expr& expr) {
  switch (expr.kind()) {
    case NodeKind::kBinary:
      return division_may_fail(expr);
    case NodeKind::kLookup:
    case NodeKind::kSlice:
    case NodeKind::kAssert:
    case NodeKind::kCudf:
    case NodeKind::kDeserialize:
    case NodeKind::kIterate:
      return true;
    case NodeKind::kMerge: {
      TypeKind builder = expr.child(0)->type().kind();
      return builder == TypeKind::kVecMerger || builder == TypeKind::kUnknown;
    }
    case NodeKind::kFor:
      return expr.iterators().size() > 1;
    case NodeKind::kIter:
      return expr.children().size() > 1;
    default:
      return is_unseen_function(expr);
  }
}

bool node_may_allocate(const Expr& expr) {
  switch (expr.kind()) {
    case NodeKind::kFor:
    case NodeKind::kSort:
    case NodeKind::kToVec:
    case NodeKind::kMakeVector:
    case NodeKind::kSerialize:
    case NodeKind::kCudf:
      return true;
    case NodeKind::kDeserialize:
      return expr.type().contains_pointer();
    case NodeKind::kNewBuilder:
      return expr.operand_type().kind() != TypeKind::kMerger;
    case NodeKind::kMerge:
    case NodeKind::kRes:
      return expr.child(0)->type().kind() != TypeKind::kMerger;
    default:
      return is_unseen_function(expr);
  }
}

template <class Predicate>
bool any_node(const ExprPtr& root, const Predicate& predicate) {
  bool found = false;
  walk(root, [&](const ExprPtr& node) {
    found = found || predicate(*node);
    return !found;
  });
  return found;
}

}  // namespace

bool may_fail(const ExprPtr& root) { return any_node(root, node_may_fail); }
bool may_allocate(const ExprPtr& root) { return any_node(root, node_may_allocate); }

}  // namespace weld
