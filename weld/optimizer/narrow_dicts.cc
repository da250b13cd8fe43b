// narrow-dicts: a dictionary keeps only of its values what the program reads.
//
//   before   let d = result(for(v, dictmerger[K,{T,U,V},+], |b, i, e| merge(b, {k(e), {x(e), y(e), z(e)}})));
//            for(tovec(d), B, |b, i, p| … p.$1.$0 … p.$1.$2 …)
//   after    let d = result(for(v, dictmerger[K,{T,V},+], |b, i, e| merge(b, {k(e), {x(e), z(e)}})));
//            for(tovec(d), B, |b, i, p| … p.$1.$0 … p.$1.$1 …)
//
//   before   let d = result(for(v, groupmerger[K,V], |b, i, e| merge(b, {k(e), x(e)}))); … keyexists(d, y) …
//   after    let d = result(for(v, dictmerger[K,i8,+], |b, i, e| merge(b, {k(e), 0c}))); … keyexists(d, y) …
//
// Where no value is read, what is left is a set. Its values are of the smallest type that a dictionary can combine. Neither the
// fields nor the values that nothing reads are evaluated, save for asserts in them.
//
// Every use of the dictionary has to be known (dict_flow.h); one that leaves the program stays as it is.
//
// Requires fuse-groups before it, which has a use for values that are groups.
#include <algorithm>
#include <optional>

#include "weld/optimizer/dict_flow.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/retyper.h"

namespace weld {
namespace {

// The fields of a dictionary's values that are kept, in order; none: a set.
using KeptFields = std::vector<uint32_t>;

class DictNarrower : public Retyper {
 public:
  DictNarrower(const ExprPtr& program, const DictFlow& flow) : program_(program), flow_(flow) {
    for (size_t i = 0; i < flow.dicts().size(); ++i) {
      if (std::optional<KeptFields> kept = fields_to_keep(flow.dicts()[i])) plans_.emplace(i, std::move(*kept));
    }
  }

  bool has_plans() const { return !plans_.empty(); }

 protected:
  ExprPtr replace(const ExprPtr& expr) override {
    const DictUse* use = flow_.use_of(expr);
    if (use == nullptr) return nullptr;
    auto plan = plans_.find(use->dict);
    if (plan == plans_.end()) return nullptr;
    const KeptFields& kept = plan->second;
    switch (use->kind) {
      case DictUse::Kind::kBuilder:
        return new_builder(expr, kept);
      case DictUse::Kind::kMerge:
        return merge(expr, kept);
      case DictUse::Kind::kFieldRead:
        return read(expr, kept);
      default:
        return nullptr;
    }
  }

 private:
  static std::optional<KeptFields> fields_to_keep(const BuiltDict& dict) {
    if (dict.is_seen_whole || !dict.reductions.empty() || !dict.counts.empty()) return std::nullopt;
    KeptFields kept = dict.field_reads;
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    if (dict.builder->operand_type().kind() == TypeKind::kGroupMerger) return kept;
    Type value = dict.builder->operand_type().child(1);
    bool is_narrow = value.is_struct() ? kept.size() == value.children().size() : value == Type::i8();
    return is_narrow ? std::nullopt : std::optional(std::move(kept));
  }

  ExprPtr new_builder(const ExprPtr& builder, const KeptFields& kept) {
    Type old = builder->operand_type();
    Type value = Type::i8();
    if (!kept.empty()) {
      std::vector<Type> fields;
      for (uint32_t field : kept) fields.push_back(old.child(1).child(field));
      value = fields.size() == 1 ? fields[0] : Type::structure(fields);
    }
    MergeOp op = old.kind() == TypeKind::kGroupMerger || kept.empty() ? MergeOp::kAdd : old.merge_op();
    ExprPtr hint = builder->children().empty() ? nullptr : rewrite(builder->child(0));
    ExprPtr result = make_new_builder(Type::dict_merger(old.child(0), value, op), std::move(hint), builder->span());
    return builder->annotations().empty() ? result : with_annotations(result, builder->annotations());
  }

  ExprPtr merge(const ExprPtr& merge, const KeptFields& kept) {
    Lets lets;
    ExprPtr builder = rewrite(merge->child(0));
    auto [key, value] = key_and_value(rewrite(merge->child(1)), supply(), lets);
    ExprPtr narrow = make_struct({key, narrowed(value, kept, lets)});
    return with_lets(lets, make_merge(std::move(builder), std::move(narrow), merge->span()));
  }

  ExprPtr narrowed(const ExprPtr& value, const KeptFields& kept, Lets& lets) {
    ExprPtr set_value = make_literal(ScalarValue::integer(ScalarKind::kI8, 0), value->span());
    if (kept.empty() && may_drop(value)) return set_value;
    bool takes_apart = value->is(NodeKind::kMakeStruct);
    for (uint32_t i = 0; takes_apart && i < value->children().size(); ++i) {
      takes_apart = std::binary_search(kept.begin(), kept.end(), i) || may_drop(value->child(i));
    }
    ExprPtr whole = takes_apart ? value : named(value, "value", supply(), lets);
    if (kept.empty()) return set_value;
    std::vector<ExprPtr> fields;
    for (uint32_t field : kept) fields.push_back(takes_apart ? whole->child(field) : make_get_field(whole, field));
    return struct_of(std::move(fields));
  }

  ExprPtr read(const ExprPtr& field, const KeptFields& kept) {
    ExprPtr value = rewrite(field->child(0));
    if (kept.size() == 1) return value;
    auto place = std::lower_bound(kept.begin(), kept.end(), field->index()) - kept.begin();
    return make_get_field(std::move(value), static_cast<uint32_t>(place), field->span());
  }

  NameSupply& supply() {
    if (!supply_) supply_.emplace(program_);
    return *supply_;
  }

  ExprPtr program_;
  const DictFlow& flow_;
  NoteMap<size_t, KeptFields> plans_;
  std::optional<NameSupply> supply_;
};

}  // namespace

ExprPtr narrow_dicts(const ExprPtr& program) {
  if (!builds_dicts(program)) return program;
  DictFlow flow(program);
  DictNarrower narrower(program, flow);
  return narrower.has_plans() ? narrower.rewrite(program) : program;
}

}  // namespace weld
