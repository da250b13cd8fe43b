// Loops in stages (staging.h). A step goes through its rows in blocks that stay in the first-level cache:
//
//   1. the condition of every row of the block, as bytes: a loop that LLVM vectorizes;
//   2. the bytes as bits, counted;
//   3. the values of the rows that count, gathered by a list of them, or, when many do, of every row of the block: loops that
//      LLVM vectorizes. Evaluating a function of the C library for eight rows in vector registers takes as long as for one
//      outside them;
//   4. the rest: for the rows that count, one by one, from a list of them; or, where all that is left is to append the values and
//      many rows count, eight at a time, by moving those that count together in a register, and to reduce others, which is done
//      for every row in vector registers.
//
// Where no value has a function of the C library, the rows of a block of which nearly all count take a branch each instead of all
// this, and so do those of the blocks behind it, until fewer count.
//
// A loop without a condition and without such values, which does no more than merge by a key, goes through its rows in blocks for
// the sake of its dictionary alone (emit_ordered.cc, emit_fetched.cc).
//
// While rows are picked from a block, the columns of the next are fetched, part by part: a block is as long as a page of
// memory holds numbers, and at the start of a page the processor does not know yet that one will be read.
//
// How many count is known when it is decided which way to go, block by block, so data that change their kind on the way are
// handled as they come. The selection vector is that of Boncz, Zukowski, Nes: MonetDB/X100, Hyper-Pipelining Query Execution,
// CIDR 2005; choosing by the share of rows is Ross: Selection Conditions in Main Memory, TODS 2004.
#include <algorithm>
#include <map>

#include "weld/codegen/emit.h"
#include "weld/codegen/outline.h"
#include "weld/codegen/staging.h"
#include "weld/optimizer/cost.h"
#include "weld/runtime/strategies.h"

namespace weld::codegen {

namespace {

using runtime::FilterStrategy;

constexpr int64_t kBlockRows = 512;
// Of a block of which nothing is written down. At the end of a block the processor has to wait for the first rows of the next.
constexpr int64_t kLongBlockRows = 16 * kBlockRows;
// Of a block of which nothing is computed before its rows: it is time to see what its dictionary has become.
constexpr int64_t kPlainBlockRows = 4 * kBlockRows;
constexpr int64_t kPartRows = 64;
constexpr int64_t kVectorRows = 8;  // numbers in the widest register
// From one row in so many on, most cache lines of a column are touched.
constexpr int64_t kRowsForKept = 8;

int64_t number_of(FilterStrategy strategy) { return static_cast<int64_t>(strategy); }

}  // namespace

void FunctionEmitter::in_blocks(const StagedLoop& loop, const std::function<llvm::Value*()>& length,
                                const std::function<void(const Block&)>& block) {
  const auto [begin, end] = std::pair(loop.begin, loop.end);
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* head = new_block("block");
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "after_blocks");
  builder_.CreateCondBr(builder_.CreateICmpSLT(begin, end), head, after);
  builder_.SetInsertPoint(head);
  llvm::PHINode* from = builder_.CreatePHI(module_.i64_type(), 2, "from");
  from->addIncoming(begin, before);
  llvm::Value* full = builder_.CreateAdd(from, length(), "", /*HasNUW=*/false, /*HasNSW=*/true);
  llvm::Value* to = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, full, end);
  block({from, to, builder_.CreateSub(to, from)});
  from->addIncoming(to, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(to, end), head, after);
  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
}

