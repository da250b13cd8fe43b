// Constraints that wait, and the checks of what types must be able to do.
#include <algorithm>

#include <fmt/format.h>

#include "weld/ir/infer.h"

namespace weld {
namespace {

// What merging a value of the type into the builder merges: the lanes of simd, for a merger or an appender.
Type merged_type(Type builder, Type value) {
  bool by_lanes = builder.kind() == TypeKind::kMerger || builder.kind() == TypeKind::kAppender;
  return by_lanes && value.is_simd() && !builder.child(0).is_simd() ? Type::scalar(value.scalar_kind()) : value;
}

bool is_comparable(Type type) {
  if (type.is_vec() || type.is_struct()) {
    return std::all_of(type.children().begin(), type.children().end(),
                       [](Type part) { return !part.is_simd() && is_comparable(part); });
  }
  return type.is_scalar() || type.is_simd();
}

// Whether the scalar or simd type, or for kComparable any type, is of the class.
bool is_of(Type type, OperandClass operands) {
  if (operands == OperandClass::kComparable) return is_comparable(type);
  if (!type.is_scalar() && !type.is_simd()) return false;
  ScalarKind kind = type.scalar_kind();
  switch (operands) {
    case OperandClass::kBool:
      return kind == ScalarKind::kBool;
    case OperandClass::kBits:
      return kind == ScalarKind::kBool || is_integer(kind);
    case OperandClass::kInteger:
      return is_integer(kind);
    case OperandClass::kNumeric:
      return is_integer(kind) || is_float(kind);
    case OperandClass::kFloat:
    case OperandClass::kPow:
      return is_float(kind);
    case OperandClass::kComparable:
      break;
  }
  return false;
}

bool is_scalar_or_struct_of_scalars(Type type) {
  if (type.is_scalar()) return true;
  return type.is_struct() && std::all_of(type.children().begin(), type.children().end(), is_scalar_or_struct_of_scalars);
}

bool contains_simd(Type type) {
  return type.is_simd() || (type.is_struct() && std::any_of(type.children().begin(), type.children().end(), contains_simd));
}

bool is_builder_or_struct_of_builders(Type type) {
  if (type.is_builder()) return true;
  return type.is_struct() && !type.children().empty() &&
         std::all_of(type.children().begin(), type.children().end(), is_builder_or_struct_of_builders);
}

}  // namespace

// Reports and lets the result be anything.
void Inference::fail(const Deferred& deferred, Span span, std::string message) {
  error(span, std::move(message));
  Type result = find(deferred.result);
  if (result.kind() == TypeKind::kUnknown && result.variable_id() != 0) variables_[result.variable_id() - 1].fault = true;
}

void Inference::defer(Need need, const ExprPtr& expr, Type subject, Type other, Type result) {
  deferred_.push_back({need, expr.get(), subject, other, result});
  solved_.push_back(false);
  attempt(static_cast<uint32_t>(deferred_.size() - 1), false);
  settle();
}

// Solves the constraint, or lets it wait on what its subject is.
void Inference::attempt(uint32_t constraint, bool last_chance) {
  if (solved_[constraint]) return;
  Deferred deferred = deferred_[constraint];
  Type subject = find(deferred.subject);
  if (subject.kind() == TypeKind::kUnknown) {
    if (last_chance) {
      solved_[constraint] = solve_without_subject(deferred);
    } else {
      variables_[subject.variable_id() - 1].waiting.push_back(constraint);
      blocked_.push_back(constraint);
    }
    return;
  }
  solved_[constraint] = true;
  solve(deferred, subject);
}

void Inference::settle() {
  while (!ready_.empty()) {
    uint32_t constraint = ready_.back();
    ready_.pop_back();
    attempt(constraint, false);
  }
}

void Inference::solve(const Deferred& deferred, Type subject) {
  Span span = deferred.expr->span();
  switch (deferred.need) {
    case Need::kField:
      return solve_field(deferred, subject);
    case Need::kLookup:
      return solve_lookup(deferred, subject);
    case Need::kCompare:
      return give(deferred, subject.is_simd() ? Type::simd(ScalarKind::kBool) : Type::boolean());
    case Need::kCast:
      return solve_cast(deferred, subject);
    case Need::kBroadcast:
      if (subject.is_scalar()) return give(deferred, Type::simd(subject.scalar_kind()));
      return fail(deferred, span, fmt::format("`broadcast` takes a scalar, but this is {}", describe(subject)));
    case Need::kPow: {
      bool whole = subject.is_scalar() && is_integer(subject.scalar_kind()) && !find(deferred.other).is_simd();
      if (whole || unify(subject, deferred.other)) return;
      return fail(deferred, span,
                  fmt::format("the exponent of `pow` must be an integer or, like its base, {}, but it is {}",
                              describe(deferred.other), describe(subject)));
    }
    case Need::kSelect:
      if (subject == Type::simd(ScalarKind::kBool)) {
        checks_.push_back({Ability::kSelectSimd, deferred.expr, deferred.other});
      } else if (!(subject == Type::boolean())) {
        fail(deferred, deferred.expr->child(0)->span(),
             fmt::format("the condition of `select` must be bool or simd[bool], but it is {}", describe(subject)));
      }
      return;
    case Need::kMerge:
      return solve_merge(deferred, subject);
    case Need::kResult:
      if (subject.is_builder()) return give(deferred, result_type(subject));
      if (subject.is_struct()) {
        return fail(deferred, span, "`result` takes one builder; for a struct of builders write {result(b.$0), ...}");
      }
      return fail(deferred, span, fmt::format("`result` takes a builder, but this is {}", describe(subject)));
    case Need::kSimdElement:
      if (subject.is_scalar()) return give(deferred, Type::simd(subject.scalar_kind()));
      return fail(deferred, span,
                  fmt::format("`simditer` goes over a vec of scalars, but its elements are {}", describe(subject)));
  }
}

// The expression's type is now known; it may already be used as another.
void Inference::give(const Deferred& deferred, Type type) {
  if (unify(deferred.result, type)) return;
  fail(deferred, deferred.expr->span(),
       fmt::format("this is {}, but it is used as {}", describe(type), describe(deferred.result)));
}

// What is assumed when nothing tells the subject's type.
bool Inference::solve_without_subject(const Deferred& deferred) {
  switch (deferred.need) {
    case Need::kPow:
      return unify(deferred.subject, deferred.other);
    case Need::kSelect:
      return unify(deferred.subject, Type::boolean());
    default:
      return false;
  }
}

void Inference::solve_field(const Deferred& deferred, Type subject) {
  Span span = deferred.expr->span();
  uint32_t index = deferred.expr->index();
  if (!subject.is_struct())
    return fail(deferred, span, fmt::format("only a struct has fields, and this is {}", describe(subject)));
  size_t count = subject.children().size();
  if (index < count) return give(deferred, subject.child(index));
  fail(deferred, span,
       fmt::format("there is no field ${} in {}, which has {} field{}", index, describe(subject), count, count == 1 ? "" : "s"));
}

void Inference::solve_lookup(const Deferred& deferred, Type subject) {
  if (!subject.is_vec() && !subject.is_dict()) {
    return fail(deferred, deferred.expr->child(0)->span(),
                fmt::format("`lookup` takes a vec or a dict, but this is {}", describe(subject)));
  }
  Type expected = subject.is_vec() ? Type::i64() : subject.child(0);
  if (!unify(deferred.other, expected)) {
    error(deferred.expr->child(1)->span(),
          fmt::format("the {} must be {}, but it is {}", subject.is_vec() ? "index into a vec" : "key of this dict",
                      describe(expected), describe(deferred.other)));
  }
  give(deferred, subject.children().back());
}

void Inference::solve_cast(const Deferred& deferred, Type subject) {
  ScalarKind target = deferred.expr->operand_type().scalar_kind();
  if (subject.is_simd()) return give(deferred, Type::simd(target));
  if (subject.is_scalar()) return give(deferred, Type::scalar(target));
  fail(deferred, deferred.expr->span(),
       fmt::format("only scalars can be cast to {}, and this is {}", scalar_name(target), describe(subject)));
}

void Inference::solve_merge(const Deferred& deferred, Type subject) {
  const Expr& expr = *deferred.expr;
  if (!subject.is_builder()) {
    const char* hint = subject.is_struct() ? "; of a struct of builders, merge into each field" : "";
    return error(expr.child(0)->span(), fmt::format("`merge` takes a builder, but this is {}{}", describe(subject), hint));
  }
  Type expected = merge_type(subject);
  Type value = resolve(deferred.other);
  resolved_.clear();
  if (unify(merged_type(subject, value), expected)) return;
  error(expr.child(1)->span(),
        fmt::format("{} takes {}, but what is merged is {}", describe(subject), describe(expected), describe(deferred.other)));
}

void Inference::check_abilities() {
  for (const Check& needed : checks_) {
    Type type = resolve(needed.type);
    if (!type.contains_unknown()) check(needed, type);
  }
}

bool Inference::require(Ability ability, const ExprPtr& expr, Type type) {
  type = find(type);
  if (!type.contains_unknown()) return check({ability, expr.get(), type}, type);
  checks_.push_back({ability, expr.get(), type});
  return true;
}

bool Inference::check(const Check& needed, Type type) {
  const Expr& expr = *needed.expr;
  switch (needed.ability) {
    case Ability::kOperand: {
      bool binary = expr.is(NodeKind::kBinary);
      OperandClass operands = binary ? info(expr.binary_op()).operands : info(expr.unary_op()).operands;
      if (is_of(type, operands)) return true;
      const char* symbol = binary ? info(expr.binary_op()).symbol : info(expr.unary_op()).symbol;
      const char* name = binary ? info(expr.binary_op()).name : info(expr.unary_op()).name;
      error(expr.span(),
            fmt::format("`{}` takes {}, but this is {}", *symbol ? symbol : name, operand_class_text(operands), describe(type)));
      return false;
    }
    case Ability::kSized:
      if (type.is_vec() || type.is_dict()) return true;
      error(expr.child(0)->span(), fmt::format("`len` takes a vec or a dict, but this is {}", describe(type)));
      return false;
    case Ability::kForBuilder:
      if (is_builder_or_struct_of_builders(type)) return true;
      error(expr.builder()->span(),
            fmt::format("the second argument of `for` must be a builder or a struct of builders, but it is {}", describe(type)));
      return false;
    case Ability::kSortKey:
      if (is_comparable(type) && !type.is_simd()) return true;
      error(expr.span(), fmt::format("the key of `sort` must be of a type that can be compared, but it is {}", describe(type)));
      return false;
    case Ability::kSelectSimd:
      if (type.is_simd()) return true;
      error(expr.span(), fmt::format("a `select` by simd[bool] chooses between simd values, but these are {}", describe(type)));
      return false;
  }
  return true;
}

// What a type may be made of.
void Inference::check_type(Type type, Span span) {
  if (!checked_types_.emplace(type, true).second) return;
  std::span<const Type> parts = type.children();
  switch (type.kind()) {
    case TypeKind::kDict:
    case TypeKind::kDictMerger:
    case TypeKind::kGroupMerger:
      if (!parts[0].is_hashable()) {
        error(span,
              fmt::format("{} cannot be the key of a dict; keys are scalars, and structs and vecs of keys", describe(parts[0])));
      }
      break;
    default:
      break;
  }
  if (type.kind() == TypeKind::kMerger || type.kind() == TypeKind::kDictMerger || type.kind() == TypeKind::kVecMerger) {
    bool numeric = is_scalar_or_struct_of_scalars(parts.back());
    if (!numeric)
      error(span, fmt::format("{} combines scalars or structs of scalars, not {}", describe(type), describe(parts.back())));
  } else if (!type.is_struct() && !type.is_function() && std::any_of(parts.begin(), parts.end(), contains_simd)) {
    error(span, fmt::format("{} cannot hold simd values", describe(type)));
  }
  if (!type.is_struct() && !type.is_function()) {
    for (Type part : parts) {
      if (part.contains_builder()) error(span, fmt::format("{} cannot hold a builder", describe(type)));
    }
  }
  for (Type part : parts) {
    if (part.is_function()) error(span, "a function is no value");
    check_type(part, span);
  }
}

}  // namespace weld
