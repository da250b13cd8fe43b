#include "bench/tpch/database.h"

#include "weld/module.h"

namespace weld::tpch {

Buffer::Buffer(int64_t bytes) {
  constexpr int64_t kAlignment = 64;
  int64_t padded = (bytes / kAlignment + 1) * kAlignment;
  data_.reset(static_cast<char*>(std::aligned_alloc(kAlignment, static_cast<size_t>(padded))));
  if (!data_) {
    std::fprintf(stderr, "weld-tpch: out of memory allocating %lld bytes for a column\n", static_cast<long long>(padded));
    std::exit(1);
  }
}

Column::Column(ColumnKind kind, int64_t rows) : kind_(kind), rows_(rows), elements_(rows * element_size(kind)) {}

void Database::set_column(ColumnId id, Column column) {
  WELD_CHECK(column.kind() == spec(id).kind && column.rows() == rows(spec(id).table), "column does not fit its table");
  columns_[static_cast<size_t>(id)] = std::move(column);
  present_.add(id);
}

}  // namespace weld::tpch
