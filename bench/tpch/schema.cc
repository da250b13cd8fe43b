#include "bench/tpch/schema.h"

#include <array>

namespace weld::tpch {
namespace {

constexpr std::array<ColumnSpec, kColumnCount> kColumns = {{
#define TPCH_COLUMN(table, name, kind) {#name, Table::k##table, ColumnKind::k##kind},
#include "bench/tpch/schema.def"
}};

constexpr std::array<ColumnId, kColumnCount> kIds = {
#define TPCH_COLUMN(table, name, kind) ColumnId::name,
#include "bench/tpch/schema.def"
};

constexpr std::array<std::string_view, kTableCount> kTableNames = {
#define TPCH_TABLE(table, file) #file,
#include "bench/tpch/schema.def"
};

static_assert(static_cast<int>(kIds.back()) == kColumnCount - 1);

}  // namespace

const ColumnSpec& spec(ColumnId column) { return kColumns[static_cast<size_t>(column)]; }

std::string_view table_name(Table table) { return kTableNames[static_cast<size_t>(table)]; }

std::span<const ColumnId> columns_of(Table table) {
  size_t begin = 0;
  while (kColumns[begin].table != table) ++begin;
  size_t end = begin;
  while (end < kColumns.size() && kColumns[end].table == table) ++end;
  return std::span(kIds).subspan(begin, end - begin);
}

std::optional<ColumnId> column_named(std::string_view name) {
  for (ColumnId id : kIds) {
    if (spec(id).name == name) return id;
  }
  return std::nullopt;
}

std::string_view weld_type(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kInt32:
    case ColumnKind::kDate:
      return "vec[i32]";
    case ColumnKind::kInt64:
    case ColumnKind::kDecimal:
    case ColumnKind::kQuantity:
      return "vec[i64]";
    case ColumnKind::kFlag:
      return "vec[i8]";
    case ColumnKind::kWord:
    case ColumnKind::kString:
      return "vec[vec[i8]]";
  }
  return "";
}

int element_size(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kInt32:
    case ColumnKind::kDate:
      return 4;
    case ColumnKind::kInt64:
    case ColumnKind::kDecimal:
    case ColumnKind::kQuantity:
      return 8;
    case ColumnKind::kFlag:
      return 1;
    case ColumnKind::kWord:
    case ColumnKind::kString:
      return 16;
  }
  return 0;
}

bool ColumnSet::has_any(Table table) const {
  for (ColumnId column : columns_of(table)) {
    if (has(column)) return true;
  }
  return false;
}

}  // namespace weld::tpch
