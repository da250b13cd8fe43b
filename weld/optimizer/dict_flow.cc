// Each expression has a role: what it is to one of the program's dictionaries, if anything. Roles go up from parts to wholes and
// through names. Where one meets something that is not known to look at keys and numbers of entries only, the dictionary is seen
// whole.
#include "weld/optimizer/dict_flow.h"

#include <utility>

namespace weld {
namespace {

// A loop over one whole vector into a merger of its own.
bool is_reduction(const ExprPtr& result) {
  const ExprPtr& loop = result->child(0);
  if (!loop->is(NodeKind::kFor) || !loop->function()->is(NodeKind::kLambda)) return false;
  const ExprPtr& builder = loop->builder();
  return loop->iterators().size() == 1 && goes_over_all(loop->iterators()[0]) && builder->is(NodeKind::kNewBuilder) &&
         builder->operand_type().kind() == TypeKind::kMerger;
}

bool is_group(const BuiltDict& dict) { return dict.builder->operand_type().kind() == TypeKind::kGroupMerger; }

}  // namespace

bool builds_dicts(const ExprPtr& program, TypeKind kind) {
  bool found = false;
  walk(program, [&](const ExprPtr& expr) {
    found = found || (expr->is(NodeKind::kNewBuilder) && expr->operand_type().kind() == kind);
    return !found && expr->contains(NodeKind::kNewBuilder);
  });
  return found;
}

bool builds_dicts(const ExprPtr& program) {
  return builds_dicts(program, TypeKind::kDictMerger) || builds_dicts(program, TypeKind::kGroupMerger);
}

DictFlow::DictFlow(const ExprPtr& program) { see_whole(role_of(program)); }

bool DictFlow::is_visible_at_merges(NameId name, const BuiltDict& dict) const {
  auto scope = scopes_.find(name);
  if (scope == scopes_.end()) return false;
  for (const Expr* merge : dict.merges) {
    size_t position = merge_positions_.at(merge);
    if (position < scope->second.begin || position >= scope->second.end) return false;
  }
  return true;
}

bool DictFlow::same(const Role& left, const Role& right) {
  if (left.part != right.part) return false;
  if (left.part == Part::kNone) return true;
  if (left.part != Part::kStruct) return left.dict == right.dict && left.may_be_missing == right.may_be_missing;
  for (size_t i = 0; i < left.fields->size(); ++i) {
    if (!same((*left.fields)[i], (*right.fields)[i])) return false;
  }
  return true;
}

DictFlow::Role DictFlow::role_of(const ExprPtr& expr) {
  ++position_;
  const Expr* outer = std::exchange(reader_, expr.get());
  Role role = role_of_node(expr);
  reader_ = outer;
  return role;
}

DictFlow::Role DictFlow::role_of_node(const ExprPtr& expr) {
  switch (expr->kind()) {
    case NodeKind::kIdentifier: {
      auto role = roles_.find(expr->name());
      return role == roles_.end() ? Role() : role->second;
    }
    case NodeKind::kLet: {
      Role value = role_of(expr->child(0));
      if (value.part != Part::kNone) roles_[expr->name()] = value;
      scopes_[expr->name()].begin = ++position_;
      Role body = role_of(expr->body());
      scopes_[expr->name()].end = position_ + 1;
      return body;
    }
    case NodeKind::kLambda:
      see_whole(call(expr, {}));
      return {};
    case NodeKind::kMakeStruct:
      return role_of_struct(expr);
    case NodeKind::kGetField:
      return role_of_field(expr);
    case NodeKind::kIf:
    case NodeKind::kSelect:
      return role_of_branches(expr);
    case NodeKind::kNewBuilder: {
      role_of_others(expr, 0);
      TypeKind kind = expr->operand_type().kind();
      if (kind != TypeKind::kDictMerger && kind != TypeKind::kGroupMerger) return {};
      dicts_.push_back({.builder = expr});
      // One node that stands in several places cannot tell which dictionary it makes.
      if (const DictUse* other = use_of(expr)) dicts_[other->dict].is_seen_whole = dicts_.back().is_seen_whole = true;
      add_use(expr, DictUse::Kind::kBuilder, dicts_.size() - 1);
      return {.part = Part::kBuilder, .dict = dicts_.size() - 1};
    }
    case NodeKind::kMerge: {
      Role builder = role_of(expr->child(0));
      role_of_others(expr, 1);
      if (builder.part != Part::kBuilder) return builder;
      dicts_[builder.dict].merges.push_back(expr.get());
      merge_positions_[expr.get()] = position_;
      add_use(expr, DictUse::Kind::kMerge, builder.dict);
      return builder;
    }
    case NodeKind::kFor:
      return role_of_loop(expr);
    case NodeKind::kRes:
      return role_of_result(expr);
    case NodeKind::kToVec:
      return use(expr, role_of(expr->child(0)), DictUse::Kind::kToVec, Part::kDict, Part::kEntries);
    case NodeKind::kSlice: {
      Role vec = step(role_of(expr->child(0)), Part::kEntries, Part::kEntries);
      role_of_others(expr, 1);
      return vec;
    }
    case NodeKind::kSort:
      return role_of_sort(expr);
    case NodeKind::kLookup: {
      Role collection = role_of(expr->child(0));
      role_of_others(expr, 1);
      if (collection.part == Part::kEntries) return step(collection, Part::kEntries, Part::kEntry);
      return use(expr, collection, DictUse::Kind::kLookup, Part::kDict, Part::kValue);
    }
    case NodeKind::kOptLookup: {
      Role value = use(expr, role_of(expr->child(0)), DictUse::Kind::kOptLookup, Part::kDict, Part::kMaybeValue);
      role_of_others(expr, 1);
      return value;
    }
    case NodeKind::kKeyExists:
      use(expr, role_of(expr->child(0)), DictUse::Kind::kKeys, Part::kDict, Part::kNone);
      role_of_others(expr, 1);
      return {};
    case NodeKind::kLen: {
      Role collection = role_of(expr->child(0));
      if (collection.part == Part::kEntries) return {};
      if (collection.part == Part::kValue && is_group(dicts_[collection.dict])) {
        dicts_[collection.dict].counts.push_back(expr);
        dicts_[collection.dict].has_missing_values |= collection.may_be_missing;
        add_use(expr, DictUse::Kind::kCount, collection.dict);
        return {};
      }
      return use(expr, collection, DictUse::Kind::kKeys, Part::kDict, Part::kNone);
    }
    default:
      return role_of_others(expr, 0);
  }
}

DictFlow::Role DictFlow::role_of_struct(const ExprPtr& expr) {
  auto fields = std::make_shared<std::vector<Role>>();
  bool any = false;
  for (const ExprPtr& child : expr->children()) {
    fields->push_back(role_of(child));
    any |= fields->back().part != Part::kNone;
  }
  if (!any) return {};
  return {.part = Part::kStruct, .fields = std::move(fields)};
}

DictFlow::Role DictFlow::role_of_field(const ExprPtr& expr) {
  Role structure = role_of(expr->child(0));
  switch (structure.part) {
    case Part::kStruct:
      return (*structure.fields)[expr->index()];
    case Part::kEntry:
      return expr->index() == 0 ? Role() : Role{.part = Part::kValue, .dict = structure.dict};
    case Part::kMaybeValue:
      return expr->index() == 0 ? Role() : Role{.part = Part::kValue, .may_be_missing = true, .dict = structure.dict};
    case Part::kValue:
      dicts_[structure.dict].field_reads.push_back(expr->index());
      add_use(expr, DictUse::Kind::kFieldRead, structure.dict);
      return {};
    default:
      see_whole(structure);
      return {};
  }
}

DictFlow::Role DictFlow::role_of_branches(const ExprPtr& expr) {
  see_whole(role_of(expr->child(0)));
  Role left = role_of(expr->child(1));
  Role right = role_of(expr->child(2));
  if (same(left, right)) return left;
  see_whole(left);
  see_whole(right);
  return {};
}

DictFlow::Role DictFlow::element_role(const ExprPtr& iterator) {
  if (iterator->iter_kind() == IterKind::kRange) return role_of_others(iterator, 0);
  Role data = role_of(iterator->child(0));
  role_of_others(iterator, 1);
  return step(data, Part::kEntries, Part::kEntry);
}

DictFlow::Role DictFlow::role_of_loop(const ExprPtr& loop) {
  if (!loop->function()->is(NodeKind::kLambda)) return role_of_others(loop, 0);
  auto elements = std::make_shared<std::vector<Role>>();
  bool any = false;
  for (const ExprPtr& iterator : loop->iterators()) {
    ++position_;
    elements->push_back(element_role(iterator));
    any |= elements->back().part != Part::kNone;
  }
  Role element;
  if (any) element = elements->size() == 1 ? (*elements)[0] : Role{.part = Part::kStruct, .fields = std::move(elements)};
  Role builder = role_of(loop->builder());
  Role body = call(loop->function(), {builder, Role(), element});
  if (same(builder, body)) return builder;
  see_whole(builder);
  see_whole(body);
  return {};
}

DictFlow::Role DictFlow::role_of_sort(const ExprPtr& sort) {
  Role vec = step(role_of(sort->child(0)), Part::kEntries, Part::kEntries);
  if (!sort->child(1)->is(NodeKind::kLambda)) {
    see_whole(vec);
    vec = Role();
  }
  Role element = step(vec, Part::kEntries, Part::kEntry);
  if (sort->child(1)->is(NodeKind::kLambda)) see_whole(call(sort->child(1), {element, element}));
  role_of_others(sort, 2);
  return vec;
}

DictFlow::Role DictFlow::role_of_result(const ExprPtr& expr) {
  if (is_reduction(expr)) {
    const ExprPtr& loop = expr->child(0);
    position_ += 2;
    Role data = role_of(loop->iterators()[0]->child(0));
    role_of_others(loop->builder(), 0);
    bool group = data.part == Part::kValue && is_group(dicts_[data.dict]);
    if (group) {
      dicts_[data.dict].reductions.push_back(expr);
      dicts_[data.dict].has_missing_values |= data.may_be_missing;
      add_use(expr, DictUse::Kind::kReduction, data.dict);
    }
    Role element = group ? Role() : step(data, Part::kEntries, Part::kEntry);
    see_whole(call(loop->function(), {Role(), Role(), element}));
    return {};
  }
  return use(expr, role_of(expr->child(0)), DictUse::Kind::kResult, Part::kBuilder, Part::kDict);
}

DictFlow::Role DictFlow::role_of_others(const ExprPtr& expr, size_t first_child) {
  for (size_t i = first_child; i < expr->children().size(); ++i) see_whole(role_of(expr->child(i)));
  return {};
}

DictFlow::Role DictFlow::call(const ExprPtr& lambda, const std::vector<Role>& arguments) {
  size_t begin = ++position_;
  for (size_t i = 0; i < lambda->parameters().size(); ++i) {
    if (i < arguments.size() && arguments[i].part != Part::kNone) roles_[lambda->parameters()[i].name] = arguments[i];
  }
  Role body = role_of(lambda->body());
  for (const Parameter& parameter : lambda->parameters()) scopes_[parameter.name] = {begin, position_ + 1};
  return body;
}

DictFlow::Role DictFlow::step(const Role& role, Part from, Part to) {
  if (role.part == from) return {.part = to, .dict = role.dict};
  see_whole(role);
  return {};
}

DictFlow::Role DictFlow::use(const ExprPtr& expr, const Role& role, DictUse::Kind kind, Part from, Part to) {
  if (role.part == from) add_use(expr, kind, role.dict);
  return step(role, from, to);
}

void DictFlow::see_whole(const Role& role) {
  if (role.part == Part::kStruct) {
    for (const Role& field : *role.fields) see_whole(field);
  } else if (role.part != Part::kNone) {
    BuiltDict& dict = dicts_[role.dict];
    if (!std::exchange(dict.is_seen_whole, true)) dict.seen_by = reader_;
  }
}

}  // namespace weld
