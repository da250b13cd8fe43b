// fuse-len: finds the length of a vector that is made only to be counted without making it.
//
//   before   len(result(for(v, appender, |b, i, e| merge(b, f(e)))))
//   after    len(v)
//
//   before   len(result(for(v, appender, |b, i, e| if(p(e), merge(b, e), b))))
//   after    result(for(v, merger[i64,+], |b, i, e| if(p(e), merge(b, 1L), b)))
//
//   before   let p = result(for(v, appender, |b, i, e| merge(b, f(e)))); … len(p) …
//   after    let p = result(for(v, appender, |b, i, e| merge(b, f(e)))); … len(v) …
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

// What a map reads that is as long as what it makes: the one vector that it reads as a whole; null for any other producer.
ExprPtr source_of_map(const Loop& producer, const LoopFuser& fuser) {
  ExprPtr iterator = producer.node->iterators()[0];
  bool reads_whole_vector =
      producer.node->iterators().size() == 1 && iterator->iter_kind() == IterKind::kVector && iterator->children().size() == 1;
  return reads_whole_vector && fuser.merged_value(producer) != nullptr ? iterator->child(0) : nullptr;
}

class LenFuser {
 public:
  explicit LenFuser(const ExprPtr& program) : fuser_(program) {}

  ExprPtr rewrite(const ExprPtr& expr, uint32_t depth) {
    if (!expr->contains(NodeKind::kLen)) return expr;
    ExprPtr result = expr;
    // A length of a map becomes that of what the map reads, which may be a map again.
    while (result->is(NodeKind::kLen)) {
      ExprPtr fused = fuse(result, depth);
      if (fused == result) break;
      result = std::move(fused);
    }
    if (result->is(NodeKind::kLet)) note_map(result);
    return map_children(result, [&](const ExprPtr& child) { return rewrite(child, depth + 1); });
  }

 private:
  void note_map(const ExprPtr& let) {
    std::optional<Loop> producer = producer_of(let->child(0));
    ExprPtr source = producer ? source_of_map(*producer, fuser_) : nullptr;
    if (source != nullptr && source->is(NodeKind::kIdentifier)) sources_.emplace(let->name(), std::move(source));
  }

  ExprPtr fuse(const ExprPtr& len, uint32_t depth) {
    const ExprPtr& data = len->child(0);
    if (data->is(NodeKind::kIdentifier)) {
      auto source = sources_.find(data->name());
      return source == sources_.end() ? len : with_children(len, {source->second});
    }
    std::optional<Loop> producer = producer_of(data);
    if (!producer) return len;
    ExprPtr source = source_of_map(*producer, fuser_);
    if (source != nullptr && !contains_assert(producer->body)) return with_children(len, {source});
    ExprPtr loop = counting_loop(data, fuser_.supply());
    ExprPtr fused = fuser_.fuse(loop, depth);
    return fused == loop ? len : make_result(fused, len->span());
  }

  LoopFuser fuser_;
  std::unordered_map<std::string, ExprPtr> sources_;  // of maps that lets bind
};

}  // namespace

ExprPtr fuse_len(const ExprPtr& program) {
  return program->contains(NodeKind::kLen) ? LenFuser(program).rewrite(program, 1) : program;
}

}  // namespace weld
