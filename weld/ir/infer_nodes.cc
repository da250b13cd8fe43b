// The typing rule of each kind of node. A faulty node reports and gets a type that says nothing more, so that its fault is
// reported once.
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "weld/ir/frontend.h"
#include "weld/ir/infer.h"
#include "weld/ir/parser.h"

namespace weld {
namespace {

bool is_negative_integer(const ScalarValue& integer) { return is_signed_integer(integer.kind) && integer.as_signed() < 0; }

double as_number(const ScalarValue& literal) {
  if (is_float(literal.kind)) return literal.as_double();
  return is_unsigned(literal.kind) ? static_cast<double>(literal.bits) : static_cast<double>(literal.as_signed());
}

// The literal as one of another kind, where that has such a value: the same integer, a float rounded.
std::optional<ScalarValue> literal_as(const ScalarValue& literal, ScalarKind kind) {
  if (literal.kind == ScalarKind::kBool) return std::nullopt;
  if (is_integer(literal.kind) && is_integer(kind)) {
    const ScalarValue value = ScalarValue::integer(kind, static_cast<uint64_t>(literal.as_signed()));
    const bool is_same = value.as_signed() == literal.as_signed() && is_negative_integer(value) == is_negative_integer(literal);
    return is_same ? std::optional(value) : std::nullopt;
  }
  if (!is_float(kind)) return std::nullopt;
  const double number = as_number(literal);
  const ScalarValue value = kind == ScalarKind::kF32 ? ScalarValue::f32(static_cast<float>(number)) : ScalarValue::f64(number);
  return std::isfinite(value.as_double()) ? std::optional(value) : std::nullopt;
}

// How the literal on one side of a binary operator would be written to be of the other side's type. Of two, the one without a
// suffix is likely to be meant otherwise.
std::string literal_hint(const Expr& binary, Type left, Type right) {
  const bool left_is_plain = binary.child(0)->is(NodeKind::kLiteral) && binary.child(0)->literal().kind == ScalarKind::kI32;
  for (size_t side : {left_is_plain ? 0U : 1U, left_is_plain ? 1U : 0U}) {
    const ExprPtr& literal = binary.child(side);
    const Type other = side == 0 ? right : left;
    if (!literal->is(NodeKind::kLiteral) || !other.is_scalar()) continue;
    const std::optional<ScalarValue> meant = literal_as(literal->literal(), other.scalar_kind());
    if (meant) return fmt::format("; the {} literal is written {}", other.to_string(), print(make_literal(*meant)));
  }
  return "";
}

}  // namespace

void Inference::error(Span span, std::string message) { diagnostics_.push_back({std::move(message), span}); }

Type Inference::visit(const ExprPtr& expr) {
  size_t index = types_.size();
  types_.emplace_back();
  Type type = bounded(visit_node(expr), expr->span());
  types_[index] = type;
  settle();
  return type;
}

Type Inference::bounded(Type type, Span span) {
  if (type.node_count() <= kMaximumTypeNodes) return type;
  if (!too_large_) error(span, fmt::format("the type of this expression has more than {} parts", kMaximumTypeNodes));
  too_large_ = true;
  return faulty(span);
}

Type Inference::visit_node(const ExprPtr& expr) {
  Span span = expr->span();
  switch (expr->kind()) {
    case NodeKind::kLiteral:
      return Type::scalar(expr->literal().kind);
    case NodeKind::kStringLiteral:
      return Type::vec(Type::i8());
    case NodeKind::kIdentifier:
      return visit_identifier(expr);
    case NodeKind::kLet:
      return visit_let(expr);
    case NodeKind::kLambda:
    case NodeKind::kApply:
    case NodeKind::kIter:
      return visit_misplaced(expr);
    case NodeKind::kBinary:
      return visit_binary(expr);
    case NodeKind::kUnary: {
      Type operand = visit(expr->child(0));
      return require(Ability::kOperand, expr, operand) ? operand : faulty(span);
    }
    case NodeKind::kCast: {
      Type operand = visit(expr->child(0));
      Type result = fresh(span);
      defer(Need::kCast, expr, operand, Type(), result);
      return find(result);
    }
    case NodeKind::kBroadcast: {
      Type operand = visit(expr->child(0));
      Type result = fresh(span);
      defer(Need::kBroadcast, expr, operand, Type(), result);
      return find(result);
    }
    case NodeKind::kAscribe: {
      Type operand = visit(expr->child(0));
      if (!unify(operand, instantiate(expr->operand_type(), span))) {
        error(span, fmt::format("this is written to be {}, but it is {}", describe(instantiate(expr->operand_type(), span)),
                                describe(operand)));
        return faulty(span);
      }
      return operand;
    }
    case NodeKind::kMakeStruct: {
      std::vector<Type> fields;
      for (const ExprPtr& field : expr->children()) fields.push_back(visit(field));
      return Type::structure(fields);
    }
    case NodeKind::kGetField: {
      Type structure = visit(expr->child(0));
      Type result = fresh(span);
      defer(Need::kField, expr, structure, Type(), result);
      return find(result);
    }
    case NodeKind::kMakeVector:
      return visit_vector(expr);
    case NodeKind::kIf:
      return visit_if(expr);
    case NodeKind::kSelect:
      return visit_select(expr);
    case NodeKind::kIterate:
      return visit_iterate(expr);
    case NodeKind::kFor:
      return visit_for(expr);
    case NodeKind::kNewBuilder:
      return visit_builder(expr);
    case NodeKind::kMerge: {
      Type builder = visit(expr->child(0));
      Type value = visit(expr->child(1));
      defer(Need::kMerge, expr, builder, value, Type());
      return builder;
    }
    case NodeKind::kRes: {
      Type builder = visit(expr->child(0));
      Type result = fresh(span);
      defer(Need::kResult, expr, builder, Type(), result);
      return find(result);
    }
    case NodeKind::kLookup: {
      Type collection = visit(expr->child(0));
      Type index = visit(expr->child(1));
      Type result = fresh(span);
      defer(Need::kLookup, expr, collection, index, result);
      return find(result);
    }
    case NodeKind::kOptLookup:
    case NodeKind::kKeyExists:
    case NodeKind::kToVec:
      return visit_dict_access(expr);
    case NodeKind::kLen:
      require(Ability::kSized, expr, visit(expr->child(0)));
      return Type::i64();
    case NodeKind::kSlice: {
      Type element = visit_vec(expr->child(0), "the first argument of `slice`");
      visit_expecting(expr->child(1), Type::i64(), "the start of `slice`");
      visit_expecting(expr->child(2), Type::i64(), "the size of `slice`");
      return Type::vec(element);
    }
    case NodeKind::kSort:
      return visit_sort(expr);
    case NodeKind::kSerialize:
      visit(expr->child(0));
      return Type::vec(Type::u8());
    case NodeKind::kDeserialize:
      visit_expecting(expr->child(0), Type::vec(Type::u8()), "the argument of `deserialize`");
      return instantiate(expr->operand_type(), span);
    case NodeKind::kCudf:
      visit_rest(expr, 0);
      return instantiate(expr->operand_type(), span);
    case NodeKind::kAssert:
      visit_expecting(expr->child(0), Type::boolean(), "the argument of `assert`");
      return Type::boolean();
  }
  return faulty(span);
}

void Inference::visit_rest(const ExprPtr& expr, size_t first) {
  for (size_t i = first; i < expr->children().size(); ++i) visit(expr->child(i));
}

Type Inference::visit_expecting(const ExprPtr& expr, Type expected, const char* what) {
  Type type = visit(expr);
  if (!unify(type, expected)) {
    error(expr->span(), fmt::format("{} must be {}, but it is {}", what, describe(expected), describe(type)));
  }
  return type;
}

// Visits what has to be a vec and returns the type of its elements.
Type Inference::visit_vec(const ExprPtr& expr, const char* what) {
  Type type = find(visit(expr));
  if (type.is_vec()) return type.child(0);
  Type element = fresh(expr->span(), What::kElements);
  if (unify(type, Type::vec(element))) return element;
  error(expr->span(), fmt::format("{} must be a vec, but it is {}", what, describe(type)));
  return faulty(expr->span());
}

Type Inference::visit_identifier(const ExprPtr& expr) {
  if (expr->name() == kFaultName) return faulty(expr->span());
  auto found = scope_.find(expr->name());
  if (found != scope_.end() && !found->second.empty()) return found->second.back();
  error(expr->span(), fmt::format("`{}` is not defined", expr->name().text()));
  return faulty(expr->span());
}

Type Inference::visit_let(const ExprPtr& expr) {
  const ExprPtr& value = expr->child(0);
  Type type = visit(value);
  if (!(expr->operand_type() == Type())) {
    Type declared = instantiate(expr->operand_type(), expr->span());
    if (!unify(type, declared)) {
      error(value->span(), fmt::format("`{}` is declared to be {}, but its value is {}", expr->name().text(), describe(declared),
                                       describe(type)));
    }
    type = declared;
  }
  std::vector<Type>& bindings = scope_[expr->name()];
  bindings.push_back(type);
  Type body = visit(expr->body());
  bindings.pop_back();
  return body;
}

Type Inference::visit_binary(const ExprPtr& expr) {
  Type left = visit(expr->child(0));
  Type right = visit(expr->child(1));
  const BinaryOpInfo& op = info(expr->binary_op());
  if (op.operands == OperandClass::kPow) {
    if (!require(Ability::kOperand, expr, left)) return faulty(expr->span());
    defer(Need::kPow, expr, right, left, Type());
    return left;
  }
  if (!unify(left, right)) {
    std::string hint = literal_hint(*expr, find(left), find(right));
    error(expr->span(), fmt::format("the sides of `{}` differ: left side is {}, right side is {}{}",
                                    *op.symbol ? op.symbol : op.name, describe(left), describe(right), hint));
    return faulty(expr->span());
  }
  if (!require(Ability::kOperand, expr, left)) return faulty(expr->span());
  if (op.result == ResultRule::kSame) return left;
  Type result = fresh(expr->span());
  defer(Need::kCompare, expr, left, Type(), result);
  return find(result);
}

Type Inference::visit_if(const ExprPtr& expr) {
  visit_expecting(expr->child(0), Type::boolean(), "the condition");
  Type first = visit(expr->child(1));
  Type second = visit(expr->child(2));
  if (unify(first, second)) return first;
  error(expr->span(),
        fmt::format("the branches of `if` differ: the first is {}, the second is {}", describe(first), describe(second)));
  return faulty(expr->span());
}

Type Inference::visit_select(const ExprPtr& expr) {
  Type condition = visit(expr->child(0));
  Type first = visit(expr->child(1));
  Type second = visit(expr->child(2));
  defer(Need::kSelect, expr, condition, first, Type());
  if (unify(first, second)) return first;
  error(expr->span(),
        fmt::format("the values of `select` differ: the first is {}, the second is {}", describe(first), describe(second)));
  return faulty(expr->span());
}

Type Inference::visit_vector(const ExprPtr& expr) {
  Type type = instantiate(expr->operand_type(), expr->span(), What::kElements);
  if (expr->operand_type() == Type()) {
    if (expr->children().empty()) return Type::vec(fresh(expr->span(), What::kElements));
    type = Type::vec(visit(expr->child(0)));
  }
  Type element = type.child(0);
  for (size_t i = expr->operand_type() == Type() ? 1 : 0; i < expr->children().size(); ++i) {
    Type next = visit(expr->child(i));
    if (unify(element, next)) continue;
    error(expr->child(i)->span(), fmt::format("the elements of a vector have one type: those before are {}, this one is {}",
                                              describe(element), describe(next)));
    visit_rest(expr, i + 1);
    break;
  }
  return type;
}

// Returns the type of the elements; the node's own record is its caller's.
Type Inference::visit_iter(const ExprPtr& expr) {
  size_t index = types_.size();
  types_.emplace_back();
  Type element = Type::i64();
  size_t bounds = 0;
  if (expr->iter_kind() != IterKind::kRange) {
    element = visit_vec(expr->child(0), "what `for` goes over");
    bounds = 1;
  }
  for (size_t i = bounds; i < expr->children().size() && i < bounds + 3; ++i) {
    static constexpr const char* kNames[] = {"the start of an iterator", "the end of an iterator", "the stride of an iterator"};
    visit_expecting(expr->child(i), Type::i64(), kNames[i - bounds]);
  }
  if (expr->iter_kind() == IterKind::kNd) {
    visit_expecting(expr->child(4), Type::vec(Type::i64()), "the shape of `nditer`");
    visit_expecting(expr->child(5), Type::vec(Type::i64()), "the strides of `nditer`");
  }
  if (expr->iter_kind() == IterKind::kSimd) {
    Type result = fresh(expr->span());
    defer(Need::kSimdElement, expr, element, Type(), result);
    element = find(result);
  }
  types_[index] = element;
  return element;
}

Type Inference::visit_for(const ExprPtr& expr) {
  std::vector<Type> elements;
  for (const ExprPtr& iter : expr->iterators()) {
    WELD_CHECK(iter->is(NodeKind::kIter), "a for over something that is no iterator");
    elements.push_back(visit_iter(iter));
  }
  Type element = elements.size() == 1 ? elements[0] : Type::structure(elements);
  Type builder = visit(expr->builder());
  require(Ability::kForBuilder, expr, builder);
  std::optional<Type> result =
      visit_function(expr->function(), {builder, Type::i64(), element}, "`for`", "|builder, index, element|");
  if (result && !unify(*result, builder)) {
    error(expr->function()->body()->span(), fmt::format("the function of `for` must return its builder, {}, but it returns {}",
                                                        describe(builder), describe(*result)));
  }
  return builder;
}

Type Inference::visit_sort(const ExprPtr& expr) {
  Type element = visit_vec(expr->child(0), "the first argument of `sort`");
  const ExprPtr& function = expr->child(1);
  bool by_key = function->is(NodeKind::kLambda) && function->parameters().size() == 1;
  std::vector<Type> passed(by_key ? 1 : 2, element);
  std::optional<Type> result = visit_function(function, passed, "`sort`", "|x, y| or |x|");
  if (result && by_key) {
    require(Ability::kSortKey, function->body(), *result);
  } else if (result && !unify(*result, Type::i32())) {
    error(function->body()->span(),
          fmt::format("the comparator of `sort` must return i32, but it returns {}", describe(*result)));
  }
  if (expr->children().size() > 2) visit_expecting(expr->child(2), Type::i64(), "the number of elements of `sort`");
  return Type::vec(element);
}

Type Inference::visit_iterate(const ExprPtr& expr) {
  Type value = visit(expr->child(0));
  std::optional<Type> result = visit_function(expr->child(1), {value}, "`iterate`", "|value|");
  const Type fields[] = {value, Type::boolean()};
  Type expected = Type::structure(fields);
  if (result && !unify(*result, expected)) {
    error(expr->child(1)->body()->span(),
          fmt::format("the function of `iterate` must return {}, but it returns {}", describe(expected), describe(*result)));
  }
  return value;
}

Type Inference::visit_builder(const ExprPtr& expr) {
  bool bare = expr->operand_type() == Type::appender(Type());
  Type builder = instantiate(expr->operand_type(), expr->span(), bare ? What::kBuilder : What::kWritten);
  if (expr->children().empty()) return builder;
  const ExprPtr& argument = expr->child(0);
  switch (builder.kind()) {
    case TypeKind::kMerger:
      visit_expecting(argument, builder.child(0), "the initial value of a merger");
      break;
    case TypeKind::kVecMerger:
      visit_expecting(argument, Type::vec(builder.child(0)), "the starting vector of a vecmerger");
      break;
    default:
      visit_expecting(argument, Type::i64(), "the size hint of a builder");
      break;
  }
  return builder;
}

Type Inference::visit_dict_access(const ExprPtr& expr) {
  Span span = expr->span();
  const ExprPtr& dict = expr->child(0);
  Type type = find(visit(dict));
  Type key = type.is_dict() ? type.child(0) : fresh(dict->span());
  Type value = type.is_dict() ? type.child(1) : fresh(dict->span());
  const char* name = node_name(expr->kind());
  if (!type.is_dict() && !unify(type, Type::dict(key, value))) {
    error(dict->span(), fmt::format("the first argument of `{}` must be a dict, but it is {}", name, describe(type)));
  }
  if (expr->is(NodeKind::kToVec)) {
    const Type fields[] = {key, value};
    return Type::vec(Type::structure(fields));
  }
  Type given = visit(expr->child(1));
  if (!unify(given, key)) {
    error(expr->child(1)->span(),
          fmt::format("the keys of this dict are {}, but the key given to `{}` is {}", describe(key), name, describe(given)));
  }
  if (expr->is(NodeKind::kKeyExists)) return Type::boolean();
  const Type fields[] = {Type::boolean(), value};
  return bounded(Type::structure(fields), span);
}

// Functions, calls and iterators where there can be none.
Type Inference::visit_misplaced(const ExprPtr& expr) {
  if (expr->is(NodeKind::kLambda)) {
    error(expr->span(), "a function is no value: it can only be called, or given to `for`, `sort`, `iterate` or a macro");
  } else if (expr->is(NodeKind::kIter)) {
    error(expr->span(), "an iterator can only stand as the first argument of `for`");
  } else if (is_zip_form(expr)) {
    error(expr->span(), "`zip` can only stand as the first argument of `for`");
  } else if (const ExprPtr& head = expr->child(0); !head->is(NodeKind::kIdentifier) || head->name() != kFaultName) {
    error(head->span(), "only a function or a macro can be called");
  }
  return faulty(expr->span());
}

std::optional<Type> Inference::visit_function(const ExprPtr& lambda, const std::vector<Type>& passed, const char* user,
                                              const char* form) {
  if (!lambda->is(NodeKind::kLambda)) {
    bool is_fault = lambda->is(NodeKind::kIdentifier) && lambda->name() == kFaultName;
    if (!is_fault) error(lambda->span(), fmt::format("{} needs a function here, {}", user, form));
    return std::nullopt;
  }
  const Parameters& parameters = lambda->parameters();
  if (parameters.size() != passed.size()) {
    error(lambda->span(), fmt::format("{} needs a function of {} parameters here, {}, but this one has {}", user, passed.size(),
                                      form, parameters.size()));
    return std::nullopt;
  }
  for (size_t i = 0; i < passed.size(); ++i) {
    if (parameters[i].type == Type()) continue;
    Type declared = instantiate(parameters[i].type, lambda->span());
    if (unify(declared, passed[i])) continue;
    error(lambda->span(), fmt::format("the parameter `{}` is declared to be {}, but {} passes {}", parameters[i].name.text(),
                                      describe(declared), user, describe(passed[i])));
  }
  return visit_body(lambda, passed);
}

Type Inference::visit_body(const ExprPtr& lambda, const std::vector<Type>& parameters) {
  size_t index = types_.size();
  types_.emplace_back();
  for (size_t i = 0; i < parameters.size(); ++i) scope_[lambda->parameters()[i].name].push_back(parameters[i]);
  Type result = visit(lambda->body());
  for (const Parameter& parameter : lambda->parameters()) scope_[parameter.name].pop_back();
  types_[index] = Type::function(parameters, result);
  return result;
}

// The whole program: the one lambda whose parameters nothing but their written types can tell.
Type Inference::visit_program(const ExprPtr& lambda) {
  std::vector<Type> parameters;
  for (const Parameter& parameter : lambda->parameters()) {
    if (parameter.type.contains_unknown()) {
      error(lambda->span(),
            fmt::format("the program's parameter `{0}` needs a full type, as in `{0}: vec[i64]`", parameter.name.text()));
    }
    parameters.push_back(instantiate(parameter.type, lambda->span()));
  }
  return visit_body(lambda, parameters);
}

}  // namespace weld
