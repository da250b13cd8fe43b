// cudf: a C function called on the interpreter's values, which are laid out in memory for it. A dictionary, opaque to C, is laid
// out as the address of the interpreter's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/reference/value.h"

namespace weld::reference {

// Memory and dictionaries that functions were given; what they gave back may lie in it.
struct CallMemory {
  std::vector<std::unique_ptr<uint8_t[]>> blocks;
  std::vector<std::shared_ptr<const Dict>> dicts;
};

// Whether values of the type can be laid out: not builders.
bool can_pass(Type type);
inline constexpr size_t kMaximumArguments = 8;

// Requires a function that there is, can_pass() for all types, at most kMaximumArguments, and evaluated arguments.
Value call_function(const std::string& name, Type result, const std::vector<Type>& types, const std::vector<Value>& arguments,
                    CallMemory& memory);

}  // namespace weld::reference
