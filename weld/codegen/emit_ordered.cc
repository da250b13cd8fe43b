// Rows that merge into a dictionary whose entries are in order of their keys, which are consecutive numbers (WeldDict::ordered).
//
// A group-by of small numbers, of regions or months, say, is over its last new key after a few rows. From then on a row's entry
// is found by its key alone, without reading the index, which leaves two thirds of a row's instructions.
#include <cstddef>

#include "weld/codegen/emit.h"
#include "weld/codegen/staging.h"

namespace weld::codegen {

void FunctionEmitter::in_rows(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at,
                              const std::function<void(const Row&, llvm::Value*)>& row) {
  auto emit_row = [&](llvm::Value* place) { row(row_at(place), place); };
  auto emit_rows = [&](llvm::Value* from, llvm::Value* to) {
    if (loop.dictionaries.empty()) {
      counted_loop(from, to, emit_row);
      return;
    }
    counted_loop(from, to, emit_row, [&] {
      for (llvm::Value* dict : loop.dictionaries) fill_dict_view(dict, dict_views_.at(dict));
    });
  };
  if (loop.stages.key == nullptr) return emit_rows(begin, end);
  order_entries(loop, builder_.CreateSub(end, begin));
  llvm::Value* from = in_ordered_rows(loop, begin, end, row_at, row);
  in_fetched_parts(loop, from, end, row_at, emit_rows);
}

llvm::Value* FunctionEmitter::in_ordered_rows(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at,
                                              const std::function<void(const Row&, llvm::Value*)>& row) {
  llvm::Value* dict = only_dictionary(loop);
  const int64_t entry_size = entry_size_of(loop.stages.dictionary.child(0), loop.stages.dictionary.child(1));
  llvm::Value* first = load_dict_header(dict, offsetof(WeldDict, first), false);
  llvm::Value* count = load_dict_header(dict, offsetof(WeldDict, ordered), false);
  llvm::Value* entries = load_dict_header(dict, offsetof(WeldDict, entries), true);
  llvm::Value* of_zero = builder_.CreateGEP(module_.i8_type(), entries, builder_.CreateMul(first, module_.word(-entry_size)));
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* look = new_block("ordered_row");
  llvm::BasicBlock* merge = new_block("merge_ordered");
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "after_ordered");
  llvm::Value* has_rows = builder_.CreateICmpSLT(begin, end);
  builder_.CreateCondBr(builder_.CreateAnd(has_rows, builder_.CreateICmpNE(count, module_.word(0))), look, after);

  builder_.SetInsertPoint(look);
  llvm::PHINode* place = builder_.CreatePHI(module_.i64_type(), 2);
  place->addIncoming(begin, before);
  const Row at = row_at(place);
  loop.in_row(at, [&] {
    llvm::Value* number = key_number(canonical_key(emit(loop.stages.key)));
    llvm::MDNode* mostly = mostly_found();
    builder_.CreateCondBr(builder_.CreateICmpULT(builder_.CreateSub(number, first), count), merge, after, mostly);
  });
  llvm::BasicBlock* last_look = builder_.GetInsertBlock();
  builder_.SetInsertPoint(merge);
  ordered_entries_.emplace(dict, of_zero);
  row(at, place);
  ordered_entries_.erase(dict);
  llvm::Value* next = builder_.CreateAdd(place, module_.word(1), "", /*HasNUW=*/false, /*HasNSW=*/true);
  llvm::BasicBlock* last = builder_.GetInsertBlock();
  place->addIncoming(next, last);
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, end), look, after);

  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
  llvm::PHINode* stop = builder_.CreatePHI(module_.i64_type(), 3);
  stop->addIncoming(begin, before);
  stop->addIncoming(place, last_look);
  stop->addIncoming(next, last);
  return stop;
}

llvm::Value* FunctionEmitter::only_dictionary(const StagedLoop& loop) {
  WELD_CHECK(loop.dictionaries.size() == 1, "rows with a key, and not one dictionary");
  return loop.dictionaries[0];
}

void FunctionEmitter::order_entries(const StagedLoop& loop, llvm::Value* rows) {
  llvm::Value* dict = only_dictionary(loop);
  auto header = [&](size_t offset) { return load_dict_header(dict, offset, false); };
  llvm::BasicBlock* order = new_block("order");
  llvm::BasicBlock* after = new_block("looked_at");
  llvm::Value* is_partly = builder_.CreateICmpNE(header(offsetof(WeldDict, ordered)), header(offsetof(WeldDict, count)));
  llvm::Value* is_dense = builder_.CreateICmpNE(header(offsetof(WeldDict, range)), module_.word(0));
  builder_.CreateCondBr(builder_.CreateAnd(is_partly, is_dense), order, after);
  builder_.SetInsertPoint(order);
  const Type type = loop.stages.dictionary;
  builder_.CreateCall(module_.runtime_function("weld_rt_dict_order"),
                      {context_argument_, dict, module_.dict_layout(type.child(0), type.child(1)), rows});
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
}

}  // namespace weld::codegen
