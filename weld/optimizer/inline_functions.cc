// inline-functions: replaces calls of lambdas by lets over their bodies.
//
//   before   let f = |x: i64| x * 2L; f(a) + (|y: i64| y + 1L)(b)
//   after    (let x = a; x * 2L) + (let y = b; y + 1L)
//
// A lambda bound by a let is copied to each of its uses, with new names for what it binds, and its let disappears. Functions that
// call functions can grow without bound that way; past kMaximumGrowth copied nodes a lambda stays bound, and so do its calls.
//
// Requires nothing. Afterwards lambdas stand only in loops, iterates and sorts, but for those past the bound.
#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

constexpr size_t kMaximumGrowth = 200'000;

class FunctionInliner {
 public:
  explicit FunctionInliner(const ExprPtr& program) : uses_(count_uses(program)), supply_(program), copier_(supply_) {}

  ExprPtr rewrite(const ExprPtr& expr) {
    switch (expr->kind()) {
      case NodeKind::kLet:
        return rewrite_let(expr);
      case NodeKind::kApply:
        return rewrite_apply(expr);
      case NodeKind::kIdentifier: {
        auto function = functions_.find(expr->name());
        return function == functions_.end() ? expr : instance(function->second);
      }
      default:
        return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
    }
  }

 private:
  struct Function {
    ExprPtr lambda;
    bool used_once = false;
  };

  ExprPtr rewrite_let(const ExprPtr& let) {
    ExprPtr value = rewrite(let->child(0));
    if (value->is(NodeKind::kLambda) && may_copy(value, uses_[let->name()])) {
      functions_[let->name()] = {std::move(value), uses_[let->name()] == 1};
      return rewrite(let->body());
    }
    return with_children(let, {std::move(value), rewrite(let->body())});
  }

  bool may_copy(const ExprPtr& lambda, int uses) {
    if (uses <= 1) return true;
    size_t size = node_count(lambda, kMaximumGrowth);
    size_t growth = size * static_cast<size_t>(uses - 1);
    if (size >= kMaximumGrowth || growth > kMaximumGrowth - growth_) return false;
    growth_ += growth;
    return true;
  }

  ExprPtr instance(const Function& function) { return function.used_once ? function.lambda : copier_.copy(function.lambda); }

  ExprPtr rewrite_apply(const ExprPtr& apply) {
    ExprPtr result = map_children(apply, [this](const ExprPtr& child) { return rewrite(child); });
    return apply_lambda(result, result->child(0));
  }

  // The call with the given function, which may be a lambda under lets.
  ExprPtr apply_lambda(const ExprPtr& apply, const ExprPtr& function) {
    if (function->is(NodeKind::kLet)) {
      ExprPtr inner = apply_lambda(apply, function->body());
      return inner == apply ? apply : with_children(function, {function->child(0), std::move(inner)});
    }
    if (!function->is(NodeKind::kLambda)) return apply;
    ExprPtr result = function->body();
    for (size_t i = function->parameters().size(); i-- > 0;) {
      result = make_let(function->parameters()[i].name, apply->child(i + 1), std::move(result), apply->span());
    }
    return result;
  }

  UseCounts uses_;
  NameSupply supply_;
  Copier copier_;
  std::unordered_map<std::string_view, Function> functions_;
  size_t growth_ = 0;
};

bool has_calls_or_functions(const ExprPtr& program) {
  bool found = false;
  walk(program, [&](const ExprPtr& expr) {
    found = found || expr->is(NodeKind::kApply) || (expr->is(NodeKind::kLet) && expr->child(0)->is(NodeKind::kLambda));
    return !found;
  });
  return found;
}

}  // namespace

ExprPtr inline_functions(const ExprPtr& program) {
  return has_calls_or_functions(program) ? FunctionInliner(program).rewrite(program) : program;
}

}  // namespace weld
