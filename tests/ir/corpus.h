// Programs that together use every construct of the language. Each compiles.
#pragma once

#include <string>
#include <vector>

namespace weld {

inline const std::vector<std::string>& corpus() {
  static const std::vector<std::string> programs = {
      // Literals, types, comments.
      "|| {1c, 2C, -128c, 3si, -32768si, 4, -2147483648, 5L, 6l, -9223372036854775808L}",
      "|| {0xff, 0xfc, 0xcL, 0b101, 0b11L, 0xffu8, 1i8, 2i16, 3i32, 4i64, 5u8, 6u16, 7u32, 18446744073709551615u64}",
      "|| {1.0, 1e5, 1.5e-3, 1e+3, -0.0, 1F, 2.5f, 1e5f, -3.25F, 0.1, 123456789.125}",
      "|| {true, false, \"text\", \"\", \"a # b\", \"\\n\\t\\\\\\\"\\0\\x7f\\xff\"}  # a comment",
      "|| {[1, 2, 3], []: vec[f64], {}, {1,}, [{1, \"a\"}, {2, \"b\"}]}",
      "type pair = {i64, vec[f32]}; type table = dict[i32, pair]; |t: table, p: pair| {lookup(t, 1), p.$1}",
      "|a: bool, b: i8, c: i16, d: i32, e: i64, f: u8, g: u16, h: u32, i: u64, j: f32, k: f64| {a, b, c, d, e, f, g, h, i, j, k}",
      "|d: dict[{i64,vec[i8]}, {i32,f64}], v: vec[vec[{i64,{}}]]| {tovec(d), v}",
      // Operators.
      "|a: i64, b: i64| a + b - 3L * a / 2L % b & 7L ^ a | b << 2L >> 1L",
      "|a: i64, b: i64| a < b && a <= b || a > b && !(a >= b) || a == b != false",
      "|x: f64, y: f64| {min(x, y), max(x, y), pow(x, y), pow(x, 2), pow(x, 3L), -x, - - x, -(5), x % y}",
      "|x: i64| {add(x, 1L), subtract(x, 1L), multiply(x, 2L), divide(x, 3L), modulo(x, 4L), equal(x, 5L), less(x, 6L), "
      "shiftleft(x, 1L)}",
      "|x: bool| {and(x, true), or(x, false), not(x), bitor(x, true), bitand(x, x), bitxor(x, x), x | true, x & x, x ^ x}",
      "|x: f32| {exp(x), log(x), sqrt(x), sin(x), cos(x), tan(x), asin(x), acos(x), atan(x), sinh(x), cosh(x), tanh(x), erf(x)}",
      "|x: f64| {abs(x), floor(x), ceil(x), round(x), log2(x), log10(x), exp2(x), cbrt(x), abs(i32(x)), negate(x)}",
      "|x: f64| {i8(x), i16(x), i32(x), i64(x), u8(x), u16(x), u32(x), u64(x), f32(x), f64(x), bool(x)}",
      "|a: vec[i8], b: {i64, f64}| {a < \"abc\", b == {1L, 2.0}, a >= a}",
      "|a: i64| ((a: i64) + (1L: ?)): i64",
      // Let, if, select, lambdas, iterate.
      "|x: i32| let a = x + 1; let b: i32 = a * 2; let a = a + b; if(a > b, let c = a; c * c, select(b > 0, a, b))",
      "|x: i32| let f = |a, b| a + b; let g = |y| f(y, y); {f(x, 1), f(1.0, 2.0), g(x), (|z| z * 2)(x)}",
      "|| iterate({0L, 1L}, |s| {{s.$0 + 1L, s.$1 * 2L}, s.$0 < 10L}).$1",
      "let k = 3L; |x: i64| x * k",
      "|x: i32, abs: i32| let floor = abs + x; floor + abs",
      // Loops and builders.
      "|v: vec[i64]| result(for(v, appender, |b, i, e| merge(b, e + i)))",
      "|v: vec[i64]| result(for(v, appender[i64](len(v)), |b: appender[i64], i: i64, e: i64| if(e > 0L, merge(b, e), b)))",
      "|v: vec[f64]| {result(for(v, merger[f64,+], |b,i,e| merge(b, e))), result(for(v, merger[f64,min](1.5), |b,i,e| merge(b, "
      "e)))}",
      "|v: vec[i64]| result(for(v, merger[{i64,f64},*], |b,i,e| merge(b, {e, f64(e)})))",
      "|k: vec[i32], v: vec[f64]| result(for(zip(k, v), dictmerger[i32,f64,+](100L), |b,i,e| merge(b, e)))",
      "|k: vec[i32], v: vec[f64]| result(for(zip(k, v), groupmerger[i32,f64], |b,i,e| merge(b, e)))",
      "|v: vec[i64]| result(for(v, vecmerger[i64,max](v), |b,i,e| merge(b, {i, e * 2L})))",
      "|v: vec[i64]| let bs = for(v, {appender, merger[i64,+]}, |b,i,e| {merge(b.$0, i32(e)), merge(b.$1, e)}); "
      "{result(bs.$0), result(bs.$1)}",
      "|v: vec[vec[i64]]| result(for(v, appender, |b,i,e| for(e, b, |b2,j,x| merge(b2, x))))",
      "|| result(merge(merge(appender, 1), 2))",
      "|v: vec[i64]| for(v, appender, |b, i, e| merge(b, e))",
      "|b: appender[i64]| result(merge(b, 1L))",
      // Iterators.
      "|v: vec[i64]| result(for(iter(v, 0L, len(v), 2L), appender, |b,i,e| merge(b, e)))",
      "|n: i64| result(for(rangeiter(0L, n, 1L), appender, |b,i,e| merge(b, e * e)))",
      "|v: vec[f64], s: vec[i64], t: vec[i64]| result(for(nditer(v, 0L, 6L, 1L, s, t), appender, |b,i,e| merge(b, e)))",
      "|v: vec[f32]| result(for(fringeiter(v), for(simditer(v), merger[f32,+], |b,i,e| merge(b, e)), |b,i,e| merge(b, e)))",
      "|v: vec[f32], w: vec[f32]| result(for(zip(v, iter(w), iter(v, 0L, 3L, 1L), w), appender, |b,i,e| merge(b, e.$0 + e.$3)))",
      // Simd.
      "|x: f32| let s = broadcast(x); let t = select(s > broadcast(0.0f), s, -s); 0",
      // Collections.
      "|v: vec[i64], d: dict[i64,f32]| {lookup(v, 0L), lookup(d, 5L), optlookup(d, 1L), keyexists(d, 2L), len(v), len(d), "
      "slice(v, 1L, 2L)}",
      "|v: vec[i64], m: i64| {sort(v, |x, y| compare(x, y)), sort(v, |x| {x % m, x}), sort(v, |a, b| if(a < b, -1, i32(a > b)))}",
      "|d: dict[i32,i32]| {tovec(d), toVec(d)}",
      "|v: vec[{i64,vec[i8]}]| deserialize[vec[{i64,vec[i8]}]](serialize(v))",
      "|x: i64, y: f64| cudf[two_arguments, {i64,vec[f64]}](x, y)",
      "|x: i64| let checked = assert(x > 0L); if(checked, x, 0L)",
      // Annotations.
      "|v: vec[i64]| @(grain_size: 100, vectorize: true)for(v, @(impl: local) dictmerger[i64,i64,+], |b,i,e| merge(b, {e, "
      "@(predicate:true)if(e > 0L, e, 0L)}))",
      "|v: vec[i64]| @(x: -1, y: \"s\", z: 1L)(len(v) + 1L)",
      // Macros.
      "macro square(x) = x * x; macro norm(a, b) = sqrt(square(a) + square(b)); |x: f64, y: f64| norm(x + 1.0, y)",
      "macro make(x) = (let t: pair = {x, x}; t.$0); type pair = {i64, i64}; |t: i64| make(t)",
      "|v: vec[i64]| {map(v, |x| x + 1L), filter(v, |x| x > 0L), sum(v), flatten([v, v]), compare(sum(v), 3L)}",
      "|v: vec[i64], w: vec[f64]| {map(zip(v, w), |e| f64(e.$0) * e.$1), filter(zip(v, iter(w, 0L, 5L, 1L)), |e| e.$0 > 1L)}",
      "macro twice(f, x) = f(f(x)); |v: vec[i64]| map(v, |x| twice(|y| y * 2L, x))",
      "|v: vec[i64]| let threshold = 5L; let keep = |x| x > threshold; sum(filter(filter(v, keep), |x| x < 100L))",
      "|n: i64| map(rangeiter(0L, n, 1L), |i| i * i)",
  };
  return programs;
}

}  // namespace weld
