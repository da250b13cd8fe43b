// Walks and rewriting. A rewrite keeps the results of finished nodes on a value stack: a node takes as many from its top as it
// has children and leaves one.
#include "weld/ir/rewrite.h"

#include <algorithm>
#include <limits>

#include "weld/ir/scoped_walk.h"

namespace weld {
namespace {

// Names that are bound where a scoped walk stands, with how many bindings of each are open.
class BoundNames {
 public:
  void bind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) { ++open_[name]; });
  }
  void unbind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) { --open_[name]; });
  }
  bool contains(const Name& name) const {
    auto found = open_.find(name);
    return found != open_.end() && found->second > 0;
  }

 private:
  NameMap<int> open_;
};

struct FreeNameVisitor : BoundNames {
  NoteSet<Name> free;
  NoteSet<NodeInScope, NodeInScopeHash> seen;

  bool enter(const ExprPtr& node, uint32_t scope) {
    if (node->is(NodeKind::kIdentifier) && !contains(node->name())) free.insert(node->name());
    if (node->children().empty()) return false;
    return !may_be_shared(node) || seen.insert({node.get(), scope}).second;
  }
  void leave(const ExprPtr&, uint32_t) {}
};

// Counts places as paths from the root. The nodes in their scopes form a graph without cycles; parents come before children in
// the reverse of the order in which the walk leaves them.
struct CountVisitor : BoundNames {
  struct Place {
    const Name* free_name = nullptr;
    std::vector<uint32_t> children;
    int64_t paths = 0;
  };
  std::vector<Place> places;
  std::vector<uint32_t> open;
  std::vector<uint32_t> left;
  NoteMap<NodeInScope, uint32_t, NodeInScopeHash> seen;

  bool enter(const ExprPtr& node, uint32_t scope) {
    auto place = static_cast<uint32_t>(places.size());
    if (may_be_shared(node)) {
      auto [found, is_new] = seen.insert({{node.get(), scope}, place});
      place = found->second;
      if (!open.empty()) places[open.back()].children.push_back(place);
      if (!is_new) return false;
    } else if (!open.empty()) {
      places[open.back()].children.push_back(place);
    }
    places.emplace_back();
    if (node->is(NodeKind::kIdentifier) && !contains(node->name())) places.back().free_name = &node->name();
    open.push_back(place);
    return true;
  }
  void leave(const ExprPtr&, uint32_t) {
    left.push_back(open.back());
    open.pop_back();
  }

  NoteMap<Name, int> counts() {
    constexpr int64_t kLimit = std::numeric_limits<int>::max();
    NoteMap<Name, int> counts;
    places[left.back()].paths = 1;
    for (auto place = left.rbegin(); place != left.rend(); ++place) {
      const Place& parent = places[*place];
      for (uint32_t child : parent.children) places[child].paths = std::min(places[child].paths + parent.paths, kLimit);
      if (parent.free_name == nullptr) continue;
      int& count = counts[*parent.free_name];
      count = static_cast<int>(std::min(count + parent.paths, kLimit));
    }
    return counts;
  }
};

// Builds the new tree bottom-up. An occurrence that would be captured is noted; the result is then of no use.
struct SubstituteVisitor : BoundNames {
  explicit SubstituteVisitor(const std::unordered_map<Name, ExprPtr>& given) : replacements(given) {
    for (const auto& [name, replacement] : replacements) {
      NoteSet<Name> names = free_names(replacement);
      free_in[name].assign(names.begin(), names.end());
    }
  }

  bool enter(const ExprPtr& node, uint32_t scope) {
    if (node->children().empty()) {
      results.push_back(replaced(node));
      return false;
    }
    if (!may_be_shared(node)) return true;
    auto found = done.find({node.get(), scope});
    if (found == done.end()) return true;
    results.push_back(found->second);
    return false;
  }
  void leave(const ExprPtr& node, uint32_t scope) {
    const bool is_shared = may_be_shared(node);  // before the result is, too, where nothing changed
    auto first = results.end() - static_cast<std::ptrdiff_t>(node->children().size());
    ExprPtr result = with_children(node, std::vector<ExprPtr>(first, results.end()));
    results.erase(first, results.end());
    if (is_shared) done[{node.get(), scope}] = result;
    results.push_back(std::move(result));
  }

