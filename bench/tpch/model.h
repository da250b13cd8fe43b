// The value of every cell of generated TPC-H data as a function of the seed, the scale factor and the cell's place, by the
// specification's clause 4.2.3. No cell depends on another's having been computed. Rows count from 0, keys from 1.
#pragma once

#include <array>
#include <cstdint>

#include "bench/tpch/format.h"
#include "bench/tpch/random.h"
#include "bench/tpch/schema.h"
#include "bench/tpch/text.h"
#include "bench/tpch/words.h"

namespace weld::tpch {

inline constexpr int32_t kStartDate = days_of({1992, 1, 1});
inline constexpr int32_t kCurrentDate = days_of({1995, 6, 17});
inline constexpr int32_t kEndDate = days_of({1998, 12, 31});
inline constexpr int kSuppliersPerPart = 4;
inline constexpr int kMostLines = 7;  // of an order

// A lineitem's place: the row of its order, and its number in it counted from 0.
struct Line {
  int64_t order;
  int number;
};

// Writers of strings put them at out and return the length; none is longer than kLongestString.
inline constexpr int64_t kLongestString = 200;

class Model {
 public:
  Model(double scale_factor, uint64_t seed);

  // Of every table but lineitem, whose rows are the sum of line_count over the orders.
  int64_t rows(Table table) const { return rows_[static_cast<size_t>(table)]; }

  // Any table: text of a length in [shortest, longest] from the pool; a v-string (random characters) of 10 to 40.
  int64_t write_text(ColumnId column, int64_t cell, const TextPool& pool, int64_t shortest, int64_t longest, char* out) const;
  int64_t write_address(ColumnId column, int64_t row, char* out) const;
  // "Customer#000000001" and the like.
  static int64_t write_numbered(std::string_view prefix, int64_t number, char* out);
  int64_t write_phone(ColumnId column, int64_t row, int32_t nation_key, char* out) const;
  int64_t account_balance(ColumnId column, int64_t row) const { return stream(column).between(row, -99'999, 999'999); }
  int32_t nation_key(ColumnId column, int64_t row) const { return static_cast<int32_t>(stream(column).between(row, 0, 24)); }
  // Any list: uniform.
  StringRef word(ColumnId column, int64_t row, Words words) const {
    return words[static_cast<size_t>(stream(column).between(row, 0, static_cast<int64_t>(words.size()) - 1))];
  }

  // Supplier. Per unit of scale factor 5 comments hold "Customer…Complaints" and 5 others "Customer…Recommends", but at least one
  // each.
  int64_t write_supplier_comment(int64_t row, const TextPool& pool, char* out) const;

  // Part.
  int64_t write_part_name(int64_t row, char* out) const;
  int manufacturer(int64_t row) const { return static_cast<int>(stream(ColumnId::p_mfgr).between(row, 0, 4)); }
  int brand(int64_t row) const { return manufacturer(row) * 5 + static_cast<int>(stream(ColumnId::p_brand).between(row, 0, 4)); }
  int32_t part_size(int64_t row) const { return static_cast<int32_t>(stream(ColumnId::p_size).between(row, 1, 50)); }
  static int64_t retail_price(int64_t part_key) { return 90'000 + part_key / 10 % 20'001 + 100 * (part_key % 1'000); }

  // Partsupp: four rows for each part. The suppliers of a part differ at every scale factor from 0.023 on, and at 0.01.
  int32_t supplier_of(int64_t part_key, int which) const;
  int32_t available_quantity(int64_t row) const {
    return static_cast<int32_t>(stream(ColumnId::ps_availqty).between(row, 1, 9'999));
  }
  int64_t supply_cost(int64_t row) const { return stream(ColumnId::ps_supplycost).between(row, 100, 100'000); }

  // Orders. Keys are sparse: of each 32 only the first 8 occur. Customers whose key is divisible by three have no orders.
  static int64_t order_key(int64_t row) { return ((row + 1) >> 3 << 5) | ((row + 1) & 7); }
  int32_t customer_key(int64_t row) const;
  int32_t order_date(int64_t row) const {
    return static_cast<int32_t>(stream(ColumnId::o_orderdate).between(row, kStartDate, kEndDate - 151));
  }
  int line_count(int64_t row) const { return static_cast<int>(stream(ColumnId::l_linenumber).between(row, 1, kMostLines)); }
  char order_status(int64_t row) const;
  // The exact sum over the lines, rounded once, half up, to the cent.
  int64_t total_price(int64_t row) const;
  int64_t write_clerk(int64_t row, char* out) const;

  // Lineitem.
  int32_t part_key(Line line) const { return static_cast<int32_t>(draw(ColumnId::l_partkey, line, 1, rows(Table::kPart))); }
  int32_t supplier_key(Line line) const {
    return supplier_of(part_key(line), static_cast<int>(draw(ColumnId::l_suppkey, line, 0, kSuppliersPerPart - 1)));
  }
  int64_t quantity(Line line) const { return draw(ColumnId::l_quantity, line, 1, 50); }
  int64_t extended_price(Line line) const { return quantity(line) * retail_price(part_key(line)); }
  int64_t discount(Line line) const { return draw(ColumnId::l_discount, line, 0, 10); }
  int64_t tax(Line line) const { return draw(ColumnId::l_tax, line, 0, 8); }
  int32_t ship_date(Line line) const {
    return order_date(line.order) + static_cast<int32_t>(draw(ColumnId::l_shipdate, line, 1, 121));
  }
  int32_t commit_date(Line line) const {
    return order_date(line.order) + static_cast<int32_t>(draw(ColumnId::l_commitdate, line, 30, 90));
  }
  int32_t receipt_date(Line line) const {
    return ship_date(line) + static_cast<int32_t>(draw(ColumnId::l_receiptdate, line, 1, 30));
  }
  char return_flag(Line line) const {
    if (receipt_date(line) > kCurrentDate) return 'N';
    return draw(ColumnId::l_returnflag, line, 0, 1) == 0 ? 'R' : 'A';
  }
  char line_status(Line line) const { return ship_date(line) > kCurrentDate ? 'O' : 'F'; }
  // The place of a line's random numbers in the streams of lineitem's columns.
  static int64_t cell(Line line) { return line.order * 8 + line.number; }

 private:
  const RandomStream& stream(ColumnId column) const { return streams_[static_cast<size_t>(column)]; }
  int64_t draw(ColumnId column, Line line, int64_t low, int64_t high) const {
    return stream(column).between(cell(line), low, high);
  }

  std::array<int64_t, kTableCount> rows_{};
  std::array<RandomStream, kColumnCount> streams_;
  RandomStream complaints_;
  int64_t complaint_blocks_;
  int64_t clerks_;
};

}  // namespace weld::tpch
