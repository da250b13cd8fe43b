// Nodes of the expression tree: their construction, and the type that each has by the types of its children.
#include "weld/ir/expr.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <memory>

namespace weld {
namespace {

// Trees up to this depth are freed by the children's own destructors.
constexpr uint32_t kShallowDepth = 64;

// The list that the outermost destructor of a deep tree on this thread works off; null when there is none.
thread_local std::vector<ExprPtr>* pending_release = nullptr;

const Annotations kNoAnnotations;

Type child_or_unknown(Type type, size_t index) { return index < type.children().size() ? type.child(index) : Type(); }

Type vec_element(Type type) { return type.is_vec() ? type.child(0) : Type(); }

Type pair_of(Type first, Type second) {
  const Type fields[] = {first, second};
  return Type::structure(fields);
}

bool any_unknown(std::span<const Type> types) {
  return std::any_of(types.begin(), types.end(), [](Type type) { return type.contains_unknown(); });
}

std::vector<Type> types_of(std::span<const ExprPtr> expressions) {
  std::vector<Type> types;
  types.reserve(expressions.size());
  for (const ExprPtr& expression : expressions) types.push_back(expression->type());
  return types;
}

Type struct_type(std::span<const ExprPtr> fields) {
  std::vector<Type> types = types_of(fields);
  return any_unknown(types) ? Type() : Type::structure(types);
}

Type lambda_type(const Parameters& parameters, const ExprPtr& body) {
  std::vector<Type> types;
  for (const Parameter& parameter : parameters) types.push_back(parameter.type);
  if (any_unknown(types) || body->type().contains_unknown()) return Type();
  return Type::function(types, body->type());
}

Type with_scalar(Type shape, ScalarKind kind) {
  if (shape.is_simd()) return Type::simd(kind);
  return shape.is_scalar() ? Type::scalar(kind) : Type();
}

Type binary_type(BinaryOp op, const ExprPtr& left) {
  Type type = left->type();
  if (info(op).result == ResultRule::kSame || type.contains_unknown()) return type;
  return type.is_simd() ? Type::simd(ScalarKind::kBool) : Type::boolean();
}

Type iter_type(IterKind kind, std::span<const ExprPtr> children) {
  if (kind == IterKind::kRange) return Type::i64();
  Type element = vec_element(children[0]->type());
  if (kind != IterKind::kSimd) return element;
  return element.is_scalar() ? Type::simd(element.scalar_kind()) : Type();
}

Type lookup_type(Type collection) {
  if (collection.is_vec()) return collection.child(0);
  return collection.is_dict() ? collection.child(1) : Type();
}

Type tovec_type(Type dict) { return dict.is_dict() ? Type::vec(pair_of(dict.child(0), dict.child(1))) : Type(); }

Type optlookup_type(Type dict) { return dict.is_dict() ? pair_of(Type::boolean(), dict.child(1)) : Type(); }

Type vector_type(std::span<const ExprPtr> elements, Type written) {
  if (elements.empty() || !written.contains_unknown()) return written;
  Type element = elements[0]->type();
  return element.contains_unknown() ? Type() : Type::vec(element);
}

// The type of a node by its parts; unknown where a part that decides it is unknown or does not fit.
Type computed_type(NodeKind kind, std::span<const ExprPtr> children, const Payload& payload, Type operand_type) {
  switch (kind) {
    case NodeKind::kLiteral:
      return Type::scalar(std::get<ScalarValue>(payload).kind);
    case NodeKind::kStringLiteral:
      return Type::vec(Type::i8());
    case NodeKind::kIdentifier:
      return Type();
    case NodeKind::kLet:
      return children[1]->type();
    case NodeKind::kLambda:
      return lambda_type(*std::get<SharedParameters>(payload), children[0]);
    case NodeKind::kApply:
      return children[0]->type().is_function() ? children[0]->type().children().back() : Type();
    case NodeKind::kBinary:
      return binary_type(std::get<BinaryOp>(payload), children[0]);
    case NodeKind::kUnary:
      return children[0]->type();
    case NodeKind::kCast:
      return with_scalar(children[0]->type(), operand_type.scalar_kind());
    case NodeKind::kBroadcast:
      return children[0]->type().is_scalar() ? Type::simd(children[0]->type().scalar_kind()) : Type();
    case NodeKind::kAscribe:
      return operand_type.contains_unknown() ? children[0]->type() : operand_type;
    case NodeKind::kMakeStruct:
      return struct_type(children);
    case NodeKind::kGetField:
      return children[0]->type().is_struct() ? child_or_unknown(children[0]->type(), std::get<uint32_t>(payload)) : Type();
    case NodeKind::kMakeVector:
      return vector_type(children, operand_type);
    case NodeKind::kIf:
    case NodeKind::kSelect:
      return children[1]->type();
    case NodeKind::kIterate:
      return children[0]->type();
    case NodeKind::kFor:
      return children[children.size() - 2]->type();
    case NodeKind::kIter:
      return iter_type(std::get<IterKind>(payload), children);
    case NodeKind::kNewBuilder:
      return operand_type;
    case NodeKind::kMerge:
      return children[0]->type();
    case NodeKind::kRes:
      return result_type(children[0]->type());
    case NodeKind::kLookup:
      return lookup_type(children[0]->type());
    case NodeKind::kOptLookup:
      return optlookup_type(children[0]->type());
    case NodeKind::kKeyExists:
      return Type::boolean();
    case NodeKind::kLen:
      return Type::i64();
    case NodeKind::kSlice:
    case NodeKind::kSort:
      return children[0]->type();
    case NodeKind::kToVec:
      return tovec_type(children[0]->type());
    case NodeKind::kSerialize:
      return Type::vec(Type::u8());
    case NodeKind::kDeserialize:
    case NodeKind::kCudf:
      return operand_type;
    case NodeKind::kAssert:
      return Type::boolean();
  }
  return Type();
}

ExprPtr make(NodeKind kind, std::vector<ExprPtr> children, Payload payload, Type operand_type, Span span) {
  Type type = computed_type(kind, children, payload, operand_type);
  return make_node(kind, type, std::move(children), std::move(payload), operand_type, span);
}

ExprPtr make(NodeKind kind, std::vector<ExprPtr> children, Span span) {
  return make(kind, std::move(children), {}, Type(), span);
}

// A written type follows the children that it describes when a rewrite changed their types.
Type operand_type_over(const Expr& expr, const std::vector<ExprPtr>& children) {
  Type described;
  if (expr.is(NodeKind::kLet)) described = children[0]->type();
  if (expr.is(NodeKind::kMakeVector) && !children.empty() && !children[0]->type().contains_unknown()) {
    described = Type::vec(children[0]->type());
  }
  bool written = expr.operand_type() != Type();
  return written && !described.contains_unknown() ? described : expr.operand_type();
}

bool have_equal_types(std::span<const ExprPtr> left, std::span<const ExprPtr> right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const ExprPtr& one, const ExprPtr& other) { return one->type() == other->type(); });
}

}  // namespace

