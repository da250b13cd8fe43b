// split-structs and fuse-len.
#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

TEST(SplitStructs, StructThatIsOnlyTakenApart) {
  expect_pass("split-structs", "|x: i64, y: i64| let s = {x * 2L, y}; s.$0 + s.$0 + s.$1",
              "|x: i64, y: i64| let t = x * 2L; t + t + y");
}

TEST(SplitStructs, StructThatIsUsedWhole) {
  expect_pass("split-structs", "|x: i64, y: i64| let s = {x * 2L, y}; {s, s.$0, s.$1}",
              "|x: i64, y: i64| let s = {x * 2L, y}; {s, s.$0, y}");
}

TEST(SplitStructs, StructOfBuilders) {
  expect_pass("split-structs",
              "|x: i64| let s = {merge(appender[i64], x), merge(merger[i64,+], x)}; {result(s.$0), result(s.$1)}",
              "|x: i64| let a = merge(appender[i64], x); let b = merge(merger[i64,+], x); {result(a), result(b)}");
}

TEST(SplitStructs, NestedStructsALevelEachTime) {
  expect_passes({"split-structs", "split-structs"}, "|x: i64| let s = {{x * 2L, x}, x}; s.$0.$0 + s.$0.$0",
                "|x: i64| let t = x * 2L; t + t");
}

TEST(SplitStructs, StructWithinLets) {
  expect_pass("split-structs", "|x: i64, y: i64| let s = (let p = {x, y}; let z = p.$0 * 2L; {z + 1L, z}); s.$0 * s.$0 + s.$1",
              "|x: i64, y: i64| let z = x * 2L; let t = z + 1L; t * t + z");
  expect_pass("split-structs", "|x: i64| let s = (let z = x * 2L; {z, x + 1L}); {s, s.$0, s.$1}",
              "|x: i64| let z = x * 2L; let s = {z, x + 1L}; {s, z, s.$1}");
}

TEST(FuseLen, Map) {
  expect_pass("fuse-len", "|v: vec[i64]| len(map(v, |x| f64(x)))", "|v: vec[i64]| len(v)");
  expect_pass("fuse-len", "|v: vec[i64]| len(map(map(v, |x| f64(x)), |y| y * 2.0))", "|v: vec[i64]| len(v)");
}

TEST(FuseLen, Filter) {
  expect_passes({"fuse-len", "inline-lets"}, "|v: vec[i64]| len(filter(v, |x| x > 0L))",
                "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| if(e > 0L, merge(b, 1L), b)))");
}

TEST(FuseLen, MapOfAFilter) {
  expect_passes({"fuse-maps", "fuse-len", "inline-lets"}, "|v: vec[i64]| len(map(filter(v, |x| x > 0L), |x| x * x))",
                "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| if(e > 0L, merge(b, 1L), b)))");
}

TEST(FuseLen, ZippedLengthsAreStillCompared) {
  expect_passes({"fuse-len", "inline-lets"}, "|v: vec[i64], w: vec[i64]| len(map(zip(v, w), |x| x.$0))",
                "|v: vec[i64], w: vec[i64]| result(for(zip(v, w), merger[i64,+], |b, i, e| merge(b, 1L)))");
}

TEST(FuseLen, AssertsAreStillEvaluated) {
  expect_passes({"fuse-len", "inline-lets"}, "|v: vec[i64]| len(map(v, |x| assert(x > 0L)))",
                "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| let a = assert(e > 0L); merge(b, 1L)))");
}

TEST(FuseLen, OtherVectorsAreLeftAlone) {
  expect_unchanged("fuse-len", "|v: vec[i64]| len(v)");
  expect_unchanged("fuse-len", "|v: vec[i64]| len(sort(v, |x| x, 2L))");
  expect_unchanged("fuse-len", "|v: vec[i64]| len(result(for(v, merge(appender[i64], 1L), |b, i, e| merge(b, e))))");
}

}  // namespace
}  // namespace weld
