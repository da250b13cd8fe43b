// What several passes share. A program here is what a pass is given: typed, verified, each name bound once, so a name alone says
// which binding it means and moving an expression within the scope of its names captures nothing. The functions recurse;
// optimize() runs the passes on a deep stack.
#pragma once

#include <utility>
#include <vector>

#include "weld/ir/expr.h"
#include "weld/ir/rewrite.h"

namespace weld {

// Evaluating it costs nothing and cannot fail: a literal or an identifier.
bool is_atom(const ExprPtr& expr);

// An atom, or a field of one at any depth.
bool is_at_hand(const ExprPtr& expr);

// expr with each child replaced by rewrite(child); expr itself when none changed.
template <class Rewrite>
ExprPtr map_children(const ExprPtr& expr, Rewrite&& rewrite) {
  const std::span<const ExprPtr> children = expr->children();
  for (size_t i = 0; i < children.size(); ++i) {
    ExprPtr first_changed = rewrite(children[i]);
    if (first_changed == children[i]) continue;
    std::vector<ExprPtr> changed(children.begin(), children.begin() + static_cast<std::ptrdiff_t>(i));
    changed.push_back(std::move(first_changed));
    for (++i; i < children.size(); ++i) changed.push_back(rewrite(children[i]));
    return with_children(expr, std::move(changed));
  }
  return expr;
}

// What a chain of lets binds around; expr itself when it is no let.
inline const ExprPtr& within_lets(const ExprPtr& expr) {
  const ExprPtr* inner = &expr;
  while ((*inner)->is(NodeKind::kLet)) inner = &(*inner)->body();
  return *inner;
}

// A let that a pass puts around what it has rewritten.
struct BoundValue {
  ExprPtr let;  // that it takes the place of; null where it is a new one
  ExprPtr value;
  Name name = {};  // of a new one
  Span span = {};
};
// body with lets around it, the outermost first. Lets without values keep their own.
ExprPtr around(std::vector<BoundValue> lets, ExprPtr body);
ExprPtr around(const std::vector<ExprPtr>& lets, ExprPtr body);

// A chain of lets with each value, and what they are around, replaced by rewrite(…). Chains are as long as programs: going
// through them by recursion would go through a stack that is larger than they are.
template <class Rewrite>
ExprPtr map_lets(ExprPtr expr, Rewrite&& rewrite) {
  std::vector<BoundValue> lets;
  for (; expr->is(NodeKind::kLet); expr = expr->body()) lets.push_back({expr, rewrite(expr->child(0))});
  return around(std::move(lets), rewrite(expr));
}

// Whether an iterator goes over a vector from one end to the other, element by element; and whether that is one with a name.
bool goes_over_all(const ExprPtr& iterator);
bool goes_over_all_of_name(const ExprPtr& iterator);

// Calls visit on each node before its children. Unlike walk(), it visits a node that several parents share once for each of them;
// passes share atoms only, so that takes no longer.
template <class Visit>
void walk_tree(const ExprPtr& expr, const Visit& visit) {
  const ExprPtr* at = &expr;
  while (true) {
    visit(*at);
    const std::span<const ExprPtr> children = (*at)->children();
    if (children.empty()) return;
    for (const ExprPtr& child : children.first(children.size() - 1)) walk_tree(child, visit);
    at = &children.back();
  }
}

// How often each name is used. The keys point into the program, which must outlive them.
using UseCounts = NameMap<int>;
UseCounts count_uses(const ExprPtr& program);

// A field that is taken of a name.
bool is_field_of_name(const ExprPtr& expr);

// How a program uses its names: field by field, or also as a whole. Points into the program, which must outlive it.
class FieldUses {
 public:
  explicit FieldUses(const ExprPtr& program);
  int count(NameId name) const { return counts_of(name).all; }  // of all uses
  int count(NameId name, size_t field) const;                   // of those that take this field
  int count_whole(NameId name) const;                           // of those that take none
  bool any_field(NameId name) const { return counts_of(name).of_fields > 0; }
  bool only_fields(NameId name) const { return count_whole(name) == 0; }  // true of a name that is not used

 private:
  struct Counts {
    int all = 0;
    int of_fields = 0;
    std::vector<int, SlabAllocator<int, SlabUse::kNotes>> each;  // by field
  };
  const Counts& counts_of(NameId name) const;

  NameMap<Counts> uses_;
};

// expr with names replaced by expressions. A field that is taken of a name replaced by a struct literal is that literal's field.
// Requires unique names, so that nothing is captured.
using Replacements = NameMap<ExprPtr>;
ExprPtr replace_names(const ExprPtr& expr, const Replacements& replacements);

// Number of nodes, about; stops counting at limit.
size_t node_count(const ExprPtr& expr, size_t limit);

// True when there is an assert in it. An assert is evaluated wherever it stands, so such an expression may not be dropped, nor
// moved under a condition.
inline bool contains_assert(const ExprPtr& expr) { return expr->contains(NodeKind::kAssert); }

// True when it uses up a builder that is bound outside of it. The verifier wants a builder used in both branches of an `if` or in
// none, so such an expression may neither be dropped nor moved under a condition.
bool consumes_outer_builder(const ExprPtr& expr);

// Whether an expression that nothing needs may go.
inline bool may_drop(const ExprPtr& expr) { return !contains_assert(expr) && !consumes_outer_builder(expr); }

// Whether a child may not run when its parent does: a branch of an `if`, the right side of && and ||.
bool is_conditional(const ExprPtr& expr, size_t child);

// A program is seen as blocks: chains of lets with what they are around, each of them a statement. The program's body, lambdas'
// bodies, conditional parts and lets inside an expression are blocks. All statements of a block run when the block does. This
// tells whether a child is a block of its own.
bool is_block(const ExprPtr& expr, size_t child);

// Makes copies of expressions in which every bound name is new, so that they may stand beside the original, and so is every node
// that makes a builder: what a dictionary is used for is told by its node.
class Copier {
 public:
  // The supply must know every name of the program.
  explicit Copier(NameSupply& supply) : supply_(supply) {}
  ExprPtr copy(const ExprPtr& expr);
  // After copy(): the new name of a bound name.
  const NoteMap<Name, Name>& new_names() const { return new_names_; }

 private:
  ExprPtr visit(const ExprPtr& expr);
  Name rename(const Name& name);

  NameSupply& supply_;
  NoteMap<Name, Name> new_names_;
};

}  // namespace weld
