#include "tests/reference/iterators.h"

#include <algorithm>

namespace weld::reference {

std::optional<int64_t> range_steps(int64_t start, int64_t end, int64_t stride) {
  const __int128 distance = static_cast<__int128>(end) - start;
  if (stride < 1 || distance < 0 || distance > INT64_MAX || distance % stride != 0) return std::nullopt;
  return static_cast<int64_t>(distance / stride);
}

std::optional<int64_t> slice_steps(int64_t length, int64_t start, int64_t end, int64_t stride) {
  return start >= 0 && end <= length ? range_steps(start, end, stride) : std::nullopt;
}

std::optional<std::vector<size_t>> view_indexes(int64_t length, int64_t start, int64_t end, int64_t stride,
                                                const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  if (stride != 1 || shape.size() != strides.size() || end < 0) return std::nullopt;
  __int128 rows = 1;
  for (int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    rows = std::min<__int128>(rows * std::max<int64_t>(extent, 1), __int128{1} << 63);
  }
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) rows = 0;
  if (rows != end) return std::nullopt;
  std::vector<size_t> indexes;
  for (int64_t row = 0; row < end; row++) {
    __int128 index = start;
    int64_t rest = row;
    for (size_t i = shape.size(); i-- > 0;) {
      index += static_cast<__int128>(rest % shape[i]) * strides[i];
      rest /= shape[i];
    }
    if (index < 0 || index >= length) return std::nullopt;
    indexes.push_back(static_cast<size_t>(index));
  }
  return indexes;
}

}  // namespace weld::reference
