// The tables and columns of TPC-H and the kind of each column, from the one table in schema.def.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace weld::tpch {

enum class Table : uint8_t {
#define TPCH_TABLE(table, file) k##table,
#include "bench/tpch/schema.def"
};
inline constexpr int kTableCount = 8;

// What a column holds, and so its layout in memory and its text in a .tbl file.
enum class ColumnKind : uint8_t {
  kInt32,     // i32: keys and counts
  kInt64,     // i64: order keys, which pass 2^31 above scale factor 357
  kDecimal,   // i64 hundredths
  kQuantity,  // i64 hundredths; its text has no fraction when it is whole
  kDate,      // i32 days since 1970-01-01
  kFlag,      // i8: one character
  kWord,      // StringRef to one of a few words; equal words share their bytes
  kString,    // StringRef
};

// Named as in SQL, so that a column reads the same in a query, in this project's C++ and in a Weld program.
enum class ColumnId : uint8_t {
#define TPCH_COLUMN(table, name, kind) name,
#include "bench/tpch/schema.def"
};
inline constexpr int kColumnCount = 61;

struct ColumnSpec {
  std::string_view name;
  Table table;
  ColumnKind kind;
};

const ColumnSpec& spec(ColumnId column);
std::string_view table_name(Table table);
// The columns of a table in field order.
std::span<const ColumnId> columns_of(Table table);
std::optional<ColumnId> column_named(std::string_view name);

// The Weld type of a column of a kind, e.g. "vec[i64]".
std::string_view weld_type(ColumnKind kind);
// Bytes of one element in memory.
int element_size(ColumnKind kind);

// A set of columns, for generating or loading no more than is used.
class ColumnSet {
 public:
  static ColumnSet all() { return ColumnSet(std::bitset<kColumnCount>().set()); }
  ColumnSet() = default;
  void add(ColumnId column) { bits_.set(static_cast<size_t>(column)); }
  bool has(ColumnId column) const { return bits_.test(static_cast<size_t>(column)); }
  bool has_any(Table table) const;

 private:
  explicit ColumnSet(const std::bitset<kColumnCount>& bits) : bits_(bits) {}
  std::bitset<kColumnCount> bits_;
};

}  // namespace weld::tpch
