// fuse-len: finds the length of a vector that is made only to be counted without making it.
//
//   before   len(result(for(v, appender, |b, i, e| merge(b, f(e)))))
//   after    len(v)
//
//   before   len(result(for(v, appender, |b, i, e| if(p(e), merge(b, e), b))))
//   after    result(for(v, merger[i64,+], |b, i, e| if(p(e), merge(b, 1L), b)))
//
// An element that nothing needs need not be computed (see fuse_maps.cc); asserts in it are.
//
// Requires inline-lets before it, which brings vectors that are only counted into their len.
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

// The loop that counts the elements of a vector.
ExprPtr counting_loop(const ExprPtr& data, NameSupply& supply) {
  Type counter = Type::merger(Type::i64(), MergeOp::kAdd);
  Parameter builder{supply.fresh("count"), counter};
  Parameter index{supply.fresh("i"), Type::i64()};
  Parameter element{supply.fresh("e"), data->type().child(0)};
  ExprPtr body = make_merge(make_identifier(builder.name, counter), make_i64(1));
  return make_for({make_iter(IterKind::kVector, {data})}, make_new_builder(counter), make_lambda({builder, index, element}, body),
                  data->span());
}

ExprPtr fuse_len_node(const ExprPtr& len, LoopFuser& fuser, uint32_t depth) {
  const ExprPtr& data = len->child(0);
  std::optional<Loop> producer = producer_of(data);
  if (!producer) return len;
  ExprPtr iterator = producer->node->iterators()[0];
  bool reads_whole_vector =
      producer->node->iterators().size() == 1 && iterator->iter_kind() == IterKind::kVector && iterator->children().size() == 1;
  if (reads_whole_vector && fuser.merged_value(*producer) != nullptr && !contains_assert(producer->body)) {
    return with_children(len, {iterator->child(0)});
  }
  ExprPtr loop = counting_loop(data, fuser.supply());
  ExprPtr fused = fuser.fuse(loop, depth);
  return fused == loop ? len : make_result(fused, len->span());
}

ExprPtr rewrite(const ExprPtr& expr, LoopFuser& fuser, uint32_t depth) {
  ExprPtr result = expr;
  // A length of a map becomes that of what the map reads, which may be a map again.
  while (result->is(NodeKind::kLen)) {
    ExprPtr fused = fuse_len_node(result, fuser, depth);
    if (fused == result) break;
    result = std::move(fused);
  }
  return map_children(result, [&](const ExprPtr& child) { return rewrite(child, fuser, depth + 1); });
}

}  // namespace

ExprPtr fuse_len(const ExprPtr& program) {
  LoopFuser fuser(program);
  return rewrite(program, fuser, 1);
}

}  // namespace weld
