// fuse-groups: reduces groups while they are made, so that their elements are never kept.
//
//   before   let g = result(for(v, groupmerger[K,V], |b, i, e| merge(b, {k(e), x(e)})));
//            for(tovec(g), B, |b, i, p| … result(for(p.$1, merger[T,+], |b1, i1, y| merge(b1, f(y)))) … len(p.$1) …)
//   after    let g = result(for(v, dictmerger[K,{T,i64},+], |b, i, e| merge(b, {k(e), {f(x(e)), 1L}})));
//            for(tovec(g), B, |b, i, p| … p.$1.$0 … p.$1.$1 …)
//
// Every use of a group has to be such a reduction or its length, however it is reached: through tovec, lookup, optlookup, names,
// branches. Reductions with different operations take a dictionary each, with the same keys:
//
//   after    let b = for(v, {dictmerger[K,T,+], dictmerger[K,U,min]}, …); let g = {result(b.$0), result(b.$1)};
//            for(result(for(tovec(g.$0), appender, |b, i, p| merge(b, {p.$0, {p.$1, lookup(g.$1, p.$0)}}))), B, …)
//
// where fuse-maps takes the loop in the iterator away. A reduction that merges under a condition merges the identity otherwise.
// One that merges several times, or in loops of its own, reduces each element by itself first.
//
// What is reduced moves to where the groups are made: it may not fail, which it might then do where nobody asked for that group,
// may hold no assert, may not use its index, and may use only names that are there. The first value of a merger joins in where
// the reduction stood; that of a sum of floats does so too when it is 0.0, which makes an -0.0 to 0.0 as the merger did. The
// order of entries in tovec may change, and that in which a merger of floats combines; neither is promised.
//
// Requires inline-lets, fuse-maps and fuse-len before it, so that a reduction is one loop.
#include <optional>

#include "weld/optimizer/dict_flow.h"
#include "weld/optimizer/group_reduction.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/refusals.h"
#include "weld/optimizer/retyper.h"

namespace weld {
namespace {

// Reductions may be copied to all merges but the first up to this many nodes.
constexpr size_t kMostCopiedReductionNodes = 256;

// One of the dictionaries that take the place of a dictionary of groups.
struct Part {
  MergeOp op;
  std::vector<Type> fields;  // of its values; one stands for itself
  size_t first_field = 0;    // in the struct of all
  Type value_type() const { return fields.size() == 1 ? fields[0] : Type::structure(fields); }
};

struct Plan {
  std::vector<GroupReduction> reductions;
  std::vector<Part> parts;
  std::unordered_map<const Expr*, size_t> reduction_of;  // by the node that it takes the place of
  size_t field_count = 0;
};

class Planner {
 public:
  explicit Planner(const DictFlow& flow) : flow_(flow) {}

  // Nullopt for what is not reduced; why_not() says why, of a dictionary of groups.
  std::optional<Plan> plan(const BuiltDict& dict) {
    why_not_.clear();
    if (dict.builder->operand_type().kind() != TypeKind::kGroupMerger) return std::nullopt;
    if (dict.is_seen_whole) return no_plan(why_seen_whole(dict));
    if (dict.reductions.size() + dict.counts.size() == 0) return no_plan("nothing reduces them");
    Plan plan;
    known_.clear();
    for (const ExprPtr& count : dict.counts) add(GroupReduction::of_length(count), count, plan);
    for (const ExprPtr& node : dict.reductions) {
      std::optional<GroupReduction> reduction = GroupReduction::of_loop(node);
      if (!reduction) return no_plan("a reduction uses the index of the elements, or begins with a struct of floats");
      if (std::string why = why_not_moved(*reduction, dict); !why.empty()) return no_plan(std::move(why));
      add(std::move(*reduction), node, plan);
    }
    for (Part& part : plan.parts) {
      if (dict.has_missing_values && part.op != MergeOp::kAdd)
        return no_plan("the group of a missing key is empty, but what stands for it would be 0");
      part.first_field = plan.field_count;
      plan.field_count += part.fields.size();
    }
    if (dict.merges.size() > 1 && node_count_of(plan) * (dict.merges.size() - 1) > kMostCopiedReductionNodes)
      return no_plan("the reductions are too long to be copied to each merge");
    return plan;
  }

  const std::string& why_not() const { return why_not_; }

 private:
  std::optional<Plan> no_plan(std::string why) {
    why_not_ = std::move(why);
    return std::nullopt;
  }

