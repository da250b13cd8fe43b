// Host detection, the pool of TargetMachines, and the code generator's pass list without one pass.
//
// The pass left out: LLVM 22.1 rewrites, in X86CompressEVEX, a vpmov*2m followed by a kmov into one vmovmsk, and deletes the mask
// register even where a later kshift or kunpck still reads it. The result is silently wrong code in AVX-512 functions full of i1
// vectors. The pass only shortens encodings (objects are some 3 % larger without it, no kernel measured was slower), so it is
// dropped as the passes are added, and AVX-512 stays on. tests/codegen/miscompile_test.cc looks for the pattern in an emitted
// object.
#include "weld/codegen/target.h"

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "weld/codegen/llvm.h"
#include "weld/codegen/vector_math.h"

namespace weld::codegen {
namespace {

constexpr int kLevels = 3;

// What LLVM takes to be fast on any processor with AVX-512. With the microcode against Gather Data Sampling (Intel's advisory
// INTEL-SA-00828), a gather takes four times as long as the loads and inserts that do the same; without, it is hardly faster.
constexpr const char* kTuning = ",+prefer-no-gather,+prefer-no-scatter";

void initialize_llvm() {
  static const bool done = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    return true;
  }();
  (void)done;
}

TargetDescription detect_host() {
  std::map<std::string, bool> features;
  for (const auto& feature : llvm::sys::getHostCPUFeatures()) features.emplace(feature.first().str(), feature.second);
  TargetDescription target{llvm::sys::getProcessTriple(), llvm::sys::getHostCPUName().str(), ""};
  for (const auto& [name, present] : features) {
    if (!target.features.empty()) target.features += ',';
    target.features += present ? '+' : '-';
    target.features += name;
  }
  if (llvm::Triple(target.triple).isX86_64()) target.features += kTuning;
  return target;
}

llvm::CodeGenOptLevel code_generation_level(OptimizationLevel level) {
  switch (level) {
    case OptimizationLevel::kNone:
      return llvm::CodeGenOptLevel::None;
    case OptimizationLevel::kQuick:
      return llvm::CodeGenOptLevel::Less;
    case OptimizationLevel::kFull:
      return llvm::CodeGenOptLevel::Default;
  }
  WELD_CHECK(false, "unknown optimization level");
}

class MachinePool {
 public:
  std::unique_ptr<llvm::TargetMachine> take(OptimizationLevel level) {
    {
      const std::lock_guard lock(mutex_);
      auto& idle = idle_[static_cast<int>(level)];
      if (!idle.empty()) {
        auto machine = std::move(idle.back());
        idle.pop_back();
        return machine;
      }
    }
    return make_target_machine(host_target(), level);
  }

  void give_back(OptimizationLevel level, std::unique_ptr<llvm::TargetMachine> machine) {
    const std::lock_guard lock(mutex_);
    idle_[static_cast<int>(level)].push_back(std::move(machine));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<llvm::TargetMachine>> idle_[kLevels];
};

// Never destroyed, so that code may be compiled while the process exits.
MachinePool& machine_pool() {
  static MachinePool& pool = *new MachinePool;
  return pool;
}

// Which of libmvec's instruction sets a machine has.
struct VectorIsas {
  bool avx2 = false;
  bool avx512 = false;

