// What a program does with the dictionaries that it builds: for the passes that change what a dictionary holds.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "weld/optimizer/rewriting.h"

namespace weld {

// A dictionary that a new dictmerger or groupmerger becomes. When its values are not seen whole, every use of one is among
// field_reads, reductions and counts, and every other use of the dictionary, its entries and their vector is of keys and numbers
// of entries alone.
struct BuiltDict {
  ExprPtr builder = {};                    // the NewBuilder
  std::vector<const Expr*> merges = {};    // into it
  std::vector<uint32_t> field_reads = {};  // the fields of struct values that are taken from them
  std::vector<ExprPtr> reductions = {};    // result(for(group, merger[T,op], |b, i, e| …)), group being a value
  std::vector<ExprPtr> counts = {};        // len(group)
  bool has_missing_values = false;         // values that optlookup gives for keys that are not there are among those used
  bool is_seen_whole = false;              // values, entries, the dictionary or its builder in a way that is not followed
  const Expr* seen_by = nullptr;           // the node that first does so; null for the program itself
};

// A node that makes or uses a dictionary: its new builder, a merge, the builder's result; what takes the dictionary itself as its
// first child; and the uses of values that BuiltDict names.
struct DictUse {
  enum class Kind : uint8_t { kBuilder, kMerge, kResult, kToVec, kLookup, kOptLookup, kKeys, kFieldRead, kReduction, kCount };
  Kind kind;
  size_t dict;
};

// Whether there is any, of one kind or of both: cheaper to ask than a DictFlow.
bool builds_dicts(const ExprPtr& program, TypeKind kind);
bool builds_dicts(const ExprPtr& program);

class DictFlow {
 public:
  explicit DictFlow(const ExprPtr& program);

  const std::vector<BuiltDict>& dicts() const { return dicts_; }
  const DictUse* use_of(const ExprPtr& expr) const {
    auto found = uses_.find(expr.get());
    return found == uses_.end() ? nullptr : &found->second;
  }
  // Whether a name that is free in a part of the program, or bound in that part, means the same where a dictionary is merged
  // into.
  bool is_visible_at_merges(NameId name, const BuiltDict& dict) const;

 private:
  // What an expression is to a dictionary.
  enum class Part : uint8_t { kNone, kBuilder, kDict, kEntries, kEntry, kMaybeValue, kValue, kStruct };
  struct Role {
    Part part = Part::kNone;
    bool may_be_missing = false;  // a kValue of an optlookup
    size_t dict = 0;
    std::shared_ptr<const std::vector<Role>> fields = {};  // of a kStruct
  };
  // The stretch of the text, in numbers of nodes, in which a name is bound.
  struct Scope {
    size_t begin = 0;
    size_t end = SIZE_MAX;
  };

  static bool same(const Role& left, const Role& right);
  Role role_of(const ExprPtr& expr);
  Role role_of_node(const ExprPtr& expr);
  Role role_of_field(const ExprPtr& expr);
  Role role_of_loop(const ExprPtr& loop);
  Role role_of_sort(const ExprPtr& sort);
  Role role_of_struct(const ExprPtr& expr);
  Role role_of_branches(const ExprPtr& expr);
  Role role_of_result(const ExprPtr& expr);
  Role role_of_others(const ExprPtr& expr, size_t first_child);
  Role element_role(const ExprPtr& iterator);
  // Visits the body of a lambda whose parameters have these roles.
  Role call(const ExprPtr& lambda, const std::vector<Role>& arguments);
  // The role of what is taken from an expression of the role `from`; any other is seen whole.
  Role step(const Role& role, Part from, Part to);
  // The same of a dictionary or its builder, of which expr is a use.
  Role use(const ExprPtr& expr, const Role& role, DictUse::Kind kind, Part from, Part to);
  void see_whole(const Role& role);
  void add_use(const ExprPtr& expr, DictUse::Kind kind, size_t dict) { uses_[expr.get()] = {kind, dict}; }

  std::vector<BuiltDict> dicts_;
  std::unordered_map<const Expr*, DictUse> uses_;
  std::unordered_map<const Expr*, size_t> merge_positions_;
  NameMap<Role> roles_;
  NameMap<Scope> scopes_;
  size_t position_ = 0;
  const Expr* reader_ = nullptr;  // the node whose role is being found
};

}  // namespace weld
