// C layout of values, see type.h and weld/runtime/runtime.h. A type's layout is computed when the type is interned, from its
// parts' layouts; the functions here only read it.
#include <algorithm>

#include "weld/ir/diagnostic.h"
#include "weld/ir/type_node.h"

namespace weld {
namespace {

constexpr Layout kPointerLayout{8, 8};
constexpr Layout kVecLayout{16, 8};       // {T* data; int64_t length}
constexpr Layout kAppenderLayout{24, 8};  // {T* data; int64_t size; int64_t capacity}

int64_t align_up(int64_t size, int64_t alignment) { return (size + alignment - 1) / alignment * alignment; }

// Calls place(index, offset) for each field and returns the whole struct's layout.
template <class Place>
Layout lay_out_struct(std::span<const Type> fields, const Place& place) {
  Layout whole;
  for (size_t i = 0; i < fields.size(); ++i) {
    const Layout& field = node_of(fields[i]).layout;
    int64_t offset = align_up(whole.size, field.alignment);
    place(i, offset);
    whole.size = std::min(offset + field.size, kMaximumTypeBytes);
    whole.alignment = std::max(whole.alignment, field.alignment);
  }
  whole.size = align_up(whole.size, whole.alignment);
  return whole;
}

Layout layout_from_parts(const TypeNode& node) {
  switch (node.kind) {
    case TypeKind::kScalar:
      return {scalar_size(node.scalar), scalar_size(node.scalar)};
    case TypeKind::kVec:
    case TypeKind::kVecMerger:
      return kVecLayout;
    case TypeKind::kAppender:
      return kAppenderLayout;
    case TypeKind::kMerger:
      return node_of(node.children[0]).layout;
    case TypeKind::kStruct:
      return lay_out_struct(node.children, [](size_t, int64_t) {});
    default:
      return kPointerLayout;
  }
}

}  // namespace

void compute_layout(TypeNode& node) {
  bool own = node.kind != TypeKind::kUnknown && node.kind != TypeKind::kSimd && node.kind != TypeKind::kFunction;
  node.has_layout =
      own && std::all_of(node.children.begin(), node.children.end(), [](Type child) { return node_of(child).has_layout; });
  if (node.has_layout) node.layout = layout_from_parts(node);
}

bool Type::has_layout() const { return node_->has_layout; }

Layout layout_of(Type type) {
  WELD_CHECK(type.has_layout(), "a type without a layout in memory");
  return node_of(type).layout;
}

std::vector<int64_t> field_offsets(Type structure) {
  WELD_CHECK(structure.is_struct() && structure.has_layout(), "field offsets of what is not a struct in memory");
  std::vector<int64_t> offsets;
  lay_out_struct(structure.children(), [&](size_t, int64_t offset) { offsets.push_back(offset); });
  return offsets;
}

}  // namespace weld
