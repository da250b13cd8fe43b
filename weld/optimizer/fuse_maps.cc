// fuse-maps: runs a loop's producer inside it, so that the vector between them is never made.
//
// A producer is `result(for(…, appender, …))` as a bare iterator of the loop, the consumer.
//
// 1. A map merges exactly once in each iteration. Any number of a consumer's zipped iterators may be maps:
//
//   before   for(zip(result(for(x, appender, |b1, i1, e1| merge(b1, f(i1, e1)))), y), B, |b, i, e| body)
//   after    for(zip(x, y), B, |b, i, z| let i1 = i; let e1 = z.$0; let e = {f(i1, e1), z.$1}; body)
//
//   Iteration i of the consumer is iteration i of each map, and as a map is as long as what it reads, the new loop's check that
//   all are of one length fails exactly when one of the old loops' did.
//
// 2. A filter or a nest of loops merges any number of times. It must be the only iterator, and the consumer must not use its
// index,
//    which is the number of merges so far and not that of iterations:
//
//   before   for(result(for(x, appender, |b1, i1, e1| if(p(e1), merge(b1, f(e1)), b1))), B, |b, i, e| body)
//   after    for(x, B, |b1, i1, e1| if(p(e1), (let b = b1; let e = f(e1); body), b1))
//
//   The consumer's body stands where the merge was, also inside inner loops over b1; where there are several merges it is copied,
//   when it is small.
//
// 3. Columns that the same condition filtered, read together: see fuse_filters.cc.
//
// A vector that a let binds is a producer, too, when this loop is all that reads it and stands in the same lambda.
//
// An element is from then on a let of the consumer's body: where nothing needs it, it need not be computed. Where such a let
// would say that two names mean the same, the new loop's parameter has one of them, and there is none: `e1` of a map that goes
// over what the new loop does (1), `b` and `e` of a filter that merges its element once (2).
//
// Requires inline-lets before it, which takes lets apart. Leaves lets of atoms and of struct literals behind, for inline-lets and
// split-structs.
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

ExprPtr rewrite(const ExprPtr& expr, LoopFuser& fuser, uint32_t depth);

// What the lets are around comes first, then their values from the last on: consumers before their producers.
ExprPtr rewrite_lets(ExprPtr expr, LoopFuser& fuser, uint32_t depth) {
  std::vector<ExprPtr> lets;
  for (; expr->is(NodeKind::kLet); expr = expr->body()) {
    fuser.declare(expr);
    lets.push_back(expr);
  }
  auto depth_at = [&](size_t let) { return depth + static_cast<uint32_t>(let); };
  ExprPtr result = rewrite(expr, fuser, depth_at(lets.size()));
  for (size_t i = lets.size(); i-- > 0;) {
    if (fuser.has_taken(lets[i])) continue;
    ExprPtr value = rewrite(lets[i]->child(0), fuser, depth_at(i) + 1);
    result = with_children(lets[i], {std::move(value), std::move(result)});
  }
  return result;
}

// Consumers before their producers, so that a chain is fused from its end. depth: of the place in the program where expr stands.
ExprPtr rewrite(const ExprPtr& expr, LoopFuser& fuser, uint32_t depth) {
  if (!expr->contains(NodeKind::kFor)) return expr;
  if (expr->is(NodeKind::kLet)) return rewrite_lets(expr, fuser, depth);
  if (expr->is(NodeKind::kLambda)) {
    uint32_t outer = fuser.enter_lambda();
    ExprPtr body = rewrite(expr->body(), fuser, depth + 1);
    fuser.leave_lambda(outer);
    return with_children(expr, {std::move(body)});
  }
  ExprPtr fused = fuser.fuse(expr, depth);
  return map_children(fused, [&](const ExprPtr& child) { return rewrite(child, fuser, depth + 1); });
}

}  // namespace

ExprPtr fuse_maps(const ExprPtr& program) {
  LoopFuser fuser(program);
  return rewrite(program, fuser, 1);
}

}  // namespace weld
