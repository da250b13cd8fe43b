// Rewriting programs in which builders change their types.
#pragma once

#include <utility>
#include <vector>

#include "weld/optimizer/rewriting.h"

namespace weld {

// Rewrites a program in which builders change their types, and with them what they go through and give.
class Retyper {
 public:
  virtual ~Retyper() = default;
  ExprPtr rewrite(const ExprPtr& expr);

 protected:
  // What takes an expression's place, its parts having gone through rewrite(); null: the expression over its rewritten parts.
  virtual ExprPtr replace(const ExprPtr& expr) = 0;
  // A lambda over parameters of these types; their names have these from then on. Anything else is rewritten as it is.
  ExprPtr rewrite_function(const ExprPtr& function, const std::vector<Type>& types);

 private:
  ExprPtr rewrite_let(const ExprPtr& let);
  ExprPtr rewrite_loop(const ExprPtr& loop);
  ExprPtr rewrite_sort(const ExprPtr& sort);

  NameMap<Type> types_;  // of the names whose type has changed
};

// Names and values to be bound around an expression, outermost first.
using Lets = std::vector<std::pair<Name, ExprPtr>>;
ExprPtr with_lets(const Lets& lets, ExprPtr body);

// The expression, when it may stand in several places: a literal, a name or fields of one. Else a new name for it in lets.
ExprPtr named(const ExprPtr& expr, const Name& name, NameSupply& supply, Lets& lets);

// The parts of what is merged into a dictionary.
std::pair<ExprPtr, ExprPtr> key_and_value(const ExprPtr& pair, NameSupply& supply, Lets& lets);

// Of several values in one: one stands for itself, more are a struct. fields_of() requires a struct literal or what named()
// gives.
ExprPtr struct_of(std::vector<ExprPtr> fields);
std::vector<ExprPtr> fields_of(const ExprPtr& value, size_t count);

}  // namespace weld
