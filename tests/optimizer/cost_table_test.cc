#include "weld/optimizer/cost_table.h"

#include <gtest/gtest.h>

#include "weld/optimizer/cost.h"

namespace weld {
namespace {

TEST(CostTable, LinesOfAFileReplaceDefaults) {
  const Result<CostTable> table = parse_cost_table("# of a machine\n\ndivision 77 # a comment\r\n\tmerge\t1000000000000");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->division, 77);
  EXPECT_EQ(table->merge, 1'000'000'000'000);
  EXPECT_EQ(table->arithmetic, CostTable().arithmetic);
}

TEST(CostTable, AnEmptyTextIsTheDefaultTable) {
  const Result<CostTable> table = parse_cost_table("");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->kept_byte, CostTable().kept_byte);
}

TEST(CostTable, FaultsNameTheLine) {
  for (std::string_view line :
       {"speed 1", "merge", "merge x", "merge 0", "merge -1", "merge 1000000000001", "merge 1 1", "merge 1ps"}) {
    const std::string text = "division 5\n" + std::string(line) + "\narithmetic 7\n";
    const Result<CostTable> table = parse_cost_table(text);
    ASSERT_FALSE(table.ok()) << line;
    EXPECT_EQ(place_of(text, table.diagnostics().front().span.begin).line, 2) << line;
  }
}

TEST(CostTable, OfTheProcessIsWhatCostsAreMadeOf) {
  EXPECT_TRUE(faults_of_cost_table().empty());
  EXPECT_EQ(kept_cost(8), 8 * cost_table().kept_byte);
}

}  // namespace
}  // namespace weld
