// A file is mapped and cut into chunks at line ends. A first pass over all chunks counts their lines and rows, which gives every
// chunk its place in the columns; a second parses them, each into its own part of the arrays. Strings are copied, each chunk's
// strings of a column side by side, so that nothing refers to the file afterwards.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "bench/tpch/format.h"
#include "bench/tpch/tbl.h"
#include "bench/tpch/threads.h"

namespace weld::tpch {
namespace {

Diagnostic failure(std::string message) { return {std::move(message), {}}; }

// A file's bytes, mapped for reading.
class MappedFile {
 public:
  static Result<std::shared_ptr<MappedFile>> open(const std::string& path) {
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return failure(fmt::format("{}: {}", path, std::strerror(errno)));
    struct stat status{};
    auto file = std::make_shared<MappedFile>();
    file->path_ = path;
    std::string problem;
    if (fstat(descriptor, &status) != 0) {
      problem = std::strerror(errno);
    } else if (!S_ISREG(status.st_mode)) {
      problem = "not a regular file";
    } else if (status.st_size > 0) {
      file->size_ = static_cast<size_t>(status.st_size);
      file->data_ = mmap(nullptr, file->size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (file->data_ == MAP_FAILED) problem = std::strerror(errno);
    }
    ::close(descriptor);
    if (!problem.empty()) return failure(fmt::format("{}: {}", path, problem));
    return file;
  }
  MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (data_ != nullptr && data_ != MAP_FAILED) munmap(data_, size_);
  }
  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

// Some whole lines of a file.
struct Chunk {
  const MappedFile* file;
  std::string_view text;
  bool first_of_file;
  int64_t lines = 0;
  int64_t rows = 0;       // lines that are not empty
  int64_t first_row = 0;  // of the table
};

// Takes the first line off a text, without its end.
std::string_view take_line(std::string_view* text) {
  const void* end = std::memchr(text->data(), '\n', text->size());
  size_t length = end == nullptr ? text->size() : static_cast<size_t>(static_cast<const char*>(end) - text->data());
  std::string_view line = text->substr(0, length);
  text->remove_prefix(std::min(length + 1, text->size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

void count_lines(Chunk* chunk) {
  for (std::string_view rest = chunk->text; !rest.empty();) {
    chunk->rows += !take_line(&rest).empty();
    ++chunk->lines;
  }
}

// The columns of a table that are being read: null where a field is skipped.
struct TableReader {
  Table table;
  std::span<const ColumnId> ids;
  std::vector<std::unique_ptr<Column>> columns;
};

// Parses one chunk.
class ChunkParser {
 public:
  ChunkParser(const TableReader& table, const Chunk& chunk) : table_(table), chunk_(chunk), strings_(table.ids.size()) {}

  // Empty, or what is wrong with the first bad line; that line's number in the chunk, from 0, is then line().
  std::string parse() {
    int64_t row = chunk_.first_row;
    for (std::string_view rest = chunk_.text; !rest.empty(); ++line_) {
      std::string_view line = take_line(&rest);
      if (line.empty()) continue;
      std::string problem = parse_line(line, row++);
      if (!problem.empty()) return problem;
    }
    return {};
  }
  int64_t line() const { return line_; }

  // The bytes of the string columns, to be kept with them.
  std::shared_ptr<const void> take_bytes(size_t field) { return std::move(strings_[field].buffer); }

 private:
  struct Strings {
    std::shared_ptr<Buffer> buffer;
    char* end = nullptr;
    std::unordered_map<std::string_view, StringRef> words;
  };

  std::string parse_line(std::string_view line, int64_t row) {
    size_t fields = table_.ids.size();
    std::string_view rest = line;
    for (size_t field = 0; field < fields; ++field) {
      size_t end = rest.find('|');
      bool last = field + 1 == fields;
      if (end == std::string_view::npos && !last) return wrong_field_count(line);
      std::string_view text = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      if (last && !rest.empty()) return wrong_field_count(line);
      if (table_.columns[field] != nullptr && !store(field, text, row)) return bad_value(field, text);
    }
    return {};
  }

  bool store(size_t field, std::string_view text, int64_t row) {
    const Column& column = *table_.columns[field];
    switch (column.kind()) {
      case ColumnKind::kInt32: {
        std::optional<int64_t> value = parse_integer(text);
        if (!value || *value < INT32_MIN || *value > INT32_MAX) return false;
        column.elements<int32_t>()[row] = static_cast<int32_t>(*value);
        return true;
      }
      case ColumnKind::kInt64:
        return put(parse_integer(text), column, row);
      case ColumnKind::kDecimal:
      case ColumnKind::kQuantity:
        return put(parse_hundredths(text), column, row);
      case ColumnKind::kDate:
        return put(parse_date(text), column, row);
      case ColumnKind::kFlag:
        if (text.size() != 1) return false;
        column.elements<char>()[row] = text[0];
        return true;
      case ColumnKind::kWord:
        column.elements<StringRef>()[row] = intern(&strings_[field], text);
        return true;
      case ColumnKind::kString:
        column.elements<StringRef>()[row] = copy(&strings_[field], text);
        return true;
    }
    return false;
  }

  template <class T>
  static bool put(std::optional<T> value, const Column& column, int64_t row) {
    if (value) column.elements<T>()[row] = *value;
    return value.has_value();
  }

  StringRef copy(Strings* strings, std::string_view text) {
    if (strings->buffer == nullptr) {
      // No more than the chunk holds; what is not written of it takes no memory.
      strings->buffer = std::make_shared<Buffer>(static_cast<int64_t>(chunk_.text.size()));
      strings->end = strings->buffer->data();
    }
    StringRef copied{strings->end, static_cast<int64_t>(text.size())};
    std::memcpy(strings->end, text.data(), text.size());
    strings->end += text.size();
    return copied;
  }

  StringRef intern(Strings* strings, std::string_view text) {
    auto found = strings->words.find(text);
    if (found != strings->words.end()) return found->second;
    StringRef copied = copy(strings, text);
    strings->words.emplace(copied.view(), copied);
    return copied;
  }

  std::string wrong_field_count(std::string_view line) const {
    size_t bars = static_cast<size_t>(std::count(line.begin(), line.end(), '|'));
    size_t found = bars + (line.back() != '|');
    return fmt::format("{} fields where table {} has {}", found, table_name(table_.table), table_.ids.size());
  }

  std::string bad_value(size_t field, std::string_view text) const {
    constexpr size_t kShown = 60;
    const ColumnSpec& column = spec(table_.ids[field]);
    std::string shown(text.substr(0, kShown));
    if (text.size() > kShown) shown += "...";
    return fmt::format("{}: '{}' is not {}", column.name, shown, wanted(column.kind));
  }

  static const char* wanted(ColumnKind kind) {
    switch (kind) {
      case ColumnKind::kInt32:
        return "a 32-bit integer";
      case ColumnKind::kInt64:
        return "an integer";
      case ColumnKind::kDecimal:
      case ColumnKind::kQuantity:
        return "a decimal of at most two places";
      case ColumnKind::kDate:
        return "a date (yyyy-mm-dd)";
      case ColumnKind::kFlag:
        return "one character";
      case ColumnKind::kWord:
      case ColumnKind::kString:
        break;
    }
    return "a string";
  }

  const TableReader& table_;
  const Chunk& chunk_;
  std::vector<Strings> strings_;
  int64_t line_ = 0;
};

std::vector<std::string> files_of(const std::string& directory, Table table) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::string whole = (fs::path(directory) / fmt::format("{}.tbl", table_name(table))).string();
  if (fs::exists(whole, ignored)) return {whole};
  std::vector<std::string> parts;
  for (int part = 1; fs::exists(fmt::format("{}.{}", whole, part), ignored); ++part)
    parts.push_back(fmt::format("{}.{}", whole, part));
  return parts;
}

class Loader {
 public:
  explicit Loader(const LoadOptions& options) : options_(options) {}

  Result<Database> run() {
    Diagnostics errors = open_files();
    if (!errors.empty()) return errors;
    Database database;
    for (int index = 0; index < kTableCount; ++index) {
      Table table = static_cast<Table>(index);
      if (!options_.columns.has_any(table)) continue;
      Diagnostics problems = read_table(table, &database);
      if (!problems.empty()) return problems;
    }
    return database;
  }

 private:
  Diagnostics open_files() {
    Diagnostics errors;
    for (int index = 0; index < kTableCount; ++index) {
      Table table = static_cast<Table>(index);
      if (!options_.columns.has_any(table)) continue;
      std::vector<std::string> paths = files_of(options_.directory, table);
      if (paths.empty()) errors.push_back(failure(fmt::format("{}/{}.tbl: no such file", options_.directory, table_name(table))));
      for (const std::string& path : paths) {
        auto file = MappedFile::open(path);
        if (!file.ok()) {
          errors.insert(errors.end(), file.diagnostics().begin(), file.diagnostics().end());
          continue;
        }
        total_bytes_ += static_cast<int64_t>(file.value()->text().size());
        files_[static_cast<size_t>(index)].push_back(file.value());
      }
    }
    return errors;
  }

  std::vector<Chunk> cut(Table table) const {
    std::vector<Chunk> chunks;
    for (const auto& file : files_[static_cast<size_t>(table)]) {
      bool first = true;
      for (std::string_view rest = file->text(); !rest.empty(); first = false) {
        size_t size = std::min(rest.size(), static_cast<size_t>(options_.chunk_bytes));
        size_t end = rest.find('\n', size - 1);
        size = end == std::string_view::npos ? rest.size() : end + 1;
        chunks.push_back({file.get(), rest.substr(0, size), first});
        rest.remove_prefix(size);
      }
    }
    return chunks;
  }

  Diagnostics read_table(Table table, Database* database) {
    std::vector<Chunk> chunks = cut(table);
    int64_t count = static_cast<int64_t>(chunks.size());
    for_each_chunk(options_.threads, count, [&](int64_t index) { count_lines(&chunks[static_cast<size_t>(index)]); });
    int64_t rows = 0;
    for (Chunk& chunk : chunks) {
      chunk.first_row = rows;
      rows += chunk.rows;
    }

    TableReader reader{table, columns_of(table), {}};
    for (ColumnId id : reader.ids) {
      reader.columns.push_back(options_.columns.has(id) ? std::make_unique<Column>(spec(id).kind, rows) : nullptr);
    }
    Diagnostics errors = parse_chunks(chunks, &reader);
    if (!errors.empty()) return errors;
    database->set_rows(table, rows);
    for (size_t field = 0; field < reader.ids.size(); ++field) {
      if (reader.columns[field] != nullptr) database->set_column(reader.ids[field], std::move(*reader.columns[field]));
    }
    files_[static_cast<size_t>(table)].clear();
    return {};
  }

  // Parsing goes on after a bad chunk only in chunks already begun; the error reported is the first in the file.
  Diagnostics parse_chunks(const std::vector<Chunk>& chunks, TableReader* reader) {
    std::mutex mutex;
    int64_t bad_chunk = INT64_MAX;
    std::string problem;
    int64_t bad_line = 0;
    for_each_chunk(options_.threads, static_cast<int64_t>(chunks.size()), [&](int64_t index) {
      const Chunk& chunk = chunks[static_cast<size_t>(index)];
      if (std::lock_guard lock(mutex); bad_chunk < index) return;
      ChunkParser parser(*reader, chunk);
      std::string message = parser.parse();
      std::lock_guard lock(mutex);
      if (!message.empty() && index < bad_chunk) {
        bad_chunk = index;
        problem = message;
        bad_line = parser.line();
      }
      for (size_t field = 0; field < reader->columns.size(); ++field) {
        std::shared_ptr<const void> bytes = parser.take_bytes(field);
        if (bytes != nullptr) reader->columns[field]->keep(std::move(bytes));
      }
      report(static_cast<int64_t>(chunk.text.size()));
    });
    if (problem.empty()) return {};
    size_t index = static_cast<size_t>(bad_chunk);
    for (size_t before = index; !chunks[before].first_of_file; --before) bad_line += chunks[before - 1].lines;
    return {failure(fmt::format("{}:{}: {}", chunks[index].file->path(), bad_line + 1, problem))};
  }

  // Requires the lock of parse_chunks.
  void report(int64_t bytes) {
    read_bytes_ += bytes;
    int64_t percent = read_bytes_ * 100 / std::max<int64_t>(total_bytes_, 1);
    if (!options_.progress || percent == reported_) return;
    reported_ = percent;
    options_.progress(static_cast<double>(percent) / 100);
  }

  const LoadOptions& options_;
  std::array<std::vector<std::shared_ptr<MappedFile>>, kTableCount> files_;
  int64_t total_bytes_ = 0;
  int64_t read_bytes_ = 0;
  int64_t reported_ = -1;
};

}  // namespace

bool has_tables(const std::string& directory) {
  for (int index = 0; index < kTableCount; ++index) {
    if (!files_of(directory, static_cast<Table>(index)).empty()) return true;
  }
  return false;
}

Result<Database> load(const LoadOptions& options) {
  if (options.chunk_bytes < 1) return failure("chunk_bytes must be positive");
  return Loader(options).run();
}

}  // namespace weld::tpch