void FunctionEmitter::prefetch_rows(const Iterators& iterators, llvm::Value* first, int64_t rows) {
  constexpr int64_t kLine = 64;
  constexpr uint32_t kRead = 0;
  constexpr uint32_t kSecondLevel = 2;
  constexpr uint32_t kData = 1;
  // There may be no such rows, so these addresses are not known to be inside the column.
  auto behind = [&](llvm::Value* from, llvm::Value* bytes) { return builder_.CreateGEP(module_.i8_type(), from, bytes); };
  auto fetch = [&](llvm::Value* address) {
    builder_.CreateIntrinsic(llvm::Intrinsic::prefetch, {module_.pointer_type()},
                             {address, builder_.getInt32(kRead), builder_.getInt32(kSecondLevel), builder_.getInt32(kData)});
  };
  std::map<int64_t, std::vector<llvm::Value*>> starts;  // by the bytes of their rows
  for (const Iterator& iterator : iterators.all) {
    const bool is_plain = iterator.data != nullptr && iterator.stride == nullptr && iterator.element.is_scalar();
    if (!is_plain) continue;
    const int64_t size = size_of(iterator.element);
    llvm::Value* index = iterator.start == nullptr ? first : builder_.CreateAdd(first, iterator.start);
    starts[rows * size].push_back(behind(iterator.data, builder_.CreateMul(index, module_.word(size))));
  }
  for (const auto& [bytes, columns] : starts) {
    // Columns side by side in a loop: written out, the lines of a few columns are most of a loop's code.
    counted_loop(module_.word(0), module_.word((bytes + kLine - 1) / kLine), [&](llvm::Value* line) {
      for (llvm::Value* column : columns) fetch(behind(column, builder_.CreateMul(line, module_.word(kLine))));
    });
  }
}

void FunctionEmitter::in_parts(const StagedLoop& loop, const Block& block, llvm::Value* count, llvm::Value* prefetches,
                               const std::function<void(llvm::Value*, llvm::Value*)>& part) {
  constexpr int64_t kLogParts = 3;
  static_assert(kBlockRows / kPartRows == 1 << kLogParts);
  // Without anything to fetch all is one part.
  llvm::Value* log_parts = builder_.CreateSelect(prefetches, module_.word(kLogParts), module_.word(0));
  counted_loop(module_.word(0), builder_.CreateShl(module_.word(1), log_parts), [&](llvm::Value* number) {
    llvm::BasicBlock* fetch = new_block("fetch");
    llvm::BasicBlock* handle = new_block("part");
    builder_.CreateCondBr(prefetches, fetch, handle);
    builder_.SetInsertPoint(fetch);
    prefetch_rows(loop.iterators, builder_.CreateAdd(block.to, builder_.CreateMul(number, module_.word(kPartRows))), kPartRows);
    builder_.CreateBr(handle);
    builder_.SetInsertPoint(handle);
    auto bound = [&](llvm::Value* at) { return builder_.CreateLShr(builder_.CreateMul(at, count), log_parts); };
    part(bound(number), bound(builder_.CreateAdd(number, module_.word(1))));
  });
}

void FunctionEmitter::evaluate_values(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block) {
  const bool any = std::any_of(buffers.begin(), buffers.end(), [](llvm::Value* buffer) { return buffer != nullptr; });
  if (!any) return;
  loop_over(loop.iterators, block.from, block.to, {.is_morsel = true}, [&](const Iterators&, llvm::Value* row) {
    evaluate_values_of(loop, buffers, loop.row(row), builder_.CreateSub(row, block.from));
  });
}

void FunctionEmitter::evaluate_values_of(const StagedLoop& loop, const ValueBuffers& buffers, const Row& row,
                                         llvm::Value* place) {
  loop.in_row(row, [&] {
    for (size_t i = 0; i < buffers.size(); i++) {
      if (buffers[i] == nullptr) continue;
      const StagedRows::Value& staged = loop.stages.values[i];
      Value value = emit(staged.expr);
      store_value(value, element_address(buffers[i], place, size_of(value.type)), MemoryKind::kBuilder);
      bind(staged.name, value);
    }
  });
}

void FunctionEmitter::emit_staged_row(const StagedLoop& loop, const ValueBuffers& buffers, const Row& row, llvm::Value* place) {
  for (size_t i = 0; i < buffers.size(); i++) {
    const StagedRows::Value& staged = loop.stages.values[i];
    llvm::Value* slot = element_address(buffers[i], place, size_of(staged.expr->type()));
    bind(staged.name, load_value(staged.expr->type(), slot, MemoryKind::kOther));
  }
  loop.emit_row(row, loop.stages.staged);
}

