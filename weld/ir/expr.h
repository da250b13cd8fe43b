// The expression tree: immutable, reference-counted nodes with one uniform shape, so that one function (children()) enumerates
// what every walk, rewrite, comparison and hash needs. Sharing a subtree between parents is allowed; names are what bind.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/ops.h"
#include "weld/ir/slab_memory.h"
#include "weld/ir/type.h"

namespace weld {

class Expr;
using ExprPtr = std::shared_ptr<const Expr>;

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
  std::string name;
  Type type;  // unknown where it is to be inferred
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

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

using Payload =
    std::variant<std::monostate, ScalarValue, std::string, BinaryOp, UnaryOp, uint32_t, IterKind, std::vector<Parameter>>;

class Expr {
 public:
  // Use make_node, or the make_* functions below.
  Expr(NodeKind kind, Type type, std::vector<ExprPtr> children, Payload payload, Type operand_type, Span span);
  ~Expr();  // frees deep trees without recursion
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
  std::span<const ExprPtr> children() const { return children_; }
  const ExprPtr& child(size_t index) const { return children_[index]; }
  const Payload& payload() const { return payload_; }
  Type operand_type() const { return operand_type_; }
  const Annotations& annotations() const;

  const std::string& name() const { return std::get<std::string>(payload_); }  // Identifier, Let, Cudf; bytes of StringLiteral
  const ScalarValue& literal() const { return std::get<ScalarValue>(payload_); }
  BinaryOp binary_op() const { return std::get<BinaryOp>(payload_); }
  UnaryOp unary_op() const { return std::get<UnaryOp>(payload_); }
  uint32_t index() const { return std::get<uint32_t>(payload_); }
  IterKind iter_kind() const { return std::get<IterKind>(payload_); }
  const std::vector<Parameter>& parameters() const { return std::get<std::vector<Parameter>>(payload_); }

  // Lambda and Let.
  const ExprPtr& body() const { return children_.back(); }
  // For: the Iter nodes, the builder, the lambda.
  std::span<const ExprPtr> iterators() const { return {children_.data(), children_.size() - 2}; }
  const ExprPtr& builder() const { return children_[children_.size() - 2]; }
  const ExprPtr& function() const { return children_.back(); }

 private:
  friend ExprPtr with_annotations(const ExprPtr& expr, Annotations annotations);
  friend ExprPtr with_children(const ExprPtr& expr, std::vector<ExprPtr> children);
  friend ExprPtr rebuild(const ExprPtr& expr, std::vector<ExprPtr> children, Type type, Payload payload, Type operand_type);

  static_assert(kNodeKindCount <= 64);
  static constexpr uint64_t bit_of(NodeKind kind) { return uint64_t{1} << static_cast<unsigned>(kind); }

  // What walks read comes first, for the sake of the cache.
  NodeKind kind_;
  uint32_t depth_ = 1;
  uint64_t kinds_;
  std::vector<ExprPtr, SlabAllocator<ExprPtr>> children_;
  Type type_;
  Payload payload_;
  Type operand_type_;
  Span span_;
  std::shared_ptr<const Annotations> annotations_;
};

// A node of all its parts, its annotations apart; the type is the caller's. Nodes are made here and nowhere else.
std::shared_ptr<Expr> make_node(NodeKind kind, Type type, std::vector<ExprPtr> children, Payload payload, Type operand_type,
                                Span span);
inline std::vector<ExprPtr> copied_children(const ExprPtr& expr) { return {expr->children().begin(), expr->children().end()}; }

// Constructors. Each computes the type from the children where they are typed (as inference would), and leaves it unknown where a
// child's type is unknown. They check nothing: the verifier does.
ExprPtr make_literal(ScalarValue value, Span span = {});
ExprPtr make_i64(int64_t value, Span span = {});
ExprPtr make_bool(bool value, Span span = {});
ExprPtr make_string(std::string bytes, Span span = {});
ExprPtr make_identifier(std::string name, Type type, Span span = {});
ExprPtr make_let(std::string name, ExprPtr value, ExprPtr body, Span span = {}, Type declared = {});
ExprPtr make_lambda(std::vector<Parameter> parameters, ExprPtr body, Span span = {});
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
ExprPtr make_cudf(std::string name, Type result, std::vector<ExprPtr> arguments, Span span = {});
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
