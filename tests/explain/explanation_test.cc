// What is said of programs: the steps of their dataflow, the fusions that did not happen, how their loops are compiled.
#include "weld/explain.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weld/ir/frontend.h"
#include "weld/module.h"

namespace weld {
namespace {

Explanation explained(std::string_view source, const ExplainRequest& request = {}) {
  Result<Explanation> explanation = explain_source("test", source, request);
  if (explanation.ok()) return *explanation;
  ADD_FAILURE() << format_diagnostics("test", source, explanation.diagnostics());
  return {};
}

// The reason of the only fusion that did not happen, or of the first.
std::string reason(std::string_view source) {
  const Explanation explanation = explained(source);
  return explanation.missed.empty() ? "" : explanation.missed[0].reason;
}

TEST(MissedFusion, NoneWhereAllIsFused) {
  EXPECT_EQ(reason("|v: vec[i64]| sum(map(v, |x| x * 2L))"), "");
  EXPECT_EQ(reason("|v: vec[i64]| sum(map(filter(v, |x| x > 0L), |x| x * 2L))"), "");
  EXPECT_EQ(reason("|v: vec[i64]| len(filter(v, |x| x > 0L))"), "");
  // A scalar that a loop makes is no value in memory.
  EXPECT_EQ(reason("|v: vec[i64], w: vec[i64]| let s = sum(v); sum(map(w, |x| x * s))"), "");
}

TEST(MissedFusion, Readers) {
  EXPECT_EQ(reason("|v: vec[i64]| let w = filter(v, |x| x > 7L); let s = sum(w); sum(map(w, |x| x / (s + 1L)))"),
            "it is read by 2 steps, of which one depends on another, and its loop drops or adds elements; only maps are computed "
            "again for each reader");
  ExplainRequest kept;
  kept.compile.passes = {{"-fuse-readers"}};
  const std::string cost =
      explained("|v: vec[f64]| let f = map(v, |x| exp(x)); let s = sum(f); sum(map(f, |x| x / s))", kept).missed.at(0).reason;
  EXPECT_EQ(
      cost.find("it is read by 2 steps, of which one depends on another, and computing an element again is estimated to cost "),
      0U)
      << cost;
  ExplainRequest without;
  without.compile.passes = {{"fuse-maps"}};
  EXPECT_EQ(explained("|v: vec[i64]| let w = map(v, |x| x + 1L); {sum(w), sum(map(w, |x| x * x))}", without).missed.at(0).reason,
            "it is read by 2 steps, and recompute-maps, which would compute it for each, did not run");
  EXPECT_EQ(reason("|v: vec[i64]| let w = filter(v, |x| x > 7L); {w, result(for(w, merger[i64,max], |b, i, x| merge(b, x)))}"),
            "it is part of the result as well");
}

TEST(MissedFusion, WaysOfReading) {
  const std::string filtered = "|v: vec[i64], u: vec[i64], j: i64| let w = filter(v, |x| x > j); ";
  EXPECT_EQ(reason(filtered + "result(for(w, merger[i64,+], |b, i, x| merge(b, x * i)))"),
            "its loop drops or adds elements, and the reading loop uses the index of those that are left");
  EXPECT_EQ(reason(filtered + "result(for(zip(w, u), merger[i64,+], |b, i, x| merge(b, x.$0 * x.$1)))"),
            "its loop drops or adds elements, and it is zipped with other vecs");
  EXPECT_EQ(reason(filtered + "result(for(u, merger[i64,+], |b, i, x| merge(b, lookup(w, x))))"),
            "it is looked up, not read in order");
  EXPECT_EQ(reason(filtered + "result(for(u, merger[i64,+], |b, i, x| for(w, b, |c, k, y| merge(c, x * y))))"),
            "a loop inside the reading one goes over it again for each row");
  EXPECT_EQ(reason(filtered + "result(for(simditer(w), merger[i64,+], |b, i, x| merge(b, x * x)))"),
            "it is read through simditer, several elements at a time");
  EXPECT_EQ(reason(filtered + "result(for(iter(w, 0L, 2L, 2L), merger[i64,+], |b, i, x| merge(b, x)))"),
            "it is read with bounds and a stride");
  EXPECT_EQ(reason(filtered + "sort(w, |x| x)"), "a sort needs all of its elements before it begins");
}

TEST(MissedFusion, Groups) {
  auto of = [](const std::string& value) {
    return reason(
        "|v: vec[{i64,f64}]| let g = result(for(v, groupmerger[i64,f64], |b, i, x| merge(b, x))); map(tovec(g), |p| {p.$0, " +
        value + "})");
  };
  const std::string begin = "groups are complete only when their loop has ended, and they are not reduced while they are made: ";
  const std::string variance = of("(let m = sum(p.$1) / f64(len(p.$1)); sum(map(p.$1, |y| (y - m) * (y - m))))");
  EXPECT_EQ(variance.find(begin + "a reduction uses `m"), 0U) << variance;
  EXPECT_EQ(of("lookup(sort(p.$1, |y| y), len(p.$1) / 2L)"), begin + "`sort` needs a whole group");
  EXPECT_EQ(of("lookup(p.$1, 0L)"), begin + "`lookup` needs a whole group");
  EXPECT_EQ(of("p.$1"), begin + "groups are given on as wholes");
  EXPECT_EQ(of("result(for(p.$1, appender[f64], |b, i, y| if(y > 0.0, merge(b, y), b)))"),
            begin + "a loop over a group does not reduce it into a merger of its own");
}

TEST(MissedFusion, WhatTheResultLooksAt) {
  auto missed = [](std::string_view source) {
    const Explanation explanation = explained(source);
    EXPECT_EQ(explanation.missed.size(), 1U) << source;
    if (explanation.missed.empty()) return std::string();
    EXPECT_EQ(explanation.after[explanation.missed[0].consumer].kind, StepKind::kResult) << source;
    EXPECT_TRUE(explanation.after[explanation.missed[0].producer].has_memory) << source;
    return explanation.missed[0].reason;
  };
  EXPECT_EQ(missed("|v: vec[f64]| lookup(map(v, |x| exp(x)), 1L)"), "it is looked up, not read in order");
  EXPECT_EQ(missed("|v: vec[f64]| slice(filter(v, |x| x > 0.0), 1L, 3L)"), "only a slice of it is used");
  EXPECT_EQ(missed("|v: vec[i64], w: vec[i64]| map(v, |x| x + 1L) == w"), "it is used by `==` as a whole");
  EXPECT_EQ(missed("|v: vec[i64]| len(result(for(v, dictmerger[i64,i64,+], |b, i, x| merge(b, {x, 1L}))))"),
            "a dictionary is complete only when its loop has ended");
  // What is given back is in memory in any case.
  EXPECT_EQ(reason("|v: vec[i64]| let w = filter(v, |x| x > 0L); {w, len(w), slice(w, 0L, 2L)}"), "");
}

TEST(MissedFusion, WhatWasTakenBetweenSteps) {
  EXPECT_EQ(reason("|v: vec[i64], w: vec[i64]| let f = lookup(filter(v, |x| x > 0L), 0L); map(w, |x| x * f)"),
            "it is looked up, not read in order");
  EXPECT_EQ(reason("|v: vec[i64]| sum(slice(filter(v, |x| x > 0L), 1L, 3L))"), "only a slice of it is read");
  EXPECT_EQ(reason("|v: vec[i64]| let w = filter(v, |x| x > 0L); "
                   "result(for(v, vecmerger[i64,+](w), |b, i, x| merge(b, {0L, x})))"),
            "it is used by `vecmerger[i64,+]` as a whole");
  EXPECT_EQ(
      reason("|v: vec[i64]| let c = for(v, appender[i64], |b, i, x| merge(b, x)); result(for(v, c, |b, i, x| merge(b, x)))"),
      "the next loop goes on with its builder");
}

TEST(MissedFusion, LoopsOverTheSame) {
  const Explanation explanation = explained("|v: vec[i64]| let s = sum(v); sum(map(v, |x| x / (s + 1L)))");
  ASSERT_EQ(explanation.missed.size(), 1U);
  EXPECT_TRUE(explanation.missed[0].is_beside);
  EXPECT_EQ(explanation.missed[0].reason, "the second needs what the first makes");
  EXPECT_EQ(reason("|v: vec[i64]| {result(for(v, dictmerger[i64,i64,+], |b, i, x| merge(b, {x, 1L}))),"
                   " result(for(v, dictmerger[i64,i64,+], |b, i, x| merge(b, {x % 5L, 1L})))}"),
            "each fills a dictionary, which wants the cache for itself");
  EXPECT_EQ(reason("|v: vec[f64]| {sum(v), result(for(v, merger[f64,max], |b, i, x| merge(b, x)))}"), "");
}

TEST(MissedFusion, WaysOfMaking) {
  EXPECT_EQ(reason("|v: vec[i64]| sum(sort(v, |x| x))"), "a sort knows its first element only when it has seen all");
  EXPECT_EQ(reason("|v: vec[i64]| let d = result(for(v, dictmerger[i64,i64,+], |b, i, x| merge(b, {x, 1L}))); "
                   "sum(map(v, |x| lookup(d, x)))"),
            "a dictionary is complete only when its loop has ended");
  EXPECT_EQ(reason("|v: vec[i64]| sum(result(for(v, vecmerger[i64,+](v), |b, i, x| merge(b, {i, x}))))"),
            "the elements of a vecmerger change until its loop has ended");
}

TEST(Dataflow, StepsBeforeAndAfter) {
  const Explanation explanation = explained("|v: vec[i64], f: i64| let w = map(v, |x| x * f); sum(w)");
  auto labels = [](const std::vector<StepExplanation>& steps) {
    std::string text;
    for (const StepExplanation& step : steps) {
      text += step.label + (step.name.empty() ? "" : ":" + step.name) + "(";
      for (const StepExplanation::Input& input : step.inputs) text += std::to_string(input.from) + " " + input.how + ";";
      text += ") ";
    }
    return text;
  };
  EXPECT_EQ(labels(explanation.before),
            "v() f() loop 0:w(0 each element;1 as a value;) loop 1(2 each element;) result(3 given back;) ");
  EXPECT_EQ(labels(explanation.after), "v() f() loop 0(0 each element;1 as a value;) result(2 given back;) ");
}

TEST(Pipelines, ThatAreAnnotatedHaveNoVectors) {
  for (const char* loop :
       {"map(v, |x| x + 1.0)", "filter(v, |x| x > 1.0)", "map(nditer(v, 0L, 4L, 1L, [4L], [1L]), |x| x + 1.0)"}) {
    const auto has_vectors = [loop](const std::string& annotation) {
      const Result<std::string> code = explain("|v: vec[f64]| " + annotation + loop, "llvm-optimized");
      EXPECT_TRUE(code.ok()) << loop;
      return code.ok() && code->find(" x double>") != std::string::npos;
    };
    EXPECT_TRUE(has_vectors("")) << loop;
    EXPECT_FALSE(has_vectors("@(vectorize: false) ")) << loop;
  }
}

TEST(Pipelines, OverKeptRowsThatInsertHaveFunctionsOfTheirOwn) {
  const char* program =
      "|v: vec[{i64,f64}]| tovec(result(for(v, dictmerger[i64,f64,+], |b, i, x| if(x.$1 > 0.0, merge(b, x), b))))";
  for (const char* stage : {"llvm-optimized", "assembly"}) {
    const Result<std::string> code = explain(program, stage);
    ASSERT_TRUE(code.ok()) << stage;
    // One over listed rows, one over all.
    EXPECT_NE(code->find("loop.rows"), std::string::npos) << stage;
    EXPECT_NE(code->find("loop.rows", code->find("loop.rows") + 1), std::string::npos) << stage;
  }
  const Result<std::string> plain = explain("|v: vec[i64]| filter(v, |x| x > 1L)", "assembly");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->find("loop.rows"), std::string::npos);
}

// Those instructions are slow on many processors that have them (weld/codegen/target.cc).
TEST(Pipelines, NeitherGatherNorScatterInstructions) {
  const char* const programs[] = {
      "|v: vec[i64]| filter(v, |x| x > 1L)",
      "|places: vec[i64], table: vec[f64]| sum(map(places, |place| lookup(table, place)))",
  };
  for (const char* program : programs) {
    const Result<std::string> code = explain(program, "assembly");
    ASSERT_TRUE(code.ok()) << program;
    EXPECT_EQ(code->find("gather"), std::string::npos) << program;
    EXPECT_EQ(code->find("scatter"), std::string::npos) << program;
  }
}

TEST(Pipelines, HowTheyAreCompiled) {
  auto plan = [](std::string_view source) {
    const Explanation explanation = explained(source);
    EXPECT_EQ(explanation.pipelines.size(), 1U) << source;
    return explanation.pipelines.at(0).plan;
  };
  const codegen::LoopPlan filter = plan("|v: vec[i64]| filter(v, |x| x > 0L)");
  EXPECT_EQ(filter.builders.at(0).code, "room for all rows, then as many as were kept");
  EXPECT_FALSE(filter.has_branches);
  EXPECT_EQ(filter.obstacle, "");
  EXPECT_EQ(filter.filter, "few in a block: one by one, from a list of them; many: moved together in vector registers");
  const codegen::LoopPlan long_rows = plan(
      "|v: vec[{i64,f64,f64}]| tovec(result(for(v, dictmerger[i64,{f64,f64},+], |b, i, x| if(x.$1 > 0.0,"
      "  merge(b, {x.$0, {x.$1 * 2.0 + x.$2 * x.$1 + 1.0, x.$1 * x.$2 - x.$2 * 3.0}}), b))))");
  EXPECT_EQ(long_rows.filter, "few in a block: one by one, from a list of them; many: a branch for every row");
  const codegen::LoopPlan functions = plan(
      "|v: vec[{i64,f64}]| tovec(result(for(v, dictmerger[i64,f64,+], |b, i, x| if(x.$1 > 0.0, merge(b, {x.$0, exp(x.$1)}), "
      "b))))");
  EXPECT_EQ(functions.filter, "few in a block: one by one, from a list of them; many: values computed for every row");
  const codegen::LoopPlan predicated =
      plan("|v: vec[i64]| result(for(v, appender[i64], |b, i, x| @(predicate: true) if(x > 0L, merge(b, x), b)))");
  EXPECT_EQ(predicated.obstacle, "where an element goes depends on how many were kept before it");
  EXPECT_EQ(predicated.filter, "");

  EXPECT_EQ(plan("|v: vec[vec[i64]]| flatten(v)").builders.at(0).code, "grows as elements come");
  EXPECT_EQ(plan("|v: vec[vec[i64]]| flatten(v)").inner.size(), 1U);
  EXPECT_EQ(plan("|v: vec[i64]| map(v, |x| x + 1L)").obstacle, "");
  EXPECT_EQ(plan("|v: vec[i64]| @(vectorize: false) map(v, |x| x + 1L)").obstacle, "it is annotated with `vectorize: false`");
  EXPECT_EQ(plan("|v: vec[f64]| @(vectorize: false) filter(v, |x| exp(x) > 1.0)").filter, "");

  const codegen::LoopPlan lookup = plan("|v: vec[i64]| sum(map(v, |x| if(x > 5L, lookup(v, x), 0L)))");
  EXPECT_TRUE(lookup.has_branches);
  EXPECT_EQ(lookup.branch_reason, "it looks something up");
  EXPECT_EQ(lookup.obstacle, "it has branches");

  const codegen::LoopPlan groups =
      plan("|v: vec[i64]| result(for(v, dictmerger[i64,i64,+], |b, i, x| if(x > 0L, merge(b, {x, 1L}), b)))");
  EXPECT_EQ(groups.branch_reason, "it merges into a dictmerger[i64,i64,+]");
  EXPECT_EQ(groups.obstacle, "a hash table is probed for each row");
  const std::string by_key =
      "a hash table for each thread, combined at the end; an array by key while its keys are consecutive numbers";
  EXPECT_EQ(groups.builders.at(0).code, by_key);
  EXPECT_GT(groups.row_cost, filter.row_cost);

  const codegen::LoopPlan staged =
      plan("|v: vec[f64]| result(for(v, dictmerger[i64,f64,+], |b, i, x| merge(b, {i % 8L, exp(x) + log(x)})))");
  EXPECT_EQ(staged.obstacle, "a hash table is probed for each row; but values are computed for a block of rows at once, before");
  EXPECT_EQ(staged.builders.at(0).code, by_key);

  const codegen::LoopPlan pairs =
      plan("|v: vec[i32], w: vec[i64]| result(for(zip(v, w), dictmerger[i32,i64,+], |b, i, pair| merge(b, pair)))");
  EXPECT_EQ(pairs.builders.at(0).code, by_key);

  for (const char* body : {
           "merge(b, {((x + 1L) * x + 3L) * x, 1L})",  // much to compute twice
           "merge(b, {lookup(v, x), 1L})",             // may fail
           "merge(b, {i64(log(f64(x))), 1L})",         // computed for several rows at once
           "let k = i64(log(f64(x))); merge(b, {k, k})",
           "merge(merge(b, {x, 1L}), {x + 1L, 1L})",       // two merges
           "if(lookup(v, i) > 0L, merge(b, {x, 1L}), b)",  // of rows that may not be asked about
           "merge(b, {x, lookup(result(merge(dictmerger[i64,i64,+], {x, 1L})), x)})",
       }) {
    const codegen::LoopPlan other =
        plan(std::string("|v: vec[i64]| result(for(v, dictmerger[i64,i64,+], |b, i, x| ") + body + "))");
    EXPECT_EQ(other.builders.at(0).code, "a hash table for each thread, combined at the end") << body;
  }
  const codegen::LoopPlan numbers = plan("|v: vec[f64]| result(for(v, dictmerger[f64,i64,+], |b, i, x| merge(b, {x, 1L})))");
  EXPECT_EQ(numbers.builders.at(0).code, "a hash table for each thread, combined at the end");
}

TEST(Pipelines, SortsAreListed) {
  const Explanation explanation = explained(
      "|v: vec[{i64,f64}]| let s = sort(v, |x| x.$1 * 2.0); {s, sum(map(sort(s, |x, y| compare(x.$0, y.$0)), |x| x.$0))}");
  ASSERT_EQ(explanation.sorts.size(), 2U);
  EXPECT_EQ(explanation.sorts[0].plan.reads, "each element of v");
  EXPECT_EQ(explanation.sorts[0].plan.order, "|x: {i64,f64}| x.$1 * 2.0");
  EXPECT_TRUE(explanation.sorts[0].plan.has_key);
  EXPECT_TRUE(explanation.sorts[0].in_result);
  EXPECT_FALSE(explanation.sorts[1].plan.has_key);
  EXPECT_FALSE(explanation.sorts[1].in_result);
  EXPECT_EQ(explanation.after[explanation.sorts[1].step].label, "sort 1");
  EXPECT_EQ(explained("|v: vec[i64], n: i64| slice(sort(v, |x| x), 0L, n)").sorts.at(0).plan.limit, "n");
}

TEST(Pipelines, WhatIsReadForItsLengthAlone) {
  const Explanation explanation =
      explained("|a: vec[i64], b: vec[i64]| result(for(zip(a, b), appender[i64], |c, i, x| merge(c, x.$0)))");
  EXPECT_EQ(explanation.pipelines.at(0).plan.reads,
            (std::vector<std::string>{"each element of a", "no elements of b, but as many rows as it has"}));
  const std::vector<StepExplanation::Input>& inputs = explanation.after.at(2).inputs;
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].how, "each element");
  EXPECT_EQ(inputs[1].how, "as many rows");
  EXPECT_EQ(explained("|v: vec[i64]| sum(map(v, |x| 2L))").pipelines.at(0).plan.reads.at(0),
            "no elements of v, but as many rows as it has");
}

