// What a person types, made into programs: an expression becomes a program without parameters, and text that is not finished yet
// is told from text that is wrong. For the command line and the REPL. All functions are thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weld/ir/diagnostic.h"

namespace weld {

// Program text made by inserting into a person's source.
struct ProgramText {
  std::string text;
  size_t inserted_at = 0;
  size_t inserted = 0;  // bytes

  // Diagnostics of text, with the spans of the source; a span inside what was inserted becomes the place of the insertion.
  Diagnostics in_source(Diagnostics diagnostics) const;
};

// A program for source: source itself where it is a lambda, or does not parse; where it is another expression, that expression
// behind
// `|| ` and the bindings, which are `let name = value;` texts, and still behind its own type and macro declarations.
ProgramText as_program(std::string_view source, std::string_view bindings = {});

enum class TextKind : uint8_t {
  kProgram,       // a lambda, perhaps behind declarations
  kExpression,    // any other expression, perhaps behind declarations
  kDeclarations,  // one or more types and macros, without an expression
  kBindings,      // one or more `let name = value;` without a body
  kIncomplete,    // could go on to be one of those: its first fault is at its end
  kFaulty,
};
// Looks at the syntax only.
TextKind classify(std::string_view source);

// The type of a program that compiles: of its result when it has no parameters, else "|vec[i64], i64| i64". Diagnostics where it
// does not compile.
Result<std::string> type_of_program(std::string_view text);

}  // namespace weld
