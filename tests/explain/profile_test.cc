// The record of a run, through Module::run.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weld/module.h"
#include "weld/value_text.h"

namespace weld {
namespace {

struct Recorded {
  std::shared_ptr<const Module> module;
  runtime::RunProfile profile;
  Value value;

  const runtime::LoopProfile& loop(size_t number) const {
    const runtime::LoopProfile* loop = profile.loop(module->loops().at(number).name);
    EXPECT_NE(loop, nullptr) << "loop " << number << " did not run";
    static const runtime::LoopProfile none;
    return loop == nullptr ? none : *loop;
  }
  uint64_t intermediates() const { return intermediate_bytes(*module, profile); }
};

Recorded record(std::string_view source, std::string_view arguments, runtime::EngineOptions engine = {},
                CompileOptions options = {}) {
  Recorded recorded;
  Result<std::shared_ptr<const Module>> module = Module::compile(source, options);
  EXPECT_TRUE(module.ok()) << source;
  recorded.module = std::move(*module);
  std::vector<Type> types;
  for (const Parameter& parameter : recorded.module->parameters()) types.push_back(parameter.type);
  Result<OwnedArguments> values = parse_values(arguments, types);
  EXPECT_TRUE(values.ok()) << arguments;
  recorded.value = recorded.module->run(runtime::Engine::create(engine), values->data(), &recorded.profile);
  return recorded;
}

CompileOptions without_passes() {
  CompileOptions options;
  options.passes.emplace();
  return options;
}

constexpr std::string_view kSumOfSquares = "|v: vec[i64]| sum(map(v, |x| x * x))";
constexpr std::string_view kEvens = "|v: vec[i64]| filter(v, |x| x % 2L == 0L)";
// Each row makes a vec for itself, and sorts it so that no pass can do without it.
constexpr std::string_view kRowVecs =
    "|n: i64| sum(map(result(for(rangeiter(0L, n, 1L), appender[i64], |b, i, e| merge(b, e))),"
    " |x| lookup(sort(result(for(rangeiter(0L, 4L, 1L), appender[i64], |b, i, e| merge(b, e * x))), |y| y), 0L)))";

TEST(RunProfile, AFusedLoopHasNoIntermediates) {
  const Recorded recorded = record(kSumOfSquares, "[1, 2, 3, 4, 5]");
  ASSERT_EQ(recorded.module->loops().size(), 1U);
  EXPECT_EQ(recorded.loop(0).runs, 1);
  EXPECT_EQ(recorded.loop(0).rows, 5);
  EXPECT_EQ(recorded.loop(0).output_bytes, 0U);
  EXPECT_EQ(recorded.intermediates(), 0U);
  EXPECT_GT(recorded.profile.nanoseconds, 0);
  EXPECT_GT(recorded.profile.result_bytes, 0U);
}

TEST(RunProfile, CountsWhatOneLoopMakesForAnother) {
  const Recorded recorded = record(kSumOfSquares, "[1, 2, 3, 4, 5]", {}, without_passes());
  ASSERT_EQ(recorded.module->loops().size(), 2U);
  uint64_t bytes = 0;
  for (size_t i = 0; i < 2; i++) {
    EXPECT_EQ(recorded.loop(i).rows, 5);
    bytes += recorded.loop(i).output_bytes;
  }
  EXPECT_EQ(bytes, 5U * sizeof(int64_t));
  EXPECT_EQ(recorded.intermediates(), bytes);
  EXPECT_GE(recorded.profile.allocated_bytes, bytes);
}

TEST(RunProfile, TheResultIsNoIntermediate) {
  const Recorded recorded = record(kEvens, "[1, 2, 3, 4, 5]");
  ASSERT_EQ(recorded.module->loops().size(), 1U);
  EXPECT_EQ(recorded.module->loops()[0].in_result, std::vector<bool>{true});
  EXPECT_EQ(recorded.loop(0).output_bytes, 2U * sizeof(int64_t));
  EXPECT_EQ(recorded.intermediates(), 0U);
}

TEST(RunProfile, OneOfTwoBuildersIsTheResult) {
  const Recorded recorded = record(
      "|v: vec[i64]| let both = for(v, {appender[i64], appender[i32]}, |b, i, e| {merge(b.$0, e), merge(b.$1, i32(e))});"
      " let small = result(both.$1); {result(both.$0), lookup(sort(small, |x| x), 0L)}",
      "[3, 2, 1]");
  ASSERT_EQ(recorded.module->loops().size(), 1U);
  EXPECT_EQ(recorded.module->loops()[0].in_result, (std::vector<bool>{true, false}));
  EXPECT_EQ(recorded.loop(0).builder_bytes, (std::vector<uint64_t>{3 * sizeof(int64_t), 3 * sizeof(int32_t)}));
  EXPECT_EQ(recorded.intermediates(), 3U * sizeof(int32_t));
}

TEST(RunProfile, WhatRowsMakeForThemselvesIsIntermediate) {
  const Recorded recorded = record(kRowVecs, "100");
  EXPECT_GE(recorded.intermediates(), 100U * 4 * sizeof(int64_t));
}

TEST(RunProfile, OutputIsTheSameOnThreads) {
  std::string arguments = "[";
  for (int i = 0; i < 1000; i++) arguments += std::to_string(i) + ", ";
  arguments += "1000]";
  for (std::string_view source :
       {kEvens, std::string_view("|v: vec[i64]| result(for(v, dictmerger[i64,i64,+], |b, i, e| merge(b, {e % 10L, e})))"),
        std::string_view("|v: vec[i64]| result(for(v, groupmerger[i64,i64], |b, i, e| merge(b, {e % 10L, e})))")}) {
    runtime::EngineOptions engine;
    engine.threads = 1;
    const Recorded serial = record(source, arguments, engine);
    engine.threads = 4;
    engine.morsel_rows = 7;
    const Recorded parallel = record(source, arguments, engine);
    EXPECT_EQ(serial.loop(0).output_bytes, parallel.loop(0).output_bytes) << source;
    EXPECT_EQ(serial.loop(0).parallel_runs, 0);
    EXPECT_EQ(serial.loop(0).threads, 1);
    EXPECT_EQ(parallel.loop(0).parallel_runs, 1);
    EXPECT_EQ(parallel.loop(0).morsels, 1001 / 7);
    EXPECT_EQ(parallel.loop(0).rows, 1001);
    ASSERT_GE(parallel.loop(0).decisions.size(), 1U);
    EXPECT_EQ(parallel.loop(0).decisions[0].site, "threads");
    EXPECT_EQ(parallel.loop(0).decisions[0].choice, "parallel");
    EXPECT_NE(parallel.loop(0).decisions[0].evidence.find("1001 rows in 143 morsels of 7"), std::string::npos);
    EXPECT_EQ(serial.loop(0).decisions[0].choice, "serial");
  }
}

TEST(RunProfile, HowKeptRowsWereHandled) {
  auto decision = [](std::string_view program, runtime::FilterStrategy strategy) {
    std::string arguments = "[";
    for (int i = 0; i < 1100; i++) arguments += std::to_string(i) + ", ";
    runtime::EngineOptions engine;
    engine.threads = 1;
    engine.strategies.filter = strategy;
    const Recorded recorded = record(program, arguments + "0]", engine);
    for (const runtime::Decision& each : recorded.loop(0).decisions) {
      if (each.site == "filter") return each.choice + ": " + each.evidence;
    }
    return std::string();
  };
  using runtime::FilterStrategy;
  const std::string_view many = "|v: vec[i64]| filter(v, |x| x % 2L == 0L)";
  EXPECT_EQ(decision(many, FilterStrategy::kAuto),
            "compress: 50 % of 1101 rows are kept; 0 blocks by a list of those, 3 moved together");
  EXPECT_EQ(decision(many, FilterStrategy::kBranch),
            "branch: 50 % of 1101 rows are kept; 3 blocks by a list of those, 0 moved together; as asked for");
  EXPECT_EQ(
      decision(many, FilterStrategy::kSelect),
      "compress: 50 % of 1101 rows are kept; 0 blocks by a list of those, 3 moved together; what is asked for is not there");
  // The first block keeps all of its rows, the second one, the third none.
  EXPECT_EQ(
      decision("|v: vec[i64]| result(for(v, appender[i64], |b, i, x| if(i < 513L, merge(b, x), b)))", FilterStrategy::kAuto),
      "by block: 46.6 % of 1101 rows are kept; 1 blocks by a list of those, 1 moved together");
  EXPECT_EQ(decision("|v: vec[i64]| result(for(v, appender[i64], |b, i, x| @(impl: branch) if(i < 513L, merge(b, x), b)))",
                     FilterStrategy::kCompress),
            "branch: 46.6 % of 1101 rows are kept; 2 blocks by a list of those, 0 moved together; as asked for");
  EXPECT_EQ(decision("|v: vec[i64]| sum(v)", FilterStrategy::kAuto), "");
  // The first block keeps few rows, the second all, so the third is not looked at before.
  const std::string_view groups =
      "|v: vec[i64]| result(for(v, dictmerger[i64,i64,+], |b, i, x| if(i > 500L, merge(b, {x % 10L, x}), b)))";
  EXPECT_EQ(decision(groups, FilterStrategy::kAuto),
            "by block: 54.5 % of 1101 rows are kept; 1 blocks by a list of those, 2 row by row");
  EXPECT_EQ(decision(groups, FilterStrategy::kSelect),
            "select: 54.5 % of 1101 rows are kept; 0 blocks by a list of those, 3 row by row; as asked for");
}

std::string decision_of(const Recorded& recorded, std::string_view site) {
  for (const runtime::Decision& each : recorded.loop(0).decisions) {
    if (each.site == site) return each.choice + " (" + each.evidence + ")";
  }
  return "";
}

TEST(RunProfile, LongLoopsHaveLongMorsels) {
  // Rows that are estimated to take long each.
  const std::string_view rows =
      "|n: i64| result(for(rangeiter(0L, n, 1L), merger[f64,max], |b, i, x|"
      " merge(b, exp(sin(cos(tan(f64(x) * 0.001)))))))";
  EXPECT_GT(record(rows, "100000").loop(0).morsels, 10);
  EXPECT_EQ(record(rows, "6000000").loop(0).morsels, 513);  // 512 of them, in whole cache lines, and the rest
}

TEST(RunProfile, WhatDecidedAboutThreads) {
  runtime::EngineOptions engine;
  engine.threads = 2;
  // Rows that are far longer than estimated: that shows when some have run.
  const std::string_view long_rows =
      "|n: i64| result(for(rangeiter(0L, 400L, 1L), merger[i64,+], |b, i, x|"
      "  merge(b, result(for(rangeiter(0L, n, 1L), merger[i64,max], |c, j, y| merge(c, y * x % 7L))))))";
  const std::string decided = decision_of(record(long_rows, "20000", engine), "threads");
  EXPECT_EQ(decided.find("parallel (400 rows in "), 0U) << decided;
  EXPECT_NE(decided.find("; after "), std::string::npos) << decided;
  EXPECT_NE(decided.find("the rest was expected to take "), std::string::npos) << decided;
  EXPECT_EQ(decided.find("estimated"), std::string::npos) << decided;

  EXPECT_EQ(decision_of(record(kSumOfSquares, "[1, 2, 3]", engine), "threads"),
            "serial (3 rows in one morsel, which is the least that a thread takes)");
  engine.threads = 1;
  engine.morsel_rows = 2;
  EXPECT_EQ(decision_of(record(kSumOfSquares, "[1, 2, 3]", engine), "threads"),
            "serial (3 rows in 2 morsels of 2; the engine has one thread)");
  engine.threads = 2;
  EXPECT_EQ(decision_of(record(kSumOfSquares, "[1, 2, 3]", engine), "threads"),
            "parallel (3 rows in 2 morsels of 2; their size is given)");
}

TEST(RunProfile, WhatBecameOfARequestForADictionary) {
  auto decided = [](std::string_view impl, std::string_view key, std::string_view arguments) {
    const std::string k(key);
    const std::string source = "|v: vec[" + k + "]| result(for(v, @(impl: " + std::string(impl) + ") dictmerger[" + k +
                               ",i64,+], |b, i, x| merge(b, {x, 1L})))";
    return decision_of(record(source, arguments), "dictionary");
  };
  EXPECT_EQ(decided("auto", "i64", "[5, 7, 1005]"), "dense (3 keys of 3 rows; they lie in a range of 1001, in 1006 slots)");
  EXPECT_EQ(decided("dense", "i64", "[5, 7]"), "dense (2 keys of 2 rows; they lie in a range of 3, in 64 slots; as asked for)");
  EXPECT_EQ(decided("partitioned", "i64", "[5, 7]"),
            "dense (2 keys of 2 rows; they lie in a range of 3, in 64 slots; partitioned was asked for, but a loop of one morsel "
            "makes no partitions)");
  EXPECT_NE(decided("dense", "i64", "[5L, 7000000000L]")
                .find("; dense was asked for, but a slot for each number is made up to a range of 67108864)"),
            std::string::npos);
  EXPECT_NE(decided("dense", "f64", "[0.5]").find("; dense was asked for, but such keys are no numbers)"), std::string::npos);
  EXPECT_NE(decided("hash", "i8", "[5]").find("; hash was asked for, but keys of so few bits always have a slot"),
            std::string::npos);
}

TEST(RunProfile, LoopsInsideLoops) {
  runtime::EngineOptions engine;
  engine.threads = 4;
  engine.morsel_rows = 2;
  const Recorded recorded = record("|v: vec[vec[i64]]| result(for(v, merger[i64,+], |b, i, w| for(w, b, |c, j, e| merge(c, e))))",
                                   "[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10], []]", engine);
  ASSERT_EQ(recorded.module->loops().size(), 2U);
  EXPECT_EQ(recorded.module->loops()[0].outer, -1);
  EXPECT_EQ(recorded.module->loops()[1].outer, 0);
  EXPECT_EQ(recorded.loop(0).runs, 1);
  EXPECT_EQ(recorded.loop(1).runs, 3);  // those that are longer than a morsel
  EXPECT_EQ(recorded.loop(1).rows, 9);
  EXPECT_EQ(recorded.intermediates(), 0U);
}

TEST(RunProfile, LoopsHaveTheirPlaces) {
  const std::string source = "|v: vec[i64]|\n  let a = 1L;\n  result(for(v, merger[i64,+], |b, i, e| merge(b, e + a)))";
  const Recorded recorded = record(source, "[]");
  const ModuleLoop& loop = recorded.module->loops().at(0);
  EXPECT_EQ(source.substr(loop.span.begin, 4), "for(");
  EXPECT_EQ(loop.place.line, 3);
  EXPECT_EQ(loop.place.column, 10);
  EXPECT_EQ(recorded.loop(0).rows, 0);
  EXPECT_EQ(recorded.loop(0).runs, 1);
}

TEST(RunProfile, SortsOutsideOfLoops) {
  const Recorded few = record("|v: vec[i64]| sort(v, |x| x)", "[3, 1, 2]");
  ASSERT_EQ(few.profile.sorts.size(), 1U);
  const runtime::LoopProfile& sort = few.profile.sorts[0];
  EXPECT_EQ(sort.runs, 1);
  EXPECT_EQ(sort.rows, 3);
  EXPECT_GT(sort.nanoseconds, 0);
  EXPECT_EQ(sort.output_bytes, 3U * sizeof(int64_t));
  EXPECT_GE(sort.allocated_bytes, sort.output_bytes);
  EXPECT_EQ(few.profile.sort(sort.name), &sort);
  EXPECT_EQ(few.profile.loop(sort.name), nullptr);
  EXPECT_TRUE(record(kRowVecs, "10").profile.sorts.empty());
}

TEST(RunProfile, SortsOnThreadsAndOfFirstElements) {
  runtime::EngineOptions engine;
  engine.threads = 2;
  const std::string_view source =
      "|n: i64| let v = result(for(rangeiter(0L, n, 1L), appender[i64], |b, i, e| merge(b, e * 7919L % 65536L)));"
      " {sort(v, |x| x), slice(sort(v, |x| 0L - x), 0L, 10L)}";
  const Recorded many = record(source, "65536", engine);
  ASSERT_EQ(many.profile.sorts.size(), 2U);
  EXPECT_EQ(many.profile.sorts[0].rows, 65536);
  EXPECT_EQ(many.profile.sorts[1].output_bytes, 10U * sizeof(int64_t));
  const std::vector<runtime::Decision>& decisions = many.profile.sorts[1].decisions;
  ASSERT_EQ(decisions.size(), 2U);
  EXPECT_EQ(decisions[1].choice, "selected in one pass");
  EXPECT_EQ(decisions[1].evidence, "10 of 65536; selecting pays up to one in 16");
}

TEST(RunProfile, DurationsHaveThreeDigits) {
  EXPECT_EQ(runtime::duration_text(0), "0 ns");
  EXPECT_EQ(runtime::duration_text(4.684), "4.68 ns");
  EXPECT_EQ(runtime::duration_text(999.6), "1 us");
  EXPECT_EQ(runtime::duration_text(4684), "4.68 us");
  EXPECT_EQ(runtime::duration_text(55.9e6), "55.9 ms");
  EXPECT_EQ(runtime::duration_text(12e9), "12 s");
  EXPECT_EQ(runtime::duration_text(1234e9), "1234 s");
}

TEST(RunProfile, FailedRunsHaveOne) {
  const Recorded recorded = record("|v: vec[i64]| sum(map(v, |x| 10L / x))", "[1, 0]");
  EXPECT_FALSE(recorded.value.ok());
  EXPECT_EQ(recorded.loop(0).rows, 2);
  EXPECT_EQ(recorded.profile.result_bytes, 0U);
}

}  // namespace
}  // namespace weld
