// TPC-H tables in memory as columns: plain arrays in the C layout of Weld's vectors.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/tpch/schema.h"

namespace weld::tpch {

// The C layout of Weld's vec[i8].
struct StringRef {
  const char* data;
  int64_t length;
  std::string_view view() const { return {data, static_cast<size_t>(length)}; }
};
static_assert(sizeof(StringRef) == 16);

// Uninitialized bytes aligned to 64. Ends the process with a message when memory is exhausted.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(int64_t bytes);
  char* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(char* pointer) const { std::free(pointer); }
  };
  std::unique_ptr<char, Free> data_;
};

// One column: an array of elements of its kind and, for strings, the bytes that they refer to.
class Column {
 public:
  Column() = default;
  Column(ColumnKind kind, int64_t rows);

  ColumnKind kind() const { return kind_; }
  int64_t rows() const { return rows_; }
  const void* data() const { return elements_.data(); }

  // The elements as T, which must be of the kind's size: int64_t, int32_t, char (flags) or StringRef.
  template <class T>
  T* elements() const {
    return reinterpret_cast<T*>(elements_.data());
  }
  // Keeps bytes that string elements refer to alive with the column. Not thread-safe.
  void keep(std::shared_ptr<const void> bytes) { kept_.push_back(std::move(bytes)); }

 private:
  ColumnKind kind_ = ColumnKind::kInt64;
  int64_t rows_ = 0;
  Buffer elements_;
  std::vector<std::shared_ptr<const void>> kept_;
};

// Some or all columns of the tables. Reading from many threads is safe.
class Database {
 public:
  bool has(ColumnId column) const { return present_.has(column); }
  // Requires has(column).
  const Column& column(ColumnId column) const { return columns_[static_cast<size_t>(column)]; }
  int64_t rows(Table table) const { return rows_[static_cast<size_t>(table)]; }

  template <class T>
  std::span<const T> values(ColumnId id) const {
    return {column(id).elements<T>(), static_cast<size_t>(column(id).rows())};
  }

  void set_rows(Table table, int64_t rows) { rows_[static_cast<size_t>(table)] = rows; }
  // Requires as many rows as the table has.
  void set_column(ColumnId id, Column column);

 private:
  std::array<Column, kColumnCount> columns_;
  std::array<int64_t, kTableCount> rows_{};
  ColumnSet present_;
};

}  // namespace weld::tpch
