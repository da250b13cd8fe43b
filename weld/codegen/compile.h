// From a typed, optimized program to loaded machine code.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weld/codegen/jit.h"
#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"
#include "weld/ir/shared_cache.h"
#include "weld/runtime/runtime.h"

namespace weld::codegen {

// A place in the program whose check can fail at run time; a status names it by its number, from 1.
struct CheckSite {
  uint32_t code = 0;
  Span span;
};

// What lowering a program to LLVM gives beside the module itself. The literals are those that only feed data: they are an
// argument of the entry point, so that programs that differ in nothing else share their code.
struct ProgramTables {
  // A C function that the program calls, under the name that its module gives it.
  struct ClientFunction {
    std::string symbol;
    void* address;
  };

  // A loop that the runtime drives.
  struct Loop {
    std::string name;             // of its WeldPipeline
    Span span;                    // of the `for`
    int outer = -1;               // the number of the loop in whose rows it runs; -1: it stands in no other
    std::vector<bool> in_result;  // for each of its builders: it is the program's result, or part of it; empty: none is
    const Expr* node = nullptr;   // in the program that was compiled; not to be followed once that is gone
  };

  // A sort that stands in no loop.
  struct Sort {
    std::string name;            // in the record of a run
    const Expr* node = nullptr;  // as a loop's
  };

  std::vector<uint64_t> literals;
  std::vector<CheckSite> sites;
  std::vector<Loop> loops;  // outer ones before those inside; a loop that is called at two places of the program is there twice
  std::vector<Sort> sorts;  // the same
  std::vector<ClientFunction> functions;
};

struct CompiledProgram {
  std::shared_ptr<const CompiledCode> code;
  WeldEntry entry = nullptr;
  ProgramTables tables;
};

struct ProgramStats {
  double lower_ms = 0;
  CompileStats llvm;
};

// Programs that are lowered to the same LLVM module share their machine code, made once for as long as it is among those used
// last: programs that differ in literals that only feed data, in names and in places. share = false: does not look for such code.
//
// program: a verified Lambda with unique names. widest_lane: of the program before any pass (weld/ir/lanes.h). Diagnostics name
// C functions that are not there. Thread-safe. Recurses over the tree: call it on a deep stack.
Result<CompiledProgram> compile_program(const ExprPtr& program, int64_t widest_lane, OptimizationLevel level,
                                        ProgramStats* stats = nullptr, bool share = true);
// Of the look-ups of machine code so far.
CacheCounts machine_code_counts();

// The program as LLVM IR before and after LLVM's optimizer, or as assembly.
enum class CodeStage : uint8_t { kLlvm, kLlvmOptimized, kAssembly };
Result<std::string> code_text(const ExprPtr& program, int64_t widest_lane, OptimizationLevel level, CodeStage stage);

// The code of a loop that the runtime drives: of its step function.
struct LoopCode {
  ProgramTables::Loop loop;
  std::string llvm;
  std::string llvm_optimized;
  std::string assembly;
  std::string vectors;  // the vectors that LLVM's optimizer computes with, most used first, e.g. "<8 x double>"; empty for none
};
struct ProgramCode {
  std::vector<LoopCode> loops;  // in the order of ProgramTables::loops
  std::vector<ProgramTables::Sort> sorts;
};
// Without texts only what ProgramTables have is set; this is quick.
Result<ProgramCode> program_code(const ExprPtr& program, int64_t widest_lane, OptimizationLevel level, bool with_texts);

}  // namespace weld::codegen
