// parse(print(e)) equals e: of programs as parsed, after macros, and after inference, on one line and on several.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"

namespace weld {
namespace {

const char* const kPrograms[] = {
    "|x: i64| x + 1L",
    "|| -2147483648",
    "|| {-128c, -1c, 127c, 5si, -32768i16, 65535u16, 4294967295u32, 0xffL, 0b11, 18446744073709551615u64, true, false}",
    "|| {1.0f, 1e5f, 1.5e-3, 1e300, -0.0, 5e-324, 0.1f, 1e-45f, 3.4028235e38f, 1.7976931348623157e308}",
    R"(|| "a\"b\\c\n\t\0\x01\xff # not a comment")",
    "|a: i64, b: i64, c: i64| a - (b - c) - -a * (a + b) / c % -(5L) - -(-b)",
    "|a: bool, b: bool| !a || b && !(a || b) == (a != b)",
    "|a: i32, b: i32| a | b ^ a & b << 2 >> 1",
    "|a: i64, b: i64| ((a | b) & (a ^ b)) == a == (a < b)",
    "|a: f64, b: f64| min(a, max(b, 1.0)) + pow(a, b) + pow(a, 2) + floor(abs(-a)) + log2(sqrt(a))",
    "|a: i32| {f64(a), u8(a), bool(a), i8(-a)}",
    "|x: {i64, {f64, bool}}| {x.$0, x.$1.$0, x.$1}.$2.$1",
    "|x: i64| let y = x; let z: i64 = y * 2L; (let w = z; w + 1L) + y",
    "|v: vec[i64]| {[1, 2, 3], []: vec[f64], len([]: vec[i8]), [[1L], v]}",
    "|x: i64| (x: i64) + (x + x: i64)",
    "|x: i64| if(x > 0L, if(x > 1L, 1, 2), select(x < -5L, 3, 4))",
    "|x: i64| iterate({x, 0L}, |s| {{s.$0 - 1L, s.$1 + s.$0}, s.$0 > 0L}).$1",
    "|f: i64| let g = |a: i64, b: i64| a * b; g(f, 2L) + (|x| x + 1L)(f)",
    "|v: vec[i64]| result(for(v, merger[i64,+](5L), |b, i, e| merge(b, e + i)))",
    "|v: vec[i64], w: vec[f64]| result(for(zip(v, iter(w, 0L, 4L, 2L), rangeiter(0L, 2L, 1L)), appender[{f64, i64}](10L), "
    "|b, i, e| if(e.$0 > 1L, merge(b, {e.$1, e.$2}), b)))",
    "|v: vec[f64]| result(for(nditer(v, 0L, 6L, 1L, [2L, 3L], [3L, 1L]), appender, |b, i, e| merge(b, e)))",
    "|v: vec[f64]| result(for(simditer(v), merger[f64,max], |b, i, e| merge(b, e * broadcast(2.0))))",
    "|v: vec[f64]| result(for(fringeiter(v), merger[f64,*], |b, i, e| merge(b, e)))",
    "|v: vec[i32]| let d = result(for(v, dictmerger[i32,{i64,f64},+](100L), |b, i, e| merge(b, {e, {i, 1.0}}))); "
    "{lookup(d, 1), optlookup(d, 2).$1, keyexists(d, 3), len(d), tovec(d)}",
    "|v: vec[i32]| result(for(v, groupmerger[i32,i64], |b, i, e| merge(b, {e, i})))",
    "|v: vec[i64]| result(for(v, vecmerger[i64,min](v), |b, i, e| merge(b, {e, i})))",
    "|v: vec[i64]| let r = for(v, {appender[i64], merger[i64,+]}, |b, i, e| {merge(b.$0, e), merge(b.$1, e)}); "
    "{result(r.$0), result(r.$1)}",
    "|v: vec[vec[i64]]| result(for(v, merger[i64,+], |b, i, e| for(e, b, |c, j, f| merge(c, f))))",
    "|v: vec[i64]| {sort(v, |a, b| if(a < b, -1, 1)), sort(v, |a| {-a, a}), slice(v, 1L, lookup(v, 0L))}",
    "|v: vec[i64]| {serialize(v), deserialize[{i64, vec[f64]}](serialize(v)), cudf[my_function, f64](v, 1), assert(len(v) > 0L)}",
    "|v: vec[i64]| @(predicate: true, unknown_name: \"x y\", loopsize: 10L) result(@(grain_size: 100) for(@(size: 3) iter(v), "
    "@(keys: 7) appender[i64](1L), @(other: false) (|b, i, e| @(impl: local) if(@(share: 0.25) (e > 1L), "
    "merge(b, @(size: 1) (e * 2L) + @(small: -2) -3L), (@(size: 4) b)))))",
    "macro twice(x) = x + x; macro id(f) = f; type t = {i64, i64}; |p: t| twice(p.$0) * twice(id(p.$1))",
    "|v: vec[i64]| map(filter(v, |x| x > 2L), |x| x * x)",
    "|v: vec[vec[i64]]| {sum(flatten(v)), compare(1, 2)}",
    "|floor: f64, add: i64| {let log2 = floor * 2.0; (log2 + log10(log2)), add + 1L}",
    "|b: appender[i64], m: merger[{i64, f64}, +]| {merge(b, 1L), m}",
    "|s: vec[i8]| s == \"yes\" || s < \"no\"",
    "|v: vec[i64], x: i64| result(for(v, appender[i64], |b, i, n| let y = n + x; if(y > 0L && y < 1000000000L || y == -77L, "
    "merge(b, "
    "let z = y * y; z * z + y), if(y != 3L, merge(b, y % 17L), b))))",
};

void expect_equal(const ExprPtr& again, const ExprPtr& expr, const std::string& text) {
  EXPECT_TRUE(equal(again, expr)) << text << "\nbecame\n" << print(again);
  EXPECT_EQ(hash_of(again), hash_of(expr));
}

std::string faults_of(const std::string& text, const Diagnostics& diagnostics) {
  return format_diagnostics("printed", text, diagnostics);
}

class RoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(RoundTrip, EveryStage) {
  Result<Program> program = parse_program(GetParam());
  ASSERT_TRUE(program.ok()) << faults_of(GetParam(), program.diagnostics());
  Result<ExprPtr> expanded = expand_macros(*program);
  ASSERT_TRUE(expanded.ok()) << faults_of(GetParam(), expanded.diagnostics());
  Result<ExprPtr> typed = infer_types(*expanded);
  ASSERT_TRUE(typed.ok()) << faults_of(GetParam(), typed.diagnostics());
  Diagnostics faults = verify(*typed);
  ASSERT_TRUE(faults.empty()) << faults_of(GetParam(), faults) << print(*typed);

