#include <algorithm>
#include <set>

#include "tests/ir/corpus.h"
#include "tests/optimizer/expect_pass.h"

namespace weld {
namespace {

void expect_optimized(std::string_view before, std::string_view after) {
  ExprPtr program = program_of(before);
  ExprPtr expected = program_of(after);
  if (program == nullptr || expected == nullptr) return;
  OptimizerOptions options;
  options.verify_each = true;
  ExprPtr result = optimize(program, options);
  EXPECT_TRUE(equal(result, expected)) << "came " << print(result) << "\nnot  " << print(expected);
}

TEST(Pipeline, EveryPassIsFoundByItsName) {
  std::set<std::string> names;
  for (const Pass& pass : all_passes()) {
    EXPECT_EQ(find_pass(pass.name), &pass);
    EXPECT_TRUE(names.insert(pass.name).second) << pass.name;
    EXPECT_NE(std::string(pass.summary), "");
  }
  EXPECT_GE(names.size(), 7u);
  EXPECT_EQ(find_pass("no-such-pass"), nullptr);
}

TEST(Pipeline, GivenPassesRunInOrder) {
  ExprPtr program = program_of("|x: i64| let a = 1L + 2L; a * x");
  ASSERT_NE(program, nullptr);
  OptimizerOptions options;
  options.passes = {"inline-lets", "fold-constants", "inline-lets"};
  std::vector<std::string> seen;
  options.after_pass = [&](const Pass& pass, const ExprPtr& result) {
    EXPECT_NE(result, nullptr);
    seen.push_back(pass.name);
  };
  std::vector<PassTiming> timings;
  ExprPtr result = optimize(program, options, &timings);
  EXPECT_TRUE(equal(result, program_of("|x: i64| 3L * x"))) << print(result);
  EXPECT_EQ(seen, *options.passes);
  ASSERT_EQ(timings.size(), 3u);
  EXPECT_EQ(timings[1].name, "fold-constants");
  EXPECT_TRUE(timings[0].changed);
  EXPECT_TRUE(timings[1].changed);
  EXPECT_FALSE(timings[2].changed);
}

TEST(Pipeline, PassesThatAreLeftOutDoNotRun) {
  ExprPtr program = program_of("|x: i64| let a = 1L + 2L; a * x");
  ASSERT_NE(program, nullptr);
  OptimizerOptions options;
  options.passes = {"-fold-constants"};
  std::vector<PassTiming> timings;
  ExprPtr result = optimize(program, options, &timings);
  EXPECT_TRUE(equal(result, program_of("|x: i64| (1L + 2L) * x"))) << print(result);
  EXPECT_GE(timings.size(), all_passes().size() - 1);
  for (const PassTiming& timing : timings) EXPECT_NE(timing.name, "fold-constants");
}

TEST(Pipeline, FaultsOfPassListsAreNamed) {
  EXPECT_EQ(fault_of_pass_list({}), "");
  EXPECT_EQ(fault_of_pass_list({"fuse-maps", "inline-lets", "fuse-maps"}), "");
  EXPECT_EQ(fault_of_pass_list({"-fuse-maps", "-inline-lets"}), "");
  EXPECT_EQ(fault_of_pass_list({"fuse-maps", "no-such-pass"}), "there is no optimizer pass 'no-such-pass'");
  EXPECT_EQ(fault_of_pass_list({"-no-such-pass"}), "there is no optimizer pass 'no-such-pass'");
  EXPECT_EQ(fault_of_pass_list({""}), "there is no optimizer pass ''");
  EXPECT_EQ(fault_of_pass_list({"-"}), "there is no optimizer pass ''");
  EXPECT_NE(fault_of_pass_list({"-fuse-maps", "inline-lets"}), "");
}

TEST(Pipeline, EmptyListChangesNothing) {
  ExprPtr program = program_of("|x: i64| let a = 1L + 2L; a * x");
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(run_passes(program, {}), program);
}

TEST(Pipeline, StopsWhenNothingChanges) {
  ExprPtr program = program_of("|x: i64| x * x");
  ASSERT_NE(program, nullptr);
  std::vector<PassTiming> timings;
  EXPECT_EQ(optimize(program, {}, &timings), program);
  EXPECT_EQ(timings.size(), all_passes().size());
}

TEST(Pipeline, LatePassesRunWhenTheOthersAreAtRest) {
  ExprPtr program = program_of("|x: i64| let a = 1L + 2L; a * x");
  ASSERT_NE(program, nullptr);
  std::vector<PassTiming> timings;
  optimize(program, {}, &timings);
  size_t last_change = 0;
  size_t first_late = timings.size();
  for (size_t i = timings.size(); i-- > 0;) {
    if (find_pass(timings[i].name)->is_late) {
      first_late = i;
    } else if (timings[i].changed) {
      last_change = std::max(last_change, i);
    }
  }
  EXPECT_LT(last_change, first_late);
  EXPECT_LT(first_late, timings.size());
}

TEST(Pipeline, WholeProgram) {
  expect_optimized(
      "|price: vec[i64], discount: vec[i64]| let revenue = map(zip(price, discount), |r| {r.$0, r.$0 * (100L - r.$1)});"
      "let large = filter(revenue, |r| r.$1 > 10L + 90L); let unused = sort(price, |x| x);"
      "sum(map(large, |r| r.$0 + r.$1))",
      "|price: vec[i64], discount: vec[i64]| result(for(zip(price, discount), merger[i64,+], |b, i, r| "
      "let p = r.$0 * (100L - r.$1); if(p > 100L, merge(b, r.$0 + p), b)))");
}

TEST(Pipeline, EveryConstruct) {
  for (const std::string& text : corpus()) {
    ExprPtr program = program_of(text);
    ASSERT_NE(program, nullptr);
    OptimizerOptions options;
    options.verify_each = true;
    options.after_pass = [](const Pass& pass, const ExprPtr& result) {
      Result<ExprPtr> again = compile_to_ir(print(result));
      EXPECT_TRUE(again.ok() && equal(*again, result)) << "after " << pass.name << "\n" << print(result);
    };
    ExprPtr result = optimize(program, options);
    EXPECT_EQ(result->type(), program->type()) << text;
    EXPECT_EQ(optimize(result, options), result) << "goes on changing: " << text << "\n" << print(result);
  }
}

TEST(Pipeline, LongChainOfMapsBecomesOneLoop) {
  std::string text = "|v0: vec[i64]|\n";
  for (int i = 1; i <= 1000; ++i) {
    std::string last = "v" + std::to_string(i - 1);
    std::string value = i % 3 == 0 ? "x * x + " : "x + ";
    text += "let v" + std::to_string(i) + " = map(" + last + ", |x| " + value + std::to_string(i) + "L);\n";
  }
  ExprPtr program = program_of(text + "sum(v1000)");
  ASSERT_NE(program, nullptr);
  OptimizerOptions options;
  std::vector<PassTiming> timings;
  ExprPtr result = optimize(program, options, &timings);
  EXPECT_TRUE(verify(result).empty());
  int loops = 0;
  walk(result, [&](const ExprPtr& expr) {
    loops += expr->is(NodeKind::kFor);
    return true;
  });
  EXPECT_EQ(loops, 1);
  double total = 0;
  for (const PassTiming& timing : timings) total += timing.milliseconds;
  RecordProperty("milliseconds", std::to_string(total));
}

TEST(Pipeline, BrokenProgramsAreReported) {
  // A pass is told apart by what it returns; given a program that is already broken, the first pass that changes it is named.
  ExprPtr broken = make_lambda({{"x", Type::i64()}}, make_binary(BinaryOp::kAdd, make_identifier("y", Type::i64()),
                                                                 make_binary(BinaryOp::kAdd, make_i64(1), make_i64(2))));
  OptimizerOptions options;
  options.passes = {"fold-constants"};
  options.verify_each = true;
  EXPECT_DEATH(optimize(broken, options), "fold-constants");
}

}  // namespace
}  // namespace weld
