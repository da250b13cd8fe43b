// Variables and unification. A variable is bound at most once, to a type or to an older variable; a type without variables is
// interned, so that two such types are equal only when they are the same.
#include <algorithm>

#include "weld/ir/infer.h"
#include "weld/ir/parser.h"

namespace weld {

Type Inference::fresh(Span span, What what, const Name* name) {
  Variable variable;
  variable.what = what;
  variable.span = span;
  variable.name = name;
  variables_.push_back(std::move(variable));
  return Type::variable(static_cast<uint32_t>(variables_.size()));
}

Type Inference::faulty(Span span) {
  Type type = fresh(span);
  variables_.back().fault = true;
  return type;
}

// A variable for each `?` of a written type.
Type Inference::instantiate(Type written, Span span, What what) {
  if (!written.contains_unknown()) return written;
  if (written.kind() == TypeKind::kUnknown) return written.variable_id() == 0 ? fresh(span, what) : written;
  std::vector<Type> children;
  for (Type child : written.children()) children.push_back(instantiate(child, span, what));
  return written.with_children(children);
}

Type Inference::find(Type type) {
  Type root = type;
  if (type.kind() != TypeKind::kUnknown || type.variable_id() == 0) return type;
  while (root.kind() == TypeKind::kUnknown && variables_[root.variable_id() - 1].bound) {
    root = variables_[root.variable_id() - 1].value;
  }
  while (!(type == root)) {
    Variable& variable = variables_[type.variable_id() - 1];
    type = variable.value;
    variable.value = root;
  }
  return root;
}

bool Inference::unify(Type left, Type right) {
  left = find(left);
  right = find(right);
  if (left == right || left == Type() || right == Type()) return true;
  auto is_fault = [&](Type type) { return type.kind() == TypeKind::kUnknown && variables_[type.variable_id() - 1].fault; };
  if (is_fault(left) || is_fault(right)) return true;
  if (left.kind() == TypeKind::kUnknown) return bind(left, right);
  if (right.kind() == TypeKind::kUnknown) return bind(right, left);
  if (!left.contains_unknown() && !right.contains_unknown()) return false;
  if (left.kind() != right.kind() || left.children().size() != right.children().size()) return false;
  bool has_op = left.kind() == TypeKind::kMerger || left.kind() == TypeKind::kDictMerger || left.kind() == TypeKind::kVecMerger;
  if (has_op && left.merge_op() != right.merge_op()) return false;
  for (size_t i = 0; i < left.children().size(); ++i) {
    if (!unify(left.child(i), right.child(i))) return false;
  }
  return true;
}

bool Inference::bind(Type variable, Type type) {
  if (type.kind() == TypeKind::kUnknown && type.variable_id() > variable.variable_id()) std::swap(variable, type);
  uint32_t id = variable.variable_id();
  if (type.contains_unknown() && type.kind() != TypeKind::kUnknown && occurs(id, type)) return false;
  Variable& bound = variables_[id - 1];
  bound.bound = true;
  bound.value = type;
  std::vector<uint32_t>& target = type.kind() == TypeKind::kUnknown ? variables_[type.variable_id() - 1].waiting : ready_;
  if (target.size() < bound.waiting.size()) target.swap(bound.waiting);
  target.insert(target.end(), bound.waiting.begin(), bound.waiting.end());
  bound.waiting = {};
  return true;
}

bool Inference::occurs(uint32_t variable, Type type) {
  type = find(type);
  if (!type.contains_unknown()) return false;
  if (type.kind() == TypeKind::kUnknown) return type.variable_id() == variable;
  return std::any_of(type.children().begin(), type.children().end(), [&](Type child) { return occurs(variable, child); });
}

// The type with every bound variable replaced. Used when nothing will be bound any more.
Type Inference::resolve(Type type) {
  type = find(type);
  if (!type.contains_unknown() || type.kind() == TypeKind::kUnknown) return type;
  auto known = resolved_.find(type);
  if (known != resolved_.end()) return known->second;
  std::vector<Type> children;
  for (Type child : type.children()) children.push_back(resolve(child));
  Type result = type.with_children(children);
  if (result.node_count() > kMaximumTypeNodes) {
    too_large_ = true;
    result = Type();
  }
  resolved_.emplace(type, result);
  return result;
}

std::string Inference::describe(Type type) {
  std::string text;
  describe(type, text, 0);
  return text;
}

void Inference::describe(Type type, std::string& text, int depth) {
  type = find(type);
  if (depth > 8 || text.size() > 160) {
    text += "...";
  } else if (type.kind() == TypeKind::kFunction) {
    text += "a function";
  } else if (type.children().empty()) {
    text += type.to_string();
  } else {
    // The outside of the type's text, from the type over unknown parts, around the text of its parts.
    std::vector<Type> blanks(type.children().size());
    std::string frame = type.with_children(blanks).to_string();
    size_t child = 0;
    for (char c : frame) {
      if (c == '?') {
        describe(type.child(child++), text, depth + 1);
      } else {
        text += c;
      }
    }
  }
}

}  // namespace weld
