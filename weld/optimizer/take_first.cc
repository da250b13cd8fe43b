// take-first: finds the first elements of an order, or of a map, without the others.
//
//   before   slice(sort(v, f), 0L, n)                 lookup(sort(v, f), 2L)
//   after    sort(v, f, n)                            lookup(sort(v, f, 3L), 2L)
//
//   before   slice(map(v, f), 0L, n)
//   after    map(slice(v, 0L, n), f)
//
// sort(v, f, n) takes n as slice does: a negative number is none, one past the length is all, and nothing fails. Elements of a
// map that nothing needs need not be computed; one with an assert in it stays, and so does a map over several vectors, which must
// be of one length.
//
// Requires inline-lets before it, which brings vectors used once to their use. Runs before fuse-maps, which takes the maps.
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

bool is_zero(const ExprPtr& expr) { return expr->is(NodeKind::kLiteral) && expr->literal().bits == 0; }

// The first count elements of what a sort gives.
ExprPtr first_of_sort(const ExprPtr& sort, ExprPtr count) {
  std::vector<ExprPtr> children = copied_children(sort);
  if (children.size() > 2) count = make_binary(BinaryOp::kMin, children[2], std::move(count));
  children.resize(2);
  children.push_back(std::move(count));
  return with_children(sort, std::move(children));
}

// Of a map over one vector.
ExprPtr first_of_map(const ExprPtr& slice, const LoopFuser& fuser) {
  const ExprPtr& data = slice->child(0);
  std::optional<Loop> map = producer_of(data);
  if (!map || map->node->iterators().size() != 1 || fuser.merged_value(*map) == nullptr) return nullptr;
  const ExprPtr& iterator = map->node->iterators()[0];
  bool whole = iterator->iter_kind() == IterKind::kVector && iterator->children().size() == 1;
  if (!whole || contains_assert(map->body)) return nullptr;
  ExprPtr first = with_children(slice, {iterator->child(0), slice->child(1), slice->child(2)});
  std::vector<ExprPtr> children = copied_children(map->node);
  children[0] = with_children(iterator, {std::move(first)});
  return with_children(data, {with_children(map->node, std::move(children))});
}

ExprPtr rewrite_node(const ExprPtr& expr, const LoopFuser& fuser) {
  bool is_slice = expr->is(NodeKind::kSlice) && is_zero(expr->child(1));
  if (is_slice && expr->child(0)->is(NodeKind::kSort)) return first_of_sort(expr->child(0), expr->child(2));
  if (is_slice) {
    ExprPtr first = first_of_map(expr, fuser);
    return first == nullptr ? expr : first;
  }
  bool is_lookup = expr->is(NodeKind::kLookup) && expr->child(0)->is(NodeKind::kSort) && expr->child(1)->is(NodeKind::kLiteral);
  if (!is_lookup || expr->child(0)->children().size() > 2) return expr;
  int64_t index = expr->child(1)->literal().as_signed();
  if (index < 0 || index == INT64_MAX) return expr;
  return with_children(expr, {first_of_sort(expr->child(0), make_i64(index + 1)), expr->child(1)});
}

// A slice before what it is of, so that it passes through a chain of maps; and again where that has become a sort.
ExprPtr rewrite(const ExprPtr& expr, const LoopFuser& fuser) {
  if (!expr->contains(NodeKind::kSlice, NodeKind::kSort)) return expr;
  ExprPtr result = map_children(rewrite_node(expr, fuser), [&](const ExprPtr& child) { return rewrite(child, fuser); });
  bool is_of_sort = result->is(NodeKind::kSlice) && result->child(0)->is(NodeKind::kSort);
  return is_of_sort ? rewrite_node(result, fuser) : result;
}

}  // namespace

ExprPtr take_first(const ExprPtr& program) {
  return program->contains(NodeKind::kSlice, NodeKind::kSort) ? rewrite(program, LoopFuser(program)) : program;
}

}  // namespace weld
