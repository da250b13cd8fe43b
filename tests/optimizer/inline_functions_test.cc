#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

constexpr char kPass[] = "inline-functions";

TEST(InlineFunctions, CallOfALambda) {
  expect_pass(kPass, "|b: i64| (|y: i64| y + 1L)(b * 2L)", "|b: i64| let y = b * 2L; y + 1L");
}

TEST(InlineFunctions, SeveralArgumentsKeepTheirOrder) {
  expect_pass(kPass, "|a: i64, b: i64| (|x: i64, y: i64| x - y)(b, a)", "|a: i64, b: i64| let x = b; let y = a; x - y");
}

TEST(InlineFunctions, BoundLambdaIsCopiedToEachUse) {
  expect_pass(kPass, "|a: i64| let f = |x: i64| x * 2L; f(a) + f(a + 1L)",
              "|a: i64| (let x = a; x * 2L) + (let x = a + 1L; x * 2L)");
}

TEST(InlineFunctions, FunctionsCallingFunctions) {
  expect_pass(kPass, "|a: i64| let f = |x: i64| x * 2L; let g = |x: i64| f(x) + 1L; g(g(a))",
              "|a: i64| let x = (let x = a; (let y = x; y * 2L) + 1L); (let y = x; y * 2L) + 1L");
}

TEST(InlineFunctions, BodiesUseOuterNames) {
  expect_pass(kPass, "|a: i64| let k = a + 1L; let f = |x: i64| x * k; f(3L)", "|a: i64| let k = a + 1L; let x = 3L; x * k");
}

TEST(InlineFunctions, UnusedFunctionDisappears) { expect_pass(kPass, "|a: i64| let f = |x: i64| x * 2L; a", "|a: i64| a"); }

TEST(InlineFunctions, LoopsKeepTheirLambdas) {
  expect_unchanged(kPass, "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e)))");
}

TEST(InlineFunctions, GrowthIsBounded) {
  std::string text = "|a: i64| let f0 = |x: i64| x + x + x;\n";
  for (int i = 1; i < 40; ++i) {
    std::string callee = "f" + std::to_string(i - 1);
    text += "let f" + std::to_string(i) + " = |x: i64| " + callee + "(" + callee + "(x));\n";
  }
  ExprPtr program = program_of(text + "f39(a)");
  ASSERT_NE(program, nullptr);
  size_t nodes = 0;
  walk(run_passes(program, {kPass}), [&](const ExprPtr&) { return ++nodes != 0; });
  EXPECT_LT(nodes, 1'000'000u);
}

}  // namespace
}  // namespace weld