void FunctionEmitter::append_kept(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block, llvm::Value* bits) {
  constexpr int64_t kRows = 8;
  llvm::Value* groups = builder_.CreateLShr(builder_.CreateAdd(block.rows, module_.word(kRows - 1)), 3);
  counted_loop(module_.word(0), groups, [&](llvm::Value* group) {
    llvm::Value* kept = builder_.CreateLoad(module_.i8_type(), element_address(bits, group, 1));
    llvm::Value* count = builder_.CreateZExt(builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, kept), module_.i64_type());
    llvm::Value* first = builder_.CreateMul(group, module_.word(kRows), "", /*HasNUW=*/true, /*HasNSW=*/true);
    prefetch_rows(loop.iterators, builder_.CreateAdd(block.to, first), kRows);
    for (size_t i = 0; i < buffers.size(); i++) {
      const ExprPtr& expr = loop.stages.values[i].expr;
      const int64_t size = size_of(expr->type());
      llvm::Value* numbers = buffers[i] != nullptr ? element_address(buffers[i], first, size)
                                                   : column_from(loop, expr, builder_.CreateAdd(block.from, first));
      const auto [data, size_slot] = loop.appender(loop.stages.appenders[i]);
      llvm::Value* place = builder_.CreateLoad(module_.i64_type(), size_slot);
      compress(kept, numbers, size, element_address(data, place, size));
      builder_.CreateStore(builder_.CreateAdd(place, count), size_slot);
    }
  });
}

void FunctionEmitter::reduce_kept(const StagedLoop& loop, const Block& block, llvm::Value* mask) {
  counted_loop(block.from, block.to, [&](llvm::Value* row) {
    llvm::Value* place = builder_.CreateSub(row, block.from);
    llvm::Value* kept = builder_.CreateLoad(module_.i8_type(), element_address(mask, place, 1));
    bind(kKept, Value{Type::boolean(), {builder_.CreateICmpNE(kept, builder_.getInt8(0))}});
    loop.emit_row(loop.row(row), loop.stages.reductions);
  });
}

void FunctionEmitter::pad_list(llvm::Value* list, llvm::Value* count) {
  auto* rows = llvm::FixedVectorType::get(module_.i32_type(), kVectorRows);
  builder_.CreateAlignedStore(llvm::Constant::getNullValue(rows), element_address(list, count, sizeof(int32_t)), llvm::Align(4));
}

llvm::Value* FunctionEmitter::whole_vectors(llvm::Value* rows) {
  return builder_.CreateAnd(builder_.CreateAdd(rows, module_.word(kVectorRows - 1)), module_.word(-kVectorRows));
}

// The weights that decide between the two forms of a block, and what the run is told of it.
struct FunctionEmitter::FilterChoice {
  FilterStrategy dense_form = FilterStrategy::kAuto;  // none
  llvm::Value* wanted = nullptr;                      // a FilterStrategy
  // A block is listed when rows kept * listed < rows * dense; 0 is for a form that is wanted whatever it costs.
  llvm::Value* listed_cost = nullptr;
  llvm::Value* dense_cost = nullptr;
  llvm::AllocaInst* kept = nullptr;           // rows so far
  llvm::AllocaInst* kept_of_block = nullptr;  // rows, where each has a branch
  llvm::AllocaInst* listed_blocks = nullptr;  // so far
  llvm::AllocaInst* dense_blocks = nullptr;
  // An i1: nearly all rows of the block before were kept, or branches are what is wanted; so the next has a branch for each row,
  // which counts them, and no mask.
  llvm::AllocaInst* are_nearly_all = nullptr;
};

