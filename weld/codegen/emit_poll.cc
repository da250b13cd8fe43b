// Polling: code that may run for long looks now and then whether the run was cancelled or is out of time.
//
// The runtime polls between the steps of a parallel loop. What is long inside a step, or outside any, spends a budget of
// estimated picoseconds, one for each call of the function, and polls where that is used up. A loop takes as many rows at once as
// the budget allows, so the rows themselves are a plain counted loop and can be vectorized; with rows to spare that costs a
// subtraction and a branch for the whole loop.
#include <algorithm>

#include "weld/codegen/emit.h"

namespace weld::codegen {

namespace {

constexpr int64_t kBudget = 1'000'000'000;
constexpr int64_t kTooShort = kBudget / 1000;  // what is known to take less than this spends nothing

}  // namespace

llvm::Value* FunctionEmitter::poll_budget() {
  if (poll_budget_ == nullptr) {
    poll_budget_ = temporary_leaf(module_.i64_type());
    llvm::IRBuilder<>(entry_end_).CreateStore(llvm::ConstantInt::get(module_.i64_type(), kBudget), poll_budget_);
  }
  return poll_budget_;
}

void FunctionEmitter::poll(Span span) {
  fail_unless_ok(builder_.CreateCall(module_.runtime_function("weld_rt_poll"), {context_argument_}), span);
}

llvm::BasicBlock* FunctionEmitter::spend(llvm::Value* cost, Span span) {
  llvm::Value* before = builder_.CreateLoad(module_.i64_type(), poll_budget());
  llvm::Value* left = builder_.CreateSub(before, cost);
  builder_.CreateStore(left, poll_budget());
  llvm::BasicBlock* used_up = new_block("poll");
  llvm::BasicBlock* after = new_block("polled");
  llvm::MDBuilder metadata(module_.context());
  llvm::Value* enough = builder_.CreateICmpSGT(left, llvm::ConstantInt::get(module_.i64_type(), 0));
  builder_.CreateCondBr(enough, after, used_up, metadata.createBranchWeights(2000, 1));
  builder_.SetInsertPoint(used_up);
  poll(span);
  builder_.CreateStore(llvm::ConstantInt::get(module_.i64_type(), kBudget), poll_budget());
  return after;
}

void FunctionEmitter::poll_after(int64_t cost, Span span) {
  llvm::BasicBlock* after = spend(llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(cost)), span);
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
}

void FunctionEmitter::in_stretches(llvm::Value* begin, llvm::Value* end, int64_t row_cost, Span span,
                                   const std::function<void(llvm::Value*, llvm::Value*)>& stretch) {
  llvm::Value* rows = builder_.CreateSub(end, begin);
  if (auto* constant = llvm::dyn_cast<llvm::ConstantInt>(rows);
      constant != nullptr && constant->getSExtValue() <= kTooShort / std::max<int64_t>(row_cost, 1)) {
    stretch(begin, end);
    return;
  }
  // Rounded up to a power of two, for a shift is cheaper than a division.
  const unsigned shift = llvm::Log2_64_Ceil(static_cast<uint64_t>(std::max<int64_t>(row_cost, 2)));
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* head = new_block("stretch");
  builder_.CreateBr(head);
  builder_.SetInsertPoint(head);
  llvm::PHINode* at = builder_.CreatePHI(module_.i64_type(), 2, "at");
  at->addIncoming(begin, before);
  llvm::Value* budget = builder_.CreateLoad(module_.i64_type(), poll_budget());
  llvm::Value* most = builder_.CreateAdd(builder_.CreateAShr(budget, shift), llvm::ConstantInt::get(module_.i64_type(), 1));
  llvm::Value* count = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, builder_.CreateSub(end, at), most);
  llvm::Value* stop = builder_.CreateAdd(at, count, "", /*HasNUW=*/false, /*HasNSW=*/true);
  stretch(at, stop);
  llvm::BasicBlock* after = spend(builder_.CreateShl(count, shift), span);
  at->addIncoming(stop, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(stop, end), head, after);
  builder_.SetInsertPoint(after);
}

}  // namespace weld::codegen