  static std::string why_seen_whole(const BuiltDict& dict) {
    const Expr* by = dict.seen_by;
    if (by == nullptr || by->is(NodeKind::kLambda) || by->is(NodeKind::kMerge)) return "groups are given on as wholes";
    if (by->is(NodeKind::kFor)) return "a loop over a group does not reduce it into a merger of its own";
    return std::string("`") + node_name(by->kind()) + "` needs a whole group";
  }

  // Empty when a reduction can be computed where the groups are made.
  std::string why_not_moved(const GroupReduction& reduction, const BuiltDict& dict) const {
    if (may_fail(reduction.function()) || contains_assert(reduction.function()))
      return "a reduction may fail, and would then do so too early";
    for (const Name& name : free_names(reduction.function())) {
      if (!flow_.is_visible_at_merges(name, dict))
        return "a reduction uses `" + name.text() + "`, which is not known yet where they are made";
    }
    return "";
  }

  void add(GroupReduction reduction, const ExprPtr& node, Plan& plan) {
    auto [known, is_new] = known_.try_emplace(reduction.hash(), plan.reductions.size());
    if (!is_new && plan.reductions[known->second].gives_same(reduction)) {
      plan.reduction_of[node.get()] = known->second;
      plan.reductions[known->second].starts.emplace(node.get(), reduction.starts.begin()->second);
      return;
    }
    size_t part = 0;
    while (part < plan.parts.size() && plan.parts[part].op != reduction.op()) ++part;
    if (part == plan.parts.size()) plan.parts.push_back({.op = reduction.op(), .fields = {}});
    reduction.part = part;
    reduction.first_field = plan.parts[part].fields.size();
    for (Type field : reduction.fields()) plan.parts[part].fields.push_back(field);
    plan.reduction_of[node.get()] = plan.reductions.size();
    plan.reductions.push_back(std::move(reduction));
  }

  static size_t node_count_of(const Plan& plan) {
    size_t count = 0;
    for (const GroupReduction& reduction : plan.reductions)
      count += node_count(reduction.function(), kMostCopiedReductionNodes + 1);
    return count;
  }

  const DictFlow& flow_;
  NoteMap<uint64_t, size_t> known_;
  std::string why_not_;
};

class GroupFuser : public Retyper {
 public:
  GroupFuser(const ExprPtr& program, const DictFlow& flow) : flow_(flow), supply_(program), copier_(supply_) {
    Planner planner(flow);
    for (size_t i = 0; i < flow.dicts().size(); ++i) {
      if (std::optional<Plan> plan = planner.plan(flow.dicts()[i])) plans_.emplace(i, std::move(*plan));
    }
  }

  bool has_plans() const { return !plans_.empty(); }

 protected:
  ExprPtr replace(const ExprPtr& expr) override {
    const DictUse* use = flow_.use_of(expr);
    if (use == nullptr) return nullptr;
    auto found = plans_.find(use->dict);
    if (found == plans_.end()) return nullptr;
    const Plan& plan = found->second;
    switch (use->kind) {
      case DictUse::Kind::kBuilder:
        return new_builder(expr, plan);
      case DictUse::Kind::kMerge:
        return merge(expr, plan, use->dict);
      case DictUse::Kind::kReduction:
        return reduced(rewrite(expr->child(0)->iterators()[0]->child(0)), expr, plan);
      case DictUse::Kind::kCount:
        return reduced(rewrite(expr->child(0)), expr, plan);
      default:
        return plan.parts.size() == 1 ? nullptr : from_parts(expr, use->kind, plan);
    }
  }

 private:
  // --- making ---

  static Type builder_type(const ExprPtr& groups, const Part& part) {
    return Type::dict_merger(groups->operand_type().child(0), part.value_type(), part.op);
  }

  ExprPtr new_builder(const ExprPtr& groups, const Plan& plan) {
    ExprPtr hint = groups->children().empty() ? nullptr : rewrite(groups->child(0));
    auto of_part = [&](const Part& part) {
      ExprPtr builder = make_new_builder(builder_type(groups, part), hint, groups->span());
      return groups->annotations().empty() ? builder : with_annotations(builder, groups->annotations());
    };
    if (plan.parts.size() == 1) return of_part(plan.parts[0]);
    Lets lets;
    if (hint != nullptr) hint = named(hint, "capacity", supply_, lets);
    std::vector<ExprPtr> builders;
    for (const Part& part : plan.parts) builders.push_back(of_part(part));
    return with_lets(lets, make_struct(std::move(builders), groups->span()));
  }

