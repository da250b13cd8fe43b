#include "tests/reference/scope.h"

namespace weld::reference {

ScopePtr bind(ScopePtr outer, const Name& name, Value value) {
  auto cell = std::make_shared<Cell>();
  cell->value = std::move(value);
  return bind_cell(std::move(outer), name, std::move(cell));
}

ScopePtr bind_cell(ScopePtr outer, const Name& name, std::shared_ptr<Cell> cell) {
  return std::make_shared<const Scope>(Scope{std::move(outer), name, std::move(cell), nullptr, nullptr});
}

ScopePtr bind_function(ScopePtr outer, const Name& name, const std::pair<ExprPtr, ScopePtr>& function) {
  return std::make_shared<const Scope>(Scope{std::move(outer), name, nullptr, function.first, function.second});
}

const Scope& find(const Name& name, const ScopePtr& scope) {
  const Scope* at = scope.get();
  while (at != nullptr && at->name != name) at = at->outer.get();
  WELD_CHECK(at != nullptr, "a name that is not bound");
  return *at;
}

std::pair<ExprPtr, ScopePtr> function_of(const ExprPtr& expr, const ScopePtr& scope) {
  if (expr->is(NodeKind::kLambda)) return {expr, scope};
  WELD_CHECK(expr->is(NodeKind::kIdentifier), "a function that is neither written nor named");
  const Scope& found = find(expr->name(), scope);
  return {found.lambda, found.lambda_scope};
}

}  // namespace weld::reference
