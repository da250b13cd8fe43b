#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

constexpr char kFuseMaps[] = "fuse-maps";

// After the lets that fusion leaves are gone too.
void expect_fused(std::string_view before, std::string_view after) {
  expect_passes({"inline-lets", kFuseMaps, "split-structs", "inline-lets", "fold-constants"}, before, after);
}

// Nothing fuses in the program, inlined.
void expect_not_fused(std::string_view text) {
  ExprPtr program = program_of(text);
  if (program == nullptr) return;
  program = run_passes(program, {"inline-lets"});
  ExprPtr result = run_passes(program, {kFuseMaps});
  EXPECT_EQ(result, program) << "from " << print(program) << "\ncame " << print(result);
}

TEST(FuseMaps, MapIntoReduction) {
  expect_pass(kFuseMaps,
              "|v: vec[i64]| result(for(result(for(v, appender[i64], |b1, i1, e1| merge(b1, e1 * 2L))), merger[i64,+], "
              "|b, i, e| merge(b, e + e)))",
              "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e1| let e = e1 * 2L; merge(b, e + e)))");
}

TEST(FuseMaps, MapIntoMapOfAnotherType) {
  expect_fused("|v: vec[i64]| map(map(v, |x| f64(x)), |y| y * 2.0)",
               "|v: vec[i64]| result(for(v, appender[f64], |b, i, e| merge(b, f64(e) * 2.0)))");
}

TEST(FuseMaps, IndexOfAMapIsTheConsumers) {
  expect_fused(
      "|v: vec[i64]| result(for(result(for(v, appender[i64], |b1, i1, e1| merge(b1, e1 * i1))), appender[i64], "
      "|b, i, e| merge(b, e + i)))",
      "|v: vec[i64]| result(for(v, appender[i64], |b, i, e| merge(b, e * i + i)))");
}

TEST(FuseMaps, MapThatMergesInEachBranch) {
  expect_fused(
      "|v: vec[i64]| result(for(result(for(v, appender[i64], |b1, i1, e1| if(e1 > 0L, merge(b1, e1), merge(b1, -e1)))), "
      "appender[i64], |b, i, e| merge(b, e + i)))",
      "|v: vec[i64]| result(for(v, appender[i64], |b, i, e| merge(b, if(e > 0L, e, -e) + i)))");
}

TEST(FuseMaps, FilterIntoReduction) {
  expect_pass(kFuseMaps,
              "|v: vec[i64]| result(for(result(for(v, appender[i64], |b1, i1, e1| if(e1 > 0L, merge(b1, e1 * 2L), b1))), "
              "merger[f64,+], |b, i, e| merge(b, f64(e * e))))",
              "|v: vec[i64]| result(for(v, merger[f64,+], |b, i1, e1| "
              "if(e1 > 0L, (let e = e1 * 2L; merge(b, f64(e * e))), b)))");
}

TEST(FuseMaps, ParametersThatAreMergedAsTheyAreNeedNoLets) {
  expect_pass(kFuseMaps,
              "|v: vec[i64]| result(for(result(for(v, appender[i64], |b1, i1, e1| if(e1 > i1, merge(b1, e1), b1))), "
              "merger[i64,+], |b, i, e| merge(b, e * e)))",
              "|v: vec[i64]| result(for(v, merger[i64,+], |b, i1, e| if(e > i1, merge(b, e * e), b)))");
  // Two merges: the names stay apart.
  expect_pass(kFuseMaps,
              "|v: vec[i64]| result(for(result(for(v, appender[i64], |b1, i1, e1| "
              "if(e1 > 0L, merge(b1, e1), if(i1 > 3L, merge(b1, i1), b1)))), merger[i64,+], |b, i, e| merge(b, e * e)))",
              "|v: vec[i64]| result(for(v, merger[i64,+], |b1, i1, e1| if(e1 > 0L, (let b = b1; let e = e1; merge(b, e * e)), "
              "if(i1 > 3L, (let b2 = b1; let e2 = i1; merge(b2, e2 * e2)), b1))))");
  // A map over what the new loop goes over.
  expect_pass(kFuseMaps,
              "|v: vec[i64], w: vec[i64]| result(for(zip(result(for(zip(v, w), appender[i64], |b1, i1, e1| "
              "merge(b1, e1.$0 * e1.$1))), w), merger[i64,+], |b, i, e| merge(b, e.$0 - e.$1)))",
              "|v: vec[i64], w: vec[i64]| result(for(zip(v, w), merger[i64,+], |b, i, e1| "
              "let e = {e1.$0 * e1.$1, e1.$1}; merge(b, e.$0 - e.$1)))");
}

