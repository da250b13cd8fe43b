// Reading and writing dbgen's .tbl files: one table a file, one row a line, every field followed by '|'.
#pragma once

#include <string>

#include "bench/tpch/database.h"
#include "bench/tpch/generate.h"
#include "weld/module.h"

namespace weld::tpch {

struct LoadOptions {
  std::string directory;
  ColumnSet columns = ColumnSet::all();  // the others are skipped over, and tables with none are not opened
  int threads = 0;                       // 0: all cores
  int64_t chunk_bytes = 8 << 20;         // parsed by one thread at a time
  Progress progress = {};
};

// Reads TABLE.tbl, or in its absence TABLE.tbl.1, TABLE.tbl.2, … (what dbgen makes in parallel) one after another. Lines may end
// in CR LF, the last '|' of a line and the last line's end may be missing, and empty lines count for nothing. An error names file
// and line.
Result<Database> load(const LoadOptions& options);

// True when the directory holds a file that load() would read.
bool has_tables(const std::string& directory);

// Writes every table that the database holds all columns of into the directory, which is made when it is not there. A file gets
// its name when it is complete. Returns errors, or nothing.
Diagnostics write(const Database& database, const std::string& directory, int threads = 0, const Progress& progress = {});

}  // namespace weld::tpch
