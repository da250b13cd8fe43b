// Structural equality and hashing modulo the names of bindings. A bound name stands for the number of its binding; two names are
// equal when both are bound by bindings met at the same time, or both are free and spelled alike.
#include <string_view>

#include "weld/ir/rewrite.h"
#include "weld/ir/scoped_walk.h"

namespace weld {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15u;

uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * kGolden;
  return hash ^ (hash >> 29);
}

// The numbers of the open bindings of each name; 0 stands for "free".
class BindingNumbers {
 public:
  void bind(const Name& name, uint64_t number) { open_[name].push_back(number); }
  void unbind(const Name& name) { open_[name].pop_back(); }
  uint64_t number_of(const Name& name) const {
    auto found = open_.find(name);
    return found == open_.end() || found->second.empty() ? 0 : found->second.back();
  }

 private:
  NameMap<std::vector<uint64_t>> open_;
};

// What was written of a type says nothing more once the type itself is known.
bool written_type_counts(const Expr& expr) {
  if (expr.is(NodeKind::kLet)) return expr.child(0)->type().contains_unknown();
  if (expr.is(NodeKind::kMakeVector)) return expr.type().contains_unknown();
  return true;
}

bool same_parameter_types(const Parameters& left, const Parameters& right) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i].type != right[i].type) return false;
  }
  return true;
}

class Comparison {
 public:
  explicit Comparison(bool alpha) : alpha_(alpha) {}

  bool run(const ExprPtr& left, const ExprPtr& right) {
    if (!enter(left, right, 0)) return false;
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      const Expr& a = **frame.left;
      const Expr& b = **frame.right;
      if (frame.next > 0 && binds_in(a, frame.next - 1)) unbind(a, b);
      if (frame.next == a.children().size()) {
        stack_.pop_back();
        continue;
      }
      uint32_t scope = frame.scope;
      if (binds_in(a, frame.next)) {
        scope = ++scopes_;
        bind(a, b);
      }
      size_t child = frame.next++;
      if (!enter(a.child(child), b.child(child), scope)) return false;
    }
    return true;
  }

 private:
  struct Frame {
    const ExprPtr* left;
    const ExprPtr* right;
    uint32_t scope;
    size_t next;
  };

  // Compares two nodes but for their children, which it puts on the stack. False when they differ.
  bool enter(const ExprPtr& left, const ExprPtr& right, uint32_t scope) {
    if (left == right && renamed_ == 0) return true;
    if (!same_node(*left, *right)) return false;
    if (left->children().empty()) return true;
    bool shared = may_be_shared(left) && may_be_shared(right);
    if (shared && !seen_[{left.get(), scope}].insert(right.get()).second) return true;
    stack_.push_back({&left, &right, scope, 0});
    return true;
  }

  bool same_node(const Expr& left, const Expr& right) const {
    if (left.kind() != right.kind() || left.type() != right.type()) return false;
    if (left.children().size() != right.children().size()) return false;
    bool written_counts = written_type_counts(left) || written_type_counts(right);
    if (written_counts && left.operand_type() != right.operand_type()) return false;
    switch (left.kind()) {
      case NodeKind::kIdentifier:
        return same_name(left.name(), right.name());
      case NodeKind::kLet:
        return alpha_ || left.name() == right.name();
      case NodeKind::kLambda:
        if (!alpha_) return left.parameters() == right.parameters();
        return same_parameter_types(left.parameters(), right.parameters());
      default:
        return left.payload() == right.payload();
    }
  }

  bool same_name(const Name& left, const Name& right) const {
    uint64_t number = left_names_.number_of(left);
    return number == right_names_.number_of(right) && (number != 0 || left == right);
  }

  static std::vector<const Name*> names_of(const Expr& binder) {
    std::vector<const Name*> names;
    for_each_binding(binder, [&](const Name& name, Type) { names.push_back(&name); });
    return names;
  }

  void bind(const Expr& left, const Expr& right) {
    std::vector<const Name*> left_names = names_of(left);
    std::vector<const Name*> right_names = names_of(right);
    for (size_t i = 0; i < left_names.size(); ++i) {
      left_names_.bind(*left_names[i], ++bindings_);
      right_names_.bind(*right_names[i], bindings_);
      renamed_ += *left_names[i] != *right_names[i];
    }
  }

  void unbind(const Expr& left, const Expr& right) {
    std::vector<const Name*> left_names = names_of(left);
    std::vector<const Name*> right_names = names_of(right);
    for (size_t i = 0; i < left_names.size(); ++i) {
      left_names_.unbind(*left_names[i]);
      right_names_.unbind(*right_names[i]);
      renamed_ -= *left_names[i] != *right_names[i];
    }
  }

  bool alpha_;
  BindingNumbers left_names_;
  BindingNumbers right_names_;
  uint64_t bindings_ = 0;
  size_t renamed_ = 0;  // open bindings whose two names differ; while there are none, one node equals itself
  uint32_t scopes_ = 0;
  std::unordered_map<NodeInScope, std::unordered_set<const Expr*>, NodeInScopeHash> seen_;
  std::vector<Frame> stack_;
};

