// Fragments: expressions over named values of known types. A fragment is typed once, by itself, and may then stand in any number
// of programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"
#include "weld/ir/rewrite.h"

namespace weld {

// From text to a typed, verified Lambda with these parameters. Macros and type aliases may stand before the expression, whose
// free names are the parameters'; they must be distinct names as is_variable_name() wants them. The value may not be, or hold, a
// builder. Runs on the deep stack. Thread-safe.
Result<ExprPtr> compile_fragment(std::string_view source, Parameters parameters);

// True for a name that a text can use for a variable and that means nothing else in the language.
bool is_variable_name(std::string_view name);

// The body of a lambda with unique names, its parameters renamed to these names and each name that it binds to a fresh one.
// Linear; the lambda must not be deeper than kMaximumDepth.
ExprPtr instantiate(const ExprPtr& lambda, const std::vector<Name>& arguments, NameSupply& supply);

// A program as bytes that are equal for programs which differ only in bound names and spans, with the places of its nodes.
// Requires a typed tree in which only atoms are shared. The bytes hold every literal and annotation; they mean nothing outside of
// the process.
struct CanonicalProgram {
  std::string key;
  std::vector<Span> places;            // of the nodes, in pre-order
  std::vector<std::string> functions;  // the C functions that it calls, as often as it does
};
CanonicalProgram canonical_program(const ExprPtr& program);

// The program with numbers for places: the span of each node is {n, n} where it is node n in pre-order, counted from 1.
ExprPtr with_numbered_places(const ExprPtr& program);

}  // namespace weld
