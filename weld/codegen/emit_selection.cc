// The rows of a block that a condition keeps, as bits: made from bytes, turned into a list, and used to move numbers together.
// All of it is written in vectors here, for LLVM's vectorizer knows no such loops. AVX-512 has an instruction for
// llvm.experimental.vector.compress; with AVX2 alone a table says for each mask which lanes go where (Polychroniou, Raghavan,
// Ross: Rethinking SIMD Vectorization for In-Memory Databases, SIGMOD 2015, section 4); on other machines LLVM moves the numbers
// one by one.
//
// Moving in registers and storing the whole register, with room behind the last element, is what makes this quick: a store of the
// moved lanes alone takes ten times as long.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "llvm/IR/IntrinsicsX86.h"
#include "weld/codegen/emit.h"
#include "weld/codegen/staging.h"
#include "weld/ir/rewrite.h"

namespace weld::codegen {

namespace {

constexpr unsigned kListLanes = 16;      // row numbers moved at once by an instruction
constexpr unsigned kNumberLanes = 8;     // numbers moved at once
constexpr unsigned kNarrowestBits = 32;  // that are moved as they are

constexpr unsigned kMaskRows = 16;  // whose conditions become bytes at once
constexpr unsigned kAvx2Bytes = 32;
constexpr unsigned kTableParts = kAvx2Bytes / sizeof(int32_t);  // of 32 bits, moved at once by a table

static_assert(kNumberLanes <= WELD_APPENDER_SLACK);

bool has_only_tables() { return vector_register_bytes() == kAvx2Bytes; }

// For each mask of so many lanes, each of some 32-bit parts, the numbers of the parts of lanes that it keeps, in order, each as a
// byte.
std::string lane_table(unsigned lanes) {
  const unsigned parts = kTableParts / lanes;
  std::string table;
  for (unsigned mask = 0; mask < 1U << lanes; mask++) {
    const size_t end = table.size() + kTableParts;
    for (unsigned part = 0; part < kTableParts; part++) {
      if ((mask >> (part / parts) & 1) != 0) table.push_back(static_cast<char>(part));
    }
    table.resize(end);
  }
  return table;
}

// Whether an expression of numbers takes as many lanes at once as one likes: comparisons, sums, floats' products.
bool is_simple(const ExprPtr& expr) {
  bool simple = true;
  walk(expr, [&](const ExprPtr& node) {
    switch (node->kind()) {
      case NodeKind::kLiteral:
      case NodeKind::kIdentifier:
      case NodeKind::kGetField:
      case NodeKind::kLet:
        break;
      case NodeKind::kBinary: {
        const Type operand = node->child(0)->type();
        const BinaryOp op = node->binary_op();
        const bool is_product = op == BinaryOp::kMultiply;
        const bool is_sum = op == BinaryOp::kAdd || op == BinaryOp::kSubtract;
        simple = simple && operand.is_scalar() &&
                 (info(op).result == ResultRule::kBool || is_sum || (is_product && is_float(operand.scalar_kind())));
        break;
      }
      default:
        simple = false;
    }
    return simple;
  });
  return simple;
}

// Whether there are numbers of which a register holds fewer than what a mask's bytes are made from at once.
bool has_wide_numbers(const ExprPtr& expr) {
  bool found = false;
  walk(expr, [&](const ExprPtr& node) {
    found = found ||
            (node->type().is_scalar() && static_cast<unsigned>(scalar_size(node->type().scalar_kind())) * 8 >= kNarrowestBits);
    return !found;
  });
  return found;
}

}  // namespace

void FunctionEmitter::emit_mask(const StagedLoop& loop, const Block& block, llvm::Value* mask) {
  const ExprPtr& condition = loop.stages.condition;
  llvm::Value* behind = counted_loop(block.from, block.to, [&](llvm::Value* row) {
    loop.in_row(loop.row(row), [&] {
      llvm::Value* counts = builder_.CreateZExt(emit(condition).only(), module_.i8_type());
      builder_.CreateStore(counts, element_address(mask, builder_.CreateSub(row, block.from), 1));
    });
  });
  without_vector_epilogue(behind);
  // Left alone LLVM takes as many rows as a register holds of the widest number, and makes bytes of each such few on their own.
  if (has_only_tables() && is_simple(condition) && has_wide_numbers(condition)) vectorize_by(kMaskRows, behind);
}

llvm::Value* FunctionEmitter::lane_mask(llvm::Value* bits, llvm::FixedVectorType* numbers) {
  const unsigned lanes = numbers->getNumElements();
  if (!has_only_tables()) return builder_.CreateBitCast(bits, llvm::FixedVectorType::get(builder_.getInt1Ty(), lanes));
  // LLVM would take the bits apart one by one.
  std::vector<llvm::Constant*> places;
  for (unsigned lane = 0; lane < lanes; lane++) {
    places.push_back(llvm::ConstantInt::get(numbers->getElementType(), uint64_t{1} << lane));
  }
  llvm::Value* all = builder_.CreateVectorSplat(lanes, builder_.CreateZExt(bits, numbers->getElementType()));
  return builder_.CreateIsNotNull(builder_.CreateAnd(all, llvm::ConstantVector::get(places)));
}

llvm::Value* FunctionEmitter::kept_parts(llvm::Value* mask, unsigned lanes) {
  llvm::Value* entry =
      element_address(module_.constant_bytes(lane_table(lanes)), builder_.CreateZExt(mask, module_.i64_type()), kTableParts);
  auto* bytes = llvm::FixedVectorType::get(module_.i8_type(), kTableParts);
  llvm::Value* parts = builder_.CreateAlignedLoad(bytes, entry, llvm::Align(1));
  return builder_.CreateZExt(parts, llvm::FixedVectorType::get(module_.i32_type(), kTableParts));
}

llvm::Value* FunctionEmitter::kept_lanes(llvm::Value* mask, unsigned lanes) {
  if (has_only_tables()) return kept_parts(mask, lanes);
  std::vector<uint32_t> numbers(lanes);
  std::iota(numbers.begin(), numbers.end(), 0);
  return move_together(mask, llvm::ConstantDataVector::get(module_.context(), numbers));
}

llvm::Value* FunctionEmitter::move_together(llvm::Value* mask, llvm::Value* numbers) {
  auto* type = llvm::cast<llvm::FixedVectorType>(numbers->getType());
  const unsigned lanes = type->getNumElements();
  if (!has_only_tables()) {
    return builder_.CreateIntrinsic(llvm::Intrinsic::experimental_vector_compress, {type},
                                    {numbers, lane_mask(mask, type), llvm::Constant::getNullValue(type)});
  }
  auto* parts = llvm::FixedVectorType::get(module_.i32_type(), kTableParts);
  llvm::Value* moved = builder_.CreateIntrinsic(llvm::Intrinsic::x86_avx2_permd,
                                                {builder_.CreateBitCast(numbers, parts), kept_parts(mask, lanes)});
  return builder_.CreateBitCast(moved, type);
}

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
  const unsigned lanes = has_only_tables() ? kTableParts : kListLanes;
  llvm::Type* mask = llvm::IntegerType::get(module_.context(), lanes);
  llvm::AllocaInst* size = temporary_leaf(module_.i64_type());
  builder_.CreateStore(module_.word(0), size);
  llvm::Value* groups = builder_.CreateUDiv(builder_.CreateAdd(rows, module_.word(lanes - 1)), module_.word(lanes));
  counted_loop(module_.word(0), groups, [&](llvm::Value* group) {
    llvm::Value* kept = builder_.CreateAlignedLoad(mask, element_address(bits, group, lanes / 8), llvm::Align(lanes / 8));
    llvm::Value* base = builder_.CreateTrunc(builder_.CreateMul(group, module_.word(lanes)), module_.i32_type());
    llvm::Value* place = builder_.CreateLoad(module_.i64_type(), size);
    llvm::Value* row = builder_.CreateAdd(kept_lanes(kept, lanes), builder_.CreateVectorSplat(lanes, base));
    builder_.CreateAlignedStore(row, element_address(list, place, sizeof(int32_t)), llvm::Align(4));
    llvm::Value* count = builder_.CreateZExt(builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, kept), module_.i64_type());
    builder_.CreateStore(builder_.CreateAdd(place, count), size);
  });
}

