// The constructs of the language as names, e.g. "add of floats", "cast i8 to f64", "appender", "iterator with stride", "vec of
// dict", "macro map". They come from ops.def, nodes.def, the enums of types and iterators and the standard macros, so that what
// is added there is asked for here.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "weld/ir/expr.h"

namespace weld::constructs {

using Constructs = std::set<std::string>;

// All that a program can be made of.
const Constructs& all();

// Those of a program: of the text as it is parsed and of the typed expression, and what enters and leaves it that has no literal
// ("parameter of type appender", "given back: appender"). Empty when it does not compile.
Constructs of_program(std::string_view source);

// Those of one node, its children not counted. On an untyped node, operators have their name only ("add").
Constructs of_node(const Expr& node);

}  // namespace weld::constructs
