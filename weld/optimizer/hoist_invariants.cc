// hoist-invariants: takes out of loops what is the same in every iteration.
//
//   before   map(v, |x| x * sum(w))
//   after    let invariant = sum(w); map(v, |x| x * invariant)
//
// Only what allocates or loops is taken out: loops with their results, sorts, vectors, dictionaries as vectors, packed bytes.
// Scalar code is left to LLVM, which sees more. What is taken out
//
// - uses no name that is bound in the loop;
// - is bound just before the statement of the outermost block (rewriting.h) that it can move to, out of several loops at once;
// - leaves a condition only together with a loop around that: it may then be computed for nothing, but once;
// - when it can fail, stands under no condition in the loop, and is computed only if the loop has an iteration:
//
//   before   map(v, |x| x * sum(map(zip(w, u), |e| e.$0 * e.$1)))
//   after    let invariant = if(len(v) > 0L, sum(map(zip(w, u), |e| e.$0 * e.$1)), 0.0); map(v, |x| x * invariant)
//
// Requires fusion before it: a vector that an inner loop takes in is better computed there than kept.
#include <algorithm>
#include <iterator>
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

  ExprPtr run() { return rewrite_lambda(program_, nullptr); }

 private:
  struct Block {
    bool runs_with_outer;                     // surely, when the block around it does, save for the iterations of a loop
    size_t lambdas;                           // how many are around it
    ExprPtr loop = {};                        // whose body it is; null when it is none's
    std::vector<BoundValue> invariants = {};  // of the statement around this point
  };
  // Where an expression can go, and under which conditions.
  struct Target {
    size_t block;
    std::vector<ExprPtr> conditions = {};
  };

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!has_what_is_worth_it(expr)) return expr;
    if (expr->is(NodeKind::kLet)) return rewrite_block(expr, true);
    if (is_invariant_candidate(expr)) {
      if (ExprPtr name = hoist(expr)) return name;
    }
    size_t child = 0;
    return map_children(expr, [&](const ExprPtr& part) {
      size_t index = child++;
      if (part->is(NodeKind::kLambda)) return rewrite_lambda(part, is_loop(expr) ? expr : nullptr);
      if (!is_block(expr, index)) return rewrite(part);
      return rewrite_block(part, !is_conditional(expr, index));
    });
  }

  // A sort's function runs again and again, too.
  static bool is_loop(const ExprPtr& expr) {
    return expr->is(NodeKind::kFor) || expr->is(NodeKind::kIterate) || expr->is(NodeKind::kSort);
  }

  ExprPtr rewrite_lambda(const ExprPtr& lambda, const ExprPtr& loop) {
    ++lambdas_;
    for (const Parameter& parameter : lambda->parameters()) blocks_of_names_[parameter.name] = blocks_.size();
    ExprPtr body = rewrite_block(lambda->body(), false, loop);
    --lambdas_;
    return with_children(lambda, {std::move(body)});
  }

  ExprPtr rewrite_block(ExprPtr expr, bool runs_with_outer, const ExprPtr& loop = nullptr) {
    blocks_.push_back({runs_with_outer, lambdas_, loop});
    std::vector<BoundValue> lets;
    auto rewrite_statement = [&](const ExprPtr& value) {
      ExprPtr result = rewrite(value);
      std::ranges::move(blocks_.back().invariants, std::back_inserter(lets));
      blocks_.back().invariants.clear();
      return result;
    };
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      ExprPtr value = rewrite_statement(expr->child(0));
      blocks_of_names_[expr->name()] = blocks_.size() - 1;
      lets.push_back({expr, std::move(value)});
    }
    ExprPtr result = rewrite_statement(expr);
    blocks_.pop_back();
    return around(std::move(lets), std::move(result));
  }

  bool is_invariant_candidate(const ExprPtr& expr) const {
    if (lambdas_ < 2 || !is_worth_it(expr) || expr->depth() > kMaximumDepthOfInvariant) return false;
    return !expr->type().contains_builder();
  }

  // The name that takes the place of an invariant expression; null when it is none.
  ExprPtr hoist(const ExprPtr& expr) {
    size_t outermost = 0;
    for (const Name& name : free_names(expr)) outermost = std::max(outermost, block_of(name));
    Target target = may_fail(expr) ? target_of_failing(outermost) : target_of_safe(outermost);
    if (blocks_[target.block].lambdas == lambdas_) return nullptr;
    const bool may_move = !expr->contains(NodeKind::kCudf) && !consumes_outer_builder(expr) && stand_in(expr->type()) != nullptr;
    if (!target.conditions.empty() && !may_move) return nullptr;
    ExprPtr value = expr;
    for (const ExprPtr& condition : target.conditions) {
      value = make_if(condition, std::move(value), stand_in(expr->type()), expr->span());
    }
    if (!supply_) supply_.emplace(program_);
    Name name = supply_->fresh("invariant");
    blocks_[target.block].invariants.push_back({nullptr, std::move(value), name});
    return make_identifier(std::move(name), expr->type(), expr->span());
  }

  size_t block_of(const Name& name) const {
    auto block = blocks_of_names_.find(name);
    return block == blocks_of_names_.end() ? 0 : block->second;
  }

  Target target_of_safe(size_t outermost) const {
    Target target{blocks_.size() - 1};
    bool under_condition = false;
    for (size_t at = target.block; at > outermost; --at) {
      under_condition = blocks_[at].loop == nullptr && (under_condition || !blocks_[at].runs_with_outer);
      if (!under_condition) target.block = at - 1;
    }
    return target;
  }

  Target target_of_failing(size_t outermost) const {
    Target target{blocks_.size() - 1};
    while (target.block > outermost) {
      const Block& block = blocks_[target.block];
      if (block.loop != nullptr && !block.loop->is(NodeKind::kIterate)) {
        const ExprPtr data = data_to_go_over(block.loop);
        if (data == nullptr) break;
        for (const Name& name : free_names(data)) outermost = std::max(outermost, block_of(name));
        target.conditions.push_back(make_binary(BinaryOp::kGreater, make_len(data), make_i64(0)));
      } else if (block.loop == nullptr && !block.runs_with_outer) {
        break;
      }
      --target.block;
    }
    return target;
  }

  // A vector with an element for each iteration that is at hand; null when the loop has none.
  static ExprPtr data_to_go_over(const ExprPtr& loop) {
    if (!loop->is(NodeKind::kFor)) return nullptr;
    for (const ExprPtr& iterator : loop->iterators()) {
      if (goes_over_all(iterator) && is_at_hand(iterator->child(0))) return iterator->child(0);
    }
    return nullptr;
  }

  // A value of a type that nothing looks at; null for types that have no cheap one.
  static ExprPtr stand_in(Type type) {
    switch (type.kind()) {
      case TypeKind::kScalar:
        return make_literal({type.scalar_kind(), 0});
      case TypeKind::kVec:
        return make_vector({}, type);
      case TypeKind::kDict: {
        const Type value = type.child(1);
        if (value.is_vec()) return make_result(make_new_builder(Type::group_merger(type.child(0), value.child(0))));
        if (!value.is_scalar() || value.scalar_kind() == ScalarKind::kBool) return nullptr;
        return make_result(make_new_builder(Type::dict_merger(type.child(0), value, MergeOp::kAdd)));
      }
      case TypeKind::kStruct: {
        std::vector<ExprPtr> fields;
        for (Type field : type.children()) {
          fields.push_back(stand_in(field));
          if (fields.back() == nullptr) return nullptr;
        }
        return make_struct(std::move(fields));
      }
      default:
        return nullptr;
    }
  }

  ExprPtr program_;
  std::vector<Block> blocks_;  // around this point of the traversal
  size_t lambdas_ = 0;
  NameMap<size_t> blocks_of_names_;  // the index of the block that binds a name, or whose parameter it is
  std::optional<NameSupply> supply_;
};

}  // namespace

ExprPtr hoist_invariants(const ExprPtr& program) { return InvariantHoister(program).run(); }

}  // namespace weld