  for (bool indent : {false, true}) {
    PrintOptions options;
    options.indent = indent;
    std::string text = print(*program, options);
    Result<Program> parsed = parse_program(text);
    ASSERT_TRUE(parsed.ok()) << faults_of(text, parsed.diagnostics());
    expect_equal(parsed->body, program->body, text);
    ASSERT_EQ(parsed->macros.size(), program->macros.size());
    for (const auto& [name, macro] : program->macros) expect_equal(parsed->macros[name].body, macro.body, text);

    // Substitution may have given types to some nodes of the expanded program, so that it is compared when all have theirs.
    for (const ExprPtr& stage : {*expanded, *typed}) {
      text = print(stage, options);
      parsed = parse_program(text);
      ASSERT_TRUE(parsed.ok()) << faults_of(text, parsed.diagnostics());
      EXPECT_EQ(print(parsed->body, options), text);
      Result<ExprPtr> again = infer_types(parsed->body);
      ASSERT_TRUE(again.ok()) << faults_of(text, again.diagnostics());
      expect_equal(*again, *typed, text);
    }
  }
}

TEST(RoundTripParsed, IteratorsWhereNoneMayStand) {
  const std::string source =
      "|v: vec[i64], x: i64| {for(x ^ iter(v), appender, |b, i, e| b), map(zip(v, iter(v)), |y| -iter(v))}";
  Result<Program> program = parse_program(source);
  ASSERT_TRUE(program.ok()) << faults_of(source, program.diagnostics());
  const std::string text = print(*program);
  Result<Program> again = parse_program(text);
  ASSERT_TRUE(again.ok()) << faults_of(text, again.diagnostics());
  expect_equal(again->body, program->body, text);
}

INSTANTIATE_TEST_SUITE_P(Programs, RoundTrip, testing::ValuesIn(kPrograms));

TEST(RoundTripLiterals, EveryFiniteFloat) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    uint64_t bits = random();
    for (ScalarValue value : {ScalarValue{ScalarKind::kF64, bits}, ScalarValue{ScalarKind::kF32, bits >> 32}}) {
      if (!std::isfinite(value.as_double())) continue;
      std::string text = print(make_literal(value));
      Result<Program> parsed = parse_program(text);
      ASSERT_TRUE(parsed.ok()) << text;
      ASSERT_TRUE(parsed->body->is(NodeKind::kLiteral)) << text;
      EXPECT_EQ(parsed->body->literal(), value) << text;
    }
  }
}

TEST(RoundTripLiterals, EveryByteOfAString) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += {static_cast<char>(i), '0', 'a'};
  Result<Program> parsed = parse_program(print(make_string(bytes)));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->body->bytes(), bytes);
}

TEST(RoundTripLiterals, NotANumberIsAnExpression) {
  Result<Program> parsed = parse_program(print(make_unary(UnaryOp::kNegate, make_literal(ScalarValue::f32(std::nanf(""))))));
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->body->child(0)->is(NodeKind::kBinary));
}

}  // namespace
}  // namespace weld