TEST(FuseMaps, ChainOfFiltersAndMaps) {
  expect_fused("|v: vec[i64]| sum(map(filter(map(filter(v, |x| x > 0L), |x| x * 3L), |x| x < 90L), |x| x + 1L))",
               "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, x| "
               "if(x > 0L, (let y = x * 3L; if(y < 90L, merge(b, y + 1L), b)), b)))");
}

TEST(FuseMaps, IndexAfterAFilterKeepsBoth) {
  expect_not_fused("|v: vec[i64]| result(for(filter(v, |x| x > 0L), appender[i64], |b, i, e| merge(b, e + i)))");
}

TEST(FuseMaps, IndexInsideAFilterIsTheSources) {
  expect_fused("|v: vec[i64]| sum(result(for(v, appender[i64], |b, i, e| if(i > 2L, merge(b, e), b))))",
               "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| if(i > 2L, merge(b, e), b)))");
}

TEST(FuseMaps, Flatten) {
  expect_fused("|vv: vec[vec[i64]]| sum(flatten(vv))",
               "|vv: vec[vec[i64]]| result(for(vv, merger[i64,+], |b, i, v| for(v, b, |b1, i1, e| merge(b1, e))))");
}

TEST(FuseMaps, SeveralMergesCopyASmallConsumer) {
  expect_fused("|v: vec[i64]| sum(result(for(v, appender[i64], |b, i, e| merge(merge(b, e), e * 2L))))",
               "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(merge(b, e), e * 2L)))");
}

TEST(FuseMaps, SeveralMergesDoNotCopyALargeConsumer) {
  std::string sum = "e";
  for (int i = 0; i < 300; ++i) sum += " + e";
  expect_not_fused(
      "|v: vec[i64]| result(for(result(for(v, appender[i64], |b, i, e| merge(merge(b, e), e * 2L))), merger[i64,+], "
      "|b, i, e| merge(b, " +
      sum + ")))");
}

TEST(FuseMaps, ZipOfMapsOverOneVector) {
  expect_fused(
      "|v: vec[i64]| result(for(zip(map(v, |x| x * 2L), map(v, |x| x + 1L)), merger[i64,+], "
      "|b, i, e| merge(b, e.$0 * e.$1)))",
      "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, (e * 2L) * (e + 1L))))");
}

TEST(FuseMaps, ZipOfAMapAndAVector) {
  expect_fused(
      "|v: vec[i64], w: vec[f64]| result(for(zip(map(v, |x| f64(x)), w), merger[f64,+], "
      "|b, i, e| merge(b, e.$0 * e.$1)))",
      "|v: vec[i64], w: vec[f64]| result(for(zip(v, w), merger[f64,+], |b, i, e| merge(b, f64(e.$0) * e.$1)))");
}

TEST(FuseMaps, ZipOfAMapOverAZip) {
  expect_fused(
      "|v: vec[i64], w: vec[i64]| result(for(zip(map(zip(v, w), |x| x.$0 + x.$1), w), merger[i64,+], "
      "|b, i, e| merge(b, e.$0 * e.$1)))",
      "|v: vec[i64], w: vec[i64]| result(for(zip(v, w), merger[i64,+], |b, i, e| merge(b, (e.$0 + e.$1) * e.$1)))");
}

