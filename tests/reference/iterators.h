// Which elements iterators go over, as docs/language.md defines them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace weld::reference {

// The index that each iteration of an nditer reads; nullopt when the iterator is not legal.
std::optional<std::vector<size_t>> view_indexes(int64_t length, int64_t start, int64_t end, int64_t stride,
                                                const std::vector<int64_t>& shape, const std::vector<int64_t>& strides);

}  // namespace weld::reference
