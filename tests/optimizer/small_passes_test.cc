// remove-unused and split-structs.
#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

TEST(RemoveUnused, LetsThatOnlyDroppedOnesNeed) {
  expect_pass("remove-unused", "|v: vec[i64], x: i64| let a = lookup(v, 7L); let b = a + 1L; let c = assert(x > 0L); x",
              "|v: vec[i64], x: i64| let c = assert(x > 0L); x");
}

TEST(RemoveUnused, WhatAnAssertNeedsStays) {
  expect_unchanged("remove-unused", "|v: vec[i64], x: i64| let a = lookup(v, 7L); let c = assert(a > 0L); x");
}

TEST(RemoveUnused, InsideLoopsAndBranches) {
  expect_pass("remove-unused",
              "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| let a = e / i; if(e > 0L, (let d = a; merge(b, e)), b)))",
              "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| if(e > 0L, merge(b, e), b)))");
}

TEST(RemoveUnused, ZippedColumnsStay) {
  expect_unchanged("remove-unused", "|v: vec[i64], w: vec[i64]| result(for(zip(v, w), merger[i64,+], |b, i, e| merge(b, e.$0)))");
}

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

}  // namespace
}  // namespace weld