FunctionEmitter::FilterChoice FunctionEmitter::filter_choice(const StagedLoop& loop) {
  const StagedRows& stages = loop.stages;
  const bool appends = stages.dense == StagedRows::Dense::kAppend;
  FilterChoice choice;
  if (stages.dense != StagedRows::Dense::kNone) choice.dense_form = appends ? FilterStrategy::kCompress : FilterStrategy::kSelect;
  std::vector<ExprPtr> values;
  for (const StagedRows::Value& value : stages.values) values.push_back(value.expr);
  FilterCosts costs = value_costs(values);
  if (stages.dense == StagedRows::Dense::kBranches) costs = branch_costs(stages.lists_values());
  const FilterStrategy annotated = annotated_form(loop.loop);
  choice.wanted = module_.word(number_of(annotated));
  if (annotated == FilterStrategy::kAuto)
    choice.wanted = builder_.CreateCall(module_.runtime_function("weld_rt_filter_strategy"), {context_argument_});
  auto cost_unless = [&](FilterStrategy strategy, int64_t cost) {
    llvm::Value* is_wanted = builder_.CreateICmpEQ(choice.wanted, module_.word(number_of(strategy)));
    return builder_.CreateSelect(is_wanted, module_.word(0), module_.word(cost));
  };
  choice.listed_cost = cost_unless(FilterStrategy::kBranch, costs.listed);
  choice.dense_cost = cost_unless(choice.dense_form, costs.dense);
  for (llvm::AllocaInst** counter : {&choice.kept, &choice.kept_of_block, &choice.listed_blocks, &choice.dense_blocks}) {
    *counter = temporary_leaf(module_.i64_type());
    builder_.CreateStore(module_.word(0), *counter);
  }
  choice.are_nearly_all = temporary_leaf(builder_.getInt1Ty());
  builder_.CreateStore(builder_.getFalse(), choice.are_nearly_all);
  return choice;
}

llvm::Value* FunctionEmitter::blocks_in(llvm::Value* rows) {
  return builder_.CreateUDiv(builder_.CreateAdd(rows, module_.word(kBlockRows - 1)), module_.word(kBlockRows));
}

llvm::Value* FunctionEmitter::is_listed(const FilterChoice& choice, const Block& block, llvm::Value* count) {
  return builder_.CreateICmpSLT(builder_.CreateMul(count, choice.listed_cost), builder_.CreateMul(block.rows, choice.dense_cost));
}

void FunctionEmitter::add_to(llvm::AllocaInst* counter, llvm::Value* number) {
  builder_.CreateStore(builder_.CreateAdd(builder_.CreateLoad(module_.i64_type(), counter), number), counter);
}

void FunctionEmitter::report_filter(const StagedLoop& loop, const FilterChoice& choice) {
  auto counted = [&](llvm::AllocaInst* counter) { return builder_.CreateLoad(module_.i64_type(), counter); };
  builder_.CreateCall(
      module_.runtime_function("weld_rt_count_filter"),
      {context_argument_, function_, builder_.CreateSub(loop.end, loop.begin), counted(choice.kept),
       counted(choice.listed_blocks), counted(choice.dense_blocks), module_.word(number_of(choice.dense_form)), choice.wanted});
}

void FunctionEmitter::in_branches(const StagedLoop& loop, const Block& block, const FilterChoice& choice) {
  // What is seldom done, counting those that are not kept, has its number in memory.
  llvm::MDNode* mostly_kept = llvm::MDBuilder(module_.context()).createBranchWeights(100, 1);
  builder_.CreateStore(block.rows, choice.kept_of_block);
  auto emit_row = [&](llvm::Value* row) {
    llvm::BasicBlock* kept = new_block("row_kept");
    llvm::BasicBlock* dropped = new_block("row_dropped");
    llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "row_done");
    builder_.CreateCondBr(emit(loop.stages.condition).only(), kept, dropped, mostly_kept);
    builder_.SetInsertPoint(dropped);
    add_to(choice.kept_of_block, module_.word(-1));
    builder_.CreateBr(after);
    builder_.SetInsertPoint(kept);
    loop.emit_body(row, loop.stages.counting);
    builder_.CreateBr(after);
    function_->insert(function_->end(), after);
    builder_.SetInsertPoint(after);
  };
  in_rows(
      loop, block.from, block.to, [&](llvm::Value* row) { return loop.row(row); },
      [&](const Row& row, llvm::Value*) { loop.in_row(row, [&] { emit_row(row.number); }); });
  llvm::Value* count = builder_.CreateLoad(module_.i64_type(), choice.kept_of_block);
  add_to(choice.kept, count);
  builder_.CreateStore(builder_.CreateNot(is_listed(choice, block, count)), choice.are_nearly_all);
}

