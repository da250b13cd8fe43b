// The course of inference, and the making of the typed tree.
#include "weld/ir/infer.h"

#include <fmt/format.h>

#include "weld/ir/deep_stack.h"
#include "weld/ir/lexer.h"

namespace weld {

Expansion Inference::run(const ExprPtr& body, Diagnostics found) {
  diagnostics_ = std::move(found);
  size_t record = types_.size();
  if (body->is(NodeKind::kLambda)) {
    visit_program(body);
  } else {
    visit(body);
  }
  WELD_CHECK(record == 0, "inference runs once");
  settle();
  for (size_t i = 0; i < blocked_.size(); ++i) {
    attempt(blocked_[i], true);
    settle();
  }
  resolved_.clear();
  check_abilities();
  for (Type& type : types_) type = resolve(type);
  if (too_large_ && diagnostics_.empty()) error(body->span(), "a type of this program is too large");
  if (diagnostics_.empty()) report_unknown();
  ExprPtr typed = diagnostics_.empty() ? build(body) : nullptr;
  if (!diagnostics_.empty()) typed = nullptr;
  return {std::move(typed), std::move(diagnostics_)};
}

// One diagnostic for each variable that nothing binds and that is part of a node's type.
void Inference::report_unknown() {
  std::vector<bool> reported(variables_.size(), false);
  std::unordered_map<Type, bool> seen;
  std::vector<Type> pending;
  for (Type type : types_) {
    if (type.contains_unknown()) pending.push_back(type);
    while (!pending.empty()) {
      Type part = pending.back();
      pending.pop_back();
      if (!part.contains_unknown() || !seen.emplace(part, true).second) continue;
      pending.insert(pending.end(), part.children().begin(), part.children().end());
      if (part.kind() != TypeKind::kUnknown || part.variable_id() == 0) continue;
      const Variable& variable = variables_[part.variable_id() - 1];
      switch (variable.what) {
        case What::kExpression:
          error(variable.span, "cannot infer the type of this expression");
          break;
        case What::kParameter:
          error(variable.span, fmt::format("cannot infer the type of the parameter `{}`", variable.name->text()));
          break;
        case What::kElements:
          error(variable.span, "cannot infer the type of the elements of this vector; it can be written, as in `[]: vec[i64]`");
          break;
        case What::kWritten:
          error(variable.span, "cannot infer what the `?` in this type stands for");
          break;
        case What::kBuilder:
          error(variable.span, "cannot infer what this appender holds; it can be written, as in `appender[i64]`");
          break;
      }
    }
  }
}

Type Inference::next_type() { return types_[built_++]; }

ExprPtr Inference::build(const ExprPtr& expr) {
  Type type = next_type();
  if (expr->is(NodeKind::kAscribe)) return build(expr->child(0));
  if (!checked_types_.contains(type)) check_type(type, expr->span());
  std::vector<ExprPtr> children;
  children.reserve(expr->children().size());
  for (const ExprPtr& child : expr->children()) children.push_back(build(child));
  Payload payload = expr->payload();
  Type operand_type = expr->operand_type();
  switch (expr->kind()) {
    case NodeKind::kLambda: {
      Parameters parameters = expr->parameters();
      for (size_t i = 0; i < parameters.size(); ++i) parameters[i].type = type.child(i);
      payload = SharedParameters(std::move(parameters));
      break;
    }
    case NodeKind::kLet:  // the value tells its type
      operand_type = Type();
      break;
    case NodeKind::kMakeVector:
      operand_type = children.empty() ? type : Type();
      break;
    case NodeKind::kNewBuilder:
    case NodeKind::kDeserialize:
    case NodeKind::kCudf:
      operand_type = type;
      break;
    default:
      break;
  }
  return rebuild(expr, std::move(children), type, std::move(payload), operand_type);
}

Result<ExprPtr> infer_types(const ExprPtr& body) {
  Expansion result;
  run_on_deep_stack([&] {
    result = expand(body, {});
    if (result.body) result = Inference().run(result.body, std::move(result.diagnostics));
  });
  if (!result.diagnostics.empty()) return in_order(std::move(result.diagnostics));
  return std::move(result.body);
}

}  // namespace weld
