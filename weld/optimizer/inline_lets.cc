// inline-lets: moves values to where they are used.
//
//   before   let a = x * 2L; let b = y; if(c, a + b, 0L)
//   after    if(c, x * 2L + y, 0L)
//
// - An atom (identifier, literal) replaces every use of its name.
// - A value used once moves to its use, unless that is inside a lambda that the let is outside of: a loop body would compute it
// again
//   and again. The use may be under a condition: the value is then computed at most as often as before, and not computing what
//   nothing needs is allowed.
// - A value used nowhere is dropped. Calls of C functions (cudf) are taken to be functions of their arguments, so this holds for
// them.
// - A value with an assert in it stays where it is.
// - What remains is flattened: `let a = (let b = v; w); e` becomes `let b = v; let a = w; e`.
// Builders need no care: merges are ordered by the builder that each takes, not by where they stand.
//
// Requires nothing; does most after split-structs.
#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

class LetInliner {
 public:
  explicit LetInliner(const ExprPtr& program) : asserts_(program) { analyze(program, nullptr); }

  ExprPtr rewrite(const ExprPtr& expr) {
    if (expr->is(NodeKind::kIdentifier)) {
      auto value = values_.find(expr->name());
      return value == values_.end() ? expr : value->second;
    }
    if (!expr->is(NodeKind::kLet)) return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
    std::vector<KeptLet> kept;
    ExprPtr result = collect(expr, kept);
    for (size_t i = kept.size(); i-- > 0;) {
      result = with_children(kept[i].let, {std::move(kept[i].value), std::move(result)});
    }
    return result;
  }

 private:
  struct Uses {
    const Expr* lambda = nullptr;  // the innermost one around the let
    int count = 0;
    bool inside_inner_lambda = false;
  };
  struct KeptLet {
    ExprPtr let;
    ExprPtr value;
  };

  void analyze(const ExprPtr& expr, const Expr* lambda) {
    const Expr* inside = expr->is(NodeKind::kLambda) ? expr.get() : lambda;
    if (expr->is(NodeKind::kIdentifier)) {
      auto uses = uses_.find(expr->name());
      if (uses == uses_.end()) return;  // a parameter
      ++uses->second.count;
      uses->second.inside_inner_lambda |= uses->second.lambda != lambda;
    } else if (expr->is(NodeKind::kLet)) {
      uses_[expr->name()].lambda = lambda;
    }
    for (const ExprPtr& child : expr->children()) analyze(child, inside);
  }

  // Rewrites a chain of lets, appending those that stay to kept, outermost first; returns what the last of them binds around.
  ExprPtr collect(ExprPtr expr, std::vector<KeptLet>& kept) {
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      const ExprPtr& value = expr->child(0);
      const Uses& uses = uses_[expr->name()];
      if (uses.count == 0 && !asserts_.contains(value)) continue;
      bool moves = uses.count == 1 && !uses.inside_inner_lambda && !asserts_.contains(value);
      ExprPtr rewritten = moves ? rewrite(value) : collect(value, kept);
      if (moves || is_atom(rewritten)) {
        values_[expr->name()] = std::move(rewritten);
      } else {
        kept.push_back({expr, std::move(rewritten)});
      }
    }
    return rewrite(expr);
  }

  AssertIndex asserts_;
  std::unordered_map<std::string_view, Uses> uses_;
  std::unordered_map<std::string_view, ExprPtr> values_;
};

}  // namespace

ExprPtr inline_lets(const ExprPtr& program) { return LetInliner(program).rewrite(program); }

}  // namespace weld
