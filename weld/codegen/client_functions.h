// The C functions that programs call through cudf. They are looked for among the symbols of the process and of the libraries that
// load_library() opened, when a program is compiled. All functions are thread-safe.
#pragma once

#include <string>

#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"

namespace weld::codegen {

// Opens a shared library, as dlopen takes its path, and never closes it: code may hold its functions' addresses. Says what is
// wrong where it cannot.
Diagnostics load_library(const std::string& path);

// A function's address.
Result<void*> find_client_function(const std::string& name);

// One diagnostic, at its cudf, for each C function of a program that there is none of.
Diagnostics unknown_functions(const ExprPtr& program);

}  // namespace weld::codegen