  ExprPtr replaced(const ExprPtr& leaf) {
    if (!leaf->is(NodeKind::kIdentifier) || contains(leaf->name())) return leaf;
    auto found = replacements.find(leaf->name());
    if (found == replacements.end()) return leaf;
    for (const Name& name : free_in[leaf->name()]) {
      if (contains(name)) captured.insert(name);
    }
    return found->second;
  }

  const std::unordered_map<Name, ExprPtr>& replacements;
  NoteMap<Name, std::vector<Name>> free_in;
  std::unordered_set<Name> captured;
  NoteMap<NodeInScope, ExprPtr, NodeInScopeHash> done;
  std::vector<ExprPtr> results;
};

}  // namespace

void walk_post_order(const ExprPtr& root, const std::function<void(const ExprPtr&)>& visit) {
  struct Frame {
    const ExprPtr* node;
    size_t next;
  };
  NoteSet<const Expr*> seen;
  std::vector<Frame> stack{{&root, 0}};
  while (!stack.empty()) {
    Frame& frame = stack.back();
    const ExprPtr& node = *frame.node;
    if (frame.next == node->children().size()) {
      visit(node);
      stack.pop_back();
      continue;
    }
    const ExprPtr& child = node->child(frame.next++);
    if (!may_be_shared(child) || seen.insert(child.get()).second) stack.push_back({&child, 0});
  }
}

ExprPtr rewrite_bottom_up(const ExprPtr& root, const std::function<ExprPtr(const ExprPtr&)>& rewrite) {
  struct Frame {
    const ExprPtr* node;
    size_t next;
  };
  const auto rewritten = [&](const ExprPtr& node) {
    ExprPtr result = rewrite(node);
    WELD_CHECK(result != nullptr, "a rewrite returned no expression");
    return result;
  };
  NoteMap<const Expr*, ExprPtr> done;
  std::vector<Frame> stack{{&root, 0}};
  std::vector<ExprPtr> results;
  while (!stack.empty()) {
    Frame& frame = stack.back();
    const ExprPtr& node = *frame.node;
    if (frame.next < node->children().size()) {
      const ExprPtr& child = node->child(frame.next++);
      if (child->children().empty()) {
        results.push_back(rewritten(child));
        continue;
      }
      auto found = may_be_shared(child) ? done.find(child.get()) : done.end();
      if (found != done.end()) {
        results.push_back(found->second);
      } else {
        stack.push_back({&child, 0});
      }
      continue;
    }
    const bool is_shared = may_be_shared(node);  // before the result is, too, where nothing changed
    auto first = results.end() - static_cast<std::ptrdiff_t>(node->children().size());
    bool same = std::equal(first, results.end(), node->children().begin());
    ExprPtr result = rewritten(same ? node : with_children(node, std::vector<ExprPtr>(first, results.end())));
    results.erase(first, results.end());
    if (is_shared) done[node.get()] = result;
    results.push_back(std::move(result));
    stack.pop_back();
  }
  return results.back();
}

ExprPtr substitute(const ExprPtr& root, const std::unordered_map<Name, ExprPtr>& replacements) {
  SubstituteVisitor visitor(replacements);
  walk_scoped(root, visitor);
  if (visitor.captured.empty()) return visitor.results.back();
  std::vector<ExprPtr> all{root};
  for (const auto& [name, replacement] : replacements) all.push_back(replacement);
  NameSupply supply(make_struct(std::move(all)));
  ExprPtr renamed = rename_bound(root, visitor.captured, supply);
  SubstituteVisitor again(replacements);
  walk_scoped(renamed, again);
  WELD_CHECK(again.captured.empty(), "a renamed binding still captures");
  return again.results.back();
}

NoteSet<Name> free_names(const ExprPtr& root) {
  FreeNameVisitor visitor;
  walk_scoped(root, visitor);
  return std::move(visitor.free);
}

NoteMap<Name, int> count_names(const ExprPtr& root) {
  CountVisitor visitor;
  walk_scoped(root, visitor);
  return visitor.counts();
}

}  // namespace weld
