// The types of Weld. A Type is a small handle to an immutable node that is interned for the life of the process, so equality is a
// pointer comparison and handles may be copied, compared and read from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace weld {

enum class ScalarKind : uint8_t { kBool, kI8, kI16, kI32, kI64, kU8, kU16, kU32, kU64, kF32, kF64 };
inline constexpr int kScalarKindCount = 11;

enum class TypeKind : uint8_t {
  kUnknown,  // `?`, or an inference variable when variable_id() is not 0
  kScalar,
  kSimd,         // children: none; scalar_kind() is the lane's
  kVec,          // children: element
  kDict,         // children: key, value
  kStruct,       // children: the fields
  kAppender,     // children: element
  kMerger,       // children: value
  kDictMerger,   // children: key, value
  kGroupMerger,  // children: key, value
  kVecMerger,    // children: element
  kFunction,     // children: the parameters, then the result
};

// The commutative operation of a merger, dictmerger or vecmerger.
enum class MergeOp : uint8_t { kAdd, kMultiply, kMin, kMax };

struct TypeNode;

// The largest node_count() that a written, inferred or verified type may have.
inline constexpr uint64_t kMaximumTypeNodes = 10'000;

class Type {
 public:
  Type();  // `?`

  static Type unknown();
  static Type variable(uint32_t id);  // id > 0; used inside type inference only
  static Type scalar(ScalarKind kind);
  static Type simd(ScalarKind lane);
  static Type vec(Type element);
  static Type dict(Type key, Type value);
  static Type structure(std::span<const Type> fields);
  static Type appender(Type element);
  static Type merger(Type value, MergeOp op);
  static Type dict_merger(Type key, Type value, MergeOp op);
  static Type group_merger(Type key, Type value);
  static Type vec_merger(Type element, MergeOp op);
  static Type function(std::span<const Type> parameters, Type result);

  static Type boolean() { return scalar(ScalarKind::kBool); }
  static Type i8() { return scalar(ScalarKind::kI8); }
  static Type i32() { return scalar(ScalarKind::kI32); }
  static Type i64() { return scalar(ScalarKind::kI64); }
  static Type u8() { return scalar(ScalarKind::kU8); }
  static Type f32() { return scalar(ScalarKind::kF32); }
  static Type f64() { return scalar(ScalarKind::kF64); }

  TypeKind kind() const;
  std::span<const Type> children() const;
  Type child(size_t index) const { return children()[index]; }
  ScalarKind scalar_kind() const;  // requires kScalar or kSimd
  MergeOp merge_op() const;        // requires kMerger, kDictMerger or kVecMerger
  uint32_t variable_id() const;    // requires kUnknown

  // The same kind (and op) over other children.
  Type with_children(std::span<const Type> children) const;

  bool is_scalar() const { return kind() == TypeKind::kScalar; }
  bool is_scalar(ScalarKind scalar) const { return is_scalar() && scalar_kind() == scalar; }
  bool is_simd() const { return kind() == TypeKind::kSimd; }
  bool is_vec() const { return kind() == TypeKind::kVec; }
  bool is_dict() const { return kind() == TypeKind::kDict; }
  bool is_struct() const { return kind() == TypeKind::kStruct; }
  bool is_function() const { return kind() == TypeKind::kFunction; }
  bool is_builder() const;        // one builder, not a struct of builders
  bool contains_builder() const;  // a builder, or a struct with a builder at any depth: such a value is linear
  bool contains_pointer() const;  // a vec, dict or builder at any depth: its value refers to other memory
  bool contains_unknown() const;  // a `?` or a variable at any depth
  bool is_hashable() const;       // scalars, structs and vecs of hashables
  bool has_layout() const;        // layout_of may be asked: no simd, function or unknown part at any depth
  uint64_t node_count() const;    // of the type written out as a tree; saturates, for a type can be exponential in its program

  std::string to_string() const;  // Weld text, e.g. "vec[{i64,f64}]", "dictmerger[i32,i64,+]"; cut off with "..." past a megabyte

  friend bool operator==(Type a, Type b) { return a.node_ == b.node_; }
  const void* id() const { return node_; }  // for hashing

 private:
  friend struct TypeInterner;
  explicit Type(const TypeNode* node) : node_(node) {}
  const TypeNode* node_;
};

const char* scalar_name(ScalarKind kind);  // "i64"
const char* merge_op_symbol(MergeOp op);   // "+", "*", "min", "max"
int scalar_size(ScalarKind kind);          // bytes; bool is 1
inline bool is_float(ScalarKind kind) { return kind == ScalarKind::kF32 || kind == ScalarKind::kF64; }
inline bool is_unsigned(ScalarKind kind) { return kind >= ScalarKind::kU8 && kind <= ScalarKind::kU64; }
inline bool is_signed_integer(ScalarKind kind) { return kind >= ScalarKind::kI8 && kind <= ScalarKind::kI64; }
inline bool is_integer(ScalarKind kind) { return is_unsigned(kind) || is_signed_integer(kind); }

// C layout of a type's value in memory, as clients see it: scalars native, bool one byte, structs in natural C layout (an empty
// struct has size 0 here), vec {T* data; int64_t length} 16 bytes, dict and builders as documented in weld/runtime/runtime.h.
// Requires no simd, function or unknown part. A size past 2^60 is reported as about 2^60.
struct Layout {
  int64_t size = 0;
  int64_t alignment = 1;
};
Layout layout_of(Type type);
// Byte offset of each field of a struct type.
std::vector<int64_t> field_offsets(Type structure);

}  // namespace weld

template <>
struct std::hash<weld::Type> {
  size_t operator()(weld::Type type) const noexcept { return std::hash<const void*>()(type.id()); }
};
