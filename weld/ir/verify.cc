// The verifier's frame and its checks of names. A subtree that binds names and is shared by two parents binds them twice.
#include <unordered_map>

#include <fmt/format.h>

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/note_map.h"
#include "weld/ir/scoped_walk.h"
#include "weld/ir/verify_parts.h"

namespace weld {
namespace {

class ScopeVisitor {
 public:
  explicit ScopeVisitor(Faults& faults) : faults_(faults) {}

  bool enter(const ExprPtr& node, uint32_t scope) {
    if (node->is(NodeKind::kIdentifier)) check_use(*node);
    if (node->children().empty()) return false;
    if (may_be_shared(node)) {
      auto [found, is_new] = seen_.insert({{node.get(), scope}, false});
      if (!is_new) {
        if (found->second) faults_.add(node->span(), "the names bound here are bound in two places: the subtree is shared");
        return false;
      }
    }
    bindings_before_.push_back(bindings_);
    return true;
  }

  void bind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type type) {
      ++bindings_;
      if (!bound_.insert(name).second) faults_.add(binder.span(), fmt::format("the name {} is bound twice", name.text()));
      open_[name].push_back(type);
    });
  }

  void unbind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) { open_[name].pop_back(); });
  }

  void leave(const ExprPtr& node, uint32_t scope) {
    bool binds = bindings_ != bindings_before_.back();
    bindings_before_.pop_back();
    if (binds && may_be_shared(node)) seen_[{node.get(), scope}] = true;
  }

 private:
  void check_use(const Expr& use) {
    auto found = open_.find(use.name());
    if (found == open_.end() || found->second.empty()) {
      faults_.add(use.span(), fmt::format("unknown name {}", use.name().text()));
    } else if (found->second.back() != use.type()) {
      faults_.add(use.span(), fmt::format("{} is used as {} but bound as {}", use.name().text(), use.type().to_string(),
                                          found->second.back().to_string()));
    }
  }

  Faults& faults_;
  NameSet bound_;
  NameMap<std::vector<Type>> open_;
  uint64_t bindings_ = 0;
  std::vector<uint64_t> bindings_before_;
  std::unordered_map<NodeInScope, bool, NodeInScopeHash> seen_;  // whether the node binds names
};

}  // namespace

void verify_scopes(const ExprPtr& root, Faults& faults) {
  ScopeVisitor visitor(faults);
  walk_scoped(root, visitor);
}

Diagnostics verify(const ExprPtr& body) {
  Faults faults;
  if (body->depth() > kMaximumDepth) {
    faults.add(body->span(), fmt::format("the program is nested more than {} levels deep", kMaximumDepth));
    return faults.take();
  }
  run_on_deep_stack([&] {
    verify_scopes(body, faults);
    verify_types(body, faults);
    if (faults.empty()) verify_builders(body, faults);
  });
  return faults.take();
}

}  // namespace weld
