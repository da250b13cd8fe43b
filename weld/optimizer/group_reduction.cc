#include "weld/optimizer/group_reduction.h"

#include "weld/optimizer/merger_values.h"

namespace weld {
namespace {

// The value that an expression over a loop's merger b merges, identity where it merges nothing; null when it merges more.
ExprPtr merged_once(const ExprPtr& expr, const Name& b, MergeOp op, Type type) {
  switch (expr->kind()) {
    case NodeKind::kIdentifier:
      return expr->name() == b ? merge_identity(op, type) : nullptr;
    case NodeKind::kMerge: {
      const ExprPtr& target = expr->child(0);
      return target->is(NodeKind::kIdentifier) && target->name() == b && !expr->child(1)->type().is_simd() ? expr->child(1)
                                                                                                           : nullptr;
    }
    case NodeKind::kLet: {
      const ExprPtr& bound = expr->child(0);
      if (bound->is(NodeKind::kIdentifier) && bound->name() == b) return merged_once(expr->body(), expr->name(), op, type);
      if (bound->type().contains_builder()) return nullptr;
      ExprPtr value = merged_once(expr->body(), b, op, type);
      return value == nullptr ? nullptr : with_children(expr, {bound, std::move(value)});
    }
    case NodeKind::kIf: {
      ExprPtr then_value = merged_once(expr->child(1), b, op, type);
      ExprPtr else_value = then_value == nullptr ? nullptr : merged_once(expr->child(2), b, op, type);
      return else_value == nullptr ? nullptr
                                   : with_children(expr, {expr->child(0), std::move(then_value), std::move(else_value)});
    }
    default:
      return nullptr;
  }
}

}  // namespace

GroupReduction GroupReduction::of_length(const ExprPtr& node) {
  GroupReduction reduction;
  reduction.type_ = Type::i64();
  reduction.fields_ = {Type::i64()};
  reduction.function_ = make_i64(1, node->span());
  reduction.starts[node.get()] = nullptr;
  return reduction;
}

std::optional<GroupReduction> GroupReduction::of_loop(const ExprPtr& node) {
  const ExprPtr& loop = node->child(0);
  const ExprPtr& function = loop->function();
  const ExprPtr& builder = loop->builder();
  if (function->parameters().size() != 3) return std::nullopt;
  if (count_names(function->body()).contains(function->parameters()[1].name)) return std::nullopt;
  GroupReduction reduction;
  reduction.type_ = builder->operand_type().child(0);
  reduction.op_ = builder->operand_type().merge_op();
  if (reduction.type_.is_struct()) {
    reduction.fields_.assign(reduction.type_.children().begin(), reduction.type_.children().end());
  } else {
    reduction.fields_ = {reduction.type_};
  }
  reduction.function_ = function;
  bool floats = false;
  for (Type field : reduction.fields_) floats |= is_float(field.scalar_kind());
  bool extreme = reduction.op_ == MergeOp::kMin || reduction.op_ == MergeOp::kMax;
  if (reduction.type_.is_struct() && floats && extreme && !builder->children().empty()) return std::nullopt;
  reduction.starts[node.get()] = start_of_merger(builder);
  return reduction;
}

ExprPtr GroupReduction::value_of(const ExprPtr& function, const ExprPtr& element) const {
  if (!function->is(NodeKind::kLambda)) return function;
  const Parameters& parameters = function->parameters();
  ExprPtr value = merged_once(function->body(), parameters[0].name, op_, type_);
  if (value == nullptr) {
    ExprPtr builder = make_new_builder(parameters[0].type, merge_identity(op_, type_));
    value = make_result(make_let(parameters[0].name, std::move(builder), function->body()));
  }
  return make_let(parameters[2].name, element, std::move(value));
}

uint64_t GroupReduction::hash() const { return hash_of(function_) * 31 + static_cast<uint64_t>(op_); }

bool GroupReduction::gives_same(const GroupReduction& other) const {
  return op_ == other.op_ && type_ == other.type_ && equal(function_, other.function_);
}

ExprPtr started(MergeOp op, const ExprPtr& start, ExprPtr merged) {
  if (start == nullptr) return merged;
  return make_binary(binary_op_of(op), start, std::move(merged));
}

}  // namespace weld
