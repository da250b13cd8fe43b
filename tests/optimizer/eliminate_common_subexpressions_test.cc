#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

constexpr char kCommonSubexpressions[] = "eliminate-common-subexpressions";

TEST(CommonSubexpressions, WithinAnExpression) {
  expect_pass(kCommonSubexpressions, "|x: i64, y: i64| (x * y + 1L) * (x * y + 2L)",
              "|x: i64, y: i64| let c = x * y; (c + 1L) * (c + 2L)");
}

TEST(CommonSubexpressions, LargestOnesAndTheirParts) {
  expect_pass(kCommonSubexpressions, "|x: i64, y: i64| (x * y + 1L) * (x * y + 1L) - x * y",
              "|x: i64, y: i64| let c = x * y; let d = c + 1L; d * d - c");
}

TEST(CommonSubexpressions, LetsAreReused) {
  expect_pass(kCommonSubexpressions, "|x: i64, y: i64| let a = x * y; let b = x * y + 1L; a * b",
              "|x: i64, y: i64| let a = x * y; let b = a + 1L; a * b");
}

TEST(CommonSubexpressions, NamesOfEqualValuesAreEqual) {
  expect_pass(kCommonSubexpressions, "|x: i64, y: i64| let a = x * y; let b = x * y; let c = a + 1L; let d = b + 1L; c * d",
              "|x: i64, y: i64| let a = x * y; let b = a; let c = a + 1L; let d = c; c * d");
}

TEST(CommonSubexpressions, ConditionIsKnownInBranches) {
  expect_pass(kCommonSubexpressions, "|v: vec[i64]| if(lookup(v, 0L) > 3L, lookup(v, 0L), 0L)",
              "|v: vec[i64]| let c = lookup(v, 0L); if(c > 3L, c, 0L)");
}

TEST(CommonSubexpressions, BranchesDoNotKnowEachOther) {
  expect_unchanged(kCommonSubexpressions, "|v: vec[i64], c: bool| if(c, lookup(v, 0L) + 1L, lookup(v, 0L) + 2L)");
  expect_unchanged(kCommonSubexpressions, "|v: vec[i64], c: bool| if(c, lookup(v, 0L), 1L) + lookup(v, 0L)");
  expect_unchanged(kCommonSubexpressions, "|v: vec[i64], c: bool| (c && lookup(v, 0L) > 3L) || lookup(v, 0L) > 3L");
}

TEST(CommonSubexpressions, WithinABranch) {
  expect_pass(kCommonSubexpressions, "|v: vec[i64], c: bool| if(c, lookup(v, 0L) * lookup(v, 0L), 1L)",
              "|v: vec[i64], c: bool| if(c, (let d = lookup(v, 0L); d * d), 1L)");
}

TEST(CommonSubexpressions, LoopsAreEqualUpToNames) {
  expect_pass(kCommonSubexpressions,
              "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e * 2L))) / "
              "result(for(v, merger[i64,+], |c, j, f| merge(c, f * 2L)))",
              "|v: vec[i64]| let s = result(for(v, merger[i64,+], |b, i, e| merge(b, e * 2L))); s / s");
}

TEST(CommonSubexpressions, DifferentLoopsAreNot) {
  expect_unchanged(kCommonSubexpressions,
                   "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e * 2L))) / "
                   "result(for(v, merger[i64,+], |c, j, f| merge(c, j * 2L)))");
  expect_unchanged(kCommonSubexpressions,
                   "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e))) / "
                   "result(for(v, merger[i64,*], |c, j, f| merge(c, f)))");
}

TEST(CommonSubexpressions, WithinALoopBody) {
  expect_pass(kCommonSubexpressions, "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| if(e * e > 9L, merge(b, e * e), b)))",
              "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| let c = e * e; if(c > 9L, merge(b, c), b)))");
}

TEST(CommonSubexpressions, NothingMovesOutOfALoop) {
  expect_unchanged(kCommonSubexpressions,
                   "|v: vec[i64], x: i64| result(for(v, merger[i64,+], |b, i, e| merge(b, e / x + i))) + "
                   "result(for(v, merger[i64,+], |b, i, e| merge(b, e / x + 1L)))");
}

TEST(CommonSubexpressions, BodiesOfSiblingLoopsAreApart) {
  expect_unchanged(kCommonSubexpressions,
                   "|v: vec[i64], w: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e * e))) + "
                   "result(for(w, merger[i64,+], |b, i, e| merge(b, e * e)))");
}

TEST(CommonSubexpressions, BuildersAreNotShared) {
  expect_unchanged(kCommonSubexpressions, "|x: i64, y: i64| {merge(appender[i64], x), merge(appender[i64], x)}");
}

TEST(CommonSubexpressions, CallsOfCFunctionsAreNotShared) {
  expect_unchanged(kCommonSubexpressions, "|x: i64| cudf[random, i64](x) + cudf[random, i64](x)");
}

TEST(CommonSubexpressions, SharedValuesInsideSharedValues) {
  // x * y is first seen inside the value that is shared, and then again between its two uses.
  expect_pass(kCommonSubexpressions, "|v: vec[i64], x: i64, y: i64| lookup(v, x * y) - (x * y) + lookup(v, x * y)",
              "|v: vec[i64], x: i64, y: i64| let c = x * y; let d = lookup(v, c); d - c + d");
}

TEST(CommonSubexpressions, NegativeZeroIsNotZero) { expect_unchanged(kCommonSubexpressions, "|x: f64| (x + 0.0) * (x + -0.0)"); }

TEST(CommonSubexpressions, TypesMatter) { expect_unchanged(kCommonSubexpressions, "|x: i64| {i32(x) + 1, i8(x) + 1c}"); }

}  // namespace
}  // namespace weld
