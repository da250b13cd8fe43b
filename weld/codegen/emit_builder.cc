// Builders: making them, merging into them, and their results.
#include "weld/codegen/emit.h"
#include "weld/ir/annotations.h"
#include "weld/runtime/strategies.h"

namespace weld::codegen {

Value FunctionEmitter::emit_new_builder(const ExprPtr& expr) {
  Type type = expr->operand_type();
  Value argument;
  if (!expr->children().empty()) argument = emit(expr->child(0));
  llvm::Value* zero = llvm::ConstantInt::get(module_.i64_type(), 0);
  llvm::Value* null = llvm::ConstantPointerNull::get(module_.pointer_type());
  switch (type.kind()) {
    case TypeKind::kAppender:
      return {type, {null, zero, zero}};
    case TypeKind::kMerger: {
      Value state = argument.leaves.empty() ? identity_value(type.child(0), type.merge_op()) : argument;
      state = infinite_for_nan(type.merge_op(), state);
      state.type = type;
      for (llvm::Value*& leaf : state.leaves) {
        // An empty sum is 0, though -0.0 is what changes nothing when added.
        auto* constant = llvm::dyn_cast<llvm::ConstantFP>(leaf);
        if (argument.leaves.empty() && constant != nullptr && constant->isZero())
          leaf = llvm::ConstantFP::get(leaf->getType(), 0.0);
      }
      return state;
    }
    case TypeKind::kDictMerger:
    case TypeKind::kGroupMerger: {
      bool groups = type.kind() == TypeKind::kGroupMerger;
      Type value = groups ? Type::vec(type.child(1)) : type.child(1);
      llvm::Constant* layout = module_.dict_layout(type.child(0), value);
      std::vector<llvm::Value*> arguments = {scratch_, layout};
      if (groups) arguments.push_back(llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(size_of(type.child(1)))));
      llvm::Value* hint = module_.word(annotated_number(*expr, "num_keys").value_or(0));
      arguments.push_back(argument.leaves.empty() ? hint : argument.only());
      llvm::Value* state =
          builder_.CreateCall(module_.runtime_function(groups ? "weld_rt_groups_new" : "weld_rt_dict_new"), arguments);
      require(builder_.CreateIsNotNull(state), WELD_OUT_OF_MEMORY, expr->span());
      const auto strategy = runtime::dictionary_strategy(annotated_text(*expr, "impl"));
      if (!groups && strategy) {
        builder_.CreateCall(module_.runtime_function("weld_rt_dict_prefer"),
                            {state, module_.word(static_cast<int64_t>(*strategy))});
      }
      return {type, {state}};
    }
    case TypeKind::kVecMerger: {
      // The starting vec is borrowed; the builder writes to a copy of its own.
      auto size = static_cast<uint64_t>(size_of(type.child(0)));
      llvm::Value* bytes = builder_.CreateMul(argument.leaves[1], llvm::ConstantInt::get(module_.i64_type(), size));
      llvm::Value* data = allocate(bytes, expr->span());
      copy_bytes(data, argument.leaves[0], bytes, expr->span());
      return {type, {data, argument.leaves[1]}};
    }
    default:
      WELD_CHECK(false, "a builder of no known kind");
  }
}

Value FunctionEmitter::emit_merge(const ExprPtr& expr) {
  if (combines_after_insertion(expr)) return emit_late_merge(expr, {});
  Value state = emit(expr->child(0));
  Value value = emit(expr->child(1));
  return merge_into(state, value, nullptr, *expr);
}

Value FunctionEmitter::merge_into(const Value& state, const Value& value, llvm::Value* mask, const Expr& expr) {
  switch (state.type.kind()) {
    case TypeKind::kAppender:
      return merge_appender(state, value, mask, expr, context_for(expr.child(0)));
    case TypeKind::kMerger:
      return value.type.is_simd() ? merge_lanes(state, value, mask, expr) : merge_merger(state, value, mask);
    case TypeKind::kDictMerger:
      return merge_dict(state, value, expr, context_for(expr.child(0)));
    case TypeKind::kGroupMerger:
      return merge_groups(state, value, expr, context_for(expr.child(0)));
    case TypeKind::kVecMerger:
      return merge_vec(state, value, expr);
    default:
      WELD_CHECK(false, "a merge into no builder");
  }
}

Value FunctionEmitter::reserve(const Value& appender, llvm::Value* extra, llvm::Value* context, Span span) {
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* grow = new_block("grow");
  llvm::BasicBlock* after = new_block("reserved");
  llvm::Value* room = builder_.CreateSub(appender.leaves[2], appender.leaves[1]);
  llvm::MDBuilder metadata(module_.context());
  builder_.CreateCondBr(builder_.CreateICmpSGE(room, extra), after, grow, metadata.createBranchWeights(2000, 1));
  builder_.SetInsertPoint(grow);
  llvm::Value* slot = temporary(sizeof(WeldAppender));
  store_value(appender, slot, MemoryKind::kOther);
  llvm::Value* size = llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(size_of(appender.type.child(0))));
  fail_unless_ok(builder_.CreateCall(module_.runtime_function("weld_rt_appender_reserve"), {context, slot, size, extra}), span);
  Value grown = load_value(appender.type, slot, MemoryKind::kOther);
  grown.leaves[1] = appender.leaves[1];
  llvm::BasicBlock* last = builder_.GetInsertBlock();
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
  return join(before, appender, last, grown);
}

