// The TPC-H queries written in Weld: one table of the programs and of what their results' columns are.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weld::tpch {

// How a result column is made of the leaves of a result row: the scalars and strings of the row's struct, nested structs opened,
// counted from 0.
enum class ResultFormat : uint8_t {
  kInteger,
  kDecimal,  // an i64 that counts 10^-scale
  kAverage,  // of an i64 sum that counts 10^-2 over the count in leaf `count`, to `scale` places
  kDate,     // an i32 of days
  kFlag,     // an i8: one character
  kText,     // a vec[i8]
};

struct ResultColumn {
  std::string_view name;
  ResultFormat format;
  int leaf;
  int scale = 0;
  int count = 0;
};

struct Query {
  int number;
  std::string_view title;
  std::string_view file;  // in queries/
  std::span<const ResultColumn> columns;
};

// In order of their numbers. A program's parameters are named as the columns that they take.
std::span<const Query> queries();
// Null when there is none.
const Query* query_numbered(int number);
// The text of a file of queries/, built in. Empty when there is none.
std::string_view query_text(std::string_view file);

}  // namespace weld::tpch
