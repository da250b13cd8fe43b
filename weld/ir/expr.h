// The expression tree: immutable, reference-counted nodes with one uniform shape, so that one function (children()) enumerates
// what every walk, rewrite, comparison and hash needs. Sharing a subtree between parents is allowed; names are what bind.
//
// A node is one block of memory, children included, and as small as can be: what the passes take for a long program is the time
// in which its nodes come from memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/name.h"
#include "weld/ir/ops.h"
#include "weld/ir/shared_value.h"
#include "weld/ir/type.h"

namespace weld {

class Expr;

// A counted pointer to a node, or null. Nodes may be used and released by several threads at once, one pointer by one thread at a
// time.
class ExprPtr {
 public:
  ExprPtr() = default;
  ExprPtr(std::nullptr_t) {}
  ExprPtr(const ExprPtr& other) : node_(other.node_) { retain(); }
  ExprPtr(ExprPtr&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  ExprPtr& operator=(ExprPtr other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~ExprPtr() { release(); }

  const Expr& operator*() const { return *node_; }
  const Expr* operator->() const { return node_; }
  const Expr* get() const { return node_; }
  explicit operator bool() const { return node_ != nullptr; }
  void reset() { *this = nullptr; }
  uint32_t use_count() const;  // of the node, which is not null

  friend bool operator==(const ExprPtr& left, const ExprPtr& right) { return left.node_ == right.node_; }
  friend bool operator==(const ExprPtr& left, std::nullptr_t) { return left.node_ == nullptr; }

 private:
  friend class Expr;
  explicit ExprPtr(const Expr* node) : node_(node) {}  // takes the place of an owner
  void retain();
  void release();

  const Expr* node_ = nullptr;
};

enum class NodeKind : uint8_t {
#define WELD_NODE(kind, ...) k##kind,
#include "weld/ir/nodes.def"
};
const char* node_name(NodeKind kind);
inline constexpr int kNodeKindCount = 0
#define WELD_NODE(...) +1
#include "weld/ir/nodes.def"
    ;

// A scalar constant: its kind and its bits, zero-extended to 64 (a float's IEEE bits; bool 0 or 1; signed integers as two's
// complement of their own width). Equality is equality of bits, so -0.0 differs from 0.0 and a NaN equals itself.
struct ScalarValue {
  ScalarKind kind = ScalarKind::kI64;
  uint64_t bits = 0;

  static ScalarValue boolean(bool value);
  static ScalarValue integer(ScalarKind kind, uint64_t value);  // truncates to the kind's width
  static ScalarValue f32(float value);
  static ScalarValue f64(double value);
  int64_t as_signed() const;  // integers and bool; sign-extended for the signed kinds
  double as_double() const;   // floats
  friend bool operator==(const ScalarValue&, const ScalarValue&) = default;
};

// The iterators of `for` and the children of an Iter node.
enum class IterKind : uint8_t {
  kVector,  // [data] or [data, start, end, stride]
  kRange,   // [start, end, stride]
  kNd,      // [data, start, end, stride, shape, strides]
  kSimd,    // [data]
  kFringe,  // [data]
};

struct Parameter {
  Name name;
  Type type;  // unknown where it is to be inferred
  friend bool operator==(const Parameter&, const Parameter&) = default;
};
using Parameters = std::vector<Parameter, SlabAllocator<Parameter, SlabUse::kParts>>;

// One `@(name: value)` entry; the value is kept as it is written.
struct Annotation {
  std::string name;
  std::string value;
  Span span = {};  // counts for nothing when annotations are compared
  friend bool operator==(const Annotation& left, const Annotation& right) {
    return left.name == right.name && left.value == right.value;
  }
};
using Annotations = std::vector<Annotation>;

// The deepest tree that the front end accepts and that a pass may build. Compilation runs on a stack sized for it (deep_stack.h).
inline constexpr uint32_t kMaximumDepth = 20'000;

using SharedText = SharedValue<std::string>;
using SharedParameters = SharedValue<Parameters>;
using SharedAnnotations = SharedValue<Annotations>;  // none where there are no annotations

// What a node is beside its kind, children and types, as it is given to one.
using Payload =
    std::variant<std::monostate, ScalarValue, BinaryOp, UnaryOp, uint32_t, IterKind, SharedText, Name, SharedParameters>;

class Expr {
 public:
  // Use make_node, or the make_* functions below.
  static ExprPtr make(NodeKind kind, Type type, std::span<ExprPtr> children, Payload payload, Type operand_type, Span span,
                      SharedAnnotations annotations);
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;

  NodeKind kind() const { return kind_; }
  bool is(NodeKind kind) const { return kind_ == kind; }
  Type type() const { return type_; }  // unknown before inference
  Span span() const { return span_; }
  uint32_t depth() const { return depth_; }  // 1 for a leaf
  // Whether a node of one of these kinds is in the tree, this one included. Takes no walk: passes ask it before they look
  // further.
  template <class... Kinds>
  bool contains(Kinds... kinds) const {
    return (kinds_ & (bit_of(kinds) | ...)) != 0;
  }
  std::span<const ExprPtr> children() const { return {first_child(), count_}; }
  const ExprPtr& child(size_t index) const { return first_child()[index]; }
  Payload payload() const;
  Type operand_type() const {
    if (operand_type_ == OperandType::kNone) return Type();
    return operand_type_ == OperandType::kType ? type_ : *written_operand_type();
  }
  const Annotations& annotations() const;

  const Name& name() const { return having<Name>().name_; }                 // Identifier, Let, Cudf
  const std::string& bytes() const { return *having<SharedText>().text_; }  // StringLiteral
  ScalarValue literal() const { return {scalar_kind_, having<ScalarValue>().bits_}; }
  BinaryOp binary_op() const { return static_cast<BinaryOp>(having<BinaryOp>().bits_); }
  UnaryOp unary_op() const { return static_cast<UnaryOp>(having<UnaryOp>().bits_); }
  uint32_t index() const { return static_cast<uint32_t>(having<uint32_t>().bits_); }
  IterKind iter_kind() const { return static_cast<IterKind>(having<IterKind>().bits_); }
  const Parameters& parameters() const { return *having<SharedParameters>().parameters_; }
  // A scalar's bits, or an operator, an index or a kind of iterator as a number; 0 for any other payload.
  uint64_t payload_word() const { return holds_word() ? bits_ : 0; }

  // Lambda and Let.
  const ExprPtr& body() const { return children().back(); }
  // For: the Iter nodes, the builder, the lambda.
  std::span<const ExprPtr> iterators() const { return {first_child(), count_ - size_t{2}}; }
  const ExprPtr& builder() const { return child(count_ - size_t{2}); }
  const ExprPtr& function() const { return children().back(); }

 private:
  friend class ExprPtr;
  friend ExprPtr rebuild(const ExprPtr& expr, std::vector<ExprPtr> children, Type type, Payload payload, Type operand_type);

  static_assert(kNodeKindCount <= 64);
  static constexpr uint64_t bit_of(NodeKind kind) { return uint64_t{1} << static_cast<unsigned>(kind); }

  enum class OperandType : uint8_t { kNone, kType, kWritten };

  Expr(NodeKind kind, Type type, std::span<ExprPtr> children, Payload payload, OperandType operand_type, Span span,
       bool has_annotations);
  ~Expr();  // releases deep trees without recursion
  static void destroy(const Expr* node);

  template <class Alternative, size_t place = 0>
  static constexpr size_t place_in_payload() {
    if constexpr (std::is_same_v<Alternative, std::variant_alternative_t<place, Payload>>) {
      return place;
    } else {
      return place_in_payload<Alternative, place + 1>();
    }
  }
  template <class Alternative>
  bool holds() const {
    return payload_place_ == place_in_payload<Alternative>();
  }
  bool holds_word() const {
    return holds<ScalarValue>() || holds<BinaryOp>() || holds<UnaryOp>() || holds<uint32_t>() || holds<IterKind>();
  }
  template <class Alternative>
  const Expr& having() const {
    WELD_CHECK(holds<Alternative>(), "a node has another payload");
    return *this;
  }

  // Behind a node lie its children, its operand type if that is not the type of the node, and its annotations if it has any.
  size_t size() const;
  const ExprPtr* first_child() const { return reinterpret_cast<const ExprPtr*>(this + 1); }
  const Type* written_operand_type() const { return reinterpret_cast<const Type*>(first_child() + count_); }
  const SharedAnnotations* own_annotations() const {
    return reinterpret_cast<const SharedAnnotations*>(written_operand_type() + (operand_type_ == OperandType::kWritten ? 1 : 0));
  }
  SharedAnnotations shared_annotations() const { return has_annotations_ ? *own_annotations() : SharedAnnotations(); }

  mutable std::atomic<uint32_t> owners_ = 1;
  uint32_t depth_ = 1;
  uint64_t kinds_;
  uint32_t count_;  // of children
  NodeKind kind_;
  uint8_t payload_place_ = 0;
  ScalarKind scalar_kind_ = ScalarKind::kBool;
  OperandType operand_type_ : 2;
  bool has_annotations_ : 1;
  Type type_;
  union {
    uint64_t bits_ = 0;  // a scalar's, or an operator, an index, a kind of iterator
    SharedText text_;
    Name name_;
    SharedParameters parameters_;
  };
  Span span_;
};

inline uint32_t ExprPtr::use_count() const { return node_->owners_.load(std::memory_order_relaxed); }

inline void ExprPtr::retain() {
  if (node_ != nullptr) node_->owners_.fetch_add(1, std::memory_order_relaxed);
}

inline void ExprPtr::release() {
  if (node_ != nullptr && node_->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) Expr::destroy(node_);
}

// A node of all its parts, its annotations apart; the type is the caller's.
ExprPtr make_node(NodeKind kind, Type type, std::vector<ExprPtr> children, Payload payload, Type operand_type, Span span);
inline std::vector<ExprPtr> copied_children(const ExprPtr& expr) { return {expr->children().begin(), expr->children().end()}; }

// Constructors. Each computes the type from the children where they are typed (as inference would), and leaves it unknown where a
// child's type is unknown. They check nothing: the verifier does.
ExprPtr make_literal(ScalarValue value, Span span = {});
ExprPtr make_i64(int64_t value, Span span = {});
ExprPtr make_bool(bool value, Span span = {});
ExprPtr make_string(std::string bytes, Span span = {});
ExprPtr make_identifier(Name name, Type type, Span span = {});
ExprPtr make_let(Name name, ExprPtr value, ExprPtr body, Span span = {}, Type declared = {});
ExprPtr make_lambda(Parameters parameters, ExprPtr body, Span span = {});
ExprPtr make_apply(ExprPtr function, std::vector<ExprPtr> arguments, Span span = {});
ExprPtr make_binary(BinaryOp op, ExprPtr left, ExprPtr right, Span span = {});
ExprPtr make_unary(UnaryOp op, ExprPtr operand, Span span = {});
ExprPtr make_cast(ScalarKind target, ExprPtr operand, Span span = {});
ExprPtr make_broadcast(ExprPtr scalar, Span span = {});
ExprPtr make_ascribe(ExprPtr operand, Type type, Span span = {});
ExprPtr make_struct(std::vector<ExprPtr> fields, Span span = {});
ExprPtr make_get_field(ExprPtr structure, uint32_t index, Span span = {});
ExprPtr make_vector(std::vector<ExprPtr> elements, Type vec_type, Span span = {});  // vec_type: required when empty
ExprPtr make_if(ExprPtr condition, ExprPtr then_value, ExprPtr else_value, Span span = {});
ExprPtr make_select(ExprPtr condition, ExprPtr then_value, ExprPtr else_value, Span span = {});
ExprPtr make_iterate(ExprPtr initial, ExprPtr function, Span span = {});
ExprPtr make_iter(IterKind kind, std::vector<ExprPtr> children, Span span = {});  // type: the type of the elements it yields
ExprPtr make_for(std::vector<ExprPtr> iterators, ExprPtr builder, ExprPtr function, Span span = {});
ExprPtr make_new_builder(Type builder, ExprPtr argument = nullptr, Span span = {});
ExprPtr make_merge(ExprPtr builder, ExprPtr value, Span span = {});
ExprPtr make_result(ExprPtr builder, Span span = {});
ExprPtr make_lookup(ExprPtr collection, ExprPtr index, Span span = {});
ExprPtr make_optlookup(ExprPtr dict, ExprPtr key, Span span = {});
ExprPtr make_keyexists(ExprPtr dict, ExprPtr key, Span span = {});
ExprPtr make_len(ExprPtr collection, Span span = {});
ExprPtr make_slice(ExprPtr vec, ExprPtr start, ExprPtr size, Span span = {});
ExprPtr make_sort(ExprPtr vec, ExprPtr function, Span span = {});
ExprPtr make_tovec(ExprPtr dict, Span span = {});
ExprPtr make_serialize(ExprPtr value, Span span = {});
ExprPtr make_deserialize(Type type, ExprPtr bytes, Span span = {});
ExprPtr make_cudf(Name name, Type result, std::vector<ExprPtr> arguments, Span span = {});
ExprPtr make_assert(ExprPtr condition, Span span = {});

// The same node over other children, its type computed anew; the same pointer when no child changed.
ExprPtr with_children(const ExprPtr& expr, std::vector<ExprPtr> children);
ExprPtr with_annotations(const ExprPtr& expr, Annotations annotations);
// The same node (span, annotations) with every part given.
ExprPtr rebuild(const ExprPtr& expr, std::vector<ExprPtr> children, Type type, Payload payload, Type operand_type);
// The type that the constructors give to a node of these parts; unknown for an identifier.
Type type_by_parts(const Expr& expr);

// The type of result(b) for a builder type: appender[T] -> vec[T], merger[T,op] -> T, dictmerger -> dict, groupmerger ->
// dict[K,vec[V]], vecmerger[T,op] -> vec[T].
Type result_type(Type builder);
// The type that merge(b, v) takes as v.
Type merge_type(Type builder);
// The type of e in a For's lambda |b, i, e|: the one iterator's element, or the struct of all.
Type element_type(std::span<const ExprPtr> iterators);

}  // namespace weld