TEST(Pipelines, TiledLoopsAreOne) {
  Explanation explanation = explained("|q: vec[i64], data: vec[i64]| map(q, |x| sum(map(data, |d| if(d > x, d - x, x - d))))");
  ASSERT_EQ(explanation.pipelines.size(), 1U);
  EXPECT_TRUE(explanation.missed.empty());
  const codegen::LoopPlan& plan = explanation.pipelines[0].plan;
  EXPECT_EQ(plan.tile_rows, 4);
  EXPECT_EQ(plan.reads, std::vector<std::string>{"each element of q"});
  ASSERT_EQ(plan.inner.size(), 1U);
  EXPECT_EQ(plan.inner[0].builders.size(), 1U);
  std::string inputs;
  for (const StepExplanation::Input& input : explanation.after.at(2).inputs)
    inputs += std::to_string(input.from) + " " + input.how + ";";
  EXPECT_EQ(inputs, "0 each element;1 all elements for each row;");

  const std::vector<PipelineCode>& code = explanation.pipelines[0].code;
  RunExplanation run;
  for (const PipelineCode& part : code) {
    if (part.loop.outer >= 0) continue;
    runtime::LoopProfile measured;
    measured.name = part.loop.name;
    measured.runs = 1;
    measured.rows = part.rows > 1 ? 5 : 3;
    measured.decide({"threads", "serial", "why"});
    run.profile.loops.push_back(std::move(measured));
  }
  EXPECT_EQ(run.profile.loops.size(), 2U);
  add_run(&explanation, std::move(run));
  EXPECT_EQ(explanation.pipelines[0].measured->rows, 23);
  EXPECT_EQ(explanation.pipelines[0].measured->runs, 1);
  ASSERT_EQ(explanation.pipelines[0].measured->decisions.size(), 1U);
  EXPECT_EQ(explanation.pipelines[0].measured->decisions[0].evidence, "a row here is a tile of 4: why");
}

