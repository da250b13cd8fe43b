// Expansion: hygiene, evaluation of arguments, lambdas that are called, the standard macros, and what goes wrong.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"

namespace weld {
namespace {

std::string expanded(const std::string& source) {
  Result<Program> program = parse_program(source);
  if (!program) return format_diagnostics("program", source, program.diagnostics());
  Result<ExprPtr> body = expand_macros(*program);
  if (!body) return format_diagnostics("program", source, body.diagnostics());
  return print(*body, {.indent = false});
}

std::vector<std::string> expansion_errors(const std::string& source) {
  std::vector<std::string> result;
  Result<Program> program = parse_program(source);
  if (!program) return {"does not parse"};
  Result<ExprPtr> body = expand_macros(*program);
  if (body) return result;
  for (const Diagnostic& diagnostic : body.diagnostics()) {
    result.push_back(std::to_string(diagnostic.span.begin) + ": " + diagnostic.message);
  }
  return result;
}

using Errors = std::vector<std::string>;

TEST(Macros, AreReplacedByTheirBodies) {
  EXPECT_EQ(expanded("macro next(a) = a + 1; |x: i32| next(x)"), "|x: i32| x + 1");
  EXPECT_EQ(expanded("macro f(a) = g(a) * 2; macro g(a) = a + 1; |x: i32| f(x)"), "|x: i32| (x + 1) * 2");
  EXPECT_EQ(expanded("macro five() = 5; five()"), "5");
}

TEST(Macros, AnArgumentUsedTwiceIsEvaluatedOnce) {
  EXPECT_EQ(expanded("macro twice(a) = a + a; |x: i32| twice(x * x)"), "|x: i32| let a = x * x; a + a");
  EXPECT_EQ(expanded("macro twice(a) = a + a; |x: i32| twice(x)"), "|x: i32| x + x");
  EXPECT_EQ(expanded("macro twice(a) = a + a; twice(3L)"), "3L + 3L");
  EXPECT_EQ(expanded("macro once(a) = if(true, a, 0); |x: i32| once(x / x)"), "|x: i32| if(true, x / x, 0)");
  EXPECT_EQ(expanded("macro none(a) = 1; |x: i32| none(assert(x > 0))"), "|x: i32| let a: bool = assert(x > 0); 1");
}

TEST(Macros, AnArgumentUsedInALoopIsEvaluatedBeforeIt) {
  EXPECT_EQ(expanded("macro scale(v, k) = for(v, appender, |b, i, x| merge(b, x * k)); |v: vec[i64]| scale(v, len(v))"),
            "|v: vec[i64]| let k: i64 = len(v); for(v, appender[?], |b, i, x| merge(b, x * k))");
}

TEST(Macros, AreHygienic) {
  // A name that the macro binds does not capture the argument's.
  EXPECT_EQ(expanded("macro add_one(a) = (let x = 1; a + x); |x: i32| add_one(x)"), "|x: i32| let x_1: i32 = 1; x + x_1");
  EXPECT_EQ(expanded("macro adder(a) = |x| x + a; |x: i32| adder(x)(2)"), "|x: i32| 2 + x");
  // A name at the call does not reach into the macro.
  EXPECT_EQ(expansion_errors("macro m() = x; |x: i32| m()"), (Errors{"12: `x` is not defined"}));
  // A parameter hides a macro, and an inner binding hides a parameter.
  EXPECT_EQ(expanded("macro m(a) = (let a = a + 1; a * a); |y: i32| m(y)"), "|y: i32| let a = y + 1; a * a");
  EXPECT_EQ(expanded("macro g(x) = x; macro f(g) = g(1); f(|x| x * 2)"), "1 * 2");
}

TEST(Macros, BoundNamesAreUniqueAndNeverThoseOfFunctions) {
  Result<Program> program = parse_program("macro m(v) = map(v, |x| x); |v: vec[i64]| {m(v), m(v), (let floor = 1; floor)}");
  Result<ExprPtr> body = expand_macros(*program);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(make_names_unique(*body), *body);
  EXPECT_EQ(print(*body, {.indent = false}).find("let floor ="), std::string::npos);
}

TEST(Macros, LambdasThatAreCalledAreApplied) {
  EXPECT_EQ(expanded("|a: i32| (|x, y| x * y)(a, a + 1)"), "|a: i32| let y = a + 1; a * y");
  EXPECT_EQ(expanded("|a: i32| let f = |x| x * a; f(1) + f(2)"), "|a: i32| 1 * a + 2 * a");
  EXPECT_EQ(expanded("|a: i32| let f = |g, x| g(g(x)); f(|y| y * a, 3)"), "|a: i32| let y_3 = 3 * a; y_3 * a");
  EXPECT_EQ(expanded("|a: i32| let f = (let k = 5; |x| x * k); f(a)"), "|a: i32| let k: i32 = 5; a * k");
  EXPECT_EQ(expanded("|a: i32| (|x: i64| x)(a)"), "|a: i32| a: i64");
  EXPECT_EQ(expanded("|a: i32| (|x| (|y| (|z| x + y + z)(3))(2))(1)"), "|a: i32| 1 + 2 + 3");
  EXPECT_EQ(expanded("let k = 2; |x: i32| x * k"), "|x: i32| let k: i32 = 2; x * k");
}

TEST(Macros, StandardMacros) {
  EXPECT_EQ(expanded("|v: vec[i64]| map(v, |x| x + 1L)"),
            "|v: vec[i64]| result(for(v, appender[?], |b, i, x_1| merge(b, x_1 + 1L)))");
  EXPECT_EQ(expanded("|v: vec[i64]| filter(v, |y| y > 1L)"),
            "|v: vec[i64]| result(for(v, appender[?], |b, i, x| if(x > 1L, merge(b, x), b)))");
  EXPECT_EQ(expanded("|v: vec[i64]| sum(v)"), "|v: vec[i64]| result(for(v, merger[?,+], |b, i, x| merge(b, x)))");
  EXPECT_EQ(expanded("|v: vec[vec[i64]]| flatten(v)"),
            "|v: vec[vec[i64]]| result(for(v, appender[?], |b, i, inner| for(inner, b, |b2, j, x| merge(b2, x))))");
  EXPECT_EQ(expanded("|a: i64| compare(a, 1L)"), "|a: i64| if(a > 1L, 1, if(a < 1L, -1, 0))");
  EXPECT_EQ(expanded("macro map(v, f) = f(v); map(1, |x| x + 2)"), "1 + 2");  // a program's own takes its place
  EXPECT_EQ(expanded("|sum: i32| sum"), "|sum: i32| sum");
}

TEST(Macros, ZipAndIteratorsPassThrough) {
  EXPECT_EQ(expanded("|v: vec[i64]| map(zip(v, iter(v, 0L, 2L, 1L)), |e| e.$0)"),
            "|v: vec[i64]| result(for(zip(v, iter(v, 0L, 2L, 1L)), appender[?], |b, i, x| merge(b, x.$0)))");
  EXPECT_EQ(expanded("|v: vec[i64]| sum(rangeiter(0L, len(v), 1L))"),
            "|v: vec[i64]| result(for(rangeiter(0L, len(v), 1L), merger[?,+], |b, i, x| merge(b, x)))");
  // Used twice: what is zipped is evaluated once.
  EXPECT_EQ(expanded("macro both(v) = {sum(v), sum(v)}; |n: i64| both(rangeiter(0L, n * n, 1L))"),
            "|n: i64| let data = n * n; {result(for(rangeiter(0L, data, 1L), merger[?,+], |b, i, x| merge(b, x))), "
            "result(for(rangeiter(0L, data, 1L), merger[?,+], |b_1, i_1, x_1| merge(b_1, x_1)))}");
  EXPECT_EQ(expansion_errors("|v: vec[i64]| map(zip(zip(v, v), v), |x| x)"), (Errors{"22: `zip` cannot stand inside `zip`"}));
}

TEST(Macros, Errors) {
  EXPECT_EQ(expansion_errors("macro f(a, b) = a + b; f(1)"), (Errors{"23: the macro `f` takes 2 arguments but is given 1"}));
  EXPECT_EQ(expansion_errors("map([1])"), (Errors{"0: the macro `map` takes 2 arguments but is given 1"}));
  EXPECT_EQ(expansion_errors("(|x| x)(1, 2)"), (Errors{"0: the function takes 1 argument but is given 2"}));
  EXPECT_EQ(expansion_errors("foo(1) + bar + foo(baz)"),
            (Errors{"0: there is no macro or function `foo`", "9: `bar` is not defined",
                    "15: there is no macro or function `foo`", "19: `baz` is not defined"}));
  EXPECT_EQ(expansion_errors("map"), (Errors{"0: `map` is a macro and can only be called, as in `map(...)`"}));
  EXPECT_EQ(expansion_errors("[floor]"), (Errors{"1: `floor` is a function and can only be called, as in `floor(...)`"}));
  EXPECT_TRUE(expansion_errors("|v: vec[i32]| for(v, appender, |b, _, _| merge(b, 1))").empty());
}

TEST(Macros, WithoutAnEndAreStopped) {
  Errors once = {"13: the macro `f` expands more than 256 levels deep; does it call itself?"};
  EXPECT_EQ(expansion_errors("macro f(a) = f(a); f(1)"), once);
  EXPECT_EQ(expansion_errors("macro f(a) = f(f(a)); f(1)").size(), 1u);
  EXPECT_EQ(expansion_errors("macro f(a) = {f(a), f(a)}; f(1)").size(), 1u);
  EXPECT_EQ(expansion_errors("macro f(a) = g(a) + g(a); macro g(a) = f(a) + f(a); f(1)").size(), 1u);
  EXPECT_EQ(expansion_errors("(|x| x(x))(|x| x(x))").size(), 1u);
  std::string doubling = "macro m0(a) = {a, a};";
  for (int i = 0; i < 60; ++i) {
    doubling += "macro m" + std::to_string(i + 1) + "(a) = {m" + std::to_string(i) + "(a), m" + std::to_string(i) + "(a)};";
  }
  EXPECT_EQ(expansion_errors(doubling + "m60(1)").size(), 1u);
}

TEST(Macros, PlacesAreThoseOfTheProgram) {
  std::string source = "|v: i64| map(v, |x| x)";
  Result<ExprPtr> typed = compile_to_ir(source);
  ASSERT_FALSE(typed.ok());
  EXPECT_LE(typed.diagnostics()[0].span.end, source.size());
  EXPECT_EQ(typed.diagnostics()[0].span.begin, 13u);
}

}  // namespace
}  // namespace weld
