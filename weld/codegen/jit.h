// Machine code from LLVM modules. Knows nothing of Weld: the only Weld-shaped thing it is given is a list of symbols.
// This header names no LLVM type, so that it may be included anywhere in codegen; llvm.h is the one wrapper around LLVM's
// headers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "weld/ir/diagnostic.h"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace weld::codegen {

enum class OptimizationLevel : uint8_t {
  kNone,   // no IR passes, FastISel: the quickest compile
  kQuick,  // the short pipeline `V` of the measurements: within 5 % of O3 at a third to four fifths of O2's time
  kFull,   // LLVM's O3
};

struct CompileStats {
  double optimize_ms = 0;
  double emit_ms = 0;
  double link_ms = 0;
};

struct JitSymbol {
  const char* name;
  void* address;
};

// Loaded machine code; unloads it when destroyed. Thread-safe.
class CompiledCode {
 public:
  virtual ~CompiledCode() = default;
  // Address of an external function of the module; null when there is none.
  virtual void* address(const std::string& name) const = 0;
};

// The host's target triple and data layout set on a module, before code is generated into it.
void prepare_module(llvm::Module& module);

// Optimizes, emits and loads the module, which is used up. Symbols it leaves undefined are looked for among symbols, then in the
// process (libm). Thread-safe: each call has its own TargetMachine from a pool. Diagnostics only for undefined symbols and for
// modules that do not verify.
Result<std::unique_ptr<CompiledCode>> compile_module(std::unique_ptr<llvm::Module> module,
                                                     std::unique_ptr<llvm::LLVMContext> context,
                                                     std::span<const JitSymbol> symbols, OptimizationLevel level,
                                                     CompileStats* stats = nullptr);

// For explain and tests: the textual IR after optimization, the assembly, and the object file.
std::string optimized_ir_text(llvm::Module& module, OptimizationLevel level);  // optimizes module in place
std::string assembly_text(llvm::Module& module, OptimizationLevel level);      // expects an optimized module; changes it
std::string object_bytes(llvm::Module& module, OptimizationLevel level);       // expects an optimized module; changes it

// The name of libmvec's form of a libm function ("erf", "expf") for vectors of that many lanes, or null where the host has none.
// It takes and returns <lanes x T> and may be called from any module. Not needed for LLVM's math intrinsics: a call of
// llvm.exp.v8f64 becomes one by itself at every level.
const char* vector_math_function(std::string_view scalar, unsigned lanes);

// Of the host's widest vector registers.
unsigned vector_register_bytes();

// The host's CPU name and features as LLVM spells them, for cache keys and reports.
std::string host_description();

}  // namespace weld::codegen
