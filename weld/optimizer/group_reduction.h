// A reduction of the groups of a dictionary, as a value for each element of a group: for fuse_groups.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "weld/optimizer/rewriting.h"

namespace weld {

class GroupReduction {
 public:
  // len(group)
  static GroupReduction of_length(const ExprPtr& node);
  // result(for(group, merger[T,op](start), |b, i, e| …)); nullopt when it uses i or merges what is not one T for each element.
  static std::optional<GroupReduction> of_loop(const ExprPtr& node);

  MergeOp op() const { return op_; }
  const std::vector<Type>& fields() const { return fields_; }
  // Gives the value that an element adds: |e| value, or |b, i, e| … over the loop's own merger.
  const ExprPtr& function() const { return function_; }
  // The value for one element, an atom or fields of one; function: function(), or a copy of it.
  ExprPtr value_of(const ExprPtr& function, const ExprPtr& element) const;
  // Equal for reductions for which gives_same() is true.
  uint64_t hash() const;
  bool gives_same(const GroupReduction& other) const;

  // What the merger begins with, by the node that this is the reduction of; null: nothing to be added to the merged values.
  std::unordered_map<const Expr*, ExprPtr> starts;
  // Where in the dictionaries its values are.
  size_t part = 0;
  size_t first_field = 0;

 private:
  MergeOp op_ = MergeOp::kAdd;
  Type type_;
  std::vector<Type> fields_;
  ExprPtr function_;
};

// The value with which a merger that begins with start ends, given what was merged. start: null for the value itself.
ExprPtr started(MergeOp op, const ExprPtr& start, ExprPtr merged);

}  // namespace weld
