// Which elements iterators go over, as docs/language.md defines them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace weld::reference {

// How many iterations a rangeiter has, and an iter over a vec of some length; nullopt when the iterator is not legal.
std::optional<int64_t> range_steps(int64_t start, int64_t end, int64_t stride);
std::optional<int64_t> slice_steps(int64_t length, int64_t start, int64_t end, int64_t stride);

// The index that each iteration of an nditer reads; nullopt when the iterator is not legal.
std::optional<std::vector<size_t>> view_indexes(int64_t length, int64_t start, int64_t end, int64_t stride,
                                                const std::vector<int64_t>& shape, const std::vector<int64_t>& strides);

}  // namespace weld::reference
