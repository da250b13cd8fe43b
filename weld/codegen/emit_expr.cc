// Expressions other than operators, loops, builders and dictionaries.
#include <algorithm>

#include "weld/codegen/emit.h"
#include "weld/codegen/lifetime.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/cost.h"

namespace weld::codegen {

Value FunctionEmitter::emit(const ExprPtr& expr) {
  switch (expr->kind()) {
    case NodeKind::kLiteral:
      return emit_literal(expr);
    case NodeKind::kStringLiteral:
      return emit_string(expr);
    case NodeKind::kIdentifier:
      return emit_identifier(expr);
    case NodeKind::kLet:
      return emit_let(expr);
    case NodeKind::kApply:
      return emit_apply(expr);
    case NodeKind::kBinary:
      return emit_binary(expr);
    case NodeKind::kUnary:
      return emit_unary(expr);
    case NodeKind::kCast:
      return emit_cast(expr);
    case NodeKind::kAscribe:
      return emit(expr->child(0));
    case NodeKind::kMakeStruct: {
      Value value{expr->type(), {}};
      for (const ExprPtr& child : expr->children()) {
        Value field = emit(child);
        value.leaves.append(field.leaves.begin(), field.leaves.end());
      }
      return value;
    }
    case NodeKind::kGetField:
      return emit_get_field(expr);
    case NodeKind::kMakeVector:
      return emit_make_vector(expr);
    case NodeKind::kIf:
      return emit_if(expr);
    case NodeKind::kSelect:
      return emit_select(expr);
    case NodeKind::kIterate:
      return emit_iterate(expr);
    case NodeKind::kFor:
      return emit_for(expr);
    case NodeKind::kNewBuilder:
      return emit_new_builder(expr);
    case NodeKind::kMerge:
      return emit_merge(expr);
    case NodeKind::kRes:
      return emit_result(expr);
    case NodeKind::kLookup:
      return expr->child(0)->type().is_dict() ? emit_dict_lookup(expr) : emit_lookup(expr);
    case NodeKind::kOptLookup:
    case NodeKind::kKeyExists:
      return emit_dict_lookup(expr);
    case NodeKind::kLen:
      return emit_len(expr);
    case NodeKind::kSlice:
      return emit_slice(expr);
    case NodeKind::kSort:
      return emit_sort(expr);
    case NodeKind::kToVec:
      return emit_to_vec(expr);
    case NodeKind::kAssert: {
      Value condition = emit(expr->child(0));
      require_eventually(condition.only(), WELD_ASSERTION_ERROR, expr->span());
      return condition;
    }
    case NodeKind::kSerialize:
      return emit_serialize(expr);
    case NodeKind::kDeserialize:
      return emit_deserialize(expr);
    case NodeKind::kCudf:
      return emit_cudf(expr);
    case NodeKind::kBroadcast:
      return {expr->type(), {broadcast(emit(expr->child(0)).only())}};
    case NodeKind::kLambda:
    case NodeKind::kIter:
      break;
  }
  WELD_CHECK(false, "a node that stands for no value");
}

Value FunctionEmitter::emit_literal(const ExprPtr& expr) {
  ScalarValue literal = expr->literal();
  llvm::Type* type = module_.scalar_type(literal.kind);
  llvm::Constant* constant = nullptr;
  if (literal.kind == ScalarKind::kF32) {
    constant =
        llvm::ConstantFP::get(module_.context(), llvm::APFloat(llvm::APFloat::IEEEsingle(), llvm::APInt(32, literal.bits)));
  } else if (literal.kind == ScalarKind::kF64) {
    constant =
        llvm::ConstantFP::get(module_.context(), llvm::APFloat(llvm::APFloat::IEEEdouble(), llvm::APInt(64, literal.bits)));
  } else {
    constant = llvm::ConstantInt::get(type, literal.bits);
  }
  return {expr->type(), {constant}};
}

Value FunctionEmitter::emit_operand(const ExprPtr& expr, bool as_data) {
  if (expr->is(NodeKind::kBroadcast)) return {expr->type(), {broadcast(emit_operand(expr->child(0), as_data).only())}};
  if (!as_data || shaping_ || literals_ == nullptr || !expr->is(NodeKind::kLiteral)) return emit(expr);
  if (expr->literal().kind == ScalarKind::kBool) return emit(expr);
  uint32_t index = module_.literal_index(expr->literal());
  llvm::Value*& loaded = loaded_literals_[index];
  if (loaded == nullptr)
    loaded = load_argument(literals_, static_cast<int64_t>(index) * 8, module_.scalar_type(expr->literal().kind));
  return {expr->type(), {loaded}};
}

Value FunctionEmitter::emit_string(const ExprPtr& expr) {
  llvm::Value* data = module_.constant_bytes(expr->bytes());
  return {expr->type(), {data, llvm::ConstantInt::get(module_.i64_type(), expr->bytes().size())}};
}

Value FunctionEmitter::element_leaves(const std::shared_ptr<Element>& element, size_t first, size_t count, Type type) {
  Value value{type, {}};
  for (size_t i = first; i < first + count; i++) {
    llvm::Value*& loaded = element->values[i];
    if (loaded == nullptr) {
      llvm::Value* address = element->addresses[i];
      bool captured = captured_pointers_.contains(address->stripInBoundsOffsets());
      loaded = load_leaf(element->leaves[i], address, captured ? MemoryKind::kVector : MemoryKind::kOther);
      element_loads_.back().emplace_back(element, i);
    }
    value.leaves.push_back(loaded);
  }
  return value;
}

Value FunctionEmitter::emit_identifier(const ExprPtr& expr) {
  Binding& binding = names_.at(expr->name());
  if (binding.element == nullptr) return binding.value;
  return element_leaves(binding.element, 0, binding.element->leaves.size(), binding.element->type);
}

Value FunctionEmitter::emit_get_field(const ExprPtr& expr) {
  // Only the leaves of the field asked for are loaded of an iterator's element.
  std::vector<uint32_t> path;
  const Expr* base = expr.get();
  while (base->is(NodeKind::kGetField)) {
    path.push_back(base->index());
    base = base->child(0).get();
  }
  if (base->is(NodeKind::kIdentifier)) {
    Binding& binding = names_.at(base->name());
    if (binding.element != nullptr) {
      Type type = base->type();
      size_t first = 0;
      for (auto index = path.rbegin(); index != path.rend(); ++index) {
        for (uint32_t i = 0; i < *index; i++) first += leaf_count(type.child(i));
        type = type.child(*index);
      }
      return element_leaves(binding.element, first, leaf_count(type), type);
    }
  }
  return emit(expr->child(0)).field(expr->index());
}

Value FunctionEmitter::emit_let(const ExprPtr& expr) {
  // Inside a loop, what a row allocates is freed with the row.
  bool frees = kind_ == Kind::kEntry && !in_loop_;
  LetChain chain = frees ? analyze_chain(expr) : LetChain{};
  auto free_after = [&](size_t step) {
    if (!frees) return;
    for (const Name& name : chain.dead_after[step]) release(names_.at(name).value);
  };
  std::vector<ExprPtr> lets;
  ExprPtr body = expr;
  for (; body->is(NodeKind::kLet); body = body->body()) lets.push_back(body);
  bool merges_late = !frees && combines_after_insertion(body);
  std::vector<bool> is_late = merges_late ? lets_of_merged_value(lets, body) : std::vector<bool>(lets.size(), false);
  std::vector<ExprPtr> late;
  for (size_t step = 0; step < lets.size(); step++) {
    const ExprPtr& at = lets[step];
    const ExprPtr& value = at->child(0);
    if (is_late[step]) {
      late.push_back(at);
      continue;
    }
    if (value->is(NodeKind::kLambda)) {
      functions_[at->name()] = value;
    } else if (value->is(NodeKind::kIdentifier) && value->type().is_function()) {
      functions_[at->name()] = functions_.at(value->name());
    } else {
      if (value->type().contains_builder() && extends_own_builder(value)) own_builders_.insert(at->name());
      if (value->is(NodeKind::kStringLiteral)) strings_[at->name()] = value->bytes();
      bind(at->name(), emit(value));
    }
    free_after(step);
  }
  Value result = merges_late ? emit_late_merge(body, late) : emit(body);
  free_after(lets.size());
  return result;
}

void FunctionEmitter::bind_function(const ExprPtr& lambda, const std::vector<Value>& arguments) {
  for (size_t i = 0; i < arguments.size(); i++) bind(lambda->parameters()[i].name, arguments[i]);
}

Value FunctionEmitter::emit_apply(const ExprPtr& expr) {
  ExprPtr callee = expr->child(0);
  if (callee->is(NodeKind::kIdentifier)) callee = functions_.at(callee->name());
  WELD_CHECK(callee->is(NodeKind::kLambda), "a call of no function");
  std::vector<Value> arguments;
  for (size_t i = 1; i < expr->children().size(); i++) {
    const ExprPtr& argument = expr->child(i);
    if (argument->is(NodeKind::kLambda)) {
      functions_[callee->parameters()[i - 1].name] = argument;
      arguments.push_back(Value{argument->type(), {}});
    } else {
      arguments.push_back(emit(argument));
    }
  }
  bind_function(callee, arguments);
  return emit(callee->body());
}

Value FunctionEmitter::join(llvm::BasicBlock* left_block, const Value& left, llvm::BasicBlock* right_block, const Value& right) {
  Value value{left.type, {}};
  for (size_t i = 0; i < left.leaves.size(); i++) {
    if (left.leaves[i] == right.leaves[i]) {
      value.leaves.push_back(left.leaves[i]);
      continue;
    }
    llvm::PHINode* phi = builder_.CreatePHI(left.leaves[i]->getType(), 2);
    phi->addIncoming(left.leaves[i], left_block);
    phi->addIncoming(right.leaves[i], right_block);
    value.leaves.push_back(phi);
  }
  return value;
}

Value FunctionEmitter::emit_if(const ExprPtr& expr) {
  const ExprPtr& then_expr = expr->child(1);
  const ExprPtr& else_expr = expr->child(2);
  if (expr->type().contains_builder()) {
    std::optional<BuilderPath> path = predicable_branches(expr, !appender_modes_.empty());
    if (Value* state = path ? predicable_state(*path) : nullptr; state != nullptr) {
      Value before = *state;
      emit_predicated(expr, nullptr);
      Value after = state->at(path->fields);
      names_.at(path->name).value = before;
      return after;
    }
  } else if (has_speculatable_branches(expr)) {
    Value condition = emit(expr->child(0));
    Value then_value = emit(then_expr);
    Value else_value = emit(else_expr);
    for (size_t i = 0; i < then_value.leaves.size(); i++) {
      then_value.leaves[i] = builder_.CreateSelect(condition.only(), then_value.leaves[i], else_value.leaves[i]);
    }
    return then_value;
  }

  Value condition = emit(expr->child(0));
  return emit_branches(condition.only(), nullptr, [&] { return emit(then_expr); }, [&] { return emit(else_expr); });
}

Value FunctionEmitter::emit_branches(llvm::Value* condition, llvm::MDNode* weights, const std::function<Value()>& emit_then,
                                     const std::function<Value()>& emit_else) {
  llvm::BasicBlock* then_block = new_block("then");
  llvm::BasicBlock* else_block = new_block("else");
  llvm::BasicBlock* after = new_block("endif");
  builder_.CreateCondBr(condition, then_block, else_block, weights);
  auto branch = [&](llvm::BasicBlock* block, const std::function<Value()>& emit_side, llvm::BasicBlock** last) {
    builder_.SetInsertPoint(block);
    element_loads_.emplace_back();
    Value value = emit_side();
    for (auto& [element, leaf] : element_loads_.back()) element->values[leaf] = nullptr;
    element_loads_.pop_back();
    *last = builder_.GetInsertBlock();
    builder_.CreateBr(after);
    return value;
  };
  llvm::BasicBlock* then_last = nullptr;
  llvm::BasicBlock* else_last = nullptr;
  Value then_value = branch(then_block, emit_then, &then_last);
  Value else_value = branch(else_block, emit_else, &else_last);
  builder_.SetInsertPoint(after);
  return join(then_last, then_value, else_last, else_value);
}

Value FunctionEmitter::emit_select(const ExprPtr& expr) {
  Value condition = emit(expr->child(0));
  Value then_value = emit_operand(expr->child(1), true);
  Value else_value = emit_operand(expr->child(2), true);
  for (size_t i = 0; i < then_value.leaves.size(); i++) {
    then_value.leaves[i] = builder_.CreateSelect(condition.only(), then_value.leaves[i], else_value.leaves[i]);
  }
  return then_value;
}

Value FunctionEmitter::emit_make_vector(const ExprPtr& expr) {
  Type element = expr->type().child(0);
  int64_t size = size_of(element);
  llvm::Value* length = llvm::ConstantInt::get(module_.i64_type(), expr->children().size());
  if (expr->children().empty()) return {expr->type(), {llvm::ConstantPointerNull::get(module_.pointer_type()), length}};
  int64_t bytes = size * static_cast<int64_t>(expr->children().size());
  llvm::Value* data = allocate(llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(bytes)), expr->span());
  int64_t offset = 0;
  for (const ExprPtr& child : expr->children()) {
    store_value(emit(child), offset_address(data, offset), MemoryKind::kOther);
    offset += size;
  }
  return {expr->type(), {data, length}};
}