const char* node_name(NodeKind kind) {
  static constexpr const char* kNames[] = {
#define WELD_NODE(kind, name) name,
#include "weld/ir/nodes.def"
  };
  return kNames[static_cast<size_t>(kind)];
}

ScalarValue ScalarValue::boolean(bool value) { return {ScalarKind::kBool, value ? 1u : 0u}; }

ScalarValue ScalarValue::integer(ScalarKind kind, uint64_t value) {
  if (kind == ScalarKind::kBool) return boolean(value != 0);
  int bits = scalar_size(kind) * 8;
  return {kind, bits == 64 ? value : value & ((uint64_t{1} << bits) - 1)};
}

ScalarValue ScalarValue::f32(float value) { return {ScalarKind::kF32, std::bit_cast<uint32_t>(value)}; }
ScalarValue ScalarValue::f64(double value) { return {ScalarKind::kF64, std::bit_cast<uint64_t>(value)}; }

int64_t ScalarValue::as_signed() const {
  if (!is_signed_integer(kind)) return static_cast<int64_t>(bits);
  int unused_bits = 64 - scalar_size(kind) * 8;
  return static_cast<int64_t>(bits << unused_bits) >> unused_bits;
}

double ScalarValue::as_double() const {
  if (kind == ScalarKind::kF32) return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return std::bit_cast<double>(bits);
}

static_assert(sizeof(ExprPtr) == sizeof(void*) && sizeof(Type) == sizeof(void*) && sizeof(SharedAnnotations) == sizeof(void*),
              "what lies behind a node is a row of words");

size_t Expr::size() const {
  const size_t words = count_ + (operand_type_ == OperandType::kWritten ? 1u : 0u) + (has_annotations_ ? 1u : 0u);
  return sizeof(Expr) + words * sizeof(void*);
}

