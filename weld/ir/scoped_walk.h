// The traversal behind everything in weld/ir that has to know which binding a name means. Not for passes: they use rewrite.h.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "weld/ir/expr.h"
#include "weld/ir/rewrite.h"

namespace weld {

// True when expr binds names in its child at index: a Let its name in the body, a Lambda its parameters in the body.
inline bool binds_in(const Expr& expr, size_t child) {
  return expr.is(NodeKind::kLambda) || (expr.is(NodeKind::kLet) && child == 1);
}

// Calls act(name, type) for each name that a Let or Lambda binds.
template <class Act>
void for_each_binding(const Expr& binder, const Act& act) {
  if (binder.is(NodeKind::kLet)) {
    act(binder.name(), binder.child(0)->type());
  } else {
    for (const Parameter& parameter : binder.parameters()) act(parameter.name, parameter.type);
  }
}

// A node together with the scope it stands in: within one walk, the same node in the same scope means the same.
using NodeInScope = std::pair<const Expr*, uint32_t>;
struct NodeInScopeHash {
  size_t operator()(const NodeInScope& key) const {
    return std::hash<const void*>()(key.first) ^ (static_cast<size_t>(key.second) * 0x9E3779B97F4A7C15u);
  }
};

// Walks root in order with an explicit stack and calls
//   visitor.enter(node, scope)   before a node's children; false skips the children and leave
//   visitor.bind(binder)         before the child in which binder's names are bound, visitor.unbind(binder) after it
//   visitor.leave(node, scope)   after a node's children
// A scope is the number of a binding instance, 0 outside all: each time a binder is walked its body gets a new one.
template <class Visitor>
void walk_scoped(const ExprPtr& root, Visitor& visitor) {
  struct Frame {
    const ExprPtr* node;
    uint32_t scope;
    size_t next;
  };
  uint32_t scopes = 0;
  std::vector<Frame> stack;
  if (visitor.enter(root, 0)) stack.push_back({&root, 0, 0});
  while (!stack.empty()) {
    Frame& frame = stack.back();
    const ExprPtr& node = *frame.node;
    if (frame.next > 0 && binds_in(*node, frame.next - 1)) visitor.unbind(*node);
    if (frame.next == node->children().size()) {
      visitor.leave(node, frame.scope);
      stack.pop_back();
      continue;
    }
    uint32_t scope = frame.scope;
    if (binds_in(*node, frame.next)) {
      scope = ++scopes;
      visitor.bind(*node);
    }
    const ExprPtr& child = node->child(frame.next++);
    if (visitor.enter(child, scope)) stack.push_back({&child, scope, 0});
  }
}

}  // namespace weld
