// Rows that merge into a dictionary which is too large for the cache.
//
// A row's merge waits for a place of the index and then for the entry that it names, both anywhere in memory; and whether its key
// is new is guessed wrong so often that the processor does not come to the rows behind it meanwhile. So what up to 64 rows will
// touch is asked for at once, before them: group prefetching of Chen, Ailamaki, Gibbons, Mowry: Improving Hash Join Performance
// through Prefetching, ICDE 2004. A merge may move the index or the entries; then what was fetched was fetched in vain.
#include <cstddef>

#include "weld/codegen/emit.h"
#include "weld/codegen/staging.h"

namespace weld::codegen {

namespace {

constexpr int64_t kFetchedRows = 64;
// Of fewer, most of what is touched is in the caches: with 30,000 keys of i64 fetching takes what it saves (Skylake, 1 MB of
// second-level cache), with 100,000 hashed ones 0.85 of the time is left.
constexpr int64_t kFetchedEntries = 64 << 10;

}  // namespace

void FunctionEmitter::in_fetched_parts(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at,
                                       const std::function<void(llvm::Value*, llvm::Value*)>& part) {
  if (direct_bits(loop.stages.dictionary.child(0)) > 0) return part(begin, end);  // as many keys are few
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* head = new_block("fetched_part");
  llvm::BasicBlock* fetch = new_block("fetch_entries");
  llvm::BasicBlock* rows = new_block("fetched_rows");
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "after_fetched");
  builder_.CreateCondBr(builder_.CreateICmpSLT(begin, end), head, after);

  builder_.SetInsertPoint(head);
  llvm::PHINode* from = builder_.CreatePHI(module_.i64_type(), 2);
  from->addIncoming(begin, before);
  llvm::Value* count = load_dict_header(only_dictionary(loop), offsetof(WeldDict, count), false);
  llvm::Value* is_large = builder_.CreateICmpSGE(count, module_.word(kFetchedEntries));
  llvm::Value* near = builder_.CreateAdd(from, module_.word(kFetchedRows), "", /*HasNUW=*/false, /*HasNSW=*/true);
  llvm::Value* to = builder_.CreateSelect(is_large, builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, near, end), end);
  // The registers go to the rows.
  builder_.CreateCondBr(is_large, fetch, rows, llvm::MDBuilder(module_.context()).createBranchWeights(1, 100));
  builder_.SetInsertPoint(fetch);
  fetch_entries(loop, from, to, row_at);
  builder_.CreateBr(rows);
  builder_.SetInsertPoint(rows);
  part(from, to);
  from->addIncoming(to, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(to, end), head, after);

  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
}

void FunctionEmitter::fetch_entries(const StagedLoop& loop, llvm::Value* begin, llvm::Value* end, const RowAt& row_at) {
  constexpr int64_t kWord = sizeof(int64_t);
  constexpr int64_t kDensePlace = sizeof(uint32_t);
  constexpr int64_t kHashedPlace = sizeof(uint64_t);
  constexpr uint32_t kRead = 0;
  constexpr uint32_t kFirstLevel = 3;
  constexpr uint32_t kData = 1;
  llvm::Value* dict = only_dictionary(loop);
  const Type type = loop.stages.dictionary;
  llvm::Value* index = load_dict_header(dict, offsetof(WeldDict, index), true);
  llvm::Value* entries = load_dict_header(dict, offsetof(WeldDict, entries), true);
  llvm::Value* range = load_dict_header(dict, offsetof(WeldDict, range), false);
  llvm::Value* base = load_dict_header(dict, offsetof(WeldDict, base), false);
  llvm::Value* shift = load_dict_header(dict, offsetof(WeldDict, shift), false);
  llvm::Value* is_dense = builder_.CreateICmpNE(range, module_.word(0));
  llvm::Value* places = temporary(kFetchedRows * kWord);  // in the index, in bytes from its start
  auto place_of = [&](llvm::Value* row) { return element_address(places, builder_.CreateSub(row, begin), kWord); };
  auto fetch = [&](llvm::Value* from, llvm::Value* bytes) {
    llvm::Value* address = builder_.CreateGEP(module_.i8_type(), from, bytes);
    builder_.CreateIntrinsic(llvm::Intrinsic::prefetch, {module_.pointer_type()},
                             {address, builder_.getInt32(kRead), builder_.getInt32(kFirstLevel), builder_.getInt32(kData)});
  };
  counted_loop(begin, end, [&](llvm::Value* row) {
    loop.in_row(row_at(row), [&] {
      const Value key = canonical_key(emit(loop.stages.key));
      llvm::Value* offset = builder_.CreateSub(key_number(key), base);
      llvm::Value* inside = builder_.CreateSelect(builder_.CreateICmpULT(offset, range), offset, module_.word(0));
      llvm::Value* dense = builder_.CreateMul(inside, module_.word(kDensePlace));
      llvm::Value* hashed = builder_.CreateMul(builder_.CreateLShr(hash_value(key), shift), module_.word(kHashedPlace));
      builder_.CreateStore(builder_.CreateSelect(is_dense, dense, hashed), place_of(row));
    });
  });
  counted_loop(begin, end, [&](llvm::Value* row) { fetch(index, builder_.CreateLoad(module_.i64_type(), place_of(row))); });
  counted_loop(begin, end, [&](llvm::Value* row) {
    // The number of an entry, from 1 on, is the first half of a hashed dictionary's place, too.
    llvm::Value* place = builder_.CreateGEP(module_.i8_type(), index, builder_.CreateLoad(module_.i64_type(), place_of(row)));
    llvm::Value* number = builder_.CreateZExt(builder_.CreateLoad(module_.i32_type(), place), module_.i64_type());
    const int64_t entry_size = entry_size_of(type.child(0), type.child(1));
    fetch(entries, builder_.CreateMul(builder_.CreateSub(number, module_.word(1)), module_.word(entry_size)));
  });
}

}  // namespace weld::codegen