Expr::Expr(NodeKind kind, Type type, std::span<ExprPtr> children, Payload payload, OperandType operand_type, Span span,
           bool has_annotations)
    : kinds_(bit_of(kind)),
      count_(static_cast<uint32_t>(children.size())),
      kind_(kind),
      payload_place_(static_cast<uint8_t>(payload.index())),
      operand_type_(operand_type),
      has_annotations_(has_annotations),
      type_(type),
      span_(span) {
  std::uninitialized_move(children.begin(), children.end(), const_cast<ExprPtr*>(first_child()));
  for (const ExprPtr& child : this->children()) {
    depth_ = std::max(depth_, child->depth() + 1);
    kinds_ |= child->kinds_;
  }
  if (auto* text = std::get_if<SharedText>(&payload)) {
    new (&text_) SharedText(std::move(*text));
  } else if (auto* name = std::get_if<Name>(&payload)) {
    new (&name_) Name(std::move(*name));
  } else if (auto* parameters = std::get_if<SharedParameters>(&payload)) {
    new (&parameters_) SharedParameters(std::move(*parameters));
  } else if (const auto* scalar = std::get_if<ScalarValue>(&payload)) {
    scalar_kind_ = scalar->kind;
    bits_ = scalar->bits;
  } else if (const auto* binary = std::get_if<BinaryOp>(&payload)) {
    bits_ = static_cast<uint64_t>(*binary);
  } else if (const auto* unary = std::get_if<UnaryOp>(&payload)) {
    bits_ = static_cast<uint64_t>(*unary);
  } else if (const auto* index = std::get_if<uint32_t>(&payload)) {
    bits_ = *index;
  } else if (const auto* iter = std::get_if<IterKind>(&payload)) {
    bits_ = static_cast<uint64_t>(*iter);
  }
}

Payload Expr::payload() const {
  if (holds<SharedText>()) return text_;
  if (holds<Name>()) return name_;
  if (holds<SharedParameters>()) return parameters_;
  if (holds<ScalarValue>()) return literal();
  if (holds<BinaryOp>()) return binary_op();
  if (holds<UnaryOp>()) return unary_op();
  if (holds<uint32_t>()) return index();
  if (holds<IterKind>()) return iter_kind();
  return {};
}

// The outermost destructor of a deep tree collects the children of every node freed below it in a list and works the list off, so
// that a node's destructor runs inside at most one other.
Expr::~Expr() {
  const std::span<ExprPtr> children(const_cast<ExprPtr*>(first_child()), count_);
  if (depth_ > kShallowDepth && pending_release != nullptr) {
    std::move(children.begin(), children.end(), std::back_inserter(*pending_release));
  } else if (depth_ > kShallowDepth) {
    std::vector<ExprPtr> pending(std::make_move_iterator(children.begin()), std::make_move_iterator(children.end()));
    pending_release = &pending;
    while (!pending.empty()) {
      ExprPtr last = std::move(pending.back());
      pending.pop_back();
      last.reset();
    }
    pending_release = nullptr;
  }
  std::destroy(children.begin(), children.end());
  if (has_annotations_) std::destroy_at(const_cast<SharedAnnotations*>(own_annotations()));
  if (holds<SharedText>()) std::destroy_at(&text_);
  if (holds<Name>()) std::destroy_at(&name_);
  if (holds<SharedParameters>()) std::destroy_at(&parameters_);
}

ExprPtr Expr::make(NodeKind kind, Type type, std::span<ExprPtr> children, Payload payload, Type operand_type, Span span,
                   SharedAnnotations annotations) {
  OperandType form = operand_type == type ? OperandType::kType : OperandType::kWritten;
  if (operand_type == Type()) form = OperandType::kNone;
  const size_t words = children.size() + (form == OperandType::kWritten ? 1 : 0) + (annotations ? 1 : 0);
  void* block = allocate_block(sizeof(Expr) + words * sizeof(void*), SlabUse::kNodes);
  Expr* node = new (block) Expr(kind, type, children, std::move(payload), form, span, static_cast<bool>(annotations));
  if (form == OperandType::kWritten) new (const_cast<Type*>(node->written_operand_type())) Type(operand_type);
  if (annotations) new (const_cast<SharedAnnotations*>(node->own_annotations())) SharedAnnotations(std::move(annotations));
  return ExprPtr(node);
}

void Expr::destroy(const Expr* node) {
  const size_t size = node->size();
  node->~Expr();
  release_block(const_cast<Expr*>(node), size);
}

ExprPtr make_node(NodeKind kind, Type type, std::vector<ExprPtr> children, Payload payload, Type operand_type, Span span) {
  return Expr::make(kind, type, children, std::move(payload), operand_type, span, {});
}

