// Every query's answer on generated data equals SQLite's answer to the official SQL text on the same data, to the last digit and
// in the same order, at any number of threads and size of morsels.
#include "bench/tpch/queries.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "bench/tpch/format.h"
#include "bench/tpch/generate.h"
#include "bench/tpch/prepared.h"
#include "tests/tpch/sqlite.h"

namespace weld::tpch {
namespace {

std::string read_source(const std::string& path) {
  std::ifstream file(std::string(WELD_SOURCE_DIR "/") + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The rows with each integer of a decimal column given its point.
std::vector<TextRow> formatted(const Query& query, std::vector<TextRow> rows) {
  for (TextRow& row : rows) {
    for (size_t column = 0; column < row.size(); ++column) {
      ResultFormat format = query.columns[column].format;
      if (row[column].empty() || (format != ResultFormat::kDecimal && format != ResultFormat::kAverage)) continue;
      row[column] = format_decimal(parse_integer(row[column]).value(), query.columns[column].scale);
    }
  }
  return rows;
}

PreparedQuery prepare(const Query& query) {
  auto prepared = PreparedQuery::compile(query, query_text(query.file), std::string(query.file));
  if (!prepared.ok()) {
    ADD_FAILURE() << prepared.diagnostics().front().message;
    std::abort();
  }
  return std::move(prepared).value();
}

class QueriesTest : public testing::TestWithParam<int> {
 protected:
  static const Query& query() { return *query_numbered(GetParam()); }

  static void expect_same_answer(uint64_t seed, double scale_factor, const runtime::EngineOptions& engine_options) {
    Database database = generate({.scale_factor = scale_factor, .seed = seed}).value();
    SqliteDatabase sqlite(database);
    std::vector<TextRow> expected =
        formatted(query(), sqlite.select(read_source(fmt::format("tests/tpch/sql/q{:02}.sql", GetParam()))));
    ASSERT_FALSE(expected.empty());
    PreparedQuery prepared = prepare(query());
    Value value = prepared.run(runtime::Engine::create(engine_options), database);
    ASSERT_TRUE(value.ok()) << value.error_message();
    EXPECT_EQ(prepared.rows(value), expected);
  }
};

TEST_P(QueriesTest, EqualsSqliteOnOneThread) { expect_same_answer(1, 0.01, {.threads = 1}); }
TEST_P(QueriesTest, EqualsSqliteOnTwoThreads) { expect_same_answer(1, 0.01, {.threads = 2}); }
TEST_P(QueriesTest, EqualsSqliteOnManySmallMorsels) { expect_same_answer(1, 0.01, {.threads = 4, .morsel_rows = 500}); }
TEST_P(QueriesTest, EqualsSqliteOnOtherData) { expect_same_answer(7, 0.02, {}); }

TEST_P(QueriesTest, GivesTheSameAnswerAgain) {
  Database database = generate({.scale_factor = 0.005}).value();
  PreparedQuery prepared = prepare(query());
  auto engine = runtime::Engine::create({.threads = 3});
  std::vector<TextRow> first = prepared.rows(prepared.run(engine, database));
  for (int run = 0; run < 5; ++run) EXPECT_EQ(prepared.rows(prepared.run(engine, database)), first);
}

std::vector<int> all_numbers() {
  std::vector<int> numbers;
  for (const Query& query : queries()) numbers.push_back(query.number);
  return numbers;
}
INSTANTIATE_TEST_SUITE_P(All, QueriesTest, testing::ValuesIn(all_numbers()),
                         [](const auto& info) { return fmt::format("Q{}", info.param); });

// What a program that does not fit its query is told.
std::string error_of(int number, const std::string& source) {
  auto prepared = PreparedQuery::compile(*query_numbered(number), source, "mine.weld");
  return prepared.ok() ? "no error" : prepared.diagnostics().front().message;
}

TEST(PreparedQuery, ProgramsThatDoNotFit) {
  EXPECT_EQ(error_of(6, "|l_price: vec[i64]| 1L"), "mine.weld: parameter l_price is named as no column of TPC-H is");
  EXPECT_EQ(error_of(6, "|l_tax: vec[i32]| 1L"), "mine.weld: parameter l_tax has type vec[i32], but the column has vec[i64]");
  EXPECT_EQ(error_of(6, "|l_tax: vec[i64]| 1.0"), "mine.weld: the result has type f64, in which column revenue is not found");
  EXPECT_EQ(error_of(3, "|l_tax: vec[i64]| l_tax"),
            "mine.weld: the result has type vec[i64], in which column revenue is not found");
  EXPECT_EQ(error_of(6, "|l_tax: vec[i64]| result(for(l_tax, merger[i64,+], |b, i, e| merge(b, e)))"), "no error");
  std::string syntax = error_of(6, "|l_tax: vec[i64]|\n  l_tax +");
  EXPECT_NE(syntax.find("mine.weld:2:"), std::string::npos) << syntax;
}

TEST(Queries, TheTextsBuiltInAreThoseOfTheFiles) {
  for (const Query& query : queries()) {
    EXPECT_EQ(query_text(query.file), read_source("bench/tpch/queries/" + std::string(query.file))) << query.number;
  }
  EXPECT_EQ(query_text("q99.weld"), "");
}

}  // namespace
}  // namespace weld::tpch