uint64_t hash_of_text(std::string_view text) { return std::hash<std::string_view>()(text); }

uint64_t hash_of_type(Type type) { return std::hash<Type>()(type); }

// Numbers bindings by how many are open around them, which alpha-equal trees have in common wherever a subtree stands.
struct HashVisitor {
  BindingNumbers names;
  uint64_t open = 0;
  std::vector<uint64_t> results;
  std::unordered_map<NodeInScope, uint64_t, NodeInScopeHash> done;

  bool enter(const ExprPtr& node, uint32_t scope) {
    if (node->children().empty()) {
      results.push_back(own_hash(*node));
      return false;
    }
    auto found = may_be_shared(node) ? done.find({node.get(), scope}) : done.end();
    if (found == done.end()) return true;
    results.push_back(found->second);
    return false;
  }
  void bind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) { names.bind(name, ++open); });
  }
  void unbind(const Expr& binder) {
    for_each_binding(binder, [&](const Name& name, Type) {
      names.unbind(name);
      --open;
    });
  }
  void leave(const ExprPtr& node, uint32_t scope) {
    size_t first = results.size() - node->children().size();
    uint64_t hash = own_hash(*node);
    for (size_t i = first; i < results.size(); ++i) hash = mix(hash, results[i]);
    results.resize(first);
    results.push_back(hash);
    if (may_be_shared(node)) done[{node.get(), scope}] = hash;
  }

  uint64_t own_hash(const Expr& expr) const {
    uint64_t hash = mix(static_cast<uint64_t>(expr.kind()), hash_of_type(expr.type()));
    hash = mix(hash, expr.children().size());
    if (!expr.is(NodeKind::kLet) && !expr.is(NodeKind::kMakeVector)) hash = mix(hash, hash_of_type(expr.operand_type()));
    return mix(hash, payload_hash(expr));
  }

  uint64_t payload_hash(const Expr& expr) const {
    switch (expr.kind()) {
      case NodeKind::kIdentifier: {
        uint64_t number = names.number_of(expr.name());
        return number != 0 ? number : hash_of_text(expr.name().text());
      }
      case NodeKind::kLiteral:
        return mix(static_cast<uint64_t>(expr.literal().kind), expr.literal().bits);
      case NodeKind::kStringLiteral:
        return hash_of_text(expr.bytes());
      case NodeKind::kCudf:
        return hash_of_text(expr.name().text());
      case NodeKind::kBinary:
        return static_cast<uint64_t>(expr.binary_op());
      case NodeKind::kUnary:
        return static_cast<uint64_t>(expr.unary_op());
      case NodeKind::kGetField:
        return expr.index();
      case NodeKind::kIter:
        return static_cast<uint64_t>(expr.iter_kind());
      case NodeKind::kLambda: {
        uint64_t hash = expr.parameters().size();
        for (const Parameter& parameter : expr.parameters()) hash = mix(hash, hash_of_type(parameter.type));
        return hash;
      }
      default:
        return 0;
    }
  }
};

}  // namespace

bool equal(const ExprPtr& left, const ExprPtr& right, bool alpha) { return Comparison(alpha).run(left, right); }

uint64_t hash_of(const ExprPtr& root) {
  HashVisitor visitor;
  walk_scoped(root, visitor);
  return visitor.results.back();
}

}  // namespace weld