void FunctionEmitter::emit_listed(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block,
                                  const Selection& selection) {
  list_rows(selection.bits, block.rows, selection.list);
  auto row_at = [&](llvm::Value* place) { return listed_row(block, selection, place); };
  if (loop.stages.lists_values()) {
    pad_list(selection.list, selection.count);
    in_listed_parts(loop, block, selection, [&](llvm::Value* begin, llvm::Value* end) {
      counted_loop(whole_vectors(begin), whole_vectors(end),
                   [&](llvm::Value* place) { evaluate_values_of(loop, buffers, row_at(place), place); });
    });
    in_rows(loop, module_.word(0), selection.count, row_at,
            [&](const Row& row, llvm::Value* place) { emit_staged_row(loop, buffers, row, place); });
  } else {
    in_listed_parts(loop, block, selection, [&](llvm::Value* begin, llvm::Value* end) {
      in_rows(loop, begin, end, row_at, [&](const Row& row, llvm::Value*) { loop.emit_row(row, loop.stages.counting); });
    });
  }
}

void FunctionEmitter::emit_dense(const StagedLoop& loop, const ValueBuffers& buffers, const Block& block,
                                 const Selection& selection) {
  evaluate_values(loop, buffers, block);
  if (loop.stages.dense == StagedRows::Dense::kAppend) {
    append_kept(loop, buffers, block, selection.bits);
    if (loop.stages.reductions != nullptr) reduce_kept(loop, block, selection.mask);
    return;
  }
  list_rows(selection.bits, block.rows, selection.list);
  in_listed_parts(loop, block, selection, [&](llvm::Value* begin, llvm::Value* end) {
    in_rows(
        loop, begin, end, [&](llvm::Value* place) { return listed_row(block, selection, place); },
        [&](const Row& row, llvm::Value*) { emit_staged_row(loop, buffers, row, row.place); });
  });
}

FunctionEmitter::Iterators FunctionEmitter::iterators_from(const Iterators& iterators, llvm::Value* row) {
  Iterators result = iterators;
  for (Iterator& iterator : result.all) {
    if (iterator.data != nullptr && iterator.stride == nullptr && iterator.origin == nullptr) {
      llvm::Value* index = iterator.start == nullptr ? row : builder_.CreateAdd(row, iterator.start);
      iterator.data = element_address(iterator.data, index, size_of(iterator.element));
      iterator.start = nullptr;
    } else {
      iterator.origin = iterator.origin == nullptr ? builder_.CreateNeg(row) : builder_.CreateSub(iterator.origin, row);
    }
  }
  return result;
}

FunctionEmitter::Row FunctionEmitter::listed_row(const Block& block, const Selection& selection, llvm::Value* place) {
  llvm::Value* listed = builder_.CreateLoad(module_.i32_type(), element_address(selection.list, place, sizeof(int32_t)));
  llvm::Value* row = builder_.CreateZExt(listed, module_.i64_type());
  return {builder_.CreateAdd(block.from, row, "", false, /*HasNSW=*/true), &selection.iterators, row};
}

void FunctionEmitter::in_listed_parts(const StagedLoop& loop, const Block& block, const Selection& selection,
                                      const std::function<void(llvm::Value*, llvm::Value*)>& part) {
  in_parts(loop, block, selection.count, selection.are_many, part);
}

