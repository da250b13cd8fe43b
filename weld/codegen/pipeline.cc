// kQuick is the smallest pass list found that keeps the speed of O3 on scan, filter, group and math kernels: locals to registers,
// one clean-up, the loop form that the vectorizer wants, the vectorizers, and a clean-up of what they leave. The pieces of O2
// that are not here (inlining, GVN, unrolling, jump threading, a second round of everything) cost more than they gain on emitted
// code, which has no redundancy of the kind they look for. Functions marked alwaysinline are inlined at kQuick and kFull.
#include "weld/codegen/pipeline.h"

#include <optional>

#include <fmt/format.h>

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/StandardInstrumentations.h"
#include "llvm/Target/TargetMachine.h"
#include "weld/codegen/inline_math.h"
#include "weld/codegen/llvm.h"
#include "weld/codegen/outline.h"
#include "weld/codegen/target.h"

namespace weld::codegen {
namespace {

constexpr const char* kQuickPasses =
    "always-inline,"
    "function("
    "sroa,"                             // locals and small structs to registers
    "early-cse<memssa>,"                // repeated loads of arguments and headers
    "instcombine<no-verify-fixpoint>,"  // one clean-up
    "simplifycfg,"                      // branches to selects, so that loops vectorize
    "loop-mssa(loop-rotate,licm),"      // bottom-tested loops, invariants out
    "inject-tli-mappings,"              // tells the vectorizer of libmvec
    "loop-vectorize,"
    "{}"
    "instcombine<no-verify-fixpoint>)";  // tidies what the vectorizers leave
// For adjacent sums of a group's struct. It takes a tenth of a compile and more, and finds little where there are none.
constexpr const char* kStructPass = "slp-vectorizer,";

// Whether numbers that are neighbours in memory are written one after the other, other than to locals and arguments.
bool writes_structs(const llvm::Module& module) {
  const llvm::DataLayout& layout = module.getDataLayout();
  struct Written {
    const llvm::Value* base;
    int64_t end;
  };
  for (const llvm::Function& function : module) {
    for (const llvm::BasicBlock& block : function) {
      llvm::SmallVector<Written, 8> written;
      for (const llvm::Instruction& instruction : block) {
        const auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
        if (store == nullptr || store->getValueOperand()->getType()->isPointerTy()) continue;
        llvm::APInt offset(layout.getIndexTypeSizeInBits(store->getPointerOperandType()), 0);
        const llvm::Value* base = store->getPointerOperand()->stripAndAccumulateConstantOffsets(layout, offset, true);
        if (llvm::isa<llvm::AllocaInst, llvm::Argument>(base)) continue;
        const int64_t begin = offset.getSExtValue();
        for (const Written& each : written) {
          if (each.base == base && each.end == begin) return true;
        }
        const uint64_t size = layout.getTypeStoreSize(store->getValueOperand()->getType());
        written.push_back({base, begin + static_cast<int64_t>(size)});
      }
    }
  }
  return false;
}

// FastISel leaves what it does not know to SelectionDAG, which takes much longer: of the calls of intrinsics these are the most
// frequent, and become a comparison and a select. What only tells the vectorizer something goes.
void suit_fast_selection(llvm::Module& module) {
  for (llvm::Function& function : module) {
    for (llvm::BasicBlock& block : function) {
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(block)) {
        auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
        if (call != nullptr && call->isInlineAsm()) {
          call->eraseFromParent();
          continue;
        }
        auto* extreme = llvm::dyn_cast<llvm::MinMaxIntrinsic>(&instruction);
        if (extreme == nullptr || extreme->getType()->isVectorTy()) continue;
        llvm::IRBuilder<> builder(extreme);
        llvm::Value* is_left = builder.CreateICmp(extreme->getPredicate(), extreme->getLHS(), extreme->getRHS());
        extreme->replaceAllUsesWith(builder.CreateSelect(is_left, extreme->getLHS(), extreme->getRHS()));
        extreme->eraseFromParent();
      }
    }
  }
}

}  // namespace

void optimize(llvm::Module& module, llvm::TargetMachine& machine, OptimizationLevel level) {
  if (level == OptimizationLevel::kNone) return suit_fast_selection(module);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;

  llvm::PipelineTuningOptions tuning;
  tuning.SLPVectorization = true;
  // Passes leave functions alone that are marked optnone.
  llvm::PassInstrumentationCallbacks callbacks;
  llvm::OptNoneInstrumentation optnone(/*DebugLogging=*/false);
  optnone.registerCallbacks(callbacks);
  llvm::PassBuilder builder(&machine, tuning, std::nullopt, &callbacks);
  // The first registration of an analysis wins, so this one goes before the builder's own.
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library_info(machine)); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);

  llvm::ModulePassManager passes;
  if (level == OptimizationLevel::kFull) {
    passes = builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3);
  } else {
    const std::string list = fmt::format(kQuickPasses, writes_structs(module) ? kStructPass : "");
    llvm::Error error = builder.parsePassPipeline(passes, list);
    WELD_CHECK(!error, "the quick pass list does not parse");
  }
  passes.run(module, modules);
  inline_math(module, machine);
  outline_loops(module);
}

std::string optimized_ir_text(llvm::Module& module, OptimizationLevel level) {
  const HostMachine machine(level);
  optimize(module, *machine, level);
  std::string text;
  llvm::raw_string_ostream output(text);
  module.print(output, nullptr);
  return text;
}

}  // namespace weld::codegen
