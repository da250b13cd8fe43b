// Values as text: arguments read from Weld literals into the C layout that a program takes, and a result in memory printed as a
// Weld literal. For the command line, the REPL and text tests. All functions are thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/type.h"

namespace weld {

// An argument struct and every buffer that it refers to, each in an allocation of its own exact size, 64-byte aligned. Movable;
// data() stays where it is.
class OwnedArguments {
 public:
  // Laid out as the struct of the parameter types; never null.
  const void* data() const { return blocks_.front().get(); }

 private:
  friend class ArgumentBuilder;
  struct Free {
    void operator()(std::byte* block) const { std::free(block); }
  };
  std::vector<std::unique_ptr<std::byte[], Free>> blocks_;  // the struct first
};

// Reads one literal for each type, separated by commas: `[1,2,3], 5, {1, 2.5}, "text"`. Comments and line ends are allowed.
//  - An integer literal becomes whatever scalar the type asks for when its value is in range, its suffix notwithstanding; as in
//    a program, one beyond i32 needs a suffix (`3000000000L`). Integers become floats, and f64 literals f32, by rounding; floats
//    never become integers.
//  - A string is a vec[i8] or vec[u8]. `[]` needs no type here; where one is written it must be the parameter's.
//  - dict, simd and builders have no literal, so a parameter of such a type is an error.
// Diagnostics have their spans in text.
Result<OwnedArguments> parse_values(std::string_view text, std::span<const Type> types);

// The value of the given type at an address, on one line, as a literal that parses back to the same value and type. Floats are
// the shortest text that reads back equal. A vec[i8] prints as a string; a dict, whose order is not promised, as `[{key, value},
// ...]` in ascending order of keys, so that equal dictionaries print equal; a builder as its type.
std::string print_value(Type type, const void* value);

}  // namespace weld