namespace {

bool contains_dict(Type type) {
  if (type.is_dict()) return true;
  return std::any_of(type.children().begin(), type.children().end(), [](Type child) { return contains_dict(child); });
}

}  // namespace

Value FunctionEmitter::emit_lookup(const ExprPtr& expr) {
  Value vec = emit(expr->child(0));
  bool outer = std::exchange(shaping_, true);
  llvm::Value* index = emit(expr->child(1)).only();
  shaping_ = outer;
  llvm::Value* inside = builder_.CreateICmpULT(index, vec.leaves[1]);
  int64_t size = size_of(expr->type());
  MemoryKind kind = captured_pointers_.contains(vec.leaves[0]) ? MemoryKind::kVector : MemoryKind::kOther;
  if (contains_dict(expr->type())) {
    // There is no harmless value in memory for it.
    require(inside, WELD_ARRAY_OUT_OF_BOUNDS, expr->span());
    return load_value(expr->type(), element_address(vec.leaves[0], index, size), kind);
  }
  llvm::Value* address = element_address(vec.leaves[0], index, size);
  return load_value(expr->type(), readable(inside, address, size, WELD_ARRAY_OUT_OF_BOUNDS, expr->span()), kind);
}

Value FunctionEmitter::emit_slice(const ExprPtr& expr) {
  Value vec = emit(expr->child(0));
  llvm::Value* start = emit(expr->child(1)).only();
  llvm::Value* size = emit(expr->child(2)).only();
  llvm::Value* zero = llvm::ConstantInt::get(module_.i64_type(), 0);
  require(builder_.CreateICmpULE(start, vec.leaves[1]), WELD_ARRAY_OUT_OF_BOUNDS, expr->span());
  llvm::Value* rest = builder_.CreateSub(vec.leaves[1], start);
  size = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, size, rest);
  size = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, size, zero);
  llvm::Value* data = element_address(vec.leaves[0], start, size_of(vec.type.child(0)));
  if (captured_pointers_.contains(vec.leaves[0])) captured_pointers_.insert(data);
  return {expr->type(), {data, size}};
}