llvm::Value* FunctionEmitter::column_from(const StagedLoop& loop, const ExprPtr& expr, llvm::Value* row) {
  const Name& element = loop.loop->function()->parameters()[2].name;
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
  if (has_only_tables() && size == static_cast<int64_t>(sizeof(int64_t))) {
    constexpr unsigned kHalf = kNumberLanes / 2;
    llvm::Value* low = builder_.CreateAnd(bits, (1U << kHalf) - 1);
    llvm::Value* count = builder_.CreateZExt(builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, low), module_.i64_type());
    compress_lanes(kHalf, low, numbers, size, place);
    compress_lanes(kHalf, builder_.CreateLShr(bits, kHalf), element_address(numbers, module_.word(kHalf), size), size,
                   element_address(place, count, size));
  } else {
    compress_lanes(kNumberLanes, bits, numbers, size, place);
  }
}

void FunctionEmitter::compress_lanes(unsigned lanes, llvm::Value* bits, llvm::Value* numbers, int64_t size, llvm::Value* place) {
  auto* stored = llvm::FixedVectorType::get(llvm::IntegerType::get(module_.context(), static_cast<unsigned>(size) * 8), lanes);
  const unsigned wide_bits = std::max(stored->getScalarSizeInBits(), kNarrowestBits);
  auto* wide = llvm::FixedVectorType::get(llvm::IntegerType::get(module_.context(), wide_bits), lanes);
  // What is not kept may lie behind the end of a column.
  llvm::Value* loaded =
      builder_.CreateMaskedLoad(stored, numbers, llvm::Align(1), lane_mask(bits, stored), llvm::Constant::getNullValue(stored));
  llvm::Value* moved = move_together(bits, builder_.CreateZExt(loaded, wide));
  const llvm::Align align(static_cast<uint64_t>(size));
  llvm::StoreInst* store = builder_.CreateAlignedStore(builder_.CreateTrunc(moved, stored), place, align);
  module_.annotate(store, MemoryKind::kBuilder);
}

}  // namespace weld::codegen
