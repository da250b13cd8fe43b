// Fresh names and the renaming of bound ones. Renaming is one scoped walk that keeps, for each name, the stack of what it is
// called where the walk stands, and builds the new tree bottom-up.
#include <cctype>
#include <utility>

#include "weld/ir/fragment.h"
#include "weld/ir/rewrite.h"
#include "weld/ir/scoped_walk.h"

namespace weld {
namespace {

// "x_12" -> "x"; a name without such an ending is its own stem.
std::string stem_of(const std::string& name) {
  size_t end = name.size();
  while (end > 0 && std::isdigit(static_cast<unsigned char>(name[end - 1]))) --end;
  bool has_number = end < name.size() && end >= 2 && name[end - 1] == '_';
  return has_number ? name.substr(0, end - 1) : name;
}

class RenameVisitor {
 public:
  // new_name(name) is asked once for each binding that is walked, in order.
  explicit RenameVisitor(std::function<Name(const Name&)> new_name) : new_name_(std::move(new_name)) {}

  bool enter(const ExprPtr& node, uint32_t scope) {
    if (node->children().empty()) {
      results_.push_back(renamed_leaf(node));
      return false;
    }
    auto found = may_be_shared(node) ? done_.find({node.get(), scope}) : done_.end();
    if (found != done_.end()) {
      results_.push_back(found->second);
      return false;
    }
    bindings_before_.push_back(bindings_);
    return true;
  }

  void bind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) {
      ++bindings_;
      called_[name].push_back(new_name_(name));
    });
  }

  // The names are needed once more when the binder itself is rebuilt, after which they are dropped.
  void unbind(const Expr&) {}

  void leave(const ExprPtr& node, uint32_t scope) {
    const bool is_shared = may_be_shared(node);  // before the result is, too, where nothing changed
    auto first = results_.end() - static_cast<std::ptrdiff_t>(node->children().size());
    ExprPtr result = rebuilt(node, std::vector<ExprPtr>(first, results_.end()));
    results_.erase(first, results_.end());
    bool binds_nothing = bindings_ == bindings_before_.back();
    bindings_before_.pop_back();
    if (binds_nothing && is_shared) done_[{node.get(), scope}] = result;
    results_.push_back(std::move(result));
  }

  const ExprPtr& result() const { return results_.back(); }

 private:
  ExprPtr renamed_leaf(const ExprPtr& leaf) const {
    if (!leaf->is(NodeKind::kIdentifier)) return leaf;
    auto found = called_.find(leaf->name());
    if (found == called_.end() || found->second.empty() || found->second.back() == leaf->name()) return leaf;
    return rebuild(leaf, {}, leaf->type(), found->second.back(), leaf->operand_type());
  }

  ExprPtr rebuilt(const ExprPtr& node, std::vector<ExprPtr> children) {
    if (!binds_in(*node, node->children().size() - 1)) return with_children(node, std::move(children));
    Payload payload = node->payload();
    if (node->is(NodeKind::kLet)) {
      payload = take_name(node->name());
    } else {
      Parameters parameters = node->parameters();
      for (size_t i = parameters.size(); i-- > 0;) parameters[i].name = take_name(parameters[i].name);
      payload = SharedParameters(std::move(parameters));
    }
    if (payload == node->payload()) return with_children(node, std::move(children));
    return rebuild(node, std::move(children), node->type(), std::move(payload), node->operand_type());
  }

  Name take_name(const Name& name) {
    std::vector<Name>& names = called_[name];
    Name last = std::move(names.back());
    names.pop_back();
    return last;
  }

  std::function<Name(const Name&)> new_name_;
  NameMap<std::vector<Name>> called_;
  std::vector<ExprPtr> results_;
  uint64_t bindings_ = 0;
  std::vector<uint64_t> bindings_before_;
  NoteMap<NodeInScope, ExprPtr, NodeInScopeHash> done_;
};

}  // namespace

NameSupply::NameSupply(const ExprPtr& root) {
  walk(root, [&](const ExprPtr& node) {
    if (node->is(NodeKind::kIdentifier)) used_.insert(node->name());
    if (node->is(NodeKind::kLet) || node->is(NodeKind::kLambda)) {
      for_each_binding(*node, [&](const Name& name, Type) { used_.insert(name); });
    }
    return true;
  });
}

Name NameSupply::fresh(const Name& base) {
  if (used_.insert(base).second) return base;
  const std::string stem = stem_of(base.text());
  int& number = next_[stem];
  while (true) {
    Name name = stem + '_' + std::to_string(++number);
    if (used_.insert(name).second) return name;
  }
}

ExprPtr rename_bound(const ExprPtr& root, const std::unordered_set<Name>& names, NameSupply& supply) {
  RenameVisitor visitor([&](const Name& name) { return names.contains(name) ? supply.fresh(name) : name; });
  walk_scoped(root, visitor);
  return visitor.result();
}

ExprPtr instantiate(const ExprPtr& lambda, const std::vector<Name>& arguments, NameSupply& supply) {
  // The walk binds the parameters first.
  size_t bound = 0;
  RenameVisitor visitor([&](const Name& name) { return bound < arguments.size() ? arguments[bound++] : supply.fresh(name); });
  walk_scoped(lambda, visitor);
  return visitor.result()->body();
}

ExprPtr make_names_unique(const ExprPtr& root) {
  NameSupply supply(root);
  NoteSet<Name> taken = free_names(root);
  RenameVisitor visitor([&](const Name& name) { return taken.insert(name).second ? name : supply.fresh(name); });
  walk_scoped(root, visitor);
  return visitor.result();
}

}  // namespace weld
