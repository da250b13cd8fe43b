#include "weld/ir/expr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/ir/expressions.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/diagnostic.h"

namespace weld {
namespace {

TEST(Ops, AreFoundByNameAndSymbol) {
  EXPECT_EQ(binary_op_with_symbol("<<"), BinaryOp::kShiftLeft);
  EXPECT_EQ(binary_op_named("min"), BinaryOp::kMin);
  EXPECT_EQ(unary_op_named("erf"), UnaryOp::kErf);
  EXPECT_FALSE(binary_op_with_symbol(""));
  EXPECT_FALSE(unary_op_named("nothing"));
  EXPECT_EQ(info(BinaryOp::kMultiply).precedence, 11);
  EXPECT_EQ(info(BinaryOp::kEqual).result, ResultRule::kBool);
  EXPECT_EQ(info(BinaryOp::kOr).operands, OperandClass::kBool);
}

TEST(ScalarValue, KeepsItsBits) {
  EXPECT_EQ(ScalarValue::integer(ScalarKind::kI8, 0x1ff).bits, 0xffu);
  EXPECT_EQ(ScalarValue::integer(ScalarKind::kI8, 0xff).as_signed(), -1);
  EXPECT_EQ(ScalarValue::integer(ScalarKind::kU8, 0xff).as_signed(), 255);
  EXPECT_EQ(ScalarValue::integer(ScalarKind::kI64, uint64_t{1} << 63).as_signed(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(ScalarValue::f32(1.5f).as_double(), 1.5);
  EXPECT_NE(ScalarValue::f64(0.0), ScalarValue::f64(-0.0));
  EXPECT_EQ(ScalarValue::f64(std::nan("")), ScalarValue::f64(std::nan("")));
}

TEST(Expr, ConstructorsComputeTypes) {
  ExprPtr vec = name("v", Type::vec(Type::i64()));
  ExprPtr dict = name("d", Type::dict(Type::i32(), Type::f64()));
  EXPECT_EQ(make_binary(BinaryOp::kLess, make_i64(1), make_i64(2))->type(), Type::boolean());
  EXPECT_EQ(make_binary(BinaryOp::kAdd, make_i64(1), make_i64(2))->type(), Type::i64());
  EXPECT_EQ(make_binary(BinaryOp::kLess, name("x", Type::simd(ScalarKind::kI8)), name("y", Type::simd(ScalarKind::kI8)))->type(),
            Type::simd(ScalarKind::kBool));
  EXPECT_EQ(make_cast(ScalarKind::kF64, name("x", Type::simd(ScalarKind::kI8)))->type(), Type::simd(ScalarKind::kF64));
  EXPECT_EQ(make_lookup(vec, make_i64(0))->type(), Type::i64());
  EXPECT_EQ(make_lookup(dict, make_i64(0))->type(), Type::f64());
  EXPECT_EQ(make_optlookup(dict, make_i64(0))->type(), tuple({Type::boolean(), Type::f64()}));
  EXPECT_EQ(make_tovec(dict)->type(), Type::vec(tuple({Type::i32(), Type::f64()})));
  EXPECT_EQ(make_get_field(make_struct({vec, dict}), 1)->type(), dict->type());
  EXPECT_EQ(make_iter(IterKind::kSimd, {vec})->type(), Type::simd(ScalarKind::kI64));
  EXPECT_EQ(make_vector({make_i64(1)}, Type())->type(), Type::vec(Type::i64()));
  EXPECT_EQ(make_result(make_new_builder(Type::group_merger(Type::i8(), Type::i64())))->type(),
            Type::dict(Type::i8(), Type::vec(Type::i64())));
  ExprPtr lambda = make_lambda({{"a", Type::i64()}}, name("a", Type::i64()));
  EXPECT_EQ(lambda->type().to_string(), "|i64|(i64)");
  EXPECT_EQ(make_apply(lambda, {make_i64(1)})->type(), Type::i64());
}

TEST(Expr, UnknownChildrenLeaveTheTypeUnknown) {
  ExprPtr unknown = name("x", Type());
  EXPECT_EQ(make_binary(BinaryOp::kLess, unknown, unknown)->type(), Type());
  EXPECT_EQ(make_struct({make_i64(1), unknown})->type(), Type());
  EXPECT_EQ(make_lambda({{"x", Type()}}, make_i64(1))->type(), Type());
  EXPECT_EQ(make_get_field(unknown, 0)->type(), Type());
}

TEST(Expr, ElementTypeOfOneAndOfSeveralIterators) {
  ExprPtr longs = make_iter(IterKind::kVector, {name("v", Type::vec(Type::i64()))});
  ExprPtr range = make_iter(IterKind::kRange, {make_i64(0), make_i64(1), make_i64(1)});
  ExprPtr doubles = make_iter(IterKind::kVector, {name("w", Type::vec(Type::f64()))});
  EXPECT_EQ(element_type(std::vector{doubles}), Type::f64());
  EXPECT_EQ(element_type(std::vector{longs, range, doubles}), tuple({Type::i64(), Type::i64(), Type::f64()}));
}

TEST(Expr, WithChildrenKeepsThePointerOrComputesTheTypeAnew) {
  ExprPtr let = make_let("x", make_i64(1), name("x", Type::i64()), {3, 9}, Type::i64());
  EXPECT_EQ(with_children(let, copied_children(let)), let);
  ExprPtr changed = with_children(let, {make_bool(true), name("x", Type::boolean())});
  EXPECT_EQ(changed->type(), Type::boolean());
  EXPECT_EQ(changed->operand_type(), Type::boolean());
  EXPECT_EQ(changed->span().begin, 3u);
  ExprPtr noted = with_annotations(let, {{"size", "10"}});
  EXPECT_EQ(with_children(noted, copied_children(changed))->annotations(), noted->annotations());
  EXPECT_TRUE(let->annotations().empty());
}

TEST(Expr, KeepsWhatItIsMadeOf) {
  const ExprPtr child = make_i64(1);
  const std::pair<NodeKind, Payload> parts[] = {
      {NodeKind::kLiteral, ScalarValue::f32(1.5f)},
      {NodeKind::kStringLiteral, SharedText("text, so long that it is kept outside of a string")},
      {NodeKind::kIdentifier, Name("a_name_so_long_that_it_is_kept_outside_of_a_string")},
      {NodeKind::kBinary, BinaryOp::kMax},
      {NodeKind::kUnary, UnaryOp::kErf},
      {NodeKind::kGetField, uint32_t{7}},
      {NodeKind::kIter, IterKind::kFringe},
      {NodeKind::kLambda, SharedParameters(Parameters{{"x", Type::i64()}})},
      {NodeKind::kLen, {}},
  };
  for (const auto& [kind, payload] : parts) {
    for (const Type operand_type : {Type(), Type::f64(), Type::i8()}) {
      const ExprPtr node = make_node(kind, Type::f64(), {child, child}, payload, operand_type, {1, 2});
      const ExprPtr annotated = with_annotations(node, {{"size", "10"}});
      const ExprPtr rebuilt = rebuild(annotated, {}, Type::i64(), annotated->payload(), annotated->operand_type());
      for (const ExprPtr& each : {node, annotated, rebuilt}) {
        EXPECT_EQ(each->kind(), kind);
        EXPECT_EQ(each->payload(), payload) << node_name(kind);
        EXPECT_EQ(each->operand_type(), operand_type) << node_name(kind);
        EXPECT_EQ(each->span().end, 2u);
        EXPECT_EQ(each->children().size(), each == rebuilt ? 0u : 2u);
        EXPECT_EQ(each->annotations().size(), each == node ? 0u : 1u);
      }
    }
  }
  EXPECT_EQ(child.use_count(), 1u);
}

TEST(Expr, GivesPayloadsAsWords) {
  EXPECT_EQ(make_i64(-1)->payload_word(), ~uint64_t{0});
  EXPECT_EQ(make_get_field(make_identifier("s", Type()), 3)->payload_word(), 3u);
  EXPECT_EQ(make_binary(BinaryOp::kMax, make_i64(1), make_i64(2))->payload_word(), static_cast<uint64_t>(BinaryOp::kMax));
  for (const ExprPtr& other : {make_identifier("a", Type()), make_string("a"), make_len(make_i64(1))}) {
    EXPECT_EQ(other->payload_word(), 0u);
  }
}

TEST(Expr, PointersCountTheirNode) {
  ExprPtr first = make_i64(1);
  ExprPtr second = first;
  EXPECT_EQ(first.use_count(), 2u);
  ExprPtr third = std::move(second);
  EXPECT_EQ(third, first);
  EXPECT_EQ(first.use_count(), 2u);
  third = make_i64(2);
  EXPECT_EQ(first.use_count(), 1u);
  first.reset();
  EXPECT_EQ(first, nullptr);
  EXPECT_FALSE(first);
}

TEST(SharedValue, ComparesWhatItHolds) {
  const SharedText text("a");
  const SharedText copy = text;
  EXPECT_EQ(&*copy, &*text);
  EXPECT_EQ(SharedText("a"), text);
  EXPECT_FALSE(SharedText("b") == text);
  EXPECT_FALSE(SharedText() == text);
  EXPECT_EQ(SharedText(), SharedText());
}

TEST(Expr, DeepTreesAreFreedWithoutRecursion) {
  ExprPtr left = make_i64(1);
  ExprPtr body = make_i64(1);
  for (int i = 0; i < 200'000; ++i) {
    left = make_binary(BinaryOp::kAdd, left, make_i64(1));
    body = make_let("x", make_i64(1), body);
  }
  EXPECT_EQ(left->depth(), 200'001u);
  ExprPtr kept = body->child(1);
  left.reset();
  body.reset();
  EXPECT_EQ(kept->depth(), 200'000u);
}

uint64_t recurse(uint32_t depth) {
  volatile char frame[4096];
  frame[depth % sizeof frame] = static_cast<char>(depth);
  return depth == 0 ? 0 : 1 + recurse(depth - 1) + static_cast<uint64_t>(frame[depth % sizeof frame] != static_cast<char>(depth));
}

TEST(DeepStack, HoldsFramesForTheDeepestTree) {
  uint64_t levels = 0;
  run_on_deep_stack([&] { run_on_deep_stack([&] { levels = recurse(kMaximumDepth); }); });
  EXPECT_EQ(levels, kMaximumDepth);
}

TEST(DeepStack, ForwardsExceptions) {
  EXPECT_THROW(run_on_deep_stack([] { throw 7; }), int);
}

TEST(Diagnostic, PointsAtTheSource) {
  std::string source = "let x = 1;\n\tlet y = foo + 1;\ny";
  uint32_t at = static_cast<uint32_t>(source.find("foo"));
  EXPECT_EQ(format_diagnostics("a.weld", source, {{"unknown name foo", {at, at + 3}}}),
            "a.weld:2:10: error: unknown name foo\n\tlet y = foo + 1;\n\t        ^~~\n");
  EXPECT_EQ(format_diagnostics("a.weld", source, {{"no place", {0, 0}}}), "a.weld: error: no place\n");
}

TEST(Diagnostic, StaysInsideTheTextAndTheLine) {
  std::string source = "ab\ncd";
  EXPECT_EQ(format_diagnostics("f", source, {{"m", {5, 99}}}), "f:2:3: error: m\ncd\n  ^\n");
  EXPECT_EQ(format_diagnostics("f", source, {{"m", {1, 5}}}), "f:1:2: error: m\nab\n ^\n");
  EXPECT_EQ(format_diagnostics("f", "", {{"m", {7, 8}}}), "f:1:1: error: m\n\n^\n");
  std::string wide(100'000, 'x');
  std::string shown = format_diagnostics("f", wide, {{"m", {50'000, 50'001}}});
  EXPECT_LT(shown.size(), 400u);
  EXPECT_NE(shown.find("f:1:50001"), std::string::npos);
}

}  // namespace
}  // namespace weld
