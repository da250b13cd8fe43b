// What the specification says of the data, held against data generated at a small scale factor.
#include "bench/tpch/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "bench/tpch/format.h"

namespace weld::tpch {
namespace {

using enum ColumnId;

GenerateOptions small(int threads = 0, int64_t chunk_rows = 1 << 16, uint64_t seed = 1) {
  GenerateOptions options;
  options.scale_factor = 0.01;
  options.threads = threads;
  options.chunk_rows = chunk_rows;
  options.seed = seed;
  return options;
}

const Database& data() {
  static const Database database = generate(small()).value();
  return database;
}

// The bytes of one column, strings by content.
std::string contents(const Database& database, ColumnId id) {
  const Column& column = database.column(id);
  if (element_size(column.kind()) != sizeof(StringRef)) {
    return {static_cast<const char*>(column.data()), static_cast<size_t>(column.rows() * element_size(column.kind()))};
  }
  std::string all;
  for (StringRef value : database.values<StringRef>(id)) all.append(value.view()).append("|");
  return all;
}

std::vector<ColumnId> all_columns() {
  std::vector<ColumnId> ids;
  for (int i = 0; i < kColumnCount; ++i) ids.push_back(static_cast<ColumnId>(i));
  return ids;
}

template <class T>
void expect_range(ColumnId id, T low, T high) {
  auto values = data().values<T>(id);
  auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_EQ(*least, low) << spec(id).name;
  EXPECT_EQ(*most, high) << spec(id).name;
}

void expect_lengths(ColumnId id, int64_t shortest, int64_t longest, int64_t slack) {
  int64_t least = INT64_MAX;
  int64_t most = 0;
  for (StringRef value : data().values<StringRef>(id)) {
    least = std::min(least, value.length);
    most = std::max(most, value.length);
  }
  EXPECT_GE(least, shortest) << spec(id).name;
  EXPECT_LE(least, shortest + slack) << spec(id).name;
  EXPECT_LE(most, longest) << spec(id).name;
  EXPECT_GE(most, longest - slack) << spec(id).name;
}

// Every word of a list occurs, nothing else, and each about equally often.
void expect_uniform_words(ColumnId id, size_t count) {
  std::map<std::string_view, int64_t> words;
  auto values = data().values<StringRef>(id);
  for (StringRef value : values) ++words[value.view()];
  EXPECT_EQ(words.size(), count) << spec(id).name;
  double expected = static_cast<double>(values.size()) / static_cast<double>(count);
  for (const auto& [word, times] : words) EXPECT_NEAR(static_cast<double>(times), expected, 6 * std::sqrt(expected)) << word;
}

int count_matching(ColumnId id, std::string_view first, std::string_view second) {
  int count = 0;
  for (StringRef value : data().values<StringRef>(id)) {
    size_t at = value.view().find(first);
    count += at != std::string_view::npos && value.view().find(second, at + first.size()) != std::string_view::npos;
  }
  return count;
}

TEST(Generate, Cardinalities) {
  EXPECT_EQ(data().rows(Table::kRegion), 5);
  EXPECT_EQ(data().rows(Table::kNation), 25);
  EXPECT_EQ(data().rows(Table::kSupplier), 100);
  EXPECT_EQ(data().rows(Table::kPart), 2'000);
  EXPECT_EQ(data().rows(Table::kPartsupp), 8'000);
  EXPECT_EQ(data().rows(Table::kCustomer), 1'500);
  EXPECT_EQ(data().rows(Table::kOrders), 15'000);
  EXPECT_NEAR(static_cast<double>(data().rows(Table::kLineitem)), 60'000, 6 * 2 * std::sqrt(15'000));
}

TEST(Generate, TheSameAtAnyThreadCountAndChunking) {
  Database one = generate(small(1, 1'000'000)).value();
  Database many = generate(small(3, 7)).value();
  for (ColumnId id : all_columns()) EXPECT_EQ(contents(one, id), contents(many, id)) << spec(id).name;
}

TEST(Generate, AColumnIsTheSameWhateverTheOthers) {
  for (ColumnId id : {l_extendedprice, l_comment, o_totalprice, s_comment}) {
    GenerateOptions options = small();
    options.columns = ColumnSet();
    options.columns.add(id);
    Database alone = generate(options).value();
    EXPECT_EQ(contents(alone, id), contents(data(), id)) << spec(id).name;
    EXPECT_FALSE(alone.has(l_tax));
    EXPECT_EQ(alone.rows(Table::kOrders), 15'000);
  }
}

TEST(Generate, TheSeedMatters) {
  Database other = generate(small(0, 1 << 16, 2)).value();
  for (ColumnId id : {l_quantity, o_orderdate, c_mktsegment, p_name, s_comment, ps_supplycost}) {
    EXPECT_NE(contents(other, id), contents(data(), id)) << spec(id).name;
  }
}

TEST(Generate, RefusesWhatIsOutOfRange) {
  for (double scale_factor : {0.0, -1.0, 1e9, std::nan("")}) {
    GenerateOptions options;
    options.scale_factor = scale_factor;
    EXPECT_FALSE(generate(options).ok()) << scale_factor;
  }
  GenerateOptions options = small();
  options.chunk_rows = 0;
  EXPECT_FALSE(generate(options).ok());
}

TEST(Generate, ReportsProgress) {
  GenerateOptions options = small(2, 100);
  std::vector<double> fractions;
  options.progress = [&](double fraction) { fractions.push_back(fraction); };
  ASSERT_TRUE(generate(options).ok());
  ASSERT_GT(fractions.size(), 10u);
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_EQ(fractions.back(), 1);
}

TEST(Generate, OrderKeysAreSparse) {
  auto keys = data().values<int64_t>(o_orderkey);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(std::set<int64_t>(keys.begin(), keys.end()).size(), keys.size());
  EXPECT_EQ(keys.front(), 1);
  EXPECT_EQ(keys.back(), 60'000);
  for (int64_t key : keys) ASSERT_LT(key % 32, 8);
}

TEST(Generate, AThirdOfTheCustomersHasNoOrders) {
  auto keys = data().values<int32_t>(o_custkey);
  for (int32_t key : keys) {
    ASSERT_NE(key % 3, 0);
    ASSERT_GE(key, 1);
    ASSERT_LE(key, 1'500);
  }
  EXPECT_EQ(std::set<int32_t>(keys.begin(), keys.end()).size(), 1'000u);
}

TEST(Generate, PartsuppHoldsFourSuppliersOfEachPart) {
  std::set<std::pair<int32_t, int32_t>> pairs;
  for (size_t row = 0; row < 8'000; ++row) {
    int32_t part = data().values<int32_t>(ps_partkey)[row];
    int32_t supplier = data().values<int32_t>(ps_suppkey)[row];
    ASSERT_EQ(part, static_cast<int32_t>(row / 4 + 1));
    // The specification's formula, with S = 100.
    int32_t which = static_cast<int32_t>(row % 4);
    ASSERT_EQ(supplier, (part + which * (100 / 4 + (part - 1) / 100)) % 100 + 1);
    pairs.emplace(part, supplier);
  }
  EXPECT_EQ(pairs.size(), 8'000u);

  auto parts = data().values<int32_t>(l_partkey);
  auto suppliers = data().values<int32_t>(l_suppkey);
  for (size_t row = 0; row < parts.size(); ++row) ASSERT_TRUE(pairs.count({parts[row], suppliers[row]}));
}

TEST(Generate, RangesOfNumbers) {
  expect_range<int64_t>(l_quantity, 100, 5'000);
  expect_range<int64_t>(l_discount, 0, 10);
  expect_range<int64_t>(l_tax, 0, 8);
  expect_range<int32_t>(l_linenumber, 1, 7);
  expect_range<int32_t>(l_partkey, 1, 2'000);
  expect_range<int32_t>(p_size, 1, 50);
  expect_range<int32_t>(o_shippriority, 0, 0);
  expect_range<int32_t>(c_nationkey, 0, 24);
  expect_range<int32_t>(s_nationkey, 0, 24);
  expect_range<int32_t>(o_orderdate, days_of({1992, 1, 1}), days_of({1998, 12, 31}) - 151);
  for (int64_t balance : data().values<int64_t>(c_acctbal)) ASSERT_TRUE(balance >= -99'999 && balance <= 999'999);
  for (int64_t cost : data().values<int64_t>(ps_supplycost)) ASSERT_TRUE(cost >= 100 && cost <= 100'000);
  for (int32_t quantity : data().values<int32_t>(ps_availqty)) ASSERT_TRUE(quantity >= 1 && quantity <= 9'999);
  double sum = 0;
  for (int64_t quantity : data().values<int64_t>(l_quantity)) sum += static_cast<double>(quantity);
  EXPECT_NEAR(sum / static_cast<double>(data().rows(Table::kLineitem)), 2'550, 40);
}

TEST(Generate, RetailPrices) {
  auto prices = data().values<int64_t>(p_retailprice);
  EXPECT_EQ(prices[0], 90'100);
  EXPECT_EQ(prices[999], 90'100);
  EXPECT_EQ(prices[1'998], 90'000 + 199 + 99'900);
  auto parts = data().values<int32_t>(l_partkey);
  for (size_t row = 0; row < parts.size(); ++row) {
    ASSERT_EQ(data().values<int64_t>(l_extendedprice)[row],
              data().values<int64_t>(l_quantity)[row] / 100 * prices[static_cast<size_t>(parts[row] - 1)]);
  }
}

TEST(Generate, DatesAndFlagsOfLineitems) {
  std::map<int64_t, int32_t> order_dates;
  for (size_t row = 0; row < 15'000; ++row) {
    order_dates[data().values<int64_t>(o_orderkey)[row]] = data().values<int32_t>(o_orderdate)[row];
  }
  int32_t current = days_of({1995, 6, 17});
  std::map<char, int> flags;
  for (size_t row = 0; row < static_cast<size_t>(data().rows(Table::kLineitem)); ++row) {
    int32_t ordered = order_dates.at(data().values<int64_t>(l_orderkey)[row]);
    int32_t shipped = data().values<int32_t>(l_shipdate)[row];
    int32_t committed = data().values<int32_t>(l_commitdate)[row];
    int32_t received = data().values<int32_t>(l_receiptdate)[row];
    ASSERT_TRUE(shipped >= ordered + 1 && shipped <= ordered + 121);
    ASSERT_TRUE(committed >= ordered + 30 && committed <= ordered + 90);
    ASSERT_TRUE(received >= shipped + 1 && received <= shipped + 30);
    char flag = data().values<char>(l_returnflag)[row];
    ++flags[flag];
    ASSERT_EQ(flag == 'N', received > current);
    ASSERT_EQ(data().values<char>(l_linestatus)[row], shipped > current ? 'O' : 'F');
  }
  EXPECT_EQ(flags.size(), 3u);
  EXPECT_NEAR(flags['R'], flags['A'], 1'000);
}

TEST(Generate, OrdersFollowFromTheirLines) {
  auto keys = data().values<int64_t>(l_orderkey);
  size_t line = 0;
  std::map<char, int> statuses;
  for (size_t row = 0; row < 15'000; ++row) {
    __int128 total = 0;
    int lines = 0;
    int open = 0;
    for (; line < keys.size() && keys[line] == data().values<int64_t>(o_orderkey)[row]; ++line) {
      ASSERT_EQ(data().values<int32_t>(l_linenumber)[line], ++lines);
      open += data().values<char>(l_linestatus)[line] == 'O';
      total += static_cast<__int128>(data().values<int64_t>(l_extendedprice)[line]) *
               (100 + data().values<int64_t>(l_tax)[line]) * (100 - data().values<int64_t>(l_discount)[line]);
    }
    ASSERT_TRUE(lines >= 1 && lines <= 7);
    ASSERT_EQ(data().values<int64_t>(o_totalprice)[row], static_cast<int64_t>((total + 5'000) / 10'000));
    char status = data().values<char>(o_orderstatus)[row];
    ASSERT_EQ(status, open == 0 ? 'F' : open == lines ? 'O' : 'P');
    ++statuses[status];
  }
  EXPECT_EQ(line, keys.size());
  EXPECT_EQ(statuses.size(), 3u);
}

TEST(Generate, WordLists) {
  expect_uniform_words(c_mktsegment, 5);
  expect_uniform_words(o_orderpriority, 5);
  expect_uniform_words(l_shipinstruct, 4);
  expect_uniform_words(l_shipmode, 7);
  expect_uniform_words(p_type, 150);
  expect_uniform_words(p_container, 40);
  expect_uniform_words(p_mfgr, 5);
  expect_uniform_words(p_brand, 25);
  for (size_t row = 0; row < 2'000; ++row) {
    std::string_view maker = data().values<StringRef>(p_mfgr)[row].view();
    std::string_view brand = data().values<StringRef>(p_brand)[row].view();
    ASSERT_EQ(maker.back(), brand[brand.size() - 2]);
  }
}

TEST(Generate, NationsAndRegions) {
  std::map<std::string_view, std::string_view> region_of;
  for (size_t row = 0; row < 25; ++row) {
    region_of[data().values<StringRef>(n_name)[row].view()] =
        data().values<StringRef>(r_name)[static_cast<size_t>(data().values<int32_t>(n_regionkey)[row])].view();
  }
  EXPECT_EQ(region_of["GERMANY"], "EUROPE");
  EXPECT_EQ(region_of["BRAZIL"], "AMERICA");
  EXPECT_EQ(region_of["SAUDI ARABIA"], "MIDDLE EAST");
  EXPECT_EQ(region_of["CHINA"], "ASIA");
  EXPECT_EQ(region_of["MOZAMBIQUE"], "AFRICA");
  std::map<std::string_view, int> sizes;
  for (const auto& [nation, region] : region_of) ++sizes[region];
  for (const auto& [region, size] : sizes) EXPECT_EQ(size, 5) << region;
}

TEST(Generate, FormattedStrings) {
  EXPECT_EQ(data().values<StringRef>(c_name)[1'499].view(), "Customer#000001500");
  EXPECT_EQ(data().values<StringRef>(s_name)[0].view(), "Supplier#000000001");
  for (StringRef clerk : data().values<StringRef>(o_clerk)) {
    ASSERT_EQ(clerk.view().substr(0, 6), "Clerk#");
    ASSERT_LE(parse_integer(clerk.view().substr(6)).value(), 10);
  }
  for (size_t row = 0; row < 1'500; ++row) {
    std::string_view phone = data().values<StringRef>(c_phone)[row].view();
    ASSERT_EQ(phone.size(), 15u);
    ASSERT_EQ(parse_integer(phone.substr(0, 2)), data().values<int32_t>(c_nationkey)[row] + 10);
    for (size_t at : {2u, 6u, 10u}) ASSERT_EQ(phone[at], '-');
  }
}

TEST(Generate, PartNamesHaveFiveDistinctWords) {
  std::set<std::string> used;
  for (StringRef name : data().values<StringRef>(p_name)) {
    std::set<std::string> words;
    std::string_view rest = name.view();
    while (!rest.empty()) {
      size_t space = std::min(rest.find(' '), rest.size());
      words.emplace(rest.substr(0, space));
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    ASSERT_EQ(words.size(), 5u) << name.view();
    used.insert(words.begin(), words.end());
  }
  EXPECT_EQ(used.size(), 92u);
}

TEST(Generate, LengthsOfTexts) {
  expect_lengths(s_comment, 25, 100, 8);
  expect_lengths(p_comment, 5, 22, 0);
  expect_lengths(ps_comment, 49, 198, 0);
  expect_lengths(c_comment, 29, 116, 2);
  expect_lengths(o_comment, 19, 78, 0);
  expect_lengths(l_comment, 10, 43, 0);
  expect_lengths(c_address, 10, 40, 0);
  for (ColumnId id : {s_address, c_address, s_comment, ps_comment}) {
    for (StringRef value : data().values<StringRef>(id)) {
      for (char c : value.view()) ASSERT_TRUE(c >= ' ' && c < 127 && c != '|') << spec(id).name;
    }
  }
}

TEST(Generate, PhrasesThatQueriesLookFor) {
  EXPECT_EQ(count_matching(s_comment, "Customer", "Complaints"), 1);
  EXPECT_EQ(count_matching(s_comment, "Customer", "Recommends"), 1);
  // About 1.1 % of the orders, as in official data.
  EXPECT_NEAR(count_matching(o_comment, "special", "requests"), 165, 80);
}

TEST(Generate, SupplierOpinionsAtScaleFactorOne) {
  GenerateOptions options;
  options.columns = ColumnSet();
  options.columns.add(s_comment);
  Database database = generate(options).value();
  std::map<std::string, int> counts;
  for (StringRef comment : database.values<StringRef>(s_comment)) {
    for (const char* opinion : {"Complaints", "Recommends"}) {
      size_t at = comment.view().find("Customer");
      if (at != std::string_view::npos && comment.view().find(opinion, at) != std::string_view::npos) ++counts[opinion];
    }
  }
  EXPECT_EQ(counts["Complaints"], 5);
  EXPECT_EQ(counts["Recommends"], 5);
  EXPECT_EQ(database.rows(Table::kSupplier), 10'000);
}

}  // namespace
}  // namespace weld::tpch
