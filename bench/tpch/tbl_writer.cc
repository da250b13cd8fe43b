// Chunks of rows are turned into text on all threads, a round of them at a time, and appended to the file in order.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>

#include "bench/tpch/format.h"
#include "bench/tpch/tbl.h"
#include "bench/tpch/threads.h"

namespace weld::tpch {
namespace {

constexpr int64_t kChunkRows = 1 << 15;
constexpr size_t kLongestNumber = 24;

char* write_value(const Column& column, int64_t row, char* out) {
  switch (column.kind()) {
    case ColumnKind::kInt32:
      return write_integer(column.elements<int32_t>()[row], out);
    case ColumnKind::kInt64:
      return write_integer(column.elements<int64_t>()[row], out);
    case ColumnKind::kQuantity: {
      int64_t value = column.elements<int64_t>()[row];
      return value % 100 == 0 ? write_integer(value / 100, out) : write_hundredths(value, out);
    }
    case ColumnKind::kDecimal:
      return write_hundredths(column.elements<int64_t>()[row], out);
    case ColumnKind::kDate:
      return write_date(column.elements<int32_t>()[row], out);
    case ColumnKind::kFlag:
      *out = column.elements<char>()[row];
      return out + 1;
    case ColumnKind::kWord:
    case ColumnKind::kString: {
      std::string_view text = column.elements<StringRef>()[row].view();
      std::memcpy(out, text.data(), text.size());
      return out + text.size();
    }
  }
  return out;
}

size_t longest_text(const Column& column, int64_t row) {
  bool is_string = element_size(column.kind()) == sizeof(StringRef);
  return is_string ? static_cast<size_t>(column.elements<StringRef>()[row].length) : kLongestNumber;
}

std::string format_rows(const Database& database, Table table, RowRange range) {
  std::vector<const Column*> columns;
  for (ColumnId id : columns_of(table)) columns.push_back(&database.column(id));
  std::string text;
  size_t used = 0;
  for (int64_t row = range.begin; row < range.end; ++row) {
    size_t needed = used + 1;
    for (const Column* column : columns) needed += longest_text(*column, row) + 1;
    if (text.size() < needed) text.resize(std::max(needed, 2 * text.size()));
    char* out = text.data() + used;
    for (const Column* column : columns) {
      out = write_value(*column, row, out);
      *out++ = '|';
    }
    *out++ = '\n';
    used = static_cast<size_t>(out - text.data());
  }
  text.resize(used);
  return text;
}

bool is_complete(const Database& database, Table table) {
  std::span<const ColumnId> ids = columns_of(table);
  return std::all_of(ids.begin(), ids.end(), [&](ColumnId id) { return database.has(id); });
}

// Calls done(rows) as it gets on. False with errno set when the file does not take it.
bool write_rows(const Database& database, Table table, std::FILE* file, int threads, const std::function<void(int64_t)>& done) {
  int64_t rows = database.rows(table);
  int64_t chunks = chunk_count(rows, kChunkRows);
  int64_t round = 2 * resolve_threads(threads);
  for (int64_t first = 0; first < chunks; first += round) {
    std::vector<std::string> texts(static_cast<size_t>(std::min(round, chunks - first)));
    for_each_chunk(threads, static_cast<int64_t>(texts.size()), [&](int64_t index) {
      texts[static_cast<size_t>(index)] = format_rows(database, table, chunk_range(rows, kChunkRows, first + index));
    });
    for (const std::string& text : texts) {
      if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) return false;
    }
    done(std::min((first + round) * kChunkRows, rows));
  }
  return true;
}

// Empty, or what went wrong; then no file is left behind.
std::string write_table(const Database& database, Table table, const std::string& path, int threads,
                        const std::function<void(int64_t)>& done) {
  std::string unfinished = path + ".unfinished";
  std::FILE* file = std::fopen(unfinished.c_str(), "wb");
  if (file == nullptr) return fmt::format("{}: {}", unfinished, std::strerror(errno));
  bool complete = write_rows(database, table, file, threads, done);
  int error = errno;
  if (std::fclose(file) != 0 && complete) {
    complete = false;
    error = errno;
  }
  if (complete && std::rename(unfinished.c_str(), path.c_str()) == 0) return {};
  if (complete) error = errno;
  std::remove(unfinished.c_str());
  return fmt::format("{}: {}", path, std::strerror(error));
}

}  // namespace

Diagnostics write(const Database& database, const std::string& directory, int threads, const Progress& progress) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return {{fmt::format("{}: {}", directory, error.message()), {}}};

  std::vector<Table> tables;
  int64_t all_rows = 0;
  for (int index = 0; index < kTableCount; ++index) {
    Table table = static_cast<Table>(index);
    if (!is_complete(database, table)) continue;
    tables.push_back(table);
    all_rows += database.rows(table);
  }
  int64_t written = 0;
  for (Table table : tables) {
    std::string path = (std::filesystem::path(directory) / fmt::format("{}.tbl", table_name(table))).string();
    std::string problem = write_table(database, table, path, threads, [&](int64_t rows) {
      if (progress) progress(static_cast<double>(written + rows) / static_cast<double>(std::max<int64_t>(all_rows, 1)));
    });
    if (!problem.empty()) return {{problem, {}}};
    written += database.rows(table);
  }
  return {};
}

}  // namespace weld::tpch