TEST(Pipelines, AnnotationsWithoutEffect) {
  auto ignored = [](const std::string& at_loop, const std::string& at_builder) {
    return explained("|v: vec[i64]| result(" + at_loop + " for(v, " + at_builder +
                     " dictmerger[i64,i64,+], |b, i, x| merge(b, {x, 1L})))")
        .pipelines.at(0)
        .plan.ignored;
  };
  EXPECT_EQ(ignored("", "@(impl: partitioned)"), "");
  EXPECT_EQ(ignored("@(impl: branch)", ""), "`impl: branch` at the loop: it has no condition that keeps some of its rows");
  EXPECT_EQ(explained("|v: vec[i64]| result(@(impl: select) for(v, appender[i64], |b, i, x| if(x > 0L, merge(b, x), b)))")
                .pipelines.at(0)
                .plan.ignored,
            "");
}

// What is said of vectors is what LLVM does.
TEST(Pipelines, VectorsOfLlvm) {
  ExplainRequest request;
  request.code = true;
  const Explanation sum = explained("|v: vec[f64]| sum(map(v, |x| x * 2.0))", request);
  EXPECT_EQ(sum.pipelines.at(0).plan.obstacle, "");
  EXPECT_NE(sum.pipelines.at(0).code.at(0).vectors.find("x double>"), std::string::npos);
  EXPECT_NE(sum.pipelines.at(0).code.at(0).assembly.find("ret"), std::string::npos);
  const Explanation rows = explained("|v: vec[u8]| result(for(v, dictmerger[u8,i64,+], |b, i, x| merge(b, {x, 1L})))", request);
  EXPECT_EQ(rows.pipelines.at(0).code.at(0).vectors, "");
  // In a function that is outlined from the loop's.
  const Explanation sums = explained(
      "|v: vec[{i64,f64,f64,f64,f64}]| tovec(result(for(v, dictmerger[i64,{f64,f64,f64,f64},+], |b, i, x|"
      "  if(x.$0 > 0L, merge(b, {x.$0, {x.$1, x.$2, x.$3, x.$4}}), b))))",
      request);
  EXPECT_NE(sums.pipelines.at(0).code.at(0).vectors.find("x double>"), std::string::npos);
}

