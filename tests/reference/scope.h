// The names that an expression stands among.
#pragma once

#include <memory>
#include <utility>

#include "tests/reference/value.h"
#include "weld/ir/expr.h"

namespace weld::reference {

// One name: a value, or a function and the names that it stands among.
struct Scope {
  std::shared_ptr<const Scope> outer;
  Name name;
  std::shared_ptr<Cell> cell;
  ExprPtr lambda;
  std::shared_ptr<const Scope> lambda_scope;
};

using ScopePtr = std::shared_ptr<const Scope>;

// A scope with one name more.
ScopePtr bind(ScopePtr outer, const Name& name, Value value);
ScopePtr bind_cell(ScopePtr outer, const Name& name, std::shared_ptr<Cell> cell);
ScopePtr bind_function(ScopePtr outer, const Name& name, const std::pair<ExprPtr, ScopePtr>& function);

// What a name that is bound stands for.
const Scope& find(const Name& name, const ScopePtr& scope);
// The lambda that a function expression stands for, and its names.
std::pair<ExprPtr, ScopePtr> function_of(const ExprPtr& expr, const ScopePtr& scope);

}  // namespace weld::reference
