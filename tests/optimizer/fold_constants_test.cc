#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

constexpr char kFoldConstants[] = "fold-constants";

// One expression over x: i64, f: f64, c: bool, v: vec[i64] becomes another.
void expect_fold(const std::string& before, const std::string& after) {
  const std::string head = "|x: i64, f: f64, c: bool, v: vec[i64]| ";
  expect_pass(kFoldConstants, head + before, head + after);
}

void expect_no_fold(const std::string& text) {
  expect_unchanged(kFoldConstants, "|x: i64, f: f64, c: bool, v: vec[i64]| " + text);
}

TEST(FoldConstants, IntegersWrap) {
  expect_fold("2L * 3L + 1L", "7L");
  expect_fold("9223372036854775807L + 1L", "-9223372036854775808L");
  expect_fold("127c + 1c", "-128c");
  expect_fold("200u8 + 100u8", "44u8");
  expect_fold("0u32 - 1u32", "4294967295u32");
  expect_fold("-(-2147483648)", "-2147483648");
}

TEST(FoldConstants, DivisionByZeroStays) {
  expect_fold("7L / -2L", "-3L");
  expect_fold("-7L % 2L", "-1L");
  expect_no_fold("7L / 0L");
  expect_no_fold("7L % 0L");
  expect_no_fold("-9223372036854775808L / -1L");
  expect_no_fold("1.0 / 0.0");
}

TEST(FoldConstants, ComparisonsKnowSigns) {
  expect_fold("-1L < 1L", "true");
  expect_fold("255u8 < 1u8", "false");
  expect_fold("min(-1L, 1L)", "-1L");
  expect_fold("max(18446744073709551615u64, 1u64)", "18446744073709551615u64");
  expect_fold("1.5 <= 1.5", "true");
  expect_fold("-0.0 == 0.0", "true");
}

TEST(FoldConstants, Casts) {
  expect_fold("i8(300L)", "44c");
  expect_fold("i64(-1c)", "-1L");
  expect_fold("u64(-1c)", "18446744073709551615u64");
  expect_fold("i32(3.9)", "3");
  expect_fold("i32(1e30)", "2147483647");
  expect_fold("i32(-1e30)", "-2147483648");
  expect_fold("i64(1e30)", "9223372036854775807L");
  expect_fold("u8(-3.5)", "0u8");
  expect_fold("u8(300.0)", "255u8");
  expect_fold("f32(16777217L)", "16777216.0f");
  expect_fold("bool(2L)", "true");
  expect_fold("i64(true)", "1L");
  expect_fold("i64(x)", "x");
  expect_no_fold("f32(1e300)");
}

TEST(FoldConstants, Conditions) {
  expect_fold("if(1L < 2L, x, lookup(v, x))", "x");
  expect_fold("if(c, true, false)", "c");
  expect_fold("if(!c, x, 2L)", "if(c, 2L, x)");
  expect_fold("select(false, 1L, x)", "x");
  expect_no_fold("select(true, x, lookup(v, x))");
  expect_fold("c && true", "c");
  expect_fold("true && c", "c");
  expect_fold("false && lookup(v, x) > 0L", "false");
  expect_fold("c && false", "false");
  expect_no_fold("lookup(v, x) > 0L && false");
  expect_fold("c || false", "c");
  expect_fold("true || lookup(v, x) > 0L", "true");
  expect_fold("!(!c)", "c");
}

TEST(FoldConstants, NegatedComparisons) {
  expect_fold("!(x < 2L)", "x >= 2L");
  expect_fold("!(x == 2L)", "x != 2L");
  expect_fold("!(f == 2.0)", "f != 2.0");
  expect_no_fold("!(f < 2.0)");
}

TEST(FoldConstants, IntegerAlgebra) {
  expect_fold("x + 0L", "x");
  expect_fold("0L + x", "x");
  expect_fold("x - 0L", "x");
  expect_no_fold("0L - x");
  expect_fold("1L * x", "x");
  expect_fold("x / 1L", "x");
  expect_fold("x * 0L", "0L");
  expect_fold("x & 0L", "0L");
  expect_fold("x | 0L", "x");
  expect_fold("x + 1L + 2L", "x + 3L");
  expect_fold("2L * x * 3L", "x * 6L");
  expect_no_fold("lookup(v, x) * 0L");
  expect_no_fold("x - 1L + 2L");
}

TEST(FoldConstants, FloatsKeepTheirValues) {
  expect_fold("1.5 + 2.0", "3.5");
  expect_fold("f * 1.0", "f");
  expect_fold("f / 1.0", "f");
  expect_no_fold("f + 0.0");
  expect_no_fold("f * 0.0");
  expect_no_fold("f + 1.0 + 2.0");
  expect_no_fold("f * 2.0 * 3.0");
  expect_no_fold("1e308 * 10.0");
  expect_no_fold("exp(1.0)");
  expect_no_fold("min(0.0, -0.0)");
}

TEST(FoldConstants, StructsAndLengths) {
  expect_fold("{x, lookup(v, x)}.$0", "x");
  expect_no_fold("{x, assert(c)}.$0");
  expect_fold("(let a = x + 1L; {a, c}).$0", "let a = x + 1L; a");
  expect_fold("len([x, 2L, 3L])", "3L");
  expect_fold("len(\"weld\")", "4L");
  expect_no_fold("len([lookup(v, x)])");
}

TEST(FoldConstants, BuildersStayUsedInBothBranches) {
  expect_unchanged(kFoldConstants, "|b: merger[i64,+], c: bool| if(c, {result(b), 1L}.$1, result(b))");
  expect_unchanged(kFoldConstants, "|b: merger[i64,+], c: bool| if(c, result(b) * 0L, result(b))");
}

}  // namespace
}  // namespace weld
