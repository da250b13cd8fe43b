// From text to a typed, verified expression.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"

namespace weld {

// A macro: `macro name(parameters) = body;`.
struct Macro {
  std::string name;
  std::vector<Name> parameters;
  ExprPtr body;
  Span span;
};

// A parsed program: aliases are already resolved into the types, macros are not yet expanded.
struct Program {
  std::map<std::string, Macro> macros;
  ExprPtr body;
};

// Lexes and parses. Reports several errors where it can go on sensibly, none of them a consequence of another.
Result<Program> parse_program(std::string_view source);
// Parses one type, e.g. "vec[{i64,f64}]".
Result<Type> parse_type(std::string_view source);

// Replaces macro calls, the standard macros' included, by their bodies. Hygienic; an argument used twice that is neither an atom
// nor a lambda is bound once with let.
Result<ExprPtr> expand_macros(const Program& program);

// Gives every node its type and drops ascriptions and written types of lets; expands first what is still to be expanded.
// Unification over deferred constraints, linear in the program. A body that is a lambda must have its parameters' types written.
Result<ExprPtr> infer_types(const ExprPtr& body);

// Checks a typed program: scopes, types of every node, unique names, linear use of builders (pointing at the second use), no
// function or builder where there may be none. Empty when all is well. Run after inference and, in debug builds and tests, after
// each pass.
Diagnostics verify(const ExprPtr& body);

// Weld text that parses back to an equal expression; a typed one when it is inferred again. Typed lets and lambda parameters are
// printed with their types. What the text relies on in the parser:
//   - `-` directly before a numeric literal, where an operand may begin, is part of it (`-5`, `-0.0`, `-128c`); the negation of a
//     literal is written `-(5)`.
//   - i8 is written `5c`, i32 `5`, i64 `5L`, other integers with the type's name (`5u16`); f32 ends in `f`; floats hold `.` or
//   `e`.
//   - an annotation binds to the one leaf (or parenthesized expression) behind it.
//   - `[]: T` is an empty MakeVector with operand_type T.
// There is no literal for NaN and infinity: they print as `(0.0/0.0)`, `(1.0/0.0)`, and no pass may make such a literal.
struct PrintOptions {
  bool indent = true;  // lines and indentation; else one line
  bool types = true;   // the types of lets and parameters
};
std::string print(const ExprPtr& expr, const PrintOptions& options = {});
std::string print(const Program& program, const PrintOptions& options = {});

// All of the above for a whole program, on a deep stack: parse, expand, infer, verify. The result is a Lambda; an expression that
// is none becomes one without parameters.
Result<ExprPtr> compile_to_ir(std::string_view source);

}  // namespace weld
