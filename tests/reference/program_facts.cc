// What is asked of a program before it is interpreted.
#include <algorithm>

#include "tests/reference/call.h"
#include "tests/reference/interpreter.h"
#include "weld/ir/rewrite.h"

namespace weld::reference {

bool can_interpret(const ExprPtr& program) {
  bool can = true;
  walk(program, [&](const ExprPtr& node) {
    switch (node->kind()) {
      case NodeKind::kCudf:
        can = can && can_pass(node->type()) && node->children().size() <= kMaximumArguments;
        for (const ExprPtr& child : node->children()) can = can && can_pass(child->type());
        break;
      default:
        break;
    }
    return can;
  });
  return can;
}

namespace {

int widest_in(Type type) {
  int widest = type.is_simd() ? scalar_size(type.scalar_kind()) : 0;
  for (Type child : type.children()) widest = std::max(widest, widest_in(child));
  return widest;
}

}  // namespace

int widest_simd_scalar(const ExprPtr& program) {
  int widest = 0;
  walk(program, [&](const ExprPtr& node) {
    widest = std::max(widest, widest_in(node->type()));
    const bool tail = node->is(NodeKind::kIter) && node->iter_kind() == IterKind::kFringe;
    if (tail) widest = std::max(widest, scalar_size(node->type().scalar_kind()));
    return true;
  });
  return widest;
}

std::set<int> possible_errors(const ExprPtr& program) {
  std::set<int> codes;
  walk(program, [&](const ExprPtr& node) {
    switch (node->kind()) {
      case NodeKind::kLookup:
        codes.insert(node->child(0)->type().is_dict() ? kNoKey : kOutOfBounds);
        break;
      case NodeKind::kSlice:
        codes.insert(kOutOfBounds);
        break;
      case NodeKind::kMerge:
        if (node->child(0)->type().kind() == TypeKind::kVecMerger) codes.insert(kOutOfBounds);
        break;
      case NodeKind::kFor:
        if (node->iterators().size() > 1) codes.insert(kMismatchedZip);
        break;
      case NodeKind::kIter:
        if (node->children().size() > 1) codes.insert(kBadIterator);
        break;
      case NodeKind::kDeserialize:
        codes.insert(kDeserialization);
        break;
      case NodeKind::kAssert:
        codes.insert(kAssertion);
        break;
      case NodeKind::kBinary:
        if ((info(node->binary_op()).flags & kFailsOnInteger) != 0) codes.insert(kDivision);
        break;
      default:
        break;
    }
    return true;
  });
  return codes;
}

}  // namespace weld::reference
