// fold-constants: computes what is constant and simplifies around constants.
//
//   before   if(2 * 3 > 5, x + 0 * y, x / 0)         {a, b}.$0        len([a, b])
//   after    x                                       a                2L
//
// - Operators, casts and comparisons of literals; `if`, `select`, `&&` and `||` with a literal condition.
// - On integers: x+0, x-0, x*1, x/1, x%1, x*0, x|0, x&0, x^0, x<<0, x>>0, x-x and x^x of a name or its field, and (x + c) + d for
//   the operators that associate.
// - On floats only what holds for every value, NaN and -0.0 included: x*1.0 and x/1.0. Nothing is folded across a float
//   operation: (x + 1.0) + 2.0, x*0.0, x+0.0 and x-x stay; so does pow(x, 1.0), which drops the sign of a NaN.
// - `if` and `select` between equal values, which have to be small.
// - A field of a struct literal, an element of a vector literal, the length of a vector or string literal and of what is sorted,
// optlookup(d, k).$0 (keyexists(d, k)), double negations and negated comparisons. Something that can fail is only dropped where
// the language says that it is not evaluated; division by a literal zero stays as it is; no literal that is infinite or not a
// number is made.
//
// Requires nothing; finds more after inline-lets.
#include <utility>

#include "weld/optimizer/fold_scalars.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

bool is_literal(const ExprPtr& expr) { return expr->is(NodeKind::kLiteral); }
bool is_bool(const ExprPtr& expr, bool value) { return is_literal(expr) && expr->literal() == ScalarValue::boolean(value); }
bool is_binary(const ExprPtr& expr, BinaryOp op) { return expr->is(NodeKind::kBinary) && expr->binary_op() == op; }
bool is_unary(const ExprPtr& expr, UnaryOp op) { return expr->is(NodeKind::kUnary) && expr->unary_op() == op; }

bool is_integer_literal(const ExprPtr& expr, uint64_t value) {
  return is_literal(expr) && is_integer(expr->literal().kind) && expr->literal().bits == value;
}

bool is_one(const ExprPtr& expr) {
  if (!is_literal(expr)) return false;
  return is_float(expr->literal().kind) ? expr->literal().as_double() == 1.0 : is_integer_literal(expr, 1);
}

// Says of which parts of a program nothing is lost when they are not evaluated, except their value. Of a name, what is bound to
// it counts, too: eliminate-common-subexpressions binds parts that the language wants evaluated where the name stands now.
class Droppable {
 public:
  explicit Droppable(const ExprPtr& program) : program_(program) {}

  bool operator()(const ExprPtr& expr) { return !fails(expr) && !consumes_outer_builder(expr); }

 private:
  bool fails(const ExprPtr& expr) {
    if (may_fail(expr)) return true;
    bool found = false;
    walk(expr, [&](const ExprPtr& node) {
      found = found || (node->is(NodeKind::kIdentifier) && name_fails(node->name()));
      return !found;
    });
    return found;
  }

  bool name_fails(const Name& name) {
    if (!has_lets_) find_lets();
    auto let = lets_.find(name);
    if (let == lets_.end()) return false;
    Let& found = let.value();
    if (!found.is_known) {
      found.is_known = true;
      found.fails = fails(found.value);
    }
    return found.fails;
  }

  void find_lets() {
    has_lets_ = true;
    walk(program_, [this](const ExprPtr& node) {
      if (node->is(NodeKind::kLet)) lets_[node->name()].value = node->child(0);
      return true;
    });
  }

  struct Let {
    ExprPtr value;
    bool is_known = false;
    bool fails = false;
  };
  ExprPtr program_;
  bool has_lets_ = false;
  NameMap<Let> lets_;
};

bool associates_on_integers(BinaryOp op) {
  return op == BinaryOp::kAdd || op == BinaryOp::kMultiply || op == BinaryOp::kBitAnd || op == BinaryOp::kBitOr ||
         op == BinaryOp::kBitXor;
}

ExprPtr fold_lazy(const ExprPtr& expr, Droppable& may_drop) {
  const ExprPtr& left = expr->child(0);
  const ExprPtr& right = expr->child(1);
  bool deciding = expr->binary_op() == BinaryOp::kOr;  // the left value that decides alone
  if (is_bool(left, deciding)) return left;
  if (is_bool(left, !deciding)) return right;
  if (is_bool(right, !deciding)) return left;
  if (is_bool(right, deciding) && may_drop(left)) return right;
  return expr;
}

ExprPtr zero_of(const ExprPtr& scalar) { return make_literal({scalar->type().scalar_kind(), 0}, scalar->span()); }

