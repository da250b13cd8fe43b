#include "weld/optimizer/retyper.h"

namespace weld {

ExprPtr Retyper::rewrite(const ExprPtr& expr) {
  if (ExprPtr replaced = replace(expr)) return replaced;
  switch (expr->kind()) {
    case NodeKind::kIdentifier: {
      auto type = types_.find(expr->name());
      return type == types_.end() ? expr : make_identifier(expr->name(), type->second, expr->span());
    }
    case NodeKind::kLet:
      return rewrite_let(expr);
    case NodeKind::kFor:
      return rewrite_loop(expr);
    case NodeKind::kSort:
      return rewrite_sort(expr);
    default:
      return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
  }
}

ExprPtr Retyper::rewrite_let(const ExprPtr& let) {
  ExprPtr value = rewrite(let->child(0));
  bool retyped = value->type() != let->child(0)->type();
  if (retyped) types_[let->name()] = value->type();
  ExprPtr body = rewrite(let->body());
  if (retyped) return make_let(let->name(), std::move(value), std::move(body), let->span());
  return with_children(let, {std::move(value), std::move(body)});
}

ExprPtr Retyper::rewrite_loop(const ExprPtr& loop) {
  std::vector<ExprPtr> children;
  for (const ExprPtr& iterator : loop->iterators()) children.push_back(rewrite(iterator));
  Type element = element_type(children);
  children.push_back(rewrite(loop->builder()));
  children.push_back(rewrite_function(loop->function(), {children.back()->type(), Type::i64(), element}));
  return with_children(loop, std::move(children));
}

ExprPtr Retyper::rewrite_sort(const ExprPtr& sort) {
  std::vector<ExprPtr> children = {rewrite(sort->child(0))};
  Type element = children[0]->type().child(0);
  children.push_back(rewrite_function(sort->child(1), {element, element}));
  for (size_t i = 2; i < sort->children().size(); ++i) children.push_back(rewrite(sort->child(i)));
  return with_children(sort, std::move(children));
}

ExprPtr Retyper::rewrite_function(const ExprPtr& function, const std::vector<Type>& types) {
  if (!function->is(NodeKind::kLambda)) return rewrite(function);
  Parameters parameters = function->parameters();
  bool retyped = false;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].type == types[i]) continue;
    types_[function->parameters()[i].name] = parameters[i].type = types[i];
    retyped = true;
  }
  ExprPtr body = rewrite(function->body());
  if (!retyped) return with_children(function, {std::move(body)});
  ExprPtr lambda = make_lambda(std::move(parameters), std::move(body), function->span());
  return function->annotations().empty() ? lambda : with_annotations(lambda, function->annotations());
}

namespace {}  // namespace

ExprPtr with_lets(const Lets& lets, ExprPtr body) {
  for (size_t i = lets.size(); i-- > 0;) body = make_let(lets[i].first, lets[i].second, std::move(body));
  return body;
}

ExprPtr named(const ExprPtr& expr, const Name& name, NameSupply& supply, Lets& lets) {
  if (is_at_hand(expr)) return expr;
  lets.emplace_back(supply.fresh(name), expr);
  return make_identifier(lets.back().first, expr->type(), expr->span());
}

std::pair<ExprPtr, ExprPtr> key_and_value(const ExprPtr& pair, NameSupply& supply, Lets& lets) {
  if (pair->is(NodeKind::kMakeStruct)) return {pair->child(0), pair->child(1)};
  ExprPtr whole = named(pair, "pair", supply, lets);
  return {make_get_field(whole, 0), make_get_field(whole, 1)};
}

ExprPtr struct_of(std::vector<ExprPtr> fields) { return fields.size() == 1 ? fields[0] : make_struct(std::move(fields)); }

std::vector<ExprPtr> fields_of(const ExprPtr& value, size_t count) {
  if (count == 1) return {value};
  if (value->is(NodeKind::kMakeStruct)) return copied_children(value);
  std::vector<ExprPtr> fields;
  for (size_t i = 0; i < count; ++i) fields.push_back(make_get_field(value, static_cast<uint32_t>(i)));
  return fields;
}

}  // namespace weld
