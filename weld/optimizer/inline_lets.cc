// inline-lets: moves values to where they are used.
//
//   before   let a = x * 2L; let b = y; if(c, a + b, 0L)
//   after    if(c, x * 2L + y, 0L)
//
// - An atom (identifier, literal) replaces every use of its name.
// - A value used once moves to its use, unless that is inside a lambda that the let is outside of: a loop body would compute it
//   again and again. The use may be under a condition: the value is then computed at most as often as before, and not computing
//   what nothing needs is allowed.
// - A value used nowhere, or in such values only, is dropped, and its error does not happen. Calls of C functions (cudf) are
//   taken to be functions of their arguments, so this holds for them.
// - A value with an assert in it stays where it is. One that uses up a builder from outside of it moves only to where it runs as
//   often (see rewriting.h), and is dropped only where that builder is bound in the same lambda and branch.
// - What remains is flattened: `let a = (let b = v; w); e` becomes `let b = v; let a = w; e`, and `(let b = v; w) + e` becomes
//   `let b = v; w + e`, so that all that surely runs is one chain of lets, a block (rewriting.h). Lets in a lambda or under a
//   condition stay there.
// Builders need no care: merges are ordered by the builder that each takes, not by where they stand.
//
// Requires nothing; does most after split-structs.
#include <algorithm>

#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

class LetInliner {
 public:
  explicit LetInliner(const ExprPtr& program) { analyze(program, {}); }

  bool has_work() const { return has_work_; }

  ExprPtr rewrite_block(const ExprPtr& expr) {
    std::vector<BoundValue> kept;
    std::vector<BoundValue>* outer = std::exchange(kept_, &kept);
    ExprPtr result = rewrite(expr);
    kept_ = outer;
    return around(std::move(kept), std::move(result));
  }

 private:
  // A name and its uses.
  struct Binding {
    uint32_t number = 0;           // in the order of the text
    const Expr* lambda = nullptr;  // the innermost one around the let
    const Expr* branch = nullptr;  // the innermost part around it that may not run when what is around that part does
    Binding* inside = nullptr;     // the innermost let in whose value the let stands
    int uses = 0;
    bool used_in_inner_lambda = false;
    bool used_under_condition = false;
    Binding* used_inside = nullptr;       // for the last use, the innermost let in whose value it stands
    bool consumes_outer_builder = false;  // the value does
    bool dropped = false;
  };
  struct Place {
    const Expr* lambda = nullptr;
    const Expr* branch = nullptr;
    Binding* inside = nullptr;
  };

  static bool begins_block(const ExprPtr& expr, size_t child) {
    return expr->is(NodeKind::kLambda) || is_conditional(expr, child);
  }

  void analyze(const ExprPtr& expr, const Place& place) {
    if (expr->is(NodeKind::kIdentifier)) return analyze_use(expr, place);
    if (expr->is(NodeKind::kLet)) return analyze_lets(expr, place);
    Place inner = place;
    if (expr->is(NodeKind::kLambda)) {
      inner.lambda = expr.get();
      for (const Parameter& parameter : expr->parameters()) bind(parameter.name, place);
    }
    for (size_t i = 0; i < expr->children().size(); ++i) {
      inner.branch = is_conditional(expr, i) ? expr->child(i).get() : place.branch;
      has_work_ |= expr->child(i)->is(NodeKind::kLet) && !begins_block(expr, i);
      analyze(expr->child(i), inner);
    }
  }

  // The body first: what stands in a value that nothing needs is no use.
  void analyze_lets(ExprPtr expr, const Place& place) {
    std::vector<std::pair<const Expr*, Binding*>> lets;
    for (; expr->is(NodeKind::kLet); expr = expr->body()) lets.emplace_back(expr.get(), &bind(expr->name(), place));
    analyze(expr, place);
    for (size_t i = lets.size(); i-- > 0;) {
      auto [let, binding] = lets[i];
      const ExprPtr& value = let->child(0);
      binding->dropped = binding->uses == 0 && !contains_assert(value) && !uses_up_builder_from_elsewhere(value, *binding);
      if (!binding->dropped) {
        Place in_value = place;
        in_value.inside = binding;
        analyze(value, in_value);
      }
      has_work_ |= binding->dropped || is_atom(value) || value->is(NodeKind::kLet) || may_move(*binding, value);
    }
  }