// x - x and x ^ x.
ExprPtr fold_with_itself(const ExprPtr& expr, const ExprPtr& left, const ExprPtr& right, Droppable& may_drop) {
  const bool cancels = expr->binary_op() == BinaryOp::kSubtract || expr->binary_op() == BinaryOp::kBitXor;
  const bool is_exact = expr->type().is_scalar() && !is_float(expr->type().scalar_kind());
  return cancels && is_exact && is_at_hand(left) && equal(left, right) && may_drop(left) ? zero_of(expr) : expr;
}

// x op literal.
ExprPtr fold_right_literal(const ExprPtr& expr, const ExprPtr& left, const ExprPtr& right, Droppable& may_drop) {
  switch (expr->binary_op()) {
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
    case BinaryOp::kBitOr:
    case BinaryOp::kBitXor:
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight:
      return is_integer_literal(right, 0) ? left : expr;
    case BinaryOp::kDivide:
      return is_one(right) ? left : expr;
    case BinaryOp::kModulo:
      return is_integer_literal(right, 1) && may_drop(left) ? zero_of(expr) : expr;
    case BinaryOp::kMultiply:
      if (is_one(right)) return left;
      [[fallthrough]];
    case BinaryOp::kBitAnd:
      return is_integer_literal(right, 0) && may_drop(left) ? right : expr;
    default:
      return expr;
  }
}

// (x op c) op d, with the literals on either side: x op (c op d).
ExprPtr fold_associative(const ExprPtr& expr, const ExprPtr& left, const ExprPtr& right) {
  BinaryOp op = expr->binary_op();
  if (!associates_on_integers(op) || is_float(right->literal().kind) || !is_binary(left, op)) return expr;
  for (size_t side : {0, 1}) {
    if (!is_literal(left->child(side))) continue;
    auto value = fold_binary(op, left->child(side)->literal(), right->literal());
    if (value) return with_children(expr, {left->child(1 - side), make_literal(*value, right->span())});
  }
  return expr;
}

ExprPtr fold_binary_node(const ExprPtr& expr, Droppable& may_drop) {
  if (info(expr->binary_op()).flags & kLazy) return fold_lazy(expr, may_drop);
  const ExprPtr& left = expr->child(0);
  const ExprPtr& right = expr->child(1);
  if (is_literal(left) && is_literal(right)) {
    auto value = fold_binary(expr->binary_op(), left->literal(), right->literal());
    return value ? make_literal(*value, expr->span()) : expr;
  }
  bool swap = is_literal(left) && (info(expr->binary_op()).flags & kCommutative);
  const ExprPtr& operand = swap ? right : left;
  const ExprPtr& literal = swap ? left : right;
  if (!is_literal(literal)) return fold_with_itself(expr, left, right, may_drop);
  ExprPtr folded = fold_right_literal(expr, operand, literal, may_drop);
  return folded != expr ? folded : fold_associative(expr, operand, literal);
}

// The comparison that holds when this one does not; on floats only of == and !=, since a NaN makes the others false both ways.
ExprPtr negate_comparison(const ExprPtr& comparison) {
  static constexpr std::pair<BinaryOp, BinaryOp> kOpposites[] = {{BinaryOp::kEqual, BinaryOp::kNotEqual},
                                                                 {BinaryOp::kLess, BinaryOp::kGreaterEqual},
                                                                 {BinaryOp::kGreater, BinaryOp::kLessEqual}};
  Type operands = comparison->child(0)->type();
  bool ordered = operands.is_scalar() && !is_float(operands.scalar_kind());
  for (auto [first, second] : kOpposites) {
    if (first != BinaryOp::kEqual && !ordered) break;
    if (comparison->binary_op() != first && comparison->binary_op() != second) continue;
    BinaryOp opposite = comparison->binary_op() == first ? second : first;
    return rebuild(comparison, copied_children(comparison), comparison->type(), opposite, comparison->operand_type());
  }
  return nullptr;
}

ExprPtr fold_unary_node(const ExprPtr& expr) {
  const ExprPtr& operand = expr->child(0);
  if (is_literal(operand)) {
    auto value = fold_unary(expr->unary_op(), operand->literal());
    return value ? make_literal(*value, expr->span()) : expr;
  }
  bool is_inverse = expr->unary_op() == UnaryOp::kNot || expr->unary_op() == UnaryOp::kNegate;
  if (is_inverse && is_unary(operand, expr->unary_op())) return operand->child(0);
  if (expr->unary_op() == UnaryOp::kNot && operand->is(NodeKind::kBinary)) {
    ExprPtr negated = negate_comparison(operand);
    if (negated) return negated;
  }
  return expr;
}

ExprPtr fold_cast_node(const ExprPtr& expr) {
  const ExprPtr& operand = expr->child(0);
  if (expr->type() == operand->type()) return operand;
  if (!is_literal(operand)) return expr;
  auto value = fold_cast(expr->operand_type().scalar_kind(), operand->literal());
  return value ? make_literal(*value, expr->span()) : expr;
}