const Annotations& Expr::annotations() const { return has_annotations_ ? **own_annotations() : kNoAnnotations; }

ExprPtr make_literal(ScalarValue value, Span span) { return make(NodeKind::kLiteral, {}, value, Type(), span); }
ExprPtr make_i64(int64_t value, Span span) {
  return make_literal(ScalarValue::integer(ScalarKind::kI64, static_cast<uint64_t>(value)), span);
}
ExprPtr make_bool(bool value, Span span) { return make_literal(ScalarValue::boolean(value), span); }
ExprPtr make_string(std::string bytes, Span span) {
  return make(NodeKind::kStringLiteral, {}, SharedText(std::move(bytes)), Type(), span);
}
ExprPtr make_identifier(Name name, Type type, Span span) {
  return make_node(NodeKind::kIdentifier, type, {}, std::move(name), Type(), span);
}
ExprPtr make_let(Name name, ExprPtr value, ExprPtr body, Span span, Type declared) {
  return make(NodeKind::kLet, {std::move(value), std::move(body)}, std::move(name), declared, span);
}
ExprPtr make_lambda(Parameters parameters, ExprPtr body, Span span) {
  return make(NodeKind::kLambda, {std::move(body)}, SharedParameters(std::move(parameters)), Type(), span);
}
ExprPtr make_apply(ExprPtr function, std::vector<ExprPtr> arguments, Span span) {
  arguments.insert(arguments.begin(), std::move(function));
  return make(NodeKind::kApply, std::move(arguments), span);
}
ExprPtr make_binary(BinaryOp op, ExprPtr left, ExprPtr right, Span span) {
  return make(NodeKind::kBinary, {std::move(left), std::move(right)}, op, Type(), span);
}
ExprPtr make_unary(UnaryOp op, ExprPtr operand, Span span) {
  return make(NodeKind::kUnary, {std::move(operand)}, op, Type(), span);
}
ExprPtr make_cast(ScalarKind target, ExprPtr operand, Span span) {
  return make(NodeKind::kCast, {std::move(operand)}, {}, Type::scalar(target), span);
}
ExprPtr make_broadcast(ExprPtr scalar, Span span) { return make(NodeKind::kBroadcast, {std::move(scalar)}, span); }
ExprPtr make_ascribe(ExprPtr operand, Type type, Span span) {
  return make(NodeKind::kAscribe, {std::move(operand)}, {}, type, span);
}
ExprPtr make_struct(std::vector<ExprPtr> fields, Span span) { return make(NodeKind::kMakeStruct, std::move(fields), span); }
ExprPtr make_get_field(ExprPtr structure, uint32_t index, Span span) {
  return make(NodeKind::kGetField, {std::move(structure)}, index, Type(), span);
}
ExprPtr make_vector(std::vector<ExprPtr> elements, Type vec_type, Span span) {
  return make(NodeKind::kMakeVector, std::move(elements), {}, vec_type, span);
}
ExprPtr make_if(ExprPtr condition, ExprPtr then_value, ExprPtr else_value, Span span) {
  return make(NodeKind::kIf, {std::move(condition), std::move(then_value), std::move(else_value)}, span);
}
ExprPtr make_select(ExprPtr condition, ExprPtr then_value, ExprPtr else_value, Span span) {
  return make(NodeKind::kSelect, {std::move(condition), std::move(then_value), std::move(else_value)}, span);
}
ExprPtr make_iterate(ExprPtr initial, ExprPtr function, Span span) {
  return make(NodeKind::kIterate, {std::move(initial), std::move(function)}, span);
}
ExprPtr make_iter(IterKind kind, std::vector<ExprPtr> children, Span span) {
  return make(NodeKind::kIter, std::move(children), kind, Type(), span);
}
ExprPtr make_for(std::vector<ExprPtr> iterators, ExprPtr builder, ExprPtr function, Span span) {
  iterators.push_back(std::move(builder));
  iterators.push_back(std::move(function));
  return make(NodeKind::kFor, std::move(iterators), span);
}
ExprPtr make_new_builder(Type builder, ExprPtr argument, Span span) {
  std::vector<ExprPtr> children;
  if (argument) children.push_back(std::move(argument));
  return make(NodeKind::kNewBuilder, std::move(children), {}, builder, span);
}
ExprPtr make_merge(ExprPtr builder, ExprPtr value, Span span) {
  return make(NodeKind::kMerge, {std::move(builder), std::move(value)}, span);
}
ExprPtr make_result(ExprPtr builder, Span span) { return make(NodeKind::kRes, {std::move(builder)}, span); }
ExprPtr make_lookup(ExprPtr collection, ExprPtr index, Span span) {
  return make(NodeKind::kLookup, {std::move(collection), std::move(index)}, span);
}
ExprPtr make_optlookup(ExprPtr dict, ExprPtr key, Span span) {
  return make(NodeKind::kOptLookup, {std::move(dict), std::move(key)}, span);
}
ExprPtr make_keyexists(ExprPtr dict, ExprPtr key, Span span) {
  return make(NodeKind::kKeyExists, {std::move(dict), std::move(key)}, span);
}
ExprPtr make_len(ExprPtr collection, Span span) { return make(NodeKind::kLen, {std::move(collection)}, span); }
ExprPtr make_slice(ExprPtr vec, ExprPtr start, ExprPtr size, Span span) {
  return make(NodeKind::kSlice, {std::move(vec), std::move(start), std::move(size)}, span);
}
ExprPtr make_sort(ExprPtr vec, ExprPtr function, Span span) {
  return make(NodeKind::kSort, {std::move(vec), std::move(function)}, span);
}
ExprPtr make_tovec(ExprPtr dict, Span span) { return make(NodeKind::kToVec, {std::move(dict)}, span); }
ExprPtr make_serialize(ExprPtr value, Span span) { return make(NodeKind::kSerialize, {std::move(value)}, span); }
ExprPtr make_deserialize(Type type, ExprPtr bytes, Span span) {
  return make(NodeKind::kDeserialize, {std::move(bytes)}, {}, type, span);
}
ExprPtr make_cudf(Name name, Type result, std::vector<ExprPtr> arguments, Span span) {
  return make(NodeKind::kCudf, std::move(arguments), std::move(name), result, span);
}
ExprPtr make_assert(ExprPtr condition, Span span) { return make(NodeKind::kAssert, {std::move(condition)}, span); }

