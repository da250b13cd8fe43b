// hoist-invariants: takes out of loops what is the same in every iteration.
//
//   before   map(v, |x| x * sum(w))
//   after    let invariant = sum(w); map(v, |x| x * invariant)
//
// Only what allocates or loops is taken out: loops with their results, sorts, vectors, dictionaries as vectors, packed bytes.
// Scalar code is left to LLVM, which sees more. What is taken out
//
// - uses no name that is bound in the loop;
// - cannot fail: a loop may have no iteration;
// - stands under no condition inside the loop, or moves no further than to that condition's branch;
// - is bound just before the statement of the outermost block (rewriting.h) that it can move to, out of several loops at once.
//
// Requires fusion before it: a vector that an inner loop takes in is better computed there than kept.
#include <algorithm>
#include <optional>

#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

// Deeper expressions stay, so that nests of loops are not looked at from each of their levels.
constexpr uint32_t kMaximumDepthOfInvariant = 256;

bool has_what_is_worth_it(const ExprPtr& expr) {
  return expr->contains(NodeKind::kRes, NodeKind::kSort, NodeKind::kToVec, NodeKind::kMakeVector, NodeKind::kSerialize);
}

bool is_worth_it(const ExprPtr& expr) {
  switch (expr->kind()) {
    case NodeKind::kRes:
    case NodeKind::kSort:
    case NodeKind::kToVec:
    case NodeKind::kMakeVector:
    case NodeKind::kSerialize:
      return true;
    default:
      return false;
  }
}

class InvariantHoister {
 public:
  explicit InvariantHoister(const ExprPtr& program) : program_(program) {}

  ExprPtr run() { return rewrite_lambda(program_, false); }

 private:
  struct Invariant {
    std::string name;
    ExprPtr value;
  };
  struct Block {
    bool runs_with_outer;                    // surely, when the block around it does, save for the iterations of a loop
    size_t lambdas;                          // how many are around it
    std::vector<Invariant> invariants = {};  // of the statement around this point
  };

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!has_what_is_worth_it(expr)) return expr;
    if (expr->is(NodeKind::kLet)) return rewrite_block(expr, true);
    if (is_invariant_candidate(expr)) {
      if (ExprPtr name = hoist(expr)) return name;
    }
    bool is_loop = expr->is(NodeKind::kFor) || expr->is(NodeKind::kIterate);
    size_t child = 0;
    return map_children(expr, [&](const ExprPtr& part) {
      size_t index = child++;
      bool loops_over = is_loop && part->is(NodeKind::kLambda);
      if (part->is(NodeKind::kLambda)) return rewrite_lambda(part, loops_over);
      if (!is_block(expr, index)) return rewrite(part);
      return rewrite_block(part, !is_conditional(expr, index));
    });
  }

  ExprPtr rewrite_lambda(const ExprPtr& lambda, bool is_loop_body) {
    ++lambdas_;
    for (const Parameter& parameter : lambda->parameters()) blocks_of_names_[parameter.name] = blocks_.size();
    ExprPtr body = rewrite_block(lambda->body(), is_loop_body);
    --lambdas_;
    return with_children(lambda, {std::move(body)});
  }

  ExprPtr rewrite_block(ExprPtr expr, bool runs_with_outer) {
    blocks_.push_back({runs_with_outer, lambdas_});
    std::vector<std::pair<ExprPtr, ExprPtr>> lets;  // with their values; of invariants, without a let
    std::vector<std::string> names;
    auto rewrite_statement = [&](const ExprPtr& value) {
      ExprPtr result = rewrite(value);
      for (Invariant& invariant : blocks_.back().invariants) {
        lets.emplace_back(nullptr, std::move(invariant.value));
        names.push_back(std::move(invariant.name));
      }
      blocks_.back().invariants.clear();
      return result;
    };
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      ExprPtr value = rewrite_statement(expr->child(0));
      blocks_of_names_[expr->name()] = blocks_.size() - 1;
      lets.emplace_back(expr, std::move(value));
      names.push_back(expr->name());
    }
    ExprPtr result = rewrite_statement(expr);
    for (size_t i = lets.size(); i-- > 0;) {
      auto& [let, value] = lets[i];
      result = let ? with_children(let, {std::move(value), std::move(result)})
                   : make_let(std::move(names[i]), std::move(value), std::move(result));
    }
    blocks_.pop_back();
    return result;
  }

  bool is_invariant_candidate(const ExprPtr& expr) const {
    if (lambdas_ < 2 || !is_worth_it(expr) || expr->depth() > kMaximumDepthOfInvariant) return false;
    return !expr->type().contains_builder() && !may_fail(expr);
  }

  // The name that takes the place of an invariant expression; null when it is none.
  ExprPtr hoist(const ExprPtr& expr) {
    size_t outermost = 0;
    for (const std::string& name : free_names(expr)) {
      auto block = blocks_of_names_.find(name);
      if (block != blocks_of_names_.end()) outermost = std::max(outermost, block->second);
    }
    size_t target = blocks_.size() - 1;
    while (target > outermost && blocks_[target].runs_with_outer) --target;
    if (blocks_[target].lambdas == lambdas_) return nullptr;
    if (!supply_) supply_.emplace(program_);
    std::string name = supply_->fresh("invariant");
    blocks_[target].invariants.push_back({name, expr});
    return make_identifier(std::move(name), expr->type(), expr->span());
  }

  ExprPtr program_;
  std::vector<Block> blocks_;  // around this point of the traversal
  size_t lambdas_ = 0;
  std::unordered_map<std::string_view, size_t>
      blocks_of_names_;  // the index of the block that binds a name, or whose parameter it is
  std::optional<NameSupply> supply_;
};

}  // namespace

ExprPtr hoist_invariants(const ExprPtr& program) { return InvariantHoister(program).run(); }

}  // namespace weld