void FunctionEmitter::emit_filtered(const StagedLoop& loop, const ValueBuffers& buffers) {
  const StagedRows& stages = loop.stages;
  const bool branches = stages.dense == StagedRows::Dense::kBranches;
  const FilterChoice choice = filter_choice(loop);
  const int64_t rows = kBlockRows + kSelectionBits;
  Selection selection;
  selection.mask = temporary(rows);
  selection.bits = temporary(rows / 8);
  selection.list = temporary(rows * static_cast<int64_t>(sizeof(int32_t)));
  auto length = [&]() -> llvm::Value* {
    if (!branches) return module_.word(kBlockRows);
    llvm::Value* are_nearly_all = builder_.CreateLoad(builder_.getInt1Ty(), choice.are_nearly_all);
    return builder_.CreateSelect(are_nearly_all, module_.word(kLongBlockRows), module_.word(kBlockRows));
  };
  in_blocks(loop, length, [&](const Block& block) {
    llvm::BasicBlock* many = llvm::BasicBlock::Create(module_.context(), "many_kept");
    llvm::BasicBlock* few = llvm::BasicBlock::Create(module_.context(), "few_kept");
    llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "kept");
    auto start = [&](llvm::BasicBlock* at) {
      function_->insert(function_->end(), at);
      builder_.SetInsertPoint(at);
    };
    if (branches) {
      llvm::BasicBlock* select = new_block("select");
      builder_.CreateCondBr(builder_.CreateLoad(builder_.getInt1Ty(), choice.are_nearly_all), many, select);
      builder_.SetInsertPoint(select);
    }
    emit_mask(loop, block, selection.mask);
    selection.count = pack_mask(selection.mask, block.rows, selection.bits);
    selection.iterators = iterators_from(loop.iterators, block.from);
    selection.are_many = builder_.CreateICmpUGE(builder_.CreateMul(selection.count, module_.word(kRowsForKept)), block.rows);
    llvm::BasicBlock* some = new_block("some_kept");
    builder_.CreateCondBr(builder_.CreateICmpEQ(selection.count, module_.word(0)), after, some);
    builder_.SetInsertPoint(some);
    if (!branches) add_to(choice.kept, selection.count);
    if (stages.dense == StagedRows::Dense::kNone) {
      builder_.CreateBr(few);
    } else {
      builder_.CreateCondBr(is_listed(choice, block, selection.count), few, many);
      start(many);
      add_to(choice.dense_blocks, blocks_in(block.rows));
      if (branches) {
        in_branches(loop, block, choice);
      } else {
        emit_dense(loop, buffers, block, selection);
      }
      builder_.CreateBr(after);
    }
    start(few);
    add_to(choice.listed_blocks, module_.word(1));
    if (branches) add_to(choice.kept, selection.count);
    emit_listed(loop, buffers, block, selection);
    builder_.CreateBr(after);
    start(after);
  });
  report_filter(loop, choice);
}

void FunctionEmitter::loop_in_stages(const StagedLoop& loop) {
  mark_for_outlining(*function_);
  ValueBuffers buffers;
  for (const StagedRows::Value& value : loop.stages.values) {
    const bool in_place = loop.stages.dense == StagedRows::Dense::kAppend && column_from(loop, value.expr, loop.begin) != nullptr;
    buffers.push_back(in_place ? nullptr : temporary((kBlockRows + kSelectionBits) * size_of(value.expr->type())));
  }
  if (loop.stages.condition != nullptr) return emit_filtered(loop, buffers);
  in_blocks(
      loop, [&] { return module_.word(buffers.empty() ? kPlainBlockRows : kBlockRows); },
      [&](const Block& block) {
        evaluate_values(loop, buffers, block);
        in_parts(loop, block, block.rows, builder_.getInt1(!buffers.empty()), [&](llvm::Value* begin, llvm::Value* end) {
          in_rows(
              loop, builder_.CreateAdd(block.from, begin), builder_.CreateAdd(block.from, end),
              [&](llvm::Value* row) { return loop.row(row); },
              [&](const Row& row, llvm::Value*) {
                emit_staged_row(loop, buffers, row, builder_.CreateSub(row.number, block.from));
              });
        });
      });
}

}  // namespace weld::codegen
