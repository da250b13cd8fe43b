// How often what was compiled before was found again, since the process began. For tests and reports. Thread-safe.
#pragma once

#include "weld/ir/shared_cache.h"

namespace weld {

// Programs by their canonical form: Module::compile() and graphs of objects.
CacheCounts program_cache_counts();
// Machine code by LLVM modules, looked up for each program that was not found.
CacheCounts machine_code_cache_counts();
// Graphs of objects by the fragments that they consist of; each that was not found is looked up as a program.
CacheCounts graph_cache_counts();
// Fragments by their text and the types of their dependencies.
CacheCounts fragment_cache_counts();

}  // namespace weld
