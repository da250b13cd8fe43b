// The machine that code is generated for, and the emission of object files and assembly. Internal to codegen (jit.h is the face).
#pragma once

#include <memory>
#include <string>

#include "weld/codegen/jit.h"

namespace llvm {
class raw_pwrite_stream;
class TargetLibraryInfoImpl;
class TargetMachine;
}  // namespace llvm

namespace weld::codegen {

struct TargetDescription {
  std::string triple;
  std::string cpu;
  std::string features;  // "+avx2,-sse4a", sorted by feature name
};

// The machine this process runs on, with every feature of its CPU.
const TargetDescription& host_target();

// A machine that emits position-independent code of the small code model, as the JIT's linker wants it. Used by one thread at a
// time.
std::unique_ptr<llvm::TargetMachine> make_target_machine(const TargetDescription& target, OptimizationLevel level);

// A machine for the host borrowed from a process-wide pool, for the life of this object. Making one takes about 0.2 ms.
class HostMachine {
 public:
  explicit HostMachine(OptimizationLevel level);
  ~HostMachine();
  HostMachine(const HostMachine&) = delete;
  HostMachine& operator=(const HostMachine&) = delete;

  llvm::TargetMachine& operator*() const { return *machine_; }
  llvm::TargetMachine* operator->() const { return machine_.get(); }

 private:
  OptimizationLevel level_;
  std::unique_ptr<llvm::TargetMachine> machine_;
};

// What the target's math library offers: libm's names and, where the machine can call them, libmvec's vector forms of them.
// Made once for each kind of machine, and kept. Thread-safe.
const llvm::TargetLibraryInfoImpl& library_info(const llvm::TargetMachine& machine);

enum class OutputKind { kObject, kAssembly };

// Generates code for an optimized module, which is changed on the way. Leaves out the machine pass that miscompiles AVX-512 masks
// (target.cc says which). Vector forms of math intrinsics, such as llvm.exp.v8f64, become calls of libmvec at every level.
void emit(llvm::TargetMachine& machine, llvm::Module& module, OutputKind kind, llvm::raw_pwrite_stream& output);

}  // namespace weld::codegen