TEST(Explanation, OfATypedProgram) {
  Result<ExprPtr> program = compile_to_ir("|v: vec[i64]| sum(v)");
  ASSERT_TRUE(program.ok());
  Result<Explanation> explanation = explain_typed(*program, "an object", "");
  ASSERT_TRUE(explanation.ok());
  EXPECT_EQ(explanation->pipelines.size(), 1U);
  EXPECT_FALSE(explanation->pipelines[0].place.has_value());
  EXPECT_NE(explanation_html(*explanation).find("an object"), std::string::npos);
}

TEST(Explanation, OfManyLoops) {
  std::string source = "|v: vec[i64]| let a0 = map(v, |x| x + 1L);";
  for (int i = 1; i < 1500; i++) {
    source += " let a" + std::to_string(i) + " = sort(a" + std::to_string(i - 1) + ", |x| x);";
  }
  const Explanation explanation = explained(source + " sum(a1499)");
  EXPECT_EQ(explanation.after.size(), 1503U);
  EXPECT_EQ(explanation.missed.size(), 1500U);
}

TEST(TextDiff, AsUnifiedText) {
  EXPECT_TRUE(text_diff("a\nb\n", "a\nb\n").empty());
  EXPECT_EQ(unified_text(text_diff("a\nb\nc\nd\n", "a\nx\nc\nd\ne\n", 1)), "@@ -1,4 +1,5 @@\n a\n-b\n+x\n c\n d\n+e\n");
  EXPECT_EQ(unified_text(text_diff("a\nb\nc\nd\ne\nf", "A\nb\nc\nd\ne\nF", 1)),
            "@@ -1,2 +1,2 @@\n-a\n+A\n b\n@@ -5,2 +5,2 @@\n e\n-f\n+F\n");
  EXPECT_EQ(unified_text(text_diff("", "a\n")), "@@ -1,0 +1,1 @@\n+a\n");
  EXPECT_EQ(unified_text(text_diff("a\n", "")), "@@ -1,1 +1,0 @@\n-a\n");
}

// Hunks, applied, turn the one text into the other.
TEST(TextDiff, OfManyEdits) {
  auto text = [](int step, int lines) {
    std::string made;
    for (int i = 0; i < lines; i++) made += std::to_string(i % 7 * (i % step == 0 ? 3 : 1)) + "\n";
    return made;
  };
  for (const auto& [before, after] : {std::pair(text(3, 200), text(4, 180)), std::pair(text(1, 3000), text(5000, 3500))}) {
    std::string old_text;
    std::string new_text;
    for (const DiffHunk& hunk : text_diff(before, after, before.size())) {
      for (const DiffLine& line : hunk.lines) {
        if (line.mark != '+') old_text += line.text + "\n";
        if (line.mark != '-') new_text += line.text + "\n";
      }
    }
    EXPECT_EQ(old_text, before);
    EXPECT_EQ(new_text, after);
  }
}

}  // namespace
}  // namespace weld