Value FunctionEmitter::merge_appender(const Value& state, const Value& value, llvm::Value* mask, const Expr& expr,
                                      llvm::Value* context) {
  int64_t size = size_of(state.type.child(0));
  Value result = state;
  llvm::Value* count = module_.word(value.type.is_simd() ? module_.lanes() : 1);
  auto mode = appender_modes_.find(state.leaves[0]);
  if (mode != appender_modes_.end() && mode->second.position != nullptr) {
    llvm::Value* address = element_address(state.leaves[0], mode->second.position, size);
    Value stored = value;
    if (mask != nullptr) {
      Value old = load_value(value.type, address, MemoryKind::kBuilder);
      for (size_t i = 0; i < stored.leaves.size(); i++) {
        stored.leaves[i] = builder_.CreateSelect(mask, stored.leaves[i], old.leaves[i]);
      }
    }
    store_value(stored, address, MemoryKind::kBuilder);
    return result;
  }
  if (mode == appender_modes_.end()) {
    WELD_CHECK(mask == nullptr, "a masked merge into an appender without room");
    result = reserve(state, count, context, expr.span());
  }
  // Written whether or not the mask is set: there is room for one element a row, and the size alone says what counts.
  store_value(value, element_address(result.leaves[0], result.leaves[1], size), MemoryKind::kBuilder);
  llvm::Value* step = mask == nullptr ? count : builder_.CreateZExt(mask, module_.i64_type());
  result.leaves[1] = builder_.CreateAdd(result.leaves[1], step);
  return result;
}

Value FunctionEmitter::merge_merger(const Value& state, const Value& value, llvm::Value* mask) {
  MergeOp op = state.type.merge_op();
  Value operand = value;
  if (mask != nullptr) {
    Value identity = identity_value(value.type, op);
    for (size_t i = 0; i < operand.leaves.size(); i++) {
      operand.leaves[i] = builder_.CreateSelect(mask, operand.leaves[i], identity.leaves[i]);
    }
  }
  Value current = state;
  current.type = value.type;
  Value result = combine_numbers(op, current, infinite_for_nan(op, operand));
  result.type = state.type;
  return result;
}

void FunctionEmitter::combine_in_memory(MergeOp op, const Value& value, llvm::Value* address) {
  Value current = load_value(value.type, address, MemoryKind::kBuilder);
  store_value(combine_values(op, current, value), address, MemoryKind::kBuilder);
}

Value FunctionEmitter::merge_dict(const Value& state, const Value& pair, const Expr& expr, llvm::Value* context) {
  Type key_type = state.type.child(0);
  Type value_type = state.type.child(1);
  Value key = canonical_key(pair.field(0));
  Value value = pair.field(1);
  const Probe probed = probe(state.only(), key_type, value_type, key, mostly_found());
  int64_t value_offset = entry_value_offset(key_type, value_type);
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "merged");

  builder_.SetInsertPoint(probed.missing);
  llvm::Value* inserted = insert_entry(state, key, probed.hash, expr, context);
  store_value(value, offset_address(inserted, value_offset), MemoryKind::kBuilder);
  builder_.CreateBr(after);

  builder_.SetInsertPoint(probed.found);
  combine_in_memory(state.type.merge_op(), value, offset_address(probed.entry, value_offset));
  builder_.CreateBr(after);
  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
  return state;
}

llvm::Value* FunctionEmitter::insert_entry(const Value& state, const Value& key, llvm::Value* hash, const Expr& expr,
                                           llvm::Value* context) {
  Type value_type = state.type.child(1);
  llvm::Value* slot = temporary(size_of(key.type));
  store_value(key, slot, MemoryKind::kOther);
  llvm::Value* inserted = builder_.CreateCall(module_.runtime_function("weld_rt_dict_insert"),
                                              {context, state.only(), module_.dict_layout(key.type, value_type), hash, slot});
  require(builder_.CreateIsNotNull(inserted), WELD_OUT_OF_MEMORY, expr.span());
  if (auto view = dict_views_.find(state.only()); view != dict_views_.end()) fill_dict_view(state.only(), view->second);
  return inserted;
}

llvm::MDNode* FunctionEmitter::mostly_found() { return llvm::MDBuilder(module_.context()).createBranchWeights(2000, 1); }

