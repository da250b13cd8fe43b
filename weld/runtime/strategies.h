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

// For how the entries of a dictionary are found and, in a loop, gathered. Compiled code knows the numbers.
enum class DictionaryStrategy : uint8_t {
  kAuto = 0,         // dense while the range of the keys allows, and partitioned when a hashed one grows large
  kHash = 1,         // an open-addressing table
  kDense = 2,        // an array over the range of the keys, for keys that are one integer
  kPartitioned = 3,  // rows are written to partitions by the hash of the key, and the entries made when the loop is over
};

struct Strategies {
  FilterStrategy filter = FilterStrategy::kAuto;
  DictionaryStrategy dictionary = DictionaryStrategy::kAuto;
};

// By name, e.g. "compress"; nullopt for any other text.
std::optional<FilterStrategy> filter_strategy(std::string_view name);
std::optional<DictionaryStrategy> dictionary_strategy(std::string_view name);
std::string_view name_of(DictionaryStrategy strategy);
// All of them, separated by commas, for messages.
inline constexpr std::string_view kFilterStrategies = "auto, branch, select, compress";
inline constexpr std::string_view kDictionaryStrategies = "auto, hash, dense, partitioned";

}  // namespace weld::runtime