  ExprPtr merge(const ExprPtr& merge, const Plan& plan, size_t dict) {
    bool copies = !merged_.insert(dict).second;
    Lets lets;
    ExprPtr builder = rewrite(merge->child(0));
    auto [key, element] = key_and_value(rewrite(merge->child(1)), supply_, lets);
    element = named(element, "element", supply_, lets);
    std::vector<std::vector<ExprPtr>> fields(plan.parts.size());
    for (const GroupReduction& reduction : plan.reductions) {
      ExprPtr function = rewrite(reduction.function());
      if (copies) function = copier_.copy(function);
      ExprPtr value = reduction.value_of(function, element);
      if (reduction.fields().size() > 1) value = named(value, "value", supply_, lets);
      for (ExprPtr& field : fields_of(value, reduction.fields().size())) fields[reduction.part].push_back(std::move(field));
    }
    if (plan.parts.size() == 1) {
      return with_lets(lets, make_merge(builder, make_struct({key, struct_of(std::move(fields[0]))}), merge->span()));
    }
    builder = named(builder, "b", supply_, lets);
    key = named(key, "key", supply_, lets);
    std::vector<ExprPtr> merges;
    for (size_t i = 0; i < plan.parts.size(); ++i) {
      ExprPtr pair = make_struct({key, struct_of(std::move(fields[i]))});
      merges.push_back(make_merge(make_get_field(builder, static_cast<uint32_t>(i)), std::move(pair), merge->span()));
    }
    return with_lets(lets, make_struct(std::move(merges), merge->span()));
  }

  // --- using ---

  // What a reduction gives; value: that of the dictionary.
  ExprPtr reduced(ExprPtr value, const ExprPtr& node, const Plan& plan) {
    const GroupReduction& reduction = plan.reductions[plan.reduction_of.at(node.get())];
    ExprPtr start = reduction.starts.at(node.get());
    if (start != nullptr) start = rewrite(start);
    Lets lets;
    size_t size = reduction.fields().size();
    if (size > 1) value = named(value, "value", supply_, lets);
    size_t first = plan.parts[reduction.part].first_field + reduction.first_field;
    std::vector<ExprPtr> starts(size, nullptr);
    if (start != nullptr) starts = fields_of(size > 1 ? named(start, "start", supply_, lets) : start, size);
    std::vector<ExprPtr> fields;
    for (size_t i = 0; i < size; ++i) {
      ExprPtr field = plan.field_count == 1 ? value : make_get_field(value, static_cast<uint32_t>(first + i), node->span());
      fields.push_back(started(reduction.op(), starts[i], std::move(field)));
    }
    return with_lets(lets, struct_of(std::move(fields)));
  }

  // A use of the dictionary where there are several now.
  ExprPtr from_parts(const ExprPtr& expr, DictUse::Kind kind, const Plan& plan) {
    Lets lets;
    ExprPtr parts = named(rewrite(expr->child(0)), kind == DictUse::Kind::kResult ? "b" : "groups", supply_, lets);
    auto part = [&](size_t i) { return make_get_field(parts, static_cast<uint32_t>(i)); };
    auto with_first = [&](ExprPtr first) {
      std::vector<ExprPtr> children = {std::move(first)};
      for (size_t i = 1; i < expr->children().size(); ++i) children.push_back(rewrite(expr->child(i)));
      return with_lets(lets, with_children(expr, std::move(children)));
    };
    switch (kind) {
      case DictUse::Kind::kResult: {
        std::vector<ExprPtr> results;
        for (size_t i = 0; i < plan.parts.size(); ++i) results.push_back(make_result(part(i), expr->span()));
        return with_lets(lets, make_struct(std::move(results), expr->span()));
      }
      case DictUse::Kind::kToVec:
        return with_lets(lets, joined_entries(parts, plan, expr->span()));
      case DictUse::Kind::kLookup: {
        ExprPtr key = named(rewrite(expr->child(1)), "key", supply_, lets);
        ExprPtr first = make_lookup(part(0), key, expr->span());
        return with_lets(lets, joined_value(first, plan, [&](size_t i) { return make_lookup(part(i), key); }));
      }
      case DictUse::Kind::kOptLookup: {
        ExprPtr key = named(rewrite(expr->child(1)), "key", supply_, lets);
        auto probe = [&](size_t i) { return make_optlookup(part(i), key, expr->span()); };
        ExprPtr first = named(probe(0), "found", supply_, lets);
        ExprPtr value = joined_value(make_get_field(first, 1), plan, [&](size_t i) { return make_get_field(probe(i), 1); });
        return with_lets(lets, make_struct({make_get_field(first, 0), std::move(value)}));
      }
      default:
        return with_first(part(0));
    }
  }