Value FunctionEmitter::emit_late_merge(const ExprPtr& expr, const std::vector<ExprPtr>& lets) {
  Value state = emit(expr->child(0));
  Type key_type = state.type.child(0);
  Type value_type = state.type.child(1);
  MergeOp op = state.type.merge_op();
  int64_t value_offset = entry_value_offset(key_type, value_type);
  const ExprPtr& pair = expr->child(1);
  Value key = canonical_key(emit(pair->child(0)));
  const Probe probed = probe(state.only(), key_type, value_type, key, mostly_found());

  builder_.SetInsertPoint(probed.missing);
  llvm::Value* inserted = insert_entry(state, key, probed.hash, *expr, context_for(expr->child(0)));
  store_value(identity_value(value_type, op), offset_address(inserted, value_offset), MemoryKind::kBuilder);
  probed.entry->addIncoming(inserted, builder_.GetInsertBlock());
  builder_.CreateBr(probed.found);

  builder_.SetInsertPoint(probed.found);
  for (const ExprPtr& let : lets) bind(let->name(), emit(let->child(0)));
  combine_in_memory(op, emit(pair->child(1)), offset_address(probed.entry, value_offset));
  return state;
}

Value FunctionEmitter::merge_groups(const Value& state, const Value& pair, const Expr& expr, llvm::Value* context) {
  Type key_type = state.type.child(0);
  Type value_type = state.type.child(1);
  Value key = canonical_key(pair.field(0));
  llvm::Value* hash = hash_for_runtime(key);
  llvm::Value* key_slot = temporary(size_of(key_type));
  llvm::Value* value_slot = temporary(size_of(value_type));
  store_value(key, key_slot, MemoryKind::kOther);
  store_value(pair.field(1), value_slot, MemoryKind::kOther);
  llvm::Constant* layout = module_.dict_layout(key_type, Type::vec(value_type));
  fail_unless_ok(builder_.CreateCall(module_.runtime_function("weld_rt_groups_merge"),
                                     {context, state.only(), layout, hash, key_slot, value_slot}),
                 expr.span());
  return state;
}

Value FunctionEmitter::merge_vec(const Value& state, const Value& pair, const Expr& expr) {
  llvm::Value* index = pair.field(0).only();
  require(builder_.CreateICmpULT(index, state.leaves[1]), WELD_ARRAY_OUT_OF_BOUNDS, expr.span());
  llvm::Value* address = element_address(state.leaves[0], index, size_of(state.type.child(0)));
  combine_in_memory(state.type.merge_op(), pair.field(1), address);
  return state;
}

Value FunctionEmitter::emit_result(const ExprPtr& expr) {
  Value state = emit(expr->child(0));
  switch (state.type.kind()) {
    case TypeKind::kAppender:
      return {expr->type(), {state.leaves[0], state.leaves[1]}};
    case TypeKind::kGroupMerger: {
      llvm::Constant* layout = module_.dict_layout(state.type.child(0), Type::vec(state.type.child(1)));
      llvm::Value* dict = builder_.CreateCall(module_.runtime_function("weld_rt_groups_result"),
                                              {context_for(expr->child(0)), state.only(), layout});
      require(builder_.CreateIsNotNull(dict), WELD_OUT_OF_MEMORY, expr->span());
      return {expr->type(), {dict}};
    }
    default:
      state.type = expr->type();
      return state;
  }
}

Value* FunctionEmitter::predicable_state(const BuilderPath& path) {
  auto found = names_.find(path.name);
  if (found == names_.end() || found->second.element != nullptr) return nullptr;
  Value* state = &found->second.value;
  size_t leaf = 0;
  for (Type type : builders_of(state->type)) {
    if (type.kind() == TypeKind::kAppender && !appender_modes_.contains(state->leaves[leaf])) return nullptr;
    leaf += leaf_count(type);
  }
  return state;
}

void FunctionEmitter::emit_predicated(const ExprPtr& expr, llvm::Value* mask) {
  switch (expr->kind()) {
    case NodeKind::kMerge: {
      emit_predicated(expr->child(0), mask);
      Value value = emit(expr->child(1));
      BuilderPath path = *predicable_path(expr->child(0), true);
      Value merged = merge_into(names_.at(path.name).value.at(path.fields), value, mask, *expr);
      names_.at(path.name).value.set_at(path.fields, merged);
      return;
    }
    case NodeKind::kIf: {
      llvm::Value* condition = emit(expr->child(0)).only();
      llvm::Value* opposite = builder_.CreateNot(condition);
      emit_predicated(expr->child(1), mask == nullptr ? condition : builder_.CreateAnd(mask, condition));
      emit_predicated(expr->child(2), mask == nullptr ? opposite : builder_.CreateAnd(mask, opposite));
      return;
    }
    case NodeKind::kLet:
      bind(expr->name(), emit(expr->child(0)));
      return emit_predicated(expr->body(), mask);
    case NodeKind::kMakeStruct:
      for (const ExprPtr& field : expr->children()) emit_predicated(field, mask);
      return;
    default:
      return;
  }
}

}  // namespace weld::codegen
