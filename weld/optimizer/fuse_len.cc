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
//   before   let p = filter(v, f); sum(p) / len(p)
//   after    let p = filter(v, f); sum(p) / result(for(p, merger[i64,+], |b, i, e| merge(b, 1L)))
//
// An element that nothing needs need not be computed (see fuse_maps.cc); asserts in it are. What is known to be as long as
// another vector is what lengths.h says; a map over several vectors, whose lengths may differ, is counted as a filter is.
//
// In the last form all else that reads p are loops over it in the same lambda: it need not be kept for its length alone.
// fuse-horizontal lets one of them count; where none can, counting goes over p without looking at its elements.
//
// Requires inline-lets before it, which brings vectors that are only counted into their len.
#include "weld/optimizer/fuse.h"
#include "weld/optimizer/lengths.h"
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

class LenFuser {
 public:
  explicit LenFuser(const ExprPtr& program) : fuser_(program), lengths_(fuser_) { find_readings(program); }

  ExprPtr rewrite(const ExprPtr& expr, uint32_t depth) {
    if (!expr->contains(NodeKind::kLen)) return expr;
    ExprPtr result = expr->is(NodeKind::kLen) ? fuse(expr, depth) : expr;
    if (result->is(NodeKind::kLet)) lengths_.note(result);
    return map_children(result, [&](const ExprPtr& child) { return rewrite(child, depth + 1); });
  }

 private:
  // What is done with a vector that a let binds, in the lambda of the let.
  struct Readings {
    uint32_t lambda = 0;
    int loops = 0;    // that go over it
    int lengths = 0;  // that are taken of it
  };

  void find_readings(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kLen, NodeKind::kIter)) return;
    if (expr->is(NodeKind::kLet) && producer_of(expr->child(0))) readings_[expr->name()].lambda = lambda_;
    if (expr->is(NodeKind::kLen)) count_reading(expr, &Readings::lengths);
    if (expr->is(NodeKind::kIter) && goes_over_all(expr)) count_reading(expr, &Readings::loops);
    const uint32_t outer = lambda_;
    if (expr->is(NodeKind::kLambda)) lambda_ = ++lambdas_;
    for (const ExprPtr& child : expr->children()) find_readings(child);
    lambda_ = outer;
  }

  void count_reading(const ExprPtr& reader, int Readings::* kind) {
    if (!reader->child(0)->is(NodeKind::kIdentifier)) return;
    auto readings = readings_.find(reader->child(0)->name());
    if (readings != readings_.end() && readings->second.lambda == lambda_) ++(readings.value().*kind);
  }

  ExprPtr fuse(const ExprPtr& len, uint32_t depth) {
    const ExprPtr& data = len->child(0);
    if (data->type().kind() != TypeKind::kVec) return len;
    ExprPtr vector = may_drop(data) ? only_vector(lengths_.measures_of(data)) : nullptr;
    if (vector != nullptr && vector != data) return with_children(len, {std::move(vector)});
    return data->is(NodeKind::kIdentifier) ? count_named(len) : count(len, depth);
  }

  ExprPtr count(const ExprPtr& len, uint32_t depth) {
    const ExprPtr& data = len->child(0);
    if (!producer_of(data)) return len;
    ExprPtr loop = counting_loop(data, fuser_.supply());
    ExprPtr fused = fuser_.fuse(loop, depth);
    return fused == loop ? len : make_result(fused, len->span());
  }

  ExprPtr count_named(const ExprPtr& len) {
    auto found = readings_.find(len->child(0)->name());
    if (found == readings_.end()) return len;
    const Readings& readings = found->second;
    const bool is_only_read_by_loops =
        readings.loops > 0 && readings.loops + readings.lengths == fuser_.uses_of(len->child(0)->name());
    return is_only_read_by_loops ? make_result(counting_loop(len->child(0), fuser_.supply()), len->span()) : len;
  }

  LoopFuser fuser_;
  Lengths lengths_;
  NameMap<Readings> readings_;
  uint32_t lambda_ = 0;  // the number of the one around this point of the traversal
  uint32_t lambdas_ = 0;
};

}  // namespace

ExprPtr fuse_len(const ExprPtr& program) {
  return program->contains(NodeKind::kLen) ? LenFuser(program).rewrite(program, 1) : program;
}

}  // namespace weld