// Whether the last two children are equal. Only looked at where they are small, for branches stand in branches.
bool chooses_between_equals(const ExprPtr& expr) {
  constexpr size_t kSmall = 64;
  const ExprPtr& first = expr->child(1);
  const ExprPtr& second = expr->child(2);
  const bool may_be_equal = first->kind() == second->kind() && first->depth() == second->depth();
  return may_be_equal && node_count(first, kSmall) < kSmall && equal(first, second);
}

ExprPtr fold_if(const ExprPtr& expr, Droppable& may_drop) {
  const ExprPtr& condition = expr->child(0);
  if (is_literal(condition)) return expr->child(condition->literal().bits != 0 ? 1 : 2);
  if (is_bool(expr->child(1), true) && is_bool(expr->child(2), false)) return condition;
  if (chooses_between_equals(expr) && may_drop(condition)) return expr->child(1);
  if (is_unary(condition, UnaryOp::kNot) && expr->annotations().empty()) {
    return with_children(expr, {condition->child(0), expr->child(2), expr->child(1)});
  }
  return expr;
}

ExprPtr fold_select(const ExprPtr& expr, Droppable& may_drop) {
  const ExprPtr& condition = expr->child(0);
  if (!is_literal(condition)) return chooses_between_equals(expr) && may_drop(condition) ? expr->child(1) : expr;
  bool chosen = condition->literal().bits != 0;
  return may_drop(expr->child(chosen ? 2 : 1)) ? expr->child(chosen ? 1 : 2) : expr;
}

// structure.$index, where structure is a literal, perhaps under lets.
ExprPtr fold_field(const ExprPtr& expr, const ExprPtr& structure) {
  if (structure->is(NodeKind::kLet)) {
    ExprPtr inner = fold_field(expr, structure->body());
    return inner == nullptr ? nullptr : with_children(structure, {structure->child(0), std::move(inner)});
  }
  if (!structure->is(NodeKind::kMakeStruct)) return nullptr;
  for (size_t i = 0; i < structure->children().size(); ++i) {
    const ExprPtr& dropped = structure->child(i);
    if (i != expr->index() && (contains_assert(dropped) || consumes_outer_builder(dropped))) return nullptr;
  }
  return structure->child(expr->index());
}

ExprPtr fold_len(const ExprPtr& expr, Droppable& may_drop) {
  const ExprPtr& operand = expr->child(0);
  if (operand->is(NodeKind::kStringLiteral)) return make_i64(static_cast<int64_t>(operand->bytes().size()), expr->span());
  // A comparison that may fail has to be made.
  if (operand->is(NodeKind::kSort) && operand->children().size() == 2 && may_drop(operand->child(1))) {
    return with_children(expr, {operand->child(0)});
  }
  if (!operand->is(NodeKind::kMakeVector) || !may_drop(operand)) return expr;
  return make_i64(static_cast<int64_t>(operand->children().size()), expr->span());
}

ExprPtr fold_lookup(const ExprPtr& expr) {
  const ExprPtr& vector = expr->child(0);
  if (!vector->is(NodeKind::kMakeVector) || !is_literal(expr->child(1))) return expr;
  uint64_t index = expr->child(1)->literal().bits;
  if (index >= vector->children().size()) return expr;
  for (size_t i = 0; i < vector->children().size(); ++i) {
    if (i != index && (contains_assert(vector->child(i)) || consumes_outer_builder(vector->child(i)))) return expr;
  }
  return vector->child(index);
}

ExprPtr fold(const ExprPtr& expr, Droppable& may_drop) {
  switch (expr->kind()) {
    case NodeKind::kBinary:
      return fold_binary_node(expr, may_drop);
    case NodeKind::kUnary:
      return fold_unary_node(expr);
    case NodeKind::kCast:
      return fold_cast_node(expr);
    case NodeKind::kIf:
      return fold_if(expr, may_drop);
    case NodeKind::kSelect:
      return fold_select(expr, may_drop);
    case NodeKind::kLen:
      return fold_len(expr, may_drop);
    case NodeKind::kLookup:
      return fold_lookup(expr);
    case NodeKind::kGetField: {
      if (expr->child(0)->is(NodeKind::kOptLookup) && expr->index() == 0) {
        return make_keyexists(expr->child(0)->child(0), expr->child(0)->child(1), expr->span());
      }
      ExprPtr field = fold_field(expr, expr->child(0));
      return field == nullptr ? expr : field;
    }
    default:
      return expr;
  }
}

}  // namespace

ExprPtr fold_constants(const ExprPtr& program) {
  Droppable may_drop(program);
  return rewrite_bottom_up(program, [&](const ExprPtr& expr) { return fold(expr, may_drop); });
}

}  // namespace weld
