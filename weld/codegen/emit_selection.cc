// The rows of a block that a condition keeps, as bits: made from bytes, turned into a list, and used to move numbers together.
// All of it is written in vectors here, for LLVM's vectorizer knows no such loops. Where a machine has no instruction for
// llvm.experimental.vector.compress, LLVM moves the numbers one by one.
//
// Moving in registers and storing the whole register, with room behind the last element, is what makes this quick: a store of the
// moved lanes alone takes ten times as long.
#include <numeric>

#include "weld/codegen/emit.h"

namespace weld::codegen {

namespace {

constexpr unsigned kListLanes = 16;      // row numbers moved at once
constexpr unsigned kNumberLanes = 8;     // numbers moved at once
constexpr unsigned kNarrowestBits = 32;  // that are moved as they are

static_assert(kNumberLanes <= WELD_APPENDER_SLACK);

}  // namespace

llvm::Value* FunctionEmitter::pack_mask(llvm::Value* mask, llvm::Value* rows, llvm::Value* bits) {
  constexpr int64_t kByteBits = 8;
  auto* bytes = llvm::FixedVectorType::get(module_.i8_type(), kSelectionBits);
  llvm::Constant* zeroes = llvm::Constant::getNullValue(bytes);
  builder_.CreateAlignedStore(zeroes, element_address(mask, rows, 1), llvm::Align(1));
  llvm::AllocaInst* count = temporary_leaf(module_.i64_type());
  builder_.CreateStore(module_.word(0), count);
  llvm::Value* words = builder_.CreateLShr(builder_.CreateAdd(rows, module_.word(kSelectionBits - 1)), 6);
  counted_loop(module_.word(0), words, [&](llvm::Value* word) {
    llvm::Value* part = builder_.CreateAlignedLoad(bytes, element_address(mask, word, kSelectionBits), llvm::Align(1));
    llvm::Value* kept = builder_.CreateBitCast(builder_.CreateICmpNE(part, zeroes), module_.i64_type());
    builder_.CreateAlignedStore(kept, element_address(bits, word, kSelectionBits / kByteBits), llvm::Align(8));
    llvm::Value* before = builder_.CreateLoad(module_.i64_type(), count);
    builder_.CreateStore(builder_.CreateAdd(before, builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, kept)), count);
  });
  return builder_.CreateLoad(module_.i64_type(), count);
}

void FunctionEmitter::list_rows(llvm::Value* bits, llvm::Value* rows, llvm::Value* list) {
  llvm::Type* half_word = llvm::IntegerType::get(module_.context(), kListLanes);
  auto* numbers = llvm::FixedVectorType::get(module_.i32_type(), kListLanes);
  uint32_t lanes[kListLanes];
  std::iota(std::begin(lanes), std::end(lanes), 0);
  llvm::Constant* first = llvm::ConstantDataVector::get(module_.context(), lanes);
  llvm::AllocaInst* size = temporary_leaf(module_.i64_type());
  builder_.CreateStore(module_.word(0), size);
  llvm::Value* groups = builder_.CreateLShr(builder_.CreateAdd(rows, module_.word(kListLanes - 1)), 4);
  counted_loop(module_.word(0), groups, [&](llvm::Value* group) {
    llvm::Value* kept = builder_.CreateAlignedLoad(half_word, element_address(bits, group, 2), llvm::Align(2));
    llvm::Value* base = builder_.CreateTrunc(builder_.CreateShl(group, 4), module_.i32_type());
    llvm::Value* row = builder_.CreateAdd(builder_.CreateVectorSplat(kListLanes, base), first);
    llvm::Value* lane_mask = builder_.CreateBitCast(kept, llvm::FixedVectorType::get(builder_.getInt1Ty(), kListLanes));
    llvm::Value* moved = builder_.CreateIntrinsic(llvm::Intrinsic::experimental_vector_compress, {numbers},
                                                  {row, lane_mask, llvm::Constant::getNullValue(numbers)});
    llvm::Value* place = builder_.CreateLoad(module_.i64_type(), size);
    builder_.CreateAlignedStore(moved, element_address(list, place, sizeof(int32_t)), llvm::Align(4));
    llvm::Value* count = builder_.CreateZExt(builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, kept), module_.i64_type());
    builder_.CreateStore(builder_.CreateAdd(place, count), size);
  });
}

llvm::Value* FunctionEmitter::column_from(const StagedLoop& loop, const ExprPtr& expr, llvm::Value* row) {
  const std::string& element = loop.loop->function()->parameters()[2].name;
  const bool is_zipped = loop.iterators.all.size() > 1;
  size_t number = 0;
  const Expr* name = expr.get();
  if (is_zipped) {
    if (!expr->is(NodeKind::kGetField)) return nullptr;
    number = expr->index();
    name = expr->child(0).get();
  }
  if (!name->is(NodeKind::kIdentifier) || name->name() != element) return nullptr;
  const Iterator& iterator = loop.iterators.all[number];
  // The bytes of bools may be any.
  const bool is_plain = iterator.data != nullptr && iterator.stride == nullptr && iterator.element.is_scalar() &&
                        iterator.element.scalar_kind() != ScalarKind::kBool;
  if (!is_plain) return nullptr;
  llvm::Value* index = iterator.start == nullptr ? row : builder_.CreateAdd(row, iterator.start);
  return element_address(iterator.data, index, size_of(iterator.element));
}

void FunctionEmitter::compress(llvm::Value* bits, llvm::Value* numbers, int64_t size, llvm::Value* place) {
  auto* stored =
      llvm::FixedVectorType::get(llvm::IntegerType::get(module_.context(), static_cast<unsigned>(size) * 8), kNumberLanes);
  const unsigned wide_bits = std::max(stored->getScalarSizeInBits(), kNarrowestBits);
  auto* wide = llvm::FixedVectorType::get(llvm::IntegerType::get(module_.context(), wide_bits), kNumberLanes);
  const llvm::Align align(static_cast<uint64_t>(size));
  llvm::Value* lane_mask = builder_.CreateBitCast(bits, llvm::FixedVectorType::get(builder_.getInt1Ty(), kNumberLanes));
  // What is not kept may lie behind the end of a column.
  llvm::Value* loaded =
      builder_.CreateMaskedLoad(stored, numbers, llvm::Align(1), lane_mask, llvm::Constant::getNullValue(stored));
  llvm::Value* moved =
      builder_.CreateIntrinsic(llvm::Intrinsic::experimental_vector_compress, {wide},
                               {builder_.CreateZExt(loaded, wide), lane_mask, llvm::Constant::getNullValue(wide)});
  llvm::StoreInst* store = builder_.CreateAlignedStore(builder_.CreateTrunc(moved, stored), place, align);
  module_.annotate(store, MemoryKind::kBuilder);
}

}  // namespace weld::codegen
