// That what the benchmark compares can differ, and how it tells.
#include "bench/micro/workload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/micro/baseline.h"
#include "bench/micro/suite.h"
#include "bench/tpch/queries.h"

namespace weld::bench {
namespace {

TEST(WorkloadTest, IntegersMustBeEqual) {
  EXPECT_EQ(compare_integers("sum", 7, 7), "");
  EXPECT_EQ(compare_integers("sum", 7, 8), "sum: Weld gives 7, C++ 8");
}

TEST(WorkloadTest, FloatsMustBeClose) {
  const double baseline[] = {1.0, 1000.0};
  const double close[] = {1.0 + 1e-12, 1000.0 + 1e-9};
  const double far[] = {1.0, 1000.1};
  const double nothing[] = {1.0, std::nan("")};
  EXPECT_EQ(compare_floats("call", close, baseline, 2), "");
  EXPECT_EQ(compare_floats("call", far, baseline, 2), "call 1: Weld gives 1000.1, C++ 1000");
  EXPECT_NE(compare_floats("call", nothing, baseline, 2), "");
}

TEST(WorkloadTest, AWrongResultIsFound) {
  Workload workload = map_filter_reduce_workload(100);
  workload.baselines[0].run(1);
  const int64_t wrong = -1;
  EXPECT_NE(workload.compare(&wrong), "");
}

// Rows that no vector width and no thread count divides.
TEST(SuiteTest, WeldAndTheBaselinesAgree) {
  SuiteOptions options;
  options.scale_factor = 0.001;
  options.rows = 100'003;
  options.threads = {1, 2, 3};
  Result<Suite> suite = Suite::create(options);
  ASSERT_TRUE(suite.ok()) << suite.diagnostics()[0].message;
  EXPECT_EQ(suite->differences(), std::vector<std::string>());
}

TEST(SuiteTest, AScaleFactorOutOfRangeIsAnError) {
  SuiteOptions options;
  options.scale_factor = 0;
  EXPECT_FALSE(Suite::create(options).ok());
}

// A second vector loop for the rows that are left over of a morsel would take half of the compile time.
TEST(CodeTest, AScanHasNoVectorEpilogue) {
  Result<std::string> code = explain(tpch::query_text("q06.weld"), "llvm-optimized");
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(code->find("vec.epilog"), std::string::npos);
}

// The baselines themselves, by hand.
TEST(BaselineTest, ScansCountWhatTheyShould) {
  const int32_t keys[] = {0, 1, 2, 3, 4};
  const int64_t values[] = {1, 10, 100, 1000, 10000};
  EXPECT_EQ(filtered_sum(keys, values, 3, 5, 2), 111);
  EXPECT_EQ(map_filter_reduce(values, 30, 3, 1), 31 * 31 + 301 * 301);

  const int32_t shipdate[] = {8765, 8766, 9130, 9131, 8766, 8766, 8766};
  const int64_t quantity[] = {100, 100, 2399, 100, 2400, 100, 100};
  const int64_t price[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
  const int64_t discount[] = {5, 5, 7, 5, 5, 4, 8};
  EXPECT_EQ(q6({shipdate, quantity, price, discount}, 7, 2), 10 * 5 + 100 * 7);
}

TEST(BaselineTest, ScoresAreSummedByRegion) {
  const int64_t region[] = {3, 3, 99, 3, 0};
  const double price[] = {1, 1, 4, 50, 1};
  const double quantity[] = {2, 4, 1, 7, 0};
  const double discount[] = {0, 0.5, 0.25, 0, 1};
  for (int threads : {1, 3}) {
    std::vector<ScoredGroup> groups(kRegions);
    scored_groups({region, price, quantity, discount}, 50, 5, threads, groups.data());
    EXPECT_EQ(groups[3].count, 2);  // one of its rows is at the limit
    EXPECT_EQ(groups[3].score, 2 * 0.5 - 0.75 + 4 * 0.5 - 0.5 * 0.75);
    EXPECT_EQ(groups[99].score, std::log(4.0) * 0.25 + 4 * 0.5 - 3 * 0.75);
    EXPECT_EQ(groups[0].count, 1);
    EXPECT_EQ(groups[0].score, 0);
    EXPECT_EQ(groups[1].count, 0);
  }
}

TEST(BaselineTest, Q1GroupsAndSorts) {
  const int32_t shipdate[] = {10471, 10471, 10472, 10000};
  const int8_t returnflag[] = {'R', 'A', 'A', 'R'};
  const int8_t linestatus[] = {'F', 'O', 'O', 'F'};
  const int64_t quantity[] = {100, 200, 300, 400};
  const int64_t price[] = {1000, 2000, 3000, 4000};
  const int64_t discount[] = {10, 0, 0, 0};
  const int64_t tax[] = {0, 1, 2, 3};
  for (int threads : {1, 2, 3}) {
    Q1Group groups[2];
    ASSERT_EQ(q1({shipdate, returnflag, linestatus, quantity, price, discount, tax}, 4, threads, groups, 2), 2);
    EXPECT_EQ(groups[0].returnflag, 'A');
    EXPECT_EQ(groups[0].charge, 2000 * 100 * 101);
    EXPECT_EQ(groups[0].count, 1);
    EXPECT_EQ(groups[1].quantity, 500);
    EXPECT_EQ(groups[1].base_price, 5000);
    EXPECT_EQ(groups[1].discounted_price, 1000 * 90 + 4000 * 100);
    EXPECT_EQ(groups[1].charge, 1000 * 90 * 100 + 4000 * 100 * 103);
    EXPECT_EQ(groups[1].discount, 10);
  }
}

}  // namespace
}  // namespace weld::bench
