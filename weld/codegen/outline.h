// Loops that become functions of their own, so that registers are given to each by what it alone needs.
#pragma once

#include <string>

namespace llvm {
class Function;
class Module;
}  // namespace llvm

namespace weld::codegen {

// Has the loops inside the function's outermost loops outlined where a row may insert into a dictionary.
void mark_for_outlining(llvm::Function& function);

// Outlines the marked functions' loops, in a module that is optimized. The new functions are named after theirs: NAME.rows….
void outline_loops(llvm::Module& module);
bool is_outlined_from(const llvm::Function& outlined, const std::string& function);

}  // namespace weld::codegen
