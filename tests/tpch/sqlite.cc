#include "tests/tpch/sqlite.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/tpch/format.h"

namespace weld::tpch {
namespace {

void check(bool good, sqlite3* connection) {
  if (good) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(connection));
  std::abort();
}

void bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

void bind_value(sqlite3_stmt* statement, int index, const Column& column, int64_t row) {
  switch (column.kind()) {
    case ColumnKind::kInt32:
      sqlite3_bind_int(statement, index, column.elements<int32_t>()[row]);
      break;
    case ColumnKind::kInt64:
    case ColumnKind::kDecimal:
    case ColumnKind::kQuantity:
      sqlite3_bind_int64(statement, index, column.elements<int64_t>()[row]);
      break;
    case ColumnKind::kDate:
      bind_text(statement, index, format_date(column.elements<int32_t>()[row]));
      break;
    case ColumnKind::kFlag:
      bind_text(statement, index, std::string(1, column.elements<char>()[row]));
      break;
    case ColumnKind::kWord:
    case ColumnKind::kString:
      bind_text(statement, index, column.elements<StringRef>()[row].view());
      break;
  }
}

}  // namespace

SqliteDatabase::SqliteDatabase(const Database& database) {
  check(sqlite3_open(":memory:", &connection_) == SQLITE_OK, connection_);
  for (int table = 0; table < kTableCount; ++table) insert_table(database, static_cast<Table>(table));
  execute("create unique index orders_key on orders (o_orderkey)");
  execute("create unique index customer_key on customer (c_custkey)");
  execute("analyze");
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close(connection_); }

void SqliteDatabase::execute(const std::string& sql) const {
  check(sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, connection_);
}

void SqliteDatabase::insert_table(const Database& database, Table table) const {
  std::string names;
  std::string marks;
  for (ColumnId id : columns_of(table)) {
    names += (names.empty() ? "" : ", ") + std::string(spec(id).name);
    marks += marks.empty() ? "?" : ", ?";
  }
  std::string name(table_name(table));
  execute("create table " + name + " (" + names + ")");
  execute("begin");
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(connection_, ("insert into " + name + " values (" + marks + ")").c_str(), -1, &statement, nullptr) ==
            SQLITE_OK,
        connection_);
  for (int64_t row = 0; row < database.rows(table); ++row) {
    int index = 0;
    for (ColumnId id : columns_of(table)) bind_value(statement, ++index, database.column(id), row);
    check(sqlite3_step(statement) == SQLITE_DONE, connection_);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  execute("commit");
}

std::vector<std::vector<std::string>> SqliteDatabase::select(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(connection_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK, connection_);
  std::vector<std::vector<std::string>> rows;
  int outcome = 0;
  while ((outcome = sqlite3_step(statement)) == SQLITE_ROW) {
    std::vector<std::string> row;
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      const unsigned char* text = sqlite3_column_text(statement, column);
      row.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
    }
    rows.push_back(std::move(row));
  }
  check(outcome == SQLITE_DONE, connection_);
  sqlite3_finalize(statement);
  return rows;
}

}  // namespace weld::tpch
