// Mathematical functions as instructions in place of calls. Internal to codegen.
#pragma once

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace weld::codegen {

// Replaces each call of libmvec's logarithm of f64 vectors by instructions, where the machine has fused multiply-add. A call
// costs more than it seems: besides its own loads of constants and tables, all vector registers are saved around it. Results are
// within 1.25 units in the last place. Zero, negative and subnormal numbers, infinities and NaNs are still left to libmvec, in a
// branch. Runs after the vectorizers, which know the cost of a call.
void inline_math(llvm::Module& module, const llvm::TargetMachine& machine);

}  // namespace weld::codegen
