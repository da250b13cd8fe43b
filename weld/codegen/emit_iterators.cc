// What a `for` goes over: iterators, their checks, and the loops over their rows.
//
// The rows of an nditer come in runs, the innermost dimension's, in which its elements lie one stride apart. A loop with one is
// two: the outer one moves a cursor from run to run, and the inner one is counted and strided like that over a bare vec, so that
// LLVM vectorizes it. Among several, a run ends where any of theirs does.
#include <algorithm>
#include <cstddef>

#include "weld/codegen/emit.h"

namespace weld::codegen {

FunctionEmitter::Iterators FunctionEmitter::emit_iterators(const ExprPtr& expr) {
  Iterators iterators;
  bool outer = std::exchange(shaping_, true);
  for (const ExprPtr& iter : expr->iterators()) {
    llvm::Value* rows = nullptr;
    iterators.all.push_back(emit_iterator(iter, &rows));
    if (iterators.rows == nullptr) {
      iterators.rows = rows;
    } else {
      require(builder_.CreateICmpEQ(iterators.rows, rows), WELD_MISMATCHED_ZIP_SIZE, expr->span());
    }
  }
  shaping_ = outer;
  return iterators;
}

FunctionEmitter::Iterator FunctionEmitter::emit_iterator(const ExprPtr& iter, llvm::Value** rows) {
  Iterator iterator;
  iterator.kind = iter->iter_kind();
  iterator.element = iter->type();
  if (iterator.kind == IterKind::kNd) return emit_nd_iterator(iter, rows);
  if (iterator.kind == IterKind::kSimd || iterator.kind == IterKind::kFringe) return emit_lane_iterator(iter, rows);
  llvm::Value* length = nullptr;
  size_t bounds = 0;
  if (iterator.kind == IterKind::kVector) {
    Value vec = emit(iter->child(0));
    iterator.data = vec.leaves[0];
    length = vec.leaves[1];
    bounds = 1;
    if (iter->children().size() == 1) {
      *rows = length;
      return iterator;
    }
  }
  llvm::Value* zero = llvm::ConstantInt::get(module_.i64_type(), 0);
  iterator.start = emit(iter->child(bounds)).only();
  llvm::Value* end = emit(iter->child(bounds + 1)).only();
  iterator.stride = emit(iter->child(bounds + 2)).only();
  llvm::Value* legal = builder_.CreateICmpSLE(iterator.start, end);
  legal = builder_.CreateAnd(legal, builder_.CreateICmpSGE(iterator.stride, llvm::ConstantInt::get(module_.i64_type(), 1)));
  if (length != nullptr) {
    legal = builder_.CreateAnd(legal, builder_.CreateICmpSGE(iterator.start, zero));
    legal = builder_.CreateAnd(legal, builder_.CreateICmpSLE(end, length));
  }
  require(legal, WELD_BAD_ITERATOR_LENGTH, iter->span());
  // end - start may pass the largest i64 for a range.
  llvm::Value* span = builder_.CreateSub(end, iterator.start);
  require(builder_.CreateICmpSGE(span, zero), WELD_BAD_ITERATOR_LENGTH, iter->span());
  llvm::Value* rest = builder_.CreateURem(span, iterator.stride);
  require(builder_.CreateICmpEQ(rest, zero), WELD_BAD_ITERATOR_LENGTH, iter->span());
  *rows = builder_.CreateUDiv(span, iterator.stride);
  return iterator;
}

FunctionEmitter::Iterator FunctionEmitter::emit_lane_iterator(const ExprPtr& iter, llvm::Value** rows) {
  Value vec = emit(iter->child(0));
  Iterator iterator;
  iterator.kind = iter->iter_kind();
  iterator.element = iter->type();
  iterator.data = vec.leaves[0];
  llvm::Value* lanes = llvm::ConstantInt::get(module_.i64_type(), module_.lanes());
  llvm::Value* rest = builder_.CreateURem(vec.leaves[1], lanes);
  if (iterator.kind == IterKind::kSimd) {
    iterator.stride = lanes;
    *rows = builder_.CreateUDiv(vec.leaves[1], lanes);
  } else {
    iterator.start = builder_.CreateSub(vec.leaves[1], rest);
    *rows = rest;
  }
  return iterator;
}

FunctionEmitter::Iterator FunctionEmitter::emit_nd_iterator(const ExprPtr& iter, llvm::Value** rows) {
  Value vec = emit(iter->child(0));
  llvm::Value* start = emit(iter->child(1)).only();
  llvm::Value* end = emit(iter->child(2)).only();
  llvm::Value* stride = emit(iter->child(3)).only();
  Value shape = emit(iter->child(4));
  Value strides = emit(iter->child(5));
  Iterator iterator;
  iterator.kind = IterKind::kNd;
  iterator.element = iter->type();
  iterator.data = vec.leaves[0];
  iterator.view = temporary(sizeof(WeldNdView));
  llvm::Value* legal = builder_.CreateCall(
      module_.runtime_function("weld_rt_nd_open"),
      {iterator.view, vec.leaves[1], start, end, stride, shape.leaves[0], shape.leaves[1], strides.leaves[0], strides.leaves[1]});
  require(builder_.CreateIsNotNull(legal), WELD_BAD_ITERATOR_LENGTH, iter->span());
  *rows = end;
  return iterator;
}

std::shared_ptr<FunctionEmitter::Element> FunctionEmitter::element_at(const Iterators& iterators, llvm::Value* row) {
  auto element = std::make_shared<Element>();
  std::vector<Type> types;
  for (const Iterator& iterator : iterators.all) {
    llvm::Value* index = iterator.origin == nullptr ? row : builder_.CreateSub(row, iterator.origin);
    if (iterator.stride != nullptr) index = builder_.CreateMul(index, iterator.stride);
    if (iterator.start != nullptr) index = builder_.CreateAdd(index, iterator.start);
    types.push_back(iterator.element);
    llvm::Value* address = nullptr;
    if (iterator.data != nullptr) {
      Type stored = iterator.element.is_simd() ? Type::scalar(iterator.element.scalar_kind()) : iterator.element;
      address = element_address(iterator.data, index, size_of(stored));
    }
    for (const Leaf& leaf : leaves_of(iterator.element)) {
      element->leaves.push_back(leaf);
      element->addresses.push_back(address);
      element->values.push_back(address == nullptr ? index : nullptr);
    }
  }
  element->type = types.size() == 1 ? types[0] : Type::structure(types);
  return element;
}

void FunctionEmitter::loop_over(const Iterators& iterators, llvm::Value* begin, llvm::Value* end, RowLoop form,
                                const std::function<void(const Iterators&, llvm::Value*)>& body) {
  bool any_nd =
      std::any_of(iterators.all.begin(), iterators.all.end(), [](const Iterator& each) { return each.view != nullptr; });
  if (any_nd) return loop_over_runs(iterators, begin, end, form, body);
  llvm::Value* row_behind = counted_loop(begin, end, [&](llvm::Value* row) { body(iterators, row); });
  if (!form.is_vectorized) {
    never_vectorize(row_behind);
  } else if (form.is_morsel) {
    without_vector_epilogue(row_behind);
  }
}

void FunctionEmitter::loop_over_runs(const Iterators& iterators, llvm::Value* begin, llvm::Value* end, RowLoop form,
                                     const std::function<void(const Iterators&, llvm::Value*)>& body) {
  llvm::Type* word = module_.i64_type();
  llvm::BasicBlock* seek = new_block("seek");
  llvm::BasicBlock* run = new_block("run");
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "after_runs");
  builder_.CreateCondBr(builder_.CreateICmpSLT(begin, end), seek, after);

