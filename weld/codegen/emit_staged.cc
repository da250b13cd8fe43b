// Loops in stages (staging.h). A step goes through its rows in blocks that stay in the first-level cache:
//
//   1. the condition of every row of the block, as bytes: a loop that LLVM vectorizes;
//   2. the rows that count, as a list, without a branch that could be mispredicted;
//   3. the values of every row of the block, when at least one in eight counts: a loop that LLVM vectorizes. Evaluating a
//   function
//      of the C library for eight rows in vector registers takes as long as for one outside them;
//   4. the rest, for the rows of the list.
//
// Which rows count is known when it is decided whether to do step 3, block by block. The selection vector is that of Boncz,
// Zukowski, Nes: MonetDB/X100, Hyper-Pipelining Query Execution, CIDR 2005.
#include "weld/codegen/emit.h"
#include "weld/codegen/staging.h"

namespace weld::codegen {

namespace {

constexpr int64_t kBlockRows = 512;
constexpr uint64_t kRowsPerFunction = 8;  // that vector registers do in the time of one

}  // namespace

void FunctionEmitter::in_blocks(llvm::Value* begin, llvm::Value* end,
                                const std::function<void(llvm::Value*, llvm::Value*)>& block) {
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* head = new_block("block");
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "after_blocks");
  builder_.CreateCondBr(builder_.CreateICmpSLT(begin, end), head, after);
  builder_.SetInsertPoint(head);
  llvm::PHINode* from = builder_.CreatePHI(module_.i64_type(), 2, "from");
  from->addIncoming(begin, before);
  llvm::Value* full = builder_.CreateAdd(from, module_.word(kBlockRows), "", /*HasNUW=*/false, /*HasNSW=*/true);
  llvm::Value* to = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, full, end);
  block(from, to);
  from->addIncoming(to, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(to, end), head, after);
  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
}

llvm::Value* FunctionEmitter::select_rows(llvm::Value* mask, llvm::Value* rows, llvm::Value* count) {
  llvm::AllocaInst* selected = temporary_leaf(module_.i64_type());
  builder_.CreateStore(module_.word(0), selected);
  counted_loop(module_.word(0), count, [&](llvm::Value* row) {
    llvm::Value* place = builder_.CreateLoad(module_.i64_type(), selected);
    builder_.CreateStore(builder_.CreateTrunc(row, module_.i32_type()), element_address(rows, place, sizeof(int32_t)));
    llvm::Value* counts = builder_.CreateLoad(module_.i8_type(), element_address(mask, row, 1));
    builder_.CreateStore(builder_.CreateAdd(place, builder_.CreateZExt(counts, module_.i64_type())), selected);
  });
  return builder_.CreateLoad(module_.i64_type(), selected);
}

void FunctionEmitter::loop_in_stages(const StagedRows& stages, const Iterators& iterators, llvm::Value* begin, llvm::Value* end,
                                     const std::function<void(llvm::Value*, const std::function<void()>&)>& in_row,
                                     const std::function<void(llvm::Value*, const ExprPtr&)>& emit_row) {
  std::vector<llvm::Value*> buffers;
  for (const StagedRows::Value& value : stages.values) buffers.push_back(temporary(kBlockRows * size_of(value.expr->type())));
  auto slot_of = [&](size_t value, llvm::Value* row) {
    return element_address(buffers[value], row, size_of(stages.values[value].expr->type()));
  };
  auto evaluate_values = [&](llvm::Value* from, llvm::Value* to) {
    loop_over(iterators, from, to, /*is_morsel=*/true, [&](const Iterators&, llvm::Value* row) {
      in_row(row, [&] {
        for (size_t i = 0; i < stages.values.size(); i++) {
          Value value = emit(stages.values[i].expr);
          store_value(value, slot_of(i, builder_.CreateSub(row, from)), MemoryKind::kBuilder);
          bind(stages.values[i].name, value);
        }
      });
    });
  };
  auto emit_staged_row = [&](llvm::Value* from, llvm::Value* row) {
    for (size_t i = 0; i < stages.values.size(); i++) {
      bind(stages.values[i].name,
           load_value(stages.values[i].expr->type(), slot_of(i, builder_.CreateSub(row, from)), MemoryKind::kOther));
    }
    emit_row(row, stages.staged);
  };

  if (stages.condition == nullptr) {
    in_blocks(begin, end, [&](llvm::Value* from, llvm::Value* to) {
      evaluate_values(from, to);
      counted_loop(from, to, [&](llvm::Value* row) { emit_staged_row(from, row); });
    });
    return;
  }
  llvm::Value* mask = temporary(kBlockRows);
  llvm::Value* selected = temporary(kBlockRows * static_cast<int64_t>(sizeof(int32_t)));
  in_blocks(begin, end, [&](llvm::Value* from, llvm::Value* to) {
    loop_over(iterators, from, to, /*is_morsel=*/true, [&](const Iterators&, llvm::Value* row) {
      in_row(row, [&] {
        llvm::Value* counts = builder_.CreateZExt(emit(stages.condition).only(), module_.i8_type());
        builder_.CreateStore(counts, element_address(mask, builder_.CreateSub(row, from), 1));
      });
    });
    llvm::Value* rows = builder_.CreateSub(to, from);
    llvm::Value* count = select_rows(mask, selected, rows);
    auto for_selected = [&](const std::function<void(llvm::Value*)>& emit_selected) {
      counted_loop(module_.word(0), count, [&](llvm::Value* place) {
        llvm::Value* row = builder_.CreateLoad(module_.i32_type(), element_address(selected, place, sizeof(int32_t)));
        emit_selected(builder_.CreateAdd(from, builder_.CreateZExt(row, module_.i64_type()), "", false, /*HasNSW=*/true));
      });
    };
    llvm::BasicBlock* many = new_block("many_count");
    llvm::BasicBlock* few = llvm::BasicBlock::Create(module_.context(), "few_count");
    llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "counted");
    llvm::Value* share = builder_.CreateMul(count, module_.word(kRowsPerFunction));
    builder_.CreateCondBr(builder_.CreateICmpSGE(share, rows), many, few);
    builder_.SetInsertPoint(many);
    evaluate_values(from, to);
    for_selected([&](llvm::Value* row) { emit_staged_row(from, row); });
    builder_.CreateBr(after);
    function_->insert(function_->end(), few);
    builder_.SetInsertPoint(few);
    for_selected([&](llvm::Value* row) { emit_row(row, stages.counting); });
    builder_.CreateBr(after);
    function_->insert(function_->end(), after);
    builder_.SetInsertPoint(after);
  });
}

}  // namespace weld::codegen
