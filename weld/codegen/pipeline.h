// LLVM's IR passes for each optimization level. Internal to codegen.
#pragma once

#include "weld/codegen/jit.h"

namespace llvm {
class TargetMachine;
}  // namespace llvm

namespace weld::codegen {

// Optimizes a module in place for a machine. Nothing is done at kNone: passes before FastISel make its code slower, not faster.
// Loops over scalar math calls are vectorized with libmvec where the callee is a math intrinsic, or is declared
// memory(none) nounwind willreturn under libm's name.
void optimize(llvm::Module& module, llvm::TargetMachine& machine, OptimizationLevel level);

}  // namespace weld::codegen
