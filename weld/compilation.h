// The back half of a compile: from a typed program to code, found again where an equal program was compiled before. For the
// sources of weld/.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weld/codegen/compile.h"
#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"
#include "weld/ir/fragment.h"
#include "weld/module.h"
#include "weld/optimizer/pass.h"
#include "weld/options.h"

namespace weld {

// Code for all programs that are equal but for bound names and places. What it says of places are numbers of nodes, counted from
// 1 in the pre-order of the typed program (CanonicalProgram::places); 0 where there is none.
struct SharedProgram {
  codegen::CompiledProgram compiled;

  // The node whose check ended a run with this status.
  uint32_t failed_node(weld_status status) const;
};
using SharedProgramPtr = std::shared_ptr<const SharedProgram>;

// program: verified, with canonical its own. It is compiled unless an equal program was, with the same options and, where it
// calls C functions, the same ones; the last some hundred programs are kept. Adds the stages that took time to times.
// Thread-safe; call it on a deep stack.
Result<SharedProgramPtr> compile_typed(const ExprPtr& program, const CanonicalProgram& canonical, const CompileOptions& options,
                                       StageTimes* times);

// What a cache must know of options, and of the addresses of C functions, beside the program.
std::string key_of(const CompileOptions& options);
std::string key_of_functions(const std::vector<std::string>& names);

// Of the list of passes, and of the machine's cost table.
Diagnostics faults_of(const CompileOptions& options);
OptimizerOptions optimizer_options(const CompileOptions& options);
codegen::OptimizationLevel llvm_level(const CompileOptions& options);

// "ArrayOutOfBounds", "KeyNotFound at line 1, column 9", "KeyNotFound in fragment 'frames: join' at line 1, column 9": a status
// with a place in source, where there is one.
std::string error_message(weld_status status, Span span, std::string_view source, std::string_view fragment = {});

}  // namespace weld
