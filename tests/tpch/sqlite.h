// TPC-H data in an SQLite database in memory, to ask it the same questions.
#pragma once

#include <string>
#include <vector>

#include "bench/tpch/database.h"

struct sqlite3;

namespace weld::tpch {

// Decimals become integers of hundredths, dates and flags text. SQLite's failures abort the test program.
class SqliteDatabase {
 public:
  explicit SqliteDatabase(const Database& database);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // The rows of a select as text.
  std::vector<std::vector<std::string>> select(const std::string& sql) const;

 private:
  void execute(const std::string& sql) const;
  void insert_table(const Database& database, Table table) const;

  sqlite3* connection_ = nullptr;
};

}  // namespace weld::tpch
