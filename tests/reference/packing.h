// serialize and deserialize, as docs/language.md defines them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/reference/value.h"

namespace weld::reference {

using Bytes = std::vector<uint8_t>;

// A vec[u8] and its bytes. Requires that they are evaluated.
Value bytes_value(const Bytes& bytes);
Bytes bytes_of(const Value& vec);

// Requires that every part of the value is evaluated.
Bytes pack(const Value& value);
// A vec whose elements take no bytes is longer than can be gone through.
struct GaveUp {};

// nullopt: all of the bytes are not one value of the type. Throws GaveUp.
std::optional<Value> unpack(Type type, const Bytes& bytes);

}  // namespace weld::reference
