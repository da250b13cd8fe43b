// The traversals that passes are made of. All use an explicit stack, so depth is no concern, and visit children in order. All are
// linear in the number of nodes (a subtree that several parents share is one set of nodes), save where scopes force copies: a
// shared subtree is looked at once for each set of bindings that it stands under.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "weld/ir/expr.h"
#include "weld/ir/note_map.h"

namespace weld {

// Nodes with one owner stand in one place only; all others may be shared.
inline bool may_be_shared(const ExprPtr& expr) { return expr.use_count() > 1; }

// Calls visit on each node before its children; where visit returns false the children are skipped. A shared node is visited
// once.
template <class Visit>
void walk(const ExprPtr& root, const Visit& visit) {
  NoteSet<const Expr*> seen;
  std::vector<const ExprPtr*> pending{&root};
  while (!pending.empty()) {
    const ExprPtr& node = *pending.back();
    pending.pop_back();
    if (may_be_shared(node) && !seen.insert(node.get()).second) continue;
    if (!visit(node)) continue;
    for (auto child = node->children().rbegin(); child != node->children().rend(); ++child) pending.push_back(&*child);
  }
}

// Calls visit on each node after its children. A shared node is visited once.
void walk_post_order(const ExprPtr& root, const std::function<void(const ExprPtr&)>& visit);

// Rebuilds bottom-up: each node's children are rewritten first, then rewrite is called on the node over its new children and what
// it returns takes the node's place. Returns root itself when nothing changed. Shared subtrees are rewritten once, save for
// leaves.
ExprPtr rewrite_bottom_up(const ExprPtr& root, const std::function<ExprPtr(const ExprPtr&)>& rewrite);

// Replaces free occurrences of names. Bound names in root that would capture a free name of a replacement are renamed.
ExprPtr substitute(const ExprPtr& root, const std::unordered_map<Name, ExprPtr>& replacements);

// The names that occur free in root, in the order of their first places.
NoteSet<Name> free_names(const ExprPtr& root);

// How often each free name occurs in root (a name under a lambda counts once for each place; one in a shared subtree once for
// each place where the subtree stands). Saturates at the largest int.
NoteMap<Name, int> count_names(const ExprPtr& root);

// Gives names that do not occur in a program: "x", then "x_1", "x_2", ... ("x_1" asked for again gives "x_2", not "x_1_1").
class NameSupply {
 public:
  explicit NameSupply(const ExprPtr& root);  // reserves every name of root
  Name fresh(const Name& base);

 private:
  NoteSet<Name> used_;
  NoteMap<Name, int> next_;  // by stem
};

// Gives each binding in root of one of these names a fresh one.
ExprPtr rename_bound(const ExprPtr& root, const std::unordered_set<Name>& names, NameSupply& supply);

// Renames bound names so that each is bound once in root and none is also free there. Returns root itself when that is so
// already. A shared subtree that binds names is copied, because its names would be bound in two places.
ExprPtr make_names_unique(const ExprPtr& root);

// Structural equality, types included, spans and annotations not; what was written of a type (a let's, an empty vector's) counts
// only where the type itself is unknown. With alpha, bound names may differ consistently.
bool equal(const ExprPtr& left, const ExprPtr& right, bool alpha = true);
// Agrees with equal(…, alpha = true). Differs from process to process.
uint64_t hash_of(const ExprPtr& root);

// True when evaluating the expression may end in a run-time error: integer division or modulo by other than a nonzero literal
// that is not -1, lookup, slice, assert, cudf, deserialize, vecmerger merges, iterators with bounds or zipped ones, iterate (may
// not end), and allocation-heavy nodes are judged by may_allocate instead. Conservative: true when unsure.
bool may_fail(const ExprPtr& root);
// True when evaluating it may allocate (for, sort, tovec, builders other than merger, vector literals, serialize, deserialize of
// what holds vecs or dicts).
bool may_allocate(const ExprPtr& root);

}  // namespace weld
