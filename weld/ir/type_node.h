// What stands behind a Type handle. Private to type.cc and layout.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "weld/ir/type.h"

namespace weld {

struct TypeNode {
  TypeKind kind = TypeKind::kUnknown;
  ScalarKind scalar = ScalarKind::kBool;
  MergeOp op = MergeOp::kAdd;
  uint32_t variable = 0;
  std::vector<Type> children;

  // Facts about the whole type, computed once from the children's when the node is interned, so that asking is never a traversal.
  bool contains_builder = false;
  bool contains_pointer = false;
  bool contains_unknown = false;
  bool hashable = false;
  bool has_layout = false;
  uint64_t node_count = 1;  // of the tree, saturating
  Layout layout;            // size saturates at kMaximumTypeBytes
};

// A size no value can have; sums stop here instead of overflowing.
inline constexpr int64_t kMaximumTypeBytes = int64_t{1} << 60;

// Sets has_layout and layout from the node's own fields and its children's layouts.
void compute_layout(TypeNode& node);

inline const TypeNode& node_of(Type type) { return *static_cast<const TypeNode*>(type.id()); }

}  // namespace weld