TEST(FuseMaps, ZipWithAFilterKeepsIt) {
  expect_not_fused(
      "|v: vec[i64], w: vec[i64]| result(for(zip(filter(v, |x| x > 0L), w), merger[i64,+], "
      "|b, i, e| merge(b, e.$0 * e.$1)))");
}

TEST(FuseMaps, MapOverARangeOrAPartOfAVector) {
  expect_fused("|n: i64| sum(result(for(rangeiter(0L, n, 2L), appender[i64], |b, i, e| merge(b, e * i))))",
               "|n: i64| result(for(rangeiter(0L, n, 2L), merger[i64,+], |b, i, e| merge(b, e * i)))");
  expect_fused("|v: vec[i64]| sum(result(for(iter(v, 0L, 4L, 2L), appender[i64], |b, i, e| merge(b, e * 2L))))",
               "|v: vec[i64]| result(for(iter(v, 0L, 4L, 2L), merger[i64,+], |b, i, e| merge(b, e * 2L)))");
}

TEST(FuseMaps, PartOfAMapKeepsIt) {
  expect_not_fused("|v: vec[i64]| result(for(iter(map(v, |x| x * 2L), 0L, 4L, 2L), merger[i64,+], |b, i, e| merge(b, e)))");
}

TEST(FuseMaps, ProducerUsedTwiceStays) { expect_not_fused("|v: vec[i64]| let m = map(v, |x| x * 2L); sum(m) + len(m)"); }

TEST(FuseMaps, ProducerOutsideTheLoopThatConsumesItStays) {
  expect_not_fused(
      "|v: vec[i64], w: vec[i64]| let m = map(v, |x| x * 2L); "
      "result(for(w, merger[i64,+], |b, i, e| for(m, b, |b1, i1, e1| merge(b1, e1 * e))))");
}

TEST(FuseMaps, BuilderWithContentsStays) {
  expect_not_fused("|v: vec[i64]| sum(result(for(v, merge(appender[i64], 7L), |b, i, e| merge(b, e))))");
}

TEST(FuseMaps, SizeHintIsDroppedUnlessItCanFail) {
  expect_fused("|v: vec[i64]| sum(result(for(v, appender[i64](len(v)), |b, i, e| merge(b, e * 2L))))",
               "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e * 2L)))");
  expect_not_fused("|v: vec[i64]| sum(result(for(v, appender[i64](lookup(v, 0L)), |b, i, e| merge(b, e * 2L))))");
}

TEST(FuseMaps, InnerLoopsFuseToo) {
  expect_fused("|vv: vec[vec[i64]]| map(vv, |v| sum(map(v, |x| x * 2L)))",
               "|vv: vec[vec[i64]]| result(for(vv, appender[i64], |b, i, v| "
               "merge(b, result(for(v, merger[i64,+], |b1, i1, x| merge(b1, x * 2L))))))");
}

TEST(FuseMaps, AssertInAnElementThatNothingNeedsStays) {
  expect_passes({"inline-lets", kFuseMaps, "inline-lets"},
                "|v: vec[i64]| result(for(map(v, |x| assert(x > 0L)), merger[i64,+], |b, i, e| merge(b, 1L)))",
                "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| let a = assert(e > 0L); merge(b, 1L)))");
}

TEST(FuseMaps, ConsumerWithAStructOfBuilders) {
  expect_fused(
      "|v: vec[i64]| let r = for(filter(v, |x| x > 0L), {merger[i64,+], appender[i64]}, "
      "|b, i, e| {merge(b.$0, e), merge(b.$1, e)}); {result(r.$0), result(r.$1)}",
      "|v: vec[i64]| let r = for(v, {merger[i64,+], appender[i64]}, "
      "|b, i, e| if(e > 0L, {merge(b.$0, e), merge(b.$1, e)}, b)); {result(r.$0), result(r.$1)}");
}

}  // namespace
}  // namespace weld