  // The values of all parts for a key, given that of the first.
  template <class ValueOf>
  ExprPtr joined_value(const ExprPtr& first, const Plan& plan, const ValueOf& value_of) {
    Lets lets;
    std::vector<ExprPtr> all;
    for (size_t i = 0; i < plan.parts.size(); ++i) {
      ExprPtr value = named(i == 0 ? first : value_of(i), "value", supply_, lets);
      for (ExprPtr& field : fields_of(value, plan.parts[i].fields.size())) all.push_back(std::move(field));
    }
    return with_lets(lets, make_struct(std::move(all)));
  }

  ExprPtr joined_entries(const ExprPtr& parts, const Plan& plan, Span span) {
    ExprPtr data = make_tovec(make_get_field(parts, 0), span);
    ExprPtr entry = make_identifier(supply_.fresh("entry"), data->type().child(0));
    ExprPtr key = make_get_field(entry, 0);
    auto value_of = [&](size_t i) { return make_lookup(make_get_field(parts, static_cast<uint32_t>(i)), key, span); };
    ExprPtr joined = make_struct({key, joined_value(make_get_field(entry, 1), plan, value_of)});
    Type builder = Type::appender(joined->type());
    ExprPtr name = make_identifier(supply_.fresh("b"), builder);
    ExprPtr function = make_lambda({{name->name(), builder}, {supply_.fresh("i"), Type::i64()}, {entry->name(), entry->type()}},
                                   make_merge(name, std::move(joined)), span);
    return make_result(make_for({make_iter(IterKind::kVector, {data})}, make_new_builder(builder), std::move(function), span),
                       span);
  }

  const DictFlow& flow_;
  NoteMap<size_t, Plan> plans_;
  NoteSet<size_t> merged_;
  NameSupply supply_;
  Copier copier_;
};

bool is_result_of_groups(const ExprPtr& expr) {
  return expr->is(NodeKind::kRes) && expr->child(0)->type().kind() == TypeKind::kGroupMerger;
}

// Binds dictionaries whose entries are gone through right where they are made, so that there are names for several.
ExprPtr name_groups(const ExprPtr& program, NameSupply& supply) {
  return rewrite_bottom_up(program, [&](const ExprPtr& expr) {
    if (!expr->is(NodeKind::kFor)) return expr;
    std::vector<ExprPtr> children = copied_children(expr);
    Lets lets;
    for (size_t i = 0; i < expr->iterators().size(); ++i) {
      const ExprPtr& iterator = children[i];
      bool entries = iterator->iter_kind() != IterKind::kRange && iterator->child(0)->is(NodeKind::kToVec);
      if (!entries || !is_result_of_groups(iterator->child(0)->child(0))) continue;
      std::vector<ExprPtr> parts = copied_children(iterator);
      parts[0] = with_children(parts[0], {named(parts[0]->child(0), "groups", supply, lets)});
      children[i] = with_children(iterator, std::move(parts));
    }
    return lets.empty() ? expr : with_lets(lets, with_children(expr, std::move(children)));
  });
}

}  // namespace

std::unordered_map<const Expr*, std::string> reasons_against_reducing_groups(const ExprPtr& program) {
  std::unordered_map<const Expr*, std::string> reasons;
  if (!builds_dicts(program, TypeKind::kGroupMerger)) return reasons;
  NameSupply supply(program);
  const ExprPtr with_names = name_groups(program, supply);
  const DictFlow flow(with_names);
  Planner planner(flow);
  for (const BuiltDict& dict : flow.dicts()) {
    if (!planner.plan(dict) && !planner.why_not().empty()) reasons.emplace(dict.builder.get(), planner.why_not());
  }
  return reasons;
}

ExprPtr fuse_groups(const ExprPtr& program) {
  if (!builds_dicts(program, TypeKind::kGroupMerger)) return program;
  NameSupply supply(program);
  ExprPtr with_names = name_groups(program, supply);
  DictFlow flow(with_names);
  GroupFuser fuser(with_names, flow);
  return fuser.has_plans() ? fuser.rewrite(with_names) : program;
}

}  // namespace weld