  bool has(VectorIsa isa) const { return isa == VectorIsa::kAvx512 ? avx512 : avx2; }
  auto operator<=>(const VectorIsas&) const = default;
};

VectorIsas vector_isas(const llvm::TargetMachine& machine) {
  if (!machine.getTargetTriple().isX86_64()) return {};
  const llvm::MCSubtargetInfo& cpu = *machine.getMCSubtargetInfo();
  return {cpu.checkFeatures("+avx2"), cpu.checkFeatures("+avx512f,+avx512dq")};
}

llvm::TargetLibraryInfoImpl make_library_info(const llvm::Triple& triple, VectorIsas isas) {
  llvm::TargetLibraryInfoImpl library(triple);
  std::vector<llvm::VecDesc> descriptions;
  for (const VectorFunction& function : vector_functions()) {
    if (!isas.has(function.isa)) continue;
    descriptions.emplace_back(function.scalar, function.symbol, llvm::ElementCount::getFixed(function.lanes), /*Masked=*/false,
                              function.signature, std::nullopt);
  }
  library.addVectorizableFunctions(descriptions);
  return library;
}

class CodeGenerationPasses : public llvm::legacy::PassManager {
 public:
  void add(llvm::Pass* pass) override {
    if (pass->getPassName() == "Compressing EVEX instrs when possible") {
      delete pass;
      return;
    }
    llvm::legacy::PassManager::add(pass);
  }
};

}  // namespace

const TargetDescription& host_target() {
  static const TargetDescription& target = *new TargetDescription(detect_host());
  return target;
}

std::unique_ptr<llvm::TargetMachine> make_target_machine(const TargetDescription& target, OptimizationLevel level) {
  initialize_llvm();
  std::string error;
  const llvm::Triple triple(target.triple);
  const llvm::Target* backend = llvm::TargetRegistry::lookupTarget(triple, error);
  WELD_CHECK(backend != nullptr, error.c_str());
  std::unique_ptr<llvm::TargetMachine> machine(
      backend->createTargetMachine(triple, target.cpu, target.features, llvm::TargetOptions(), llvm::Reloc::PIC_,
                                   llvm::CodeModel::Small, code_generation_level(level), /*JIT=*/true));
  WELD_CHECK(machine != nullptr, "LLVM has no code generator for this target");
  if (level == OptimizationLevel::kNone) machine->setFastISel(true);
  return machine;
}

HostMachine::HostMachine(OptimizationLevel level) : level_(level), machine_(machine_pool().take(level)) {}
HostMachine::~HostMachine() { machine_pool().give_back(level_, std::move(machine_)); }

const llvm::TargetLibraryInfoImpl& library_info(const llvm::TargetMachine& machine) {
  static std::mutex& mutex = *new std::mutex;
  static auto& made = *new std::map<std::pair<std::string, VectorIsas>, llvm::TargetLibraryInfoImpl>;
  const std::pair key(machine.getTargetTriple().str(), vector_isas(machine));
  const std::lock_guard lock(mutex);
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  return made.emplace(key, make_library_info(machine.getTargetTriple(), key.second)).first->second;
}

const char* vector_math_function(std::string_view scalar, unsigned lanes) {
  static const VectorIsas isas = vector_isas(*HostMachine(OptimizationLevel::kNone));
  for (const VectorFunction& function : vector_functions())
    if (function.scalar == scalar && function.lanes == lanes && isas.has(function.isa)) return function.symbol.c_str();
  return nullptr;
}

unsigned vector_register_bytes() {
  static const VectorIsas isas = vector_isas(*HostMachine(OptimizationLevel::kNone));
  if (isas.avx512) return 64;
  return isas.avx2 ? 32 : 16;
}

void emit(llvm::TargetMachine& machine, llvm::Module& module, OutputKind kind, llvm::raw_pwrite_stream& output) {
  CodeGenerationPasses passes;
  passes.add(new llvm::TargetLibraryInfoWrapperPass(library_info(machine)));
  // The code generator adds this pass itself from CodeGenOptLevel::Less on.
  if (machine.getOptLevel() == llvm::CodeGenOptLevel::None) passes.add(llvm::createReplaceWithVeclibLegacyPass());
  const auto file_type = kind == OutputKind::kObject ? llvm::CodeGenFileType::ObjectFile : llvm::CodeGenFileType::AssemblyFile;
  const bool unsupported = machine.addPassesToEmitFile(passes, output, nullptr, file_type);
  WELD_CHECK(!unsupported, "the target cannot emit this kind of file");
  passes.run(module);
}

void prepare_module(llvm::Module& module) {
  const HostMachine machine(OptimizationLevel::kNone);
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
}

std::string host_description() { return host_target().triple + " " + host_target().cpu + " " + host_target().features; }

std::string assembly_text(llvm::Module& module, OptimizationLevel level) {
  const HostMachine machine(level);
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream output(text);
  emit(*machine, module, OutputKind::kAssembly, output);
  return text.str().str();
}

std::string object_bytes(llvm::Module& module, OptimizationLevel level) {
  const HostMachine machine(level);
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream output(bytes);
  emit(*machine, module, OutputKind::kObject, output);
  return bytes.str().str();
}

}  // namespace weld::codegen