  // Whether a builder from another lambda or branch than the let's is used up in its value, whose own names are not bound yet.
  bool uses_up_builder_from_elsewhere(const ExprPtr& value, const Binding& let) const {
    bool found = false;
    walk(value, [&](const ExprPtr& part) {
      if (!part->is(NodeKind::kIdentifier) || !part->type().contains_builder()) return !found;
      auto builder = bindings_.find(part->name());
      if (builder == bindings_.end()) return true;
      found |= builder->second.lambda != let.lambda || builder->second.branch != let.branch;
      return !found;
    });
    return found;
  }

  Binding& bind(const Name& name, const Place& place) {
    Binding& binding = bindings_[name];
    binding.number = static_cast<uint32_t>(bindings_.size());
    binding.lambda = place.lambda;
    binding.branch = place.branch;
    binding.inside = place.inside;
    return binding;
  }

  void analyze_use(const ExprPtr& name, const Place& place) {
    auto known = bindings_.find(name->name());
    if (known == bindings_.end()) return;
    Binding& binding = known.value();
    ++binding.uses;
    binding.used_in_inner_lambda |= binding.lambda != place.lambda;
    binding.used_under_condition |= binding.branch != place.branch;
    binding.used_inside = place.inside;
    if (name->type().contains_builder()) mark_consumers(binding, place.inside);
  }

  // Of the lets in whose values a use of the binding stands, those inside its scope consume what it does.
  static void mark_consumers(const Binding& binding, Binding* inside) {
    for (; inside != nullptr && inside->number > binding.number; inside = inside->inside) inside->consumes_outer_builder = true;
  }

  bool may_move(const Binding& binding, const ExprPtr& value) const {
    if (binding.uses != 1 || binding.used_in_inner_lambda || contains_assert(value)) return false;
    return !binding.used_under_condition || !binding.consumes_outer_builder;
  }

  ExprPtr rewrite(const ExprPtr& expr) {
    if (expr->is(NodeKind::kIdentifier)) {
      auto value = values_.find(expr->name());
      return value == values_.end() ? expr : value->second;
    }
    if (expr->is(NodeKind::kLet)) return collect(expr);
    size_t child = 0;
    return map_children(expr,
                        [&](const ExprPtr& part) { return begins_block(expr, child++) ? rewrite_block(part) : rewrite(part); });
  }

  // Rewrites a chain of lets, appending those that stay to those of the block; returns what the last of them binds around.
  ExprPtr collect(ExprPtr expr) {
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      const ExprPtr& value = expr->child(0);
      const Binding& binding = bindings_.at(expr->name());
      if (binding.dropped) continue;
      bool moves = may_move(binding, value);
      const size_t first_of_value = kept_->size();
      ExprPtr rewritten = moves && binding.used_under_condition ? rewrite_block(value) : rewrite(value);
      if (moves || is_atom(rewritten)) {
        const bool consumes = binding.consumes_outer_builder || keeps_builder_from(first_of_value);
        if (moves && consumes) mark_consumers(binding, binding.used_inside);
        values_[expr->name()] = std::move(rewritten);
      } else {
        kept_->push_back({expr, std::move(rewritten)});
      }
    }
    return rewrite(expr);
  }

  // Whether the lets that came out of a value bind a builder, which what is left of the value uses up.
  bool keeps_builder_from(size_t first) const {
    return std::any_of(kept_->begin() + static_cast<std::ptrdiff_t>(first), kept_->end(),
                       [](const BoundValue& kept) { return kept.value->type().contains_builder(); });
  }

  std::vector<BoundValue>* kept_ = nullptr;  // of the block around this point of the rewriting, outermost first
  bool has_work_ = false;
  NameMap<Binding> bindings_;
  NameMap<ExprPtr> values_;
};

}  // namespace

ExprPtr inline_lets(const ExprPtr& program) {
  if (!program->contains(NodeKind::kLet)) return program;
  LetInliner inliner(program);
  return inliner.has_work() ? inliner.rewrite_block(program) : program;
}

}  // namespace weld
