#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

constexpr char kInlineLets[] = "inline-lets";

TEST(InlineLets, ValueUsedOnce) { expect_pass(kInlineLets, "|x: i64| let a = x * 2L; a + 1L", "|x: i64| x * 2L + 1L"); }

TEST(InlineLets, ValueUsedTwiceStays) { expect_unchanged(kInlineLets, "|x: i64| let a = x * 2L; a + a"); }

TEST(InlineLets, AtomsReplaceEveryUse) {
  expect_pass(kInlineLets, "|x: i64| let a = x; let b = 3L; let c = b; a * a + c * c", "|x: i64| x * x + 3L * 3L");
}

TEST(InlineLets, AtomsEnterLoops) {
  expect_pass(kInlineLets, "|v: vec[i64], x: i64| let a = x; result(for(v, merger[i64,+], |b, i, e| merge(b, e * a)))",
              "|v: vec[i64], x: i64| result(for(v, merger[i64,+], |b, i, e| merge(b, e * x)))");
}

TEST(InlineLets, ValueDoesNotEnterALoop) {
  expect_unchanged(kInlineLets, "|v: vec[i64], x: i64| let a = x * x; result(for(v, merger[i64,+], |b, i, e| merge(b, e * a)))");
}

TEST(InlineLets, ValueDoesNotEnterALoopThroughAnAlias) {
  expect_pass(kInlineLets,
              "|v: vec[i64], x: i64| let a = x * x; let c = a; result(for(v, merger[i64,+], |b, i, e| merge(b, e * c)))",
              "|v: vec[i64], x: i64| let a = x * x; result(for(v, merger[i64,+], |b, i, e| merge(b, e * a)))");
}

TEST(InlineLets, AliasUsedTwiceDoesNotDoubleItsValue) {
  expect_pass(kInlineLets, "|x: i64| let a = x * x; let c = a; c + c", "|x: i64| let c = x * x; c + c");
}

TEST(InlineLets, ValueEntersTheIteratorOfALoop) {
  expect_pass(kInlineLets, "|v: vec[i64]| let a = slice(v, 1L, 2L); result(for(a, merger[i64,+], |b, i, e| merge(b, e)))",
              "|v: vec[i64]| result(for(slice(v, 1L, 2L), merger[i64,+], |b, i, e| merge(b, e)))");
}

TEST(InlineLets, ValueInsideALoopBodyMovesThere) {
  expect_pass(kInlineLets, "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| let a = e * e; merge(b, a)))",
              "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e * e)))");
}

TEST(InlineLets, FailingValueMayEnterABranch) {
  expect_pass(kInlineLets, "|v: vec[i64], c: bool| let a = lookup(v, 9L); if(c, a, 0L)",
              "|v: vec[i64], c: bool| if(c, lookup(v, 9L), 0L)");
}

TEST(InlineLets, UnusedValueIsDropped) {
  expect_pass(kInlineLets, "|v: vec[i64]| let a = lookup(v, 9L); len(v)", "|v: vec[i64]| len(v)");
}

TEST(InlineLets, AssertStays) {
  expect_unchanged(kInlineLets, "|x: i64| let a = assert(x > 0L); x");
  expect_unchanged(kInlineLets, "|x: i64, c: bool| let a = assert(x > 0L); if(c, a, false)");
  expect_unchanged(kInlineLets, "|x: i64, c: bool| let a = if(assert(x > 0L), 1L, 2L); a");
}

TEST(InlineLets, BuildersMoveToTheirUse) {
  expect_pass(kInlineLets, "|x: i64| let b = appender[i64]; let c = merge(b, x); let d = merge(c, 2L); result(d)",
              "|x: i64| result(merge(merge(appender[i64], x), 2L))");
}

TEST(InlineLets, BuildersAreUsedInBothBranchesOrNone) {
  expect_unchanged(kInlineLets, "|b: merger[i64,+], c: bool| let r = result(b); if(c, r, 1L)");
  expect_pass(kInlineLets, "|b: merger[i64,+], c: bool| let r = result(b); let q = r + 1L; if(c, q, 1L)",
              "|b: merger[i64,+], c: bool| let q = result(b) + 1L; if(c, q, 1L)");
  expect_unchanged(kInlineLets, "|b: merger[i64,+], c: bool| if(c, (let r = result(b); 1L), result(b))");
  expect_pass(kInlineLets, "|x: i64, c: bool| let b = merge(merger[i64,+], x); let r = result(b) * 2L; if(c, r, 1L)",
              "|x: i64, c: bool| let r = result(merge(merger[i64,+], x)) * 2L; if(c, r, 1L)");
  expect_pass(kInlineLets, "|x: i64, c: bool| let r = result(merge(merger[i64,+], x)); if(c, r, 1L)",
              "|x: i64, c: bool| if(c, result(merge(merger[i64,+], x)), 1L)");
}

TEST(InlineLets, NestedLetsAreFlattened) {
  expect_pass(kInlineLets, "|x: i64| let a = (let b = x * x; b + b); a * a", "|x: i64| let b = x * x; let a = b + b; a * a");
}

TEST(InlineLets, DeepChains) {
  std::string text = "|x: i64| let a0 = x;\n";
  for (int i = 1; i < 3000; ++i) text += "let a" + std::to_string(i) + " = a" + std::to_string(i - 1) + " + 1L;\n";
  ExprPtr program = program_of(text + "a2999");
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(run_passes(program, {kInlineLets})->depth(), 3001u);
}

TEST(InlineLets, NothingDeeperThanTheLimitIsBuilt) {
  // Each step adds two lets to the chain, but the values that would nest are much deeper than the chain is long.
  std::string text = "|x: i64| let a0 = x * x;\n";
  for (int i = 1; i < 3000; ++i) {
    std::string last = "a" + std::to_string(i - 1);
    text += "let a" + std::to_string(i) + " = -(-(-(-(-(-(-(-(" + last + "))))))));\n";
  }
  ExprPtr program = program_of(text + "a2999");
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(run_passes(program, {kInlineLets}), program);
}

}  // namespace
}  // namespace weld
