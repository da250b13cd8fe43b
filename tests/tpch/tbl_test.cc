#include "bench/tpch/tbl.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace weld::tpch {
namespace {

namespace fs = std::filesystem;
using enum ColumnId;

// A directory of a test's own, removed with it.
class TblTest : public testing::Test {
 protected:
  TblTest() : directory_(fs::temp_directory_path() / ("weld_tpch_test_" + std::to_string(getpid()) + "_" + test_name())) {
    fs::create_directories(directory_);
  }
  ~TblTest() override { fs::remove_all(directory_); }

  static std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  void put(const std::string& file, const std::string& text) const { std::ofstream(directory_ / file, std::ios::binary) << text; }
  std::string read(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(directory_ / file, std::ios::binary).rdbuf();
    return text.str();
  }
  LoadOptions options(std::initializer_list<ColumnId> columns) const {
    LoadOptions options;
    options.directory = directory_.string();
    options.columns = ColumnSet();
    for (ColumnId id : columns) options.columns.add(id);
    return options;
  }
  // The one error of loading a region.tbl with this text; the directory's name is taken off its front.
  std::string region_error(const std::string& text) const {
    put("region.tbl", text);
    auto loaded = load(options({r_regionkey, r_name, r_comment}));
    if (loaded.ok()) return "no error";
    return loaded.diagnostics().front().message.substr(directory_.string().size() + 1);
  }

  fs::path directory_;
};

void expect_equal(const Database& left, const Database& right) {
  for (int index = 0; index < kColumnCount; ++index) {
    ColumnId id = static_cast<ColumnId>(index);
    ASSERT_TRUE(right.has(id)) << spec(id).name;
    ASSERT_EQ(left.column(id).rows(), right.column(id).rows()) << spec(id).name;
    if (element_size(spec(id).kind) == sizeof(StringRef)) {
      for (size_t row = 0; row < left.values<StringRef>(id).size(); ++row) {
        ASSERT_EQ(left.values<StringRef>(id)[row].view(), right.values<StringRef>(id)[row].view())
            << spec(id).name << " row " << row;
      }
    } else {
      size_t bytes = static_cast<size_t>(left.column(id).rows() * element_size(spec(id).kind));
      ASSERT_EQ(std::memcmp(left.column(id).data(), right.column(id).data(), bytes), 0) << spec(id).name;
    }
  }
}

Database generated() {
  GenerateOptions options;
  options.scale_factor = 0.003;
  return generate(options).value();
}

TEST_F(TblTest, WhatIsWrittenIsReadBack) {
  Database database = generated();
  std::vector<double> progress;
  ASSERT_TRUE(write(database, directory_.string(), 3, [&](double fraction) { progress.push_back(fraction); }).empty());
  EXPECT_EQ(progress.back(), 1);
  EXPECT_TRUE(has_tables(directory_.string()));
  for (int64_t chunk_bytes : {int64_t{1}, int64_t{1000}, int64_t{8 << 20}}) {
    LoadOptions options;
    options.directory = directory_.string();
    options.threads = 3;
    options.chunk_bytes = chunk_bytes;
    auto loaded = load(options);
    ASSERT_TRUE(loaded.ok()) << loaded.diagnostics().front().message;
    expect_equal(database, loaded.value());
  }
}

TEST_F(TblTest, LinesLookAsDbgenWritesThem) {
  ASSERT_TRUE(write(generated(), directory_.string()).empty());
  std::string regions = read("region.tbl");
  EXPECT_EQ(regions.substr(0, 9), "0|AFRICA|");
  EXPECT_EQ(regions.substr(regions.size() - 2), "|\n");
  std::string line = read("lineitem.tbl");
  line.resize(line.find('\n'));
  EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 16);
  size_t at = 0;
  for (int field = 0; field < 4; ++field) at = line.find('|', at) + 1;
  std::string quantity = line.substr(at, line.find('|', at) - at);
  EXPECT_EQ(quantity.find('.'), std::string::npos) << quantity;
}

TEST_F(TblTest, OnlyTheColumnsAskedForAreRead) {
  put("region.tbl", "zero|AFRICA|x|\n");
  auto loaded = load(options({r_name}));
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded.value().has(r_regionkey));
  EXPECT_EQ(loaded.value().values<StringRef>(r_name)[0].view(), "AFRICA");
}

TEST_F(TblTest, ToleratesOtherLineEnds) {
  for (const char* text : {"0|AFRICA|a b|\n1|ASIA||\n", "0|AFRICA|a b|\r\n1|ASIA||\r\n", "0|AFRICA|a b\n1|ASIA||",
                           "0|AFRICA|a b\r\n\r\n\n1|ASIA|\n\n"}) {
    put("region.tbl", text);
    auto loaded = load(options({r_regionkey, r_name, r_comment}));
    ASSERT_TRUE(loaded.ok()) << text << loaded.diagnostics().front().message;
    const Database& database = loaded.value();
    ASSERT_EQ(database.rows(Table::kRegion), 2) << text;
    EXPECT_EQ(database.values<int32_t>(r_regionkey)[1], 1);
    EXPECT_EQ(database.values<StringRef>(r_name)[1].view(), "ASIA");
    EXPECT_EQ(database.values<StringRef>(r_comment)[0].view(), "a b");
    EXPECT_EQ(database.values<StringRef>(r_comment)[1].view(), "");
  }
}