Value FunctionEmitter::emit_len(const ExprPtr& expr) {
  Value collection = emit(expr->child(0));
  if (collection.type.is_vec()) return {expr->type(), {collection.leaves[1]}};
  Leaf count{LeafKind::kScalar, ScalarKind::kI64, offsetof(WeldDict, count)};
  return {expr->type(), {load_leaf(count, collection.only(), MemoryKind::kHeader)}};
}

Value FunctionEmitter::emit_iterate(const ExprPtr& expr) {
  const ExprPtr& lambda = expr->child(1);
  Value state = emit(expr->child(0));
  std::vector<llvm::AllocaInst*> slots;
  for (llvm::Value* leaf : state.leaves) {
    slots.push_back(temporary_leaf(leaf->getType()));
    builder_.CreateStore(leaf, slots.back());
  }
  auto load_state = [&] {
    Value value{state.type, {}};
    for (llvm::AllocaInst* slot : slots) value.leaves.push_back(builder_.CreateLoad(slot->getAllocatedType(), slot));
    return value;
  };
  llvm::BasicBlock* loop = new_block("iterate");
  llvm::BasicBlock* after = new_block("iterated");
  builder_.CreateBr(loop);
  builder_.SetInsertPoint(loop);
  poll_after(estimated_cost(lambda->body()), expr->span());
  element_loads_.emplace_back();
  bind(lambda->parameters()[0].name, load_state());
  Value next = emit(lambda->body());
  Value value = next.field(0);
  for (size_t i = 0; i < slots.size(); i++) builder_.CreateStore(value.leaves[i], slots[i]);
  for (auto& [element, leaf] : element_loads_.back()) element->values[leaf] = nullptr;
  element_loads_.pop_back();
  // What follows a remembered failure is a made-up value, which might never end the loop.
  check_remembered_failures();
  builder_.CreateCondBr(next.field(1).only(), loop, after);
  builder_.SetInsertPoint(after);
  return load_state();
}

}  // namespace weld::codegen