ExprPtr with_children(const ExprPtr& expr, std::vector<ExprPtr> children) {
  if (std::ranges::equal(children, expr->children())) return expr;
  Type operand_type = operand_type_over(*expr, children);
  Type type = expr->type();
  if (type.contains_unknown() || operand_type != expr->operand_type() || !have_equal_types(children, expr->children())) {
    type = computed_type(expr->kind(), children, expr->payload(), operand_type);
    if (type.contains_unknown()) type = expr->type();
  }
  return rebuild(expr, std::move(children), type, expr->payload(), operand_type);
}

ExprPtr with_annotations(const ExprPtr& expr, Annotations annotations) {
  std::vector<ExprPtr> children = copied_children(expr);
  SharedAnnotations shared = annotations.empty() ? SharedAnnotations() : SharedAnnotations(std::move(annotations));
  return Expr::make(expr->kind(), expr->type(), children, expr->payload(), expr->operand_type(), expr->span(), std::move(shared));
}

ExprPtr rebuild(const ExprPtr& expr, std::vector<ExprPtr> children, Type type, Payload payload, Type operand_type) {
  return Expr::make(expr->kind(), type, children, std::move(payload), operand_type, expr->span(), expr->shared_annotations());
}

Type type_by_parts(const Expr& expr) { return computed_type(expr.kind(), expr.children(), expr.payload(), expr.operand_type()); }

Type result_type(Type builder) {
  switch (builder.kind()) {
    case TypeKind::kAppender:
    case TypeKind::kVecMerger:
      return Type::vec(builder.child(0));
    case TypeKind::kMerger:
      return builder.child(0);
    case TypeKind::kDictMerger:
      return Type::dict(builder.child(0), builder.child(1));
    case TypeKind::kGroupMerger:
      return Type::dict(builder.child(0), Type::vec(builder.child(1)));
    default:
      return Type();
  }
}

Type merge_type(Type builder) {
  switch (builder.kind()) {
    case TypeKind::kAppender:
    case TypeKind::kMerger:
      return builder.child(0);
    case TypeKind::kDictMerger:
    case TypeKind::kGroupMerger:
      return pair_of(builder.child(0), builder.child(1));
    case TypeKind::kVecMerger:
      return pair_of(Type::i64(), builder.child(0));
    default:
      return Type();
  }
}

Type element_type(std::span<const ExprPtr> iterators) {
  return iterators.size() == 1 ? iterators[0]->type() : struct_type(iterators);
}

}  // namespace weld
