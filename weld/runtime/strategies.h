// Which form of code a run uses, at places where there are several that mean the same. A fixed one is for measuring: where it
// cannot be used, what kAuto would choose is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weld::runtime {

// For the rows of a loop that a condition keeps. Compiled code knows the numbers.
enum class FilterStrategy : uint8_t {
  kAuto = 0,      // by the share of rows that are kept, block by block
  kBranch = 1,    // goes to the rows that are kept, one by one
  kSelect = 2,    // does the same for every row, and counts what is kept
  kCompress = 3,  // moves what is kept of several rows together, in vector registers
};

// For the index of a dictionary.
enum class DictionaryStrategy : uint8_t { kAuto = 0, kHash = 1, kDense = 2, kPartitioned = 3 };

struct Strategies {
  FilterStrategy filter = FilterStrategy::kAuto;
  DictionaryStrategy dictionary = DictionaryStrategy::kAuto;
};

// By name, e.g. "compress"; nullopt for any other text.
std::optional<FilterStrategy> filter_strategy(std::string_view name);
std::optional<DictionaryStrategy> dictionary_strategy(std::string_view name);
// All of them, separated by commas, for messages.
inline constexpr std::string_view kFilterStrategies = "auto, branch, select, compress";
inline constexpr std::string_view kDictionaryStrategies = "auto, hash, dense, partitioned";

}  // namespace weld::runtime
