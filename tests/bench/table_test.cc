#include "bench/micro/table.h"

#include <gtest/gtest.h>

namespace weld::bench {
namespace {

TEST(TableTest, ComparesWeldWithEveryBaselineAndWithItself) {
  EXPECT_EQ(table_of({{"q", "weld", 1, 12},
                      {"q", "c++", 1, 8},
                      {"q", "c++_fast", 1, 24},
                      {"q", "weld", 2, 8},
                      {"q", "c++", 2, 4},
                      {"q", "compile", 1, 3.5}}),
            "workload             threads against           Weld ms     C++ ms  ratio  speed-up\n"
            "q                          1 c++                12.000      8.000   1.50          \n"
            "q                          1 c++_fast           12.000     24.000   0.50          \n"
            "q                          2 c++                 8.000      4.000   2.00      1.50\n"
            "\n"
            "compile                      ms\n"
            "q                          3.50\n");
}

TEST(TableTest, LeavesOutWhatWasNotMeasured) {
  EXPECT_EQ(table_of({}), "");
  EXPECT_EQ(table_of({{"q", "c++", 1, 8}, {"q", "weld", 2, 4}}), "");
  EXPECT_EQ(table_of({{"q", "compile", 1, 3.5}}),
            "compile                      ms\n"
            "q                          3.50\n");
}

}  // namespace
}  // namespace weld::bench
