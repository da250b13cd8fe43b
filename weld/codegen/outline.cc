// A loop in stages has several loops over the same rows, of which a block takes one. Each has more values that live through it
// than there are registers once a dictionary is probed in it, and the register allocator, which looks at the whole function, does
// not know which of them is run: it keeps some of the addresses that the rows need in memory, in this loop or in that. Measured
// on Zen 3, each such load in a loop of a group-by takes 0.25 ns a row, of 1.4. In a function of its own a loop has all
// registers; the call costs some twenty cycles for a block of rows.
#include "weld/codegen/outline.h"

#include <algorithm>
#include <vector>

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/Transforms/Utils/CodeExtractor.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"
#include "llvm/Transforms/Utils/LoopUtils.h"
#include "weld/codegen/llvm.h"

namespace weld::codegen {
namespace {

constexpr const char* kMark = "weld-outline";
constexpr const char* kInsert = "weld_rt_dict_insert";
constexpr const char* kSuffix = "rows";

bool is_insert(const llvm::Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  return call != nullptr && call->getCalledFunction() != nullptr && call->getCalledFunction()->getName() == kInsert;
}

// The loops inside others whose rows may insert.
std::vector<llvm::Loop*> loops_over_rows(llvm::Function& function, const llvm::LoopInfo& loops) {
  std::vector<llvm::Loop*> found;
  for (llvm::BasicBlock& block : function) {
    llvm::Loop* loop = loops.getLoopFor(&block);
    const bool is_inside = loop != nullptr && loop->getLoopDepth() > 1;
    if (!is_inside || std::none_of(block.begin(), block.end(), is_insert)) continue;
    if (std::find(found.begin(), found.end(), loop) == found.end()) found.push_back(loop);
  }
  return found;
}

// The blocks of each such loop; with the one before it, which loads the headers of dictionaries, and with those that it leaves
// to: what the loop computes is written for its function once, there, and not in each row.
std::vector<std::vector<llvm::BasicBlock*>> regions(llvm::Function& function) {
  llvm::DominatorTree dominators(function);
  llvm::LoopInfo loops(dominators);
  std::vector<std::vector<llvm::BasicBlock*>> found;
  for (llvm::Loop* loop : loops_over_rows(function, loops)) {
    llvm::simplifyLoop(loop, &dominators, &loops, nullptr, nullptr, nullptr, /*PreserveLCSSA=*/false);
    llvm::formLCSSA(*loop, dominators, &loops, nullptr);
    std::vector<llvm::BasicBlock*>& blocks = found.emplace_back(1, loop->getLoopPreheader());
    blocks.insert(blocks.end(), loop->block_begin(), loop->block_end());
    llvm::SmallVector<llvm::BasicBlock*> exits;
    loop->getUniqueExitBlocks(exits);
    blocks.insert(blocks.end(), exits.begin(), exits.end());
  }
  return found;
}

}  // namespace

void mark_for_outlining(llvm::Function& function) { function.addFnAttr(kMark); }

bool is_outlined_from(const llvm::Function& outlined, const std::string& function) {
  return outlined.getName().starts_with(function + "." + kSuffix);
}

void outline_loops(llvm::Module& module) {
  std::vector<llvm::Function*> marked;
  for (llvm::Function& function : module) {
    if (function.hasFnAttribute(kMark)) marked.push_back(&function);
  }
  for (llvm::Function* function : marked) {
    function->removeFnAttr(kMark);
    for (const std::vector<llvm::BasicBlock*>& blocks : regions(*function)) {
      // None of it may have gone with a region before.
      const bool is_whole = std::all_of(blocks.begin(), blocks.end(),
                                        [&](const llvm::BasicBlock* block) { return block->getParent() == function; });
      if (!is_whole) continue;
      const llvm::CodeExtractorAnalysisCache cache(*function);
      llvm::CodeExtractor extractor(blocks, /*DT=*/nullptr, /*AggregateArgs=*/false, nullptr, nullptr, nullptr,
                                    /*AllowVarArgs=*/false, /*AllowAlloca=*/false, nullptr, kSuffix);
      llvm::Function* outlined = extractor.extractCodeRegion(cache);
      if (outlined != nullptr) outlined->addFnAttr(llvm::Attribute::NoInline);
    }
  }
}

}  // namespace weld::codegen
