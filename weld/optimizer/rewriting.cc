#include "weld/optimizer/rewriting.h"

#include <algorithm>

namespace weld {

bool is_atom(const ExprPtr& expr) { return expr->is(NodeKind::kLiteral) || expr->is(NodeKind::kIdentifier); }

bool is_at_hand(const ExprPtr& expr) { return is_atom(expr) || (expr->is(NodeKind::kGetField) && is_at_hand(expr->child(0))); }

ExprPtr around(const std::vector<ExprPtr>& lets, ExprPtr body) {
  for (size_t i = lets.size(); i-- > 0;) body = with_children(lets[i], {lets[i]->child(0), std::move(body)});
  return body;
}

ExprPtr around(std::vector<BoundValue> lets, ExprPtr body) {
  for (size_t i = lets.size(); i-- > 0;) {
    BoundValue& bound = lets[i];
    body = bound.let ? with_children(bound.let, {std::move(bound.value), std::move(body)})
                     : make_let(std::move(bound.name), std::move(bound.value), std::move(body), bound.span);
  }
  return body;
}

bool goes_over_all(const ExprPtr& iterator) {
  return iterator->iter_kind() == IterKind::kVector && iterator->children().size() == 1;
}

bool goes_over_all_of_name(const ExprPtr& iterator) {
  return goes_over_all(iterator) && iterator->child(0)->is(NodeKind::kIdentifier);
}

UseCounts count_uses(const ExprPtr& program) {
  UseCounts uses;
  walk_tree(program, [&](const ExprPtr& expr) {
    if (expr->is(NodeKind::kIdentifier)) ++uses[expr->name()];
  });
  return uses;
}

bool is_field_of_name(const ExprPtr& expr) { return expr->is(NodeKind::kGetField) && expr->child(0)->is(NodeKind::kIdentifier); }

FieldUses::FieldUses(const ExprPtr& program) {
  walk_tree(program, [&](const ExprPtr& expr) {
    if (expr->is(NodeKind::kIdentifier)) ++uses_[expr->name()].all;
    if (!is_field_of_name(expr)) return;
    Counts& counts = uses_[expr->child(0)->name()];
    counts.each.resize(std::max<size_t>(counts.each.size(), expr->index() + 1));
    ++counts.each[expr->index()];
    ++counts.of_fields;
  });
}

const FieldUses::Counts& FieldUses::counts_of(NameId name) const {
  static const Counts& none = *new Counts;
  auto found = uses_.find(name);
  return found == uses_.end() ? none : found->second;
}

int FieldUses::count(NameId name, size_t field) const {
  const Counts& counts = counts_of(name);
  return field < counts.each.size() ? counts.each[field] : 0;
}

int FieldUses::count_whole(NameId name) const {
  const Counts& counts = counts_of(name);
  return counts.all - counts.of_fields;
}

ExprPtr replace_names(const ExprPtr& expr, const Replacements& replacements) {
  std::unordered_set<const Expr*> structs;
  for (const auto& [name, replacement] : replacements) {
    if (replacement->is(NodeKind::kMakeStruct)) structs.insert(replacement.get());
  }
  return rewrite_bottom_up(expr, [&](const ExprPtr& node) -> ExprPtr {
    if (node->is(NodeKind::kGetField) && structs.contains(node->child(0).get())) return node->child(0)->child(node->index());
    if (!node->is(NodeKind::kIdentifier)) return node;
    auto replacement = replacements.find(node->name());
    return replacement == replacements.end() ? node : replacement->second;
  });
}

size_t node_count(const ExprPtr& expr, size_t limit) {
  size_t count = 0;
  walk(expr, [&](const ExprPtr&) { return ++count < limit; });
  return count;
}

bool consumes_outer_builder(const ExprPtr& expr) {
  NameSet bound;
  NameSet used;
  walk(expr, [&](const ExprPtr& part) {
    if (part->is(NodeKind::kIdentifier) && part->type().contains_builder()) used.insert(part->name());
    if (part->is(NodeKind::kLet)) bound.insert(part->name());
    if (part->is(NodeKind::kLambda)) {
      for (const Parameter& parameter : part->parameters()) bound.insert(parameter.name);
    }
    return true;
  });
  for (NameId name : used) {
    if (!bound.contains(name)) return true;
  }
  return false;
}

bool is_conditional(const ExprPtr& expr, size_t child) {
  bool lazy = expr->is(NodeKind::kBinary) && (info(expr->binary_op()).flags & kLazy);
  return child > 0 && (lazy || expr->is(NodeKind::kIf));
}

bool is_block(const ExprPtr& expr, size_t child) {
  return expr->is(NodeKind::kLambda) || expr->child(child)->is(NodeKind::kLet) || is_conditional(expr, child);
}

ExprPtr Copier::copy(const ExprPtr& expr) {
  new_names_.clear();
  return visit(expr);
}

Name Copier::rename(const Name& name) { return new_names_.insert_or_assign(name, supply_.fresh(name)).first->second; }

ExprPtr Copier::visit(const ExprPtr& expr) {
  switch (expr->kind()) {
    case NodeKind::kIdentifier: {
      auto renamed = new_names_.find(expr->name());
      return renamed == new_names_.end() ? expr : rebuild(expr, {}, expr->type(), renamed->second, expr->operand_type());
    }
    case NodeKind::kLet: {
      ExprPtr value = visit(expr->child(0));
      Name name = rename(expr->name());
      ExprPtr body = visit(expr->body());
      return rebuild(expr, {std::move(value), std::move(body)}, expr->type(), std::move(name), expr->operand_type());
    }
    case NodeKind::kLambda: {
      Parameters parameters = expr->parameters();
      for (Parameter& parameter : parameters) parameter.name = rename(parameter.name);
      ExprPtr body = visit(expr->body());
      return rebuild(expr, {std::move(body)}, expr->type(), std::move(parameters), expr->operand_type());
    }
    case NodeKind::kNewBuilder: {
      std::vector<ExprPtr> arguments;
      for (const ExprPtr& argument : expr->children()) arguments.push_back(visit(argument));
      return rebuild(expr, std::move(arguments), expr->type(), expr->payload(), expr->operand_type());
    }
    default:
      return map_children(expr, [this](const ExprPtr& child) { return visit(child); });
  }
}

}  // namespace weld
