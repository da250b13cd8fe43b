// Expansion of macros and application of lambdas. Private to the front end.
#pragma once

#include <map>
#include <string>

#include "weld/ir/frontend.h"

namespace weld {

// What expansion gives also when it found errors, so that type inference can go on to find more.
struct Expansion {
  ExprPtr body;             // null when expansion could not go on
  Diagnostics diagnostics;  // each faulty place holds an identifier of the name kFaultName in its stead
};

// A name that no program can write. Inference gives it any type.
inline constexpr const char* kFaultName = "";

// Expands body with these macros and, where they do not define the name, the standard ones. Afterwards:
//   - no macro is called, and no lambda: `(|x| body)(a)` and `let f = |x| body; f(a)` have become lets over copies of the body;
//   - bound names are unique and none is the name of a function (is_function_name);
//   - zip and iterator forms stand in `for` only, or inference will report them;
//   - a lambda that lets stand before, `let a = 1; |x| a`, has taken the lets into its body where it is the whole program.
// Runs on the deep stack.
Expansion expand(const ExprPtr& body, const std::map<std::string, Macro>& macros);

// map, filter, flatten, sum, compare.
const std::map<std::string, Macro>& standard_macros();

// True for the stand-in of `zip(...)`, see kZipName.
bool is_zip_form(const ExprPtr& expr);

}  // namespace weld
