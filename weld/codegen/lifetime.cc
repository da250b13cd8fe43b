#include "weld/codegen/lifetime.h"

#include <algorithm>

#include "weld/ir/rewrite.h"

namespace weld::codegen {

bool makes_own_memory(const ExprPtr& expr) {
  Type type = expr->type();
  if (!type.is_vec() && !type.is_dict()) return false;
  for (Type part : type.children()) {
    if (part.contains_pointer()) return false;
  }
  switch (expr->kind()) {
    case NodeKind::kRes:
    case NodeKind::kSort:
    case NodeKind::kMakeVector:
    case NodeKind::kSerialize:
    case NodeKind::kDeserialize:
      return true;
    default:
      return false;
  }
}

bool refers_to_new_memory(const ExprPtr& expr) { return makes_own_memory(expr) || expr->is(NodeKind::kDeserialize); }

namespace {

// True when a value of the type may refer to memory that no builder of its own holds: all but scalars and builders of elements
// that refer to none.
bool may_refer_to_memory(Type type) {
  if (type.is_function()) return true;  // it is what it captures
  if (!type.is_struct() && !type.is_builder()) return type.contains_pointer();
  return std::any_of(type.children().begin(), type.children().end(), [](Type part) { return may_refer_to_memory(part); });
}

}  // namespace

InputAliases::InputAliases(const Parameters& parameters) {
  for (const Parameter& parameter : parameters) {
    if (may_refer_to_memory(parameter.type)) tainted_.insert(parameter.name);
  }
}

bool InputAliases::may_refer_to_inputs(const ExprPtr& expr) {
  if (expr->is(NodeKind::kLet)) {
    ExprPtr at = expr;
    for (; at->is(NodeKind::kLet); at = at->body()) {
      if (may_refer_to_inputs(at->child(0))) tainted_.insert(at->name());
    }
    return may_refer_to_inputs(at);
  }
  if (!may_refer_to_memory(expr->type())) return false;
  if (refers_to_new_memory(expr)) return false;
  switch (expr->kind()) {
    case NodeKind::kStringLiteral:
    case NodeKind::kCudf:
      return true;
    case NodeKind::kIdentifier:
      return tainted_.contains(expr->name());
    case NodeKind::kMakeStruct:
      return std::any_of(expr->children().begin(), expr->children().end(),
                         [&](const ExprPtr& child) { return may_refer_to_inputs(child); });
    case NodeKind::kIf:
    case NodeKind::kSelect:
      return may_refer_to_inputs(expr->child(1)) || may_refer_to_inputs(expr->child(2));
    default:
      break;
  }
  bool tainted = false;
  walk(expr, [&](const ExprPtr& node) {
    tainted = tainted || node->is(NodeKind::kStringLiteral) || (node->is(NodeKind::kCudf) && node->type().contains_pointer()) ||
              (node->is(NodeKind::kIdentifier) && tainted_.contains(node->name()));
    return !tainted;
  });
  return tainted;
}

LetChain analyze_chain(const ExprPtr& let) {
  LetChain chain;
  chain.body = let;
  while (chain.body->is(NodeKind::kLet)) {
    chain.lets.push_back(chain.body);
    chain.body = chain.body->body();
  }
  // The owners, names of this chain that made memory of their own, that each name may refer to.
  using Owners = std::vector<size_t>;
  std::unordered_map<Name, Owners> owners_of;
  std::vector<size_t> last_use(chain.lets.size(), 0);
  std::vector<bool> owner(chain.lets.size(), false);
  auto used_owners = [&](const ExprPtr& expr, size_t step) {
    Owners used;
    for (const Name& name : free_names(expr)) {
      auto found = owners_of.find(name);
      if (found == owners_of.end()) continue;
      for (size_t index : found->second) {
        last_use[index] = step;
        used.push_back(index);
      }
    }
    return used;
  };
  for (size_t step = 0; step < chain.lets.size(); step++) {
    const ExprPtr& value = chain.lets[step]->child(0);
    Owners used = used_owners(value, step);
    if (makes_own_memory(value)) {
      owner[step] = true;
      last_use[step] = step;
      owners_of[chain.lets[step]->name()] = {step};
    } else if (!used.empty() && !refers_to_new_memory(value) &&
               (value->type().contains_pointer() || value->type().is_function())) {
      std::sort(used.begin(), used.end());
      used.erase(std::unique(used.begin(), used.end()), used.end());
      owners_of[chain.lets[step]->name()] = std::move(used);
    }
  }
  Owners in_body = used_owners(chain.body, chain.lets.size());
  bool body_may_refer = chain.body->type().contains_pointer() && !refers_to_new_memory(chain.body);
  chain.dead_after.resize(chain.lets.size() + 1);
  for (size_t i = 0; i < chain.lets.size(); i++) {
    if (!owner[i]) continue;
    if (last_use[i] == chain.lets.size() && body_may_refer) continue;
    chain.dead_after[last_use[i]].push_back(chain.lets[i]->name());
  }
  return chain;
}

}  // namespace weld::codegen