TEST_F(TblTest, ReadsFilesInParts) {
  put("region.tbl.1", "0|AFRICA||\n");
  put("region.tbl.2", "1|AMERICA||\n2|ASIA||\n");
  put("region.tbl.10", "9|NEVER||\n");
  auto loaded = load(options({r_regionkey}));
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(loaded.value().rows(Table::kRegion), 3);
  EXPECT_EQ(loaded.value().values<int32_t>(r_regionkey)[2], 2);
}

TEST_F(TblTest, AnEmptyFileIsAnEmptyTable) {
  put("region.tbl", "");
  auto loaded = load(options({r_regionkey, r_comment}));
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.value().rows(Table::kRegion), 0);
}

TEST_F(TblTest, ErrorsNameFileAndLine) {
  EXPECT_EQ(region_error("0|AFRICA||\n\n1|AMERICA\n"), "region.tbl:3: 2 fields where table region has 3");
  EXPECT_EQ(region_error("0|AFRICA|a|b|\n"), "region.tbl:1: 4 fields where table region has 3");
  EXPECT_EQ(region_error("0|AFRICA||\n1.5|AMERICA||\n"), "region.tbl:2: r_regionkey: '1.5' is not a 32-bit integer");
  EXPECT_EQ(region_error("|AFRICA||\n"), "region.tbl:1: r_regionkey: '' is not a 32-bit integer");
  EXPECT_EQ(region_error("3000000000|AFRICA||\n"), "region.tbl:1: r_regionkey: '3000000000' is not a 32-bit integer");
}

TEST_F(TblTest, TheErrorReportedIsTheFirst) {
  std::string text;
  for (int line = 1; line <= 500; ++line) text += (line == 77 || line == 78 || line > 400) ? "x|A||\n" : "1|A||\n";
  put("region.tbl", text);
  LoadOptions few = options({r_regionkey});
  few.threads = 3;
  few.chunk_bytes = 50;
  auto loaded = load(few);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.diagnostics().front().message,
            directory_.string() + "/region.tbl:77: r_regionkey: 'x' is not a 32-bit integer");
}

TEST_F(TblTest, EveryKindOfValueIsChecked) {
  std::string good = "1|2|3|1|17|2116.82|0.04|0.02|N|O|1996-03-13|1996-02-12|1996-03-22|NONE|TRUCK|text|\n";
  LoadOptions all;
  all.directory = directory_.string();
  all.columns = ColumnSet();
  for (ColumnId id : columns_of(Table::kLineitem)) all.columns.add(id);
  put("lineitem.tbl", good);
  auto loaded = load(all);
  ASSERT_TRUE(loaded.ok()) << loaded.diagnostics().front().message;
  EXPECT_EQ(loaded.value().values<int64_t>(l_quantity)[0], 1'700);
  EXPECT_EQ(loaded.value().values<int64_t>(l_extendedprice)[0], 211'682);

  auto error_with = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    put("lineitem.tbl", bad.replace(bad.find(from), from.size(), to));
    auto result = load(all);
    return result.ok() ? std::string("no error") : result.diagnostics().front().message;
  };
  EXPECT_NE(error_with("2116.82", "2116.825").find("l_extendedprice: '2116.825' is not a decimal of at most two places"),
            std::string::npos);
  EXPECT_NE(error_with("1996-02-12", "1996-02-30").find("l_commitdate: '1996-02-30' is not a date (yyyy-mm-dd)"),
            std::string::npos);
  EXPECT_NE(error_with("|N|", "|NO|").find("l_returnflag: 'NO' is not one character"), std::string::npos);
  EXPECT_NE(error_with("1|2|", "1e3|2|").find("l_orderkey: '1e3' is not an integer"), std::string::npos);
}

TEST_F(TblTest, MissingFilesAreAllNamed) {
  EXPECT_FALSE(has_tables(directory_.string()));
  auto loaded = load(options({r_name, n_name}));
  ASSERT_FALSE(loaded.ok());
  ASSERT_EQ(loaded.diagnostics().size(), 2u);
  EXPECT_EQ(loaded.diagnostics()[0].message, directory_.string() + "/region.tbl: no such file");
  fs::create_directories(directory_ / "nation.tbl");
  loaded = load(options({n_name}));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.diagnostics()[0].message, directory_.string() + "/nation.tbl: not a regular file");
}

TEST_F(TblTest, WritingWhereOneCannotIsAnError) {
  put("file", "");
  EXPECT_EQ(write(generated(), (directory_ / "file").string()).size(), 1u);
}

}  // namespace
}  // namespace weld::tpch
