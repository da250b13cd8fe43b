#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/ir/expressions.h"
#include "weld/ir/frontend.h"

namespace weld {
namespace {

constexpr PrintOptions kOneLine{false, true};

ExprPtr binary(BinaryOp op, ExprPtr left, ExprPtr right) { return make_binary(op, std::move(left), std::move(right)); }
ExprPtr times(ExprPtr left, ExprPtr right) { return binary(BinaryOp::kMultiply, std::move(left), std::move(right)); }
ExprPtr negate(ExprPtr operand) { return make_unary(UnaryOp::kNegate, std::move(operand)); }
std::string line(const ExprPtr& expr) { return print(expr, kOneLine); }
std::string literal(ScalarKind kind, uint64_t bits) { return line(make_literal(ScalarValue::integer(kind, bits))); }

TEST(Printer, IntegerLiterals) {
  EXPECT_EQ(literal(ScalarKind::kI8, 0x80), "-128c");
  EXPECT_EQ(literal(ScalarKind::kI16, 5), "5i16");
  EXPECT_EQ(literal(ScalarKind::kI32, 0x80000000), "-2147483648");
  EXPECT_EQ(literal(ScalarKind::kI64, uint64_t{1} << 63), "-9223372036854775808L");
  EXPECT_EQ(literal(ScalarKind::kU8, 255), "255u8");
  EXPECT_EQ(literal(ScalarKind::kU64, ~uint64_t{0}), "18446744073709551615u64");
  EXPECT_EQ(literal(ScalarKind::kBool, 1), "true");
}

TEST(Printer, FloatLiterals) {
  auto f32 = [](float value) { return line(make_literal(ScalarValue::f32(value))); };
  auto f64 = [](double value) { return line(make_literal(ScalarValue::f64(value))); };
  EXPECT_EQ(f64(1), "1.0");
  EXPECT_EQ(f64(-0.0), "-0.0");
  EXPECT_EQ(f64(0.1), "0.1");
  EXPECT_EQ(f64(1e300), "1e+300");
  EXPECT_EQ(f64(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(f32(0.1f), "0.1f");
  EXPECT_EQ(f32(3e38f), "3e+38f");
  EXPECT_EQ(f64(std::nan("")), "(0.0/0.0)");
  EXPECT_EQ(f32(-std::numeric_limits<float>::infinity()), "(-1.0f/0.0f)");
}

TEST(Printer, Strings) { EXPECT_EQ(line(make_string(std::string("a\"\\\n\t\0\xff ~", 9))), R"("a\"\\\n\t\x00\xff ~")"); }

TEST(Printer, ParenthesesOnlyWhereNeeded) {
  ExprPtr a = name("a");
  ExprPtr b = name("b");
  ExprPtr c = name("c");
  EXPECT_EQ(line(add(add(a, b), times(b, c))), "a + b + b * c");
  EXPECT_EQ(line(times(add(a, b), c)), "(a + b) * c");
  EXPECT_EQ(line(add(a, add(b, c))), "a + (b + c)");
  EXPECT_EQ(line(negate(add(a, b))), "-(a + b)");
  EXPECT_EQ(line(negate(make_i64(5))), "-(5L)");
  EXPECT_EQ(line(negate(make_i64(-5))), "-(-5L)");
  EXPECT_EQ(line(negate(negate(a))), "-(-a)");
  EXPECT_EQ(line(add(make_i64(-1), make_i64(-2))), "-1L + -2L");
  EXPECT_EQ(line(binary(BinaryOp::kMin, add(a, b), c)), "min(a + b, c)");
  EXPECT_EQ(line(make_ascribe(add(a, b), Type::i64())), "(a + b): i64");
  EXPECT_EQ(line(add(make_ascribe(a, Type::i64()), b)), "a: i64 + b");
  EXPECT_EQ(line(make_get_field(make_get_field(name("s"), 1), 0)), "s.$1.$0");
  EXPECT_EQ(line(make_get_field(add(a, b), 0)), "(a + b).$0");
  EXPECT_EQ(line(make_apply(make_apply(name("f"), {a}), {b, c})), "f(a)(b, c)");
  EXPECT_EQ(line(make_apply(make_lambda({{"x", Type::i64()}}, name("x")), {a})), "(|x: i64| x)(a)");
  EXPECT_EQ(line(add(make_let("x", a, name("x")), b)), "(let x: i64 = a; x) + b");
  EXPECT_EQ(line(make_lambda({}, make_let("x", a, name("x")))), "|| let x: i64 = a; x");
  EXPECT_EQ(line(make_len(make_vector({}, Type::vec(Type::i64())))), "len([]: vec[i64])");
}

TEST(Printer, Forms) {
  ExprPtr v = name("v", Type::vec(Type::i64()));
  Type appender = Type::appender(Type::i64());
  ExprPtr body = make_lambda({{"b", Type()}, {"i", Type()}, {"e", Type()}}, make_merge(name("b"), name("e")));
  ExprPtr bare = make_iter(IterKind::kVector, {v});
  ExprPtr strided = make_iter(IterKind::kVector, {v, make_i64(0), make_i64(4), make_i64(2)});
  ExprPtr noted = with_annotations(bare, {{"size", "3"}});
  ExprPtr builder = make_new_builder(appender, make_i64(9));
  EXPECT_EQ(line(make_for({bare}, make_new_builder(appender), body)), "for(v, appender[i64], |b, i, e| merge(b, e))");
  EXPECT_EQ(line(make_for({bare, strided, noted}, builder, body)),
            "for(zip(v, iter(v, 0L, 4L, 2L), @(size: 3) iter(v)), appender[i64](9L), |b, i, e| merge(b, e))");
  EXPECT_EQ(line(make_cast(ScalarKind::kF64, v)), "f64(v)");
  EXPECT_EQ(line(make_deserialize(Type::f64(), v)), "deserialize[f64](v)");
  EXPECT_EQ(line(make_cudf("f", Type::f64(), {v})), "cudf[f, f64](v)");
  EXPECT_EQ(line(make_struct({})), "{}");
  EXPECT_EQ(line(make_unary(UnaryOp::kNot, name("p"))), "!p");
}

TEST(Printer, Annotations) {
  auto note = [](const ExprPtr& expr) { return with_annotations(expr, {{"predicate", "true"}, {"size", "10L"}}); };
  ExprPtr a = name("a");
  EXPECT_EQ(line(note(a)), "@(predicate: true, size: 10L) a");
  EXPECT_EQ(line(note(add(a, a))), "@(predicate: true, size: 10L) (a + a)");
  EXPECT_EQ(line(add(note(a), a)), "@(predicate: true, size: 10L) a + a");
  EXPECT_EQ(line(make_get_field(note(a), 0)), "(@(predicate: true, size: 10L) a).$0");
}

TEST(Printer, BindingsDoNotHideFunctions) {
  ExprPtr call = make_unary(UnaryOp::kFloor, name("floor", Type::f64()));
  EXPECT_EQ(line(make_lambda({{"floor", Type::f64()}}, call)), "|floor_1: f64| floor(floor_1)");
}

TEST(Printer, BreaksLongLinesAndLets) {
  ExprPtr let = make_let("x", make_i64(1), add(name("x"), name("x")));
  EXPECT_EQ(print(let), "let x: i64 = 1L;\nx + x");
  ExprPtr wide = name("a_name_that_is_so_long_that_three_of_it_do_not_fit_on_a_line");
  EXPECT_EQ(print(make_struct({make_if(make_bool(true), wide, add(wide, let))})),
            "{if(\n  true,\n  a_name_that_is_so_long_that_three_of_it_do_not_fit_on_a_line,\n"
            "  a_name_that_is_so_long_that_three_of_it_do_not_fit_on_a_line\n  + (let x: i64 = 1L;\n  x + x)\n)}");
  EXPECT_EQ(print(make_struct({make_i64(1), let})), "{\n  1L,\n  let x: i64 = 1L;\n  x + x\n}");
  EXPECT_EQ(print(make_lambda({{"y", Type::i64()}}, let)), "|y: i64|\n  let x: i64 = 1L;\n  x + x");
}

TEST(Printer, DeepTreesDoNotOverflow) {
  ExprPtr expr = make_i64(1);
  for (int i = 0; i < 50'000; ++i) expr = negate(expr);
  EXPECT_EQ(line(expr).size(), 2 + 3 * 50'000u);
}

TEST(Printer, Programs) {
  Program program;
  program.macros["twice"] = {"twice", {"x", "y"}, add(name("x", Type()), name("x", Type())), {}};
  program.body = make_apply(name("twice", Type()), {make_i64(1)});
  EXPECT_EQ(print(program), "macro twice(x, y) =\n  x + x;\ntwice(1L)");
  EXPECT_EQ(print(program, kOneLine), "macro twice(x, y) = x + x; twice(1L)");
}

}  // namespace
}  // namespace weld
