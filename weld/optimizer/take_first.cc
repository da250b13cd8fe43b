// take-first: finds the first elements of an order, or of a map, without the others.
//
//   before   slice(sort(v, f), 0L, n)                 lookup(sort(v, f), 2L)
//   after    sort(v, f, n)                            lookup(sort(v, f, 3L), 2L)
//
//   before   slice(sort(v, f), 20L, 10L)
//   after    slice(sort(v, f, 30L), 20L, 10L)
//
//   before   slice(map(v, f), 0L, n)
//   after    map(slice(v, 0L, n), f)
//
// sort(v, f, n) takes n as slice does: a negative number is none, one past the length is all, and nothing fails. A slice that
// starts outside of the order fails, and has to fail as well over what there is of it: no fewer elements than are before its
// start are sorted, and a sum of start and size past the largest number is that number. Where start or size are known at run time
// only, the sum is `start + min(max(size, 0L), 9223372036854775807L - start)`; of a negative start it may be anything. Elements
// of a map that nothing needs need not be computed; one with an assert in it stays, and so does a map over several vectors, which
// must be of one length.
//
// Requires inline-lets before it, which brings vectors used once to their use. Runs before fuse-maps, which takes the maps.
#include <algorithm>
#include <ranges>

#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

constexpr int64_t kMost = INT64_MAX;

bool is_zero(const ExprPtr& expr) { return expr->is(NodeKind::kLiteral) && expr->literal().bits == 0; }

// The first count elements of what a sort gives.
ExprPtr first_of_sort(const ExprPtr& sort, ExprPtr count) {
  std::vector<ExprPtr> children = copied_children(sort);
  if (children.size() > 2) count = make_binary(BinaryOp::kMin, children[2], std::move(count));
  children.resize(2);
  children.push_back(std::move(count));
  return with_children(sort, std::move(children));
}

ExprPtr size_from_zero(const ExprPtr& size) {
  if (size->is(NodeKind::kLiteral)) return make_i64(std::max<int64_t>(size->literal().as_signed(), 0));
  return make_binary(BinaryOp::kMax, size, make_i64(0));
}

// Where a slice of these ends: start + size, size counting as 0 where it is negative, and the most where there is no such number.
ExprPtr end_of(const ExprPtr& start, const ExprPtr& size) {
  ExprPtr count = size_from_zero(size);
  if (!start->is(NodeKind::kLiteral)) {
    ExprPtr room = make_binary(BinaryOp::kSubtract, make_i64(kMost), start);
    return make_binary(BinaryOp::kAdd, start, make_binary(BinaryOp::kMin, std::move(count), std::move(room)));
  }
  const int64_t before = std::max<int64_t>(start->literal().as_signed(), 0);
  if (!count->is(NodeKind::kLiteral)) {
    return make_binary(BinaryOp::kAdd, start, make_binary(BinaryOp::kMin, std::move(count), make_i64(kMost - before)));
  }
  return make_i64(before + std::min(count->literal().as_signed(), kMost - before));
}

// A slice of an order that starts anywhere. What it evaluates twice then, it evaluates once before.
ExprPtr middle_of_sort(const ExprPtr& slice, LoopFuser& fuser) {
  if (slice->child(0)->children().size() > 2) return slice;  // no more than that are sorted
  std::vector<ExprPtr> parts = copied_children(slice);
  std::vector<size_t> bound;
  for (size_t i : {1, 2}) {
    if (is_atom(parts[i])) continue;
    bound.push_back(i);
    parts[i] = make_identifier(fuser.supply().fresh(i == 1 ? "start" : "size"), Type::i64());
  }
  parts[0] = first_of_sort(parts[0], end_of(parts[1], parts[2]));
  ExprPtr result = with_children(slice, parts);
  for (size_t i : bound | std::views::reverse) {
    result = make_let(parts[i]->name(), slice->child(i), std::move(result), slice->span());
  }
  return result;
}

// Of a map over one vector.
ExprPtr first_of_map(const ExprPtr& slice, const LoopFuser& fuser) {
  const ExprPtr& data = slice->child(0);
  std::optional<Loop> map = producer_of(data);
  if (!map || map->node->iterators().size() != 1 || fuser.merged_value(*map) == nullptr) return nullptr;
  const ExprPtr& iterator = map->node->iterators()[0];
  if (!goes_over_all(iterator) || contains_assert(map->body)) return nullptr;
  ExprPtr first = with_children(slice, {iterator->child(0), slice->child(1), slice->child(2)});
  std::vector<ExprPtr> children = copied_children(map->node);
  children[0] = with_children(iterator, {std::move(first)});
  return with_children(data, {with_children(map->node, std::move(children))});
}

ExprPtr rewrite_slice(const ExprPtr& slice, LoopFuser& fuser) {
  const bool is_from_zero = is_zero(slice->child(1));
  if (slice->child(0)->is(NodeKind::kSort)) {
    return is_from_zero ? first_of_sort(slice->child(0), slice->child(2)) : middle_of_sort(slice, fuser);
  }
  ExprPtr first = is_from_zero ? first_of_map(slice, fuser) : nullptr;
  return first == nullptr ? slice : first;
}

ExprPtr rewrite_node(const ExprPtr& expr, LoopFuser& fuser) {
  if (expr->is(NodeKind::kSlice)) return rewrite_slice(expr, fuser);
  bool is_lookup = expr->is(NodeKind::kLookup) && expr->child(0)->is(NodeKind::kSort) && expr->child(1)->is(NodeKind::kLiteral);
  if (!is_lookup || expr->child(0)->children().size() > 2) return expr;
  int64_t index = expr->child(1)->literal().as_signed();
  if (index < 0 || index == INT64_MAX) return expr;
  return with_children(expr, {first_of_sort(expr->child(0), make_i64(index + 1)), expr->child(1)});
}

// A slice before what it is of, so that it passes through a chain of maps; and again where that has become a sort.
ExprPtr rewrite(const ExprPtr& expr, LoopFuser& fuser) {
  if (!expr->contains(NodeKind::kSlice, NodeKind::kSort)) return expr;
  ExprPtr result = map_children(rewrite_node(expr, fuser), [&](const ExprPtr& child) { return rewrite(child, fuser); });
  bool is_of_sort = result->is(NodeKind::kSlice) && result->child(0)->is(NodeKind::kSort);
  return is_of_sort ? rewrite_node(result, fuser) : result;
}

}  // namespace

ExprPtr take_first(const ExprPtr& program) {
  if (!program->contains(NodeKind::kSlice, NodeKind::kSort)) return program;
  LoopFuser fuser(program);
  return rewrite(program, fuser);
}

}  // namespace weld