  builder_.SetInsertPoint(seek);
  Iterators at = iterators;
  std::vector<llvm::Value*> cursors(at.all.size(), nullptr);
  for (size_t i = 0; i < cursors.size(); i++) {
    llvm::Value* view = at.all[i].view;
    if (view == nullptr) continue;
    cursors[i] = temporary(sizeof(WeldNdCursor));
    builder_.CreateCall(module_.runtime_function("weld_rt_nd_seek"), {view, cursors[i], begin});
    at.all[i].stride = builder_.CreateLoad(word, offset_address(view, offsetof(WeldNdView, strides)));
  }
  builder_.CreateBr(run);

  builder_.SetInsertPoint(run);
  llvm::PHINode* origin = builder_.CreatePHI(word, 2, "origin");
  origin->addIncoming(begin, seek);
  llvm::Value* length = builder_.CreateSub(end, origin);
  for (size_t i = 0; i < cursors.size(); i++) {
    if (cursors[i] == nullptr) continue;
    llvm::Value* left = builder_.CreateLoad(word, offset_address(cursors[i], offsetof(WeldNdCursor, left)));
    length = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, length, left);
    at.all[i].start = builder_.CreateLoad(word, offset_address(cursors[i], offsetof(WeldNdCursor, index)));
    at.all[i].origin = origin;
  }
  llvm::Value* behind = builder_.CreateAdd(origin, length);
  llvm::Value* row_behind = counted_loop(origin, behind, [&](llvm::Value* row) { body(at, row); });
  if (!form.is_vectorized) never_vectorize(row_behind);
  for (size_t i = 0; i < cursors.size(); i++) {
    if (cursors[i] == nullptr) continue;
    builder_.CreateCall(module_.runtime_function("weld_rt_nd_advance"), {at.all[i].view, cursors[i], length});
  }
  origin->addIncoming(behind, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(behind, end), run, after);
  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
}

}  // namespace weld::codegen
