// The reducer, with faults that are made up: a program "shows" one when it holds some construct or gives some value.
#include "tests/reference/reduce.h"

#include <gtest/gtest.h>

#include "tests/constructs/constructs.h"
#include "tests/generator/generator.h"
#include "tests/reference/differential.h"
#include "weld/ir/frontend.h"

namespace weld::reference {
namespace {

bool holds(const Specimen& specimen, const char* construct) {
  return constructs::of_program(specimen.program).contains(construct);
}

TEST(Reduce, KeepsOnlyTheFaultyOperator) {
  const Specimen specimen = {
      "|v: vec[i64], x: f64, s: {i64, f64}| let unused = map(v, |e| e * 3L); let y = x + s.$1;"
      "{sum(v), map(v, |e| if(e > 2L, e - 7L, e)), y * 2.0, \"some text\"}",
      "[1, 2, 3, 4, 5], 2.5, {7, 8.0}"};
  const Specimen reduced = reduce(specimen, [](const Specimen& each) { return holds(each, "subtract of integers"); });
  EXPECT_EQ(reduced.program, "|| 0L - 0L");
  EXPECT_EQ(reduced.arguments, "");
}

TEST(Reduce, KeepsLoopsWithTheirBuilders) {
  const Specimen specimen = {
      "|v: vec[i64], w: vec[f64]| let d = result(for(zip(v, w), dictmerger[i64, f64, max], |b, i, e|"
      "  if(e.$0 > i, merge(merge(b, {e.$0 & 3L, e.$1}), {i, 1.0}), b)));"
      "{len(d), map(w, |x| sqrt(x)), keyexists(d, 2L)}",
      "[1, 2, 3], [1.0, 2.0, 3.0]"};
  const Specimen reduced = reduce(
      specimen, [](const Specimen& each) { return holds(each, "dictmerger max") && holds(each, "merge") && holds(each, "for"); });
  EXPECT_TRUE(holds(reduced, "dictmerger max") && holds(reduced, "merge"));
  EXPECT_FALSE(holds(reduced, "if") || holds(reduced, "sqrt of floats") || holds(reduced, "keyexists"));
  EXPECT_LT(reduced.program.size(), 170u) << reduced.program;
}

TEST(Reduce, ShortensArguments) {
  const Specimen specimen = {"|v: vec[i64], w: vec[vec[i8]]| {sum(v), len(w)}", "[5, 9, -3, 77, 12], [\"abc\", \"d\"]"};
  const Specimen reduced = reduce(specimen, [](const Specimen& each) { return each.arguments.find("77") != std::string::npos; });
  EXPECT_EQ(reduced.arguments, "[77i64]");
  EXPECT_EQ(reduced.program.find('w'), std::string::npos) << reduced.program;
}

// Programs whose runs fail stay so, and every step on the way is one that compiles and runs.
TEST(Reduce, GeneratedPrograms) {
  int reduced_programs = 0;
  for (uint64_t seed = 0; reduced_programs < 4; seed++) {
    const generator::Program program = generator::generate(seed);
    if (!program.must_fail) continue;
    reduced_programs++;
    Demand demand = demand_for(program, false);
    demand.only = "passes, LLVM level 0, 1 threads, morsels of any rows";
    auto fails = [&](const Specimen& each) {
      const Comparison comparison = compare_runs(each.program, {each.arguments}, demand);
      EXPECT_EQ(comparison.verdict, Verdict::kAgree) << comparison.report;
      return comparison.failed == 1;
    };
    const Specimen specimen = {program.text, program.arguments[0]};
    const Specimen reduced = reduce(specimen, fails, 400);
    EXPECT_TRUE(fails(reduced));
    EXPECT_LT(reduced.program.size(), program.text.size() / 2) << reduced.program;
  }
}

TEST(Reduce, WhatShowsNothingStays) {
  const Specimen specimen = {"|x: i64| x + 1L", "3"};
  EXPECT_EQ(reduce(specimen, [](const Specimen&) { return false; }).program, specimen.program);
}

TEST(Reduce, PrintsATextCase) {
  EXPECT_EQ(as_text_case({"|x: i64| x", "3"}, "same", "3L"), "#= same\n|x: i64| x\n#! run 3\n#> 3L\n");
  EXPECT_EQ(as_text_case({"|| 1L", ""}, "one", "1L"), "#= one\n|| 1L\n#! run\n#> 1L\n");
}

}  // namespace
}  // namespace weld::reference
