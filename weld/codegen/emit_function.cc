// The mechanics of one function: values in memory, temporaries, failures, loops.
#include <algorithm>

#include "weld/codegen/emit.h"

namespace weld::codegen {

namespace {

constexpr size_t kMostRemembered = 64;  // failures in a function, a bit each

}  // namespace

FunctionEmitter::FunctionEmitter(ModuleEmitter& module, llvm::Function* function, Kind kind)
    : module_(module), function_(function), kind_(kind), builder_(module.context()) {
  entry_ = llvm::BasicBlock::Create(module.context(), "entry", function);
  llvm::BasicBlock* body = llvm::BasicBlock::Create(module.context(), "body", function);
  builder_.SetInsertPoint(entry_);
  entry_end_ = builder_.CreateBr(body);
  builder_.SetInsertPoint(body);
  element_loads_.emplace_back();
}

llvm::BasicBlock* FunctionEmitter::new_block(const std::string& name) {
  return llvm::BasicBlock::Create(module_.context(), name, function_);
}

void FunctionEmitter::bind(const Name& name, Value value) { names_[name] = Binding{std::move(value), nullptr}; }

llvm::AllocaInst* FunctionEmitter::temporary(int64_t size) {
  // The stack's own alignment: more would take a register for the frame.
  constexpr uint64_t kAlignment = 16;
  llvm::IRBuilder<> at_entry(entry_, entry_->begin());
  auto* type = llvm::ArrayType::get(module_.i8_type(), static_cast<uint64_t>(std::max<int64_t>(size, 1)));
  llvm::AllocaInst* slot = at_entry.CreateAlloca(type);
  slot->setAlignment(llvm::Align(kAlignment));
  return slot;
}

llvm::AllocaInst* FunctionEmitter::temporary_leaf(llvm::Type* type) {
  llvm::IRBuilder<> at_entry(entry_, entry_->begin());
  return at_entry.CreateAlloca(type);
}

llvm::Value* FunctionEmitter::load_argument(llvm::Value* arguments, int64_t offset, llvm::Type* type) {
  llvm::IRBuilder<> at_entry(entry_end_);
  llvm::Value* address = at_entry.CreateConstInBoundsGEP1_64(module_.i8_type(), arguments, static_cast<uint64_t>(offset));
  llvm::LoadInst* load = at_entry.CreateAlignedLoad(module_.memory_type(type), address, llvm::Align(8));
  module_.annotate(load, MemoryKind::kArguments);
  if (type->isPointerTy()) captured_pointers_.insert(load);
  return load->getType() == type ? load : at_entry.CreateIsNotNull(load);
}

llvm::Value* FunctionEmitter::offset_address(llvm::Value* base, int64_t offset) {
  if (offset == 0) return base;
  return builder_.CreateConstInBoundsGEP1_64(module_.i8_type(), base, static_cast<uint64_t>(offset));
}

llvm::Value* FunctionEmitter::element_address(llvm::Value* data, llvm::Value* index, int64_t element_size) {
  llvm::Type* unit = module_.i8_type();
  switch (element_size) {
    case 1:
    case 2:
    case 4:
    case 8:
      unit = llvm::IntegerType::get(module_.context(), static_cast<unsigned>(element_size) * 8);
      break;
    default:
      unit = llvm::ArrayType::get(module_.i8_type(), static_cast<uint64_t>(element_size));
      break;
  }
  return builder_.CreateInBoundsGEP(unit, data, index);
}

llvm::Value* FunctionEmitter::load_leaf(const Leaf& leaf, llvm::Value* address, MemoryKind kind) {
  llvm::Value* at = offset_address(address, leaf.offset);
  int64_t size = leaf.kind == LeafKind::kPointer ? 8 : scalar_size(leaf.scalar);
  // Clients' buffers may be unaligned, and an element's address says nothing about them.
  llvm::Type* type = module_.leaf_type(leaf);
  llvm::LoadInst* load = builder_.CreateAlignedLoad(module_.memory_type(type), at, llvm::Align(1));
  if (kind == MemoryKind::kBuilder || kind == MemoryKind::kHeader) load->setAlignment(llvm::Align(static_cast<uint64_t>(size)));
  module_.annotate(load, kind);
  if (leaf.kind == LeafKind::kPointer) {
    if (kind == MemoryKind::kVector || kind == MemoryKind::kArguments) captured_pointers_.insert(load);
    return load;
  }
  return load->getType() == type ? load : builder_.CreateIsNotNull(load);
}

void FunctionEmitter::store_leaf(const Leaf& leaf, llvm::Value* value, llvm::Value* address, MemoryKind kind) {
  llvm::Value* at = offset_address(address, leaf.offset);
  value = builder_.CreateZExt(value, module_.memory_type(value->getType()));
  llvm::StoreInst* store = builder_.CreateAlignedStore(value, at, llvm::Align(1));
  if (kind == MemoryKind::kBuilder) {
    int64_t size = leaf.kind == LeafKind::kPointer ? 8 : scalar_size(leaf.scalar);
    store->setAlignment(llvm::Align(static_cast<uint64_t>(size)));
  }
  module_.annotate(store, kind);
}

Value FunctionEmitter::load_value(Type type, llvm::Value* address, MemoryKind kind) {
  Value value{type, {}};
  for (const Leaf& leaf : leaves_of(type)) value.leaves.push_back(load_leaf(leaf, address, kind));
  return value;
}

void FunctionEmitter::store_value(const Value& value, llvm::Value* address, MemoryKind kind) {
  std::vector<Leaf> leaves = leaves_of(value.type);
  for (size_t i = 0; i < leaves.size(); i++) store_leaf(leaves[i], value.leaves[i], address, kind);
}

Value FunctionEmitter::zero_value(Type type) {
  Value value{type, {}};
  if (type.is_dict()) {
    value.leaves.push_back(module_.empty_dict(type.child(0)));
    return value;
  }
  if (type.is_struct()) {
    for (Type field : type.children()) {
      Value part = zero_value(field);
      value.leaves.append(part.leaves.begin(), part.leaves.end());
    }
    return value;
  }
  for (const Leaf& leaf : leaves_of(type)) value.leaves.push_back(llvm::Constant::getNullValue(module_.leaf_type(leaf)));
  return value;
}

llvm::BasicBlock* FunctionEmitter::failure_block(llvm::Value* status) {
  llvm::BasicBlock* block = new_block("fail");
  llvm::IRBuilder<> at_failure(block);
  if (kind_ == Kind::kComparator) {
    at_failure.CreateStore(status, status_pointer_);
    at_failure.CreateRet(llvm::ConstantInt::get(module_.i32_type(), 0));
  } else {
    at_failure.CreateRet(status);
  }
  return block;
}

void FunctionEmitter::require(llvm::Value* condition, uint32_t code, Span span) {
  if (auto* constant = llvm::dyn_cast<llvm::ConstantInt>(condition); constant != nullptr && constant->isOne()) return;
  llvm::Value* status = llvm::ConstantInt::get(module_.i32_type(), module_.check_site(code, span));
  llvm::BasicBlock* next = new_block("ok");
  llvm::MDBuilder metadata(module_.context());
  builder_.CreateCondBr(condition, next, failure_block(status), metadata.createBranchWeights(2000, 1));
  builder_.SetInsertPoint(next);
}

void FunctionEmitter::require_eventually(llvm::Value* condition, uint32_t code, Span span) {
  if (kind_ != Kind::kStep || !in_loop_ || remembered_.size() >= kMostRemembered) return require(condition, code, span);
  if (failures_ == nullptr) {
    failures_ = temporary_leaf(module_.i64_type());
    llvm::IRBuilder<>(entry_end_).CreateStore(llvm::ConstantInt::get(module_.i64_type(), 0), failures_);
  }
  uint64_t bit = uint64_t{1} << remembered_.size();
  remembered_.push_back(module_.check_site(code, span));
  llvm::Value* failed = builder_.CreateSelect(condition, llvm::ConstantInt::get(module_.i64_type(), 0),
                                              llvm::ConstantInt::get(module_.i64_type(), bit));
  builder_.CreateStore(builder_.CreateOr(builder_.CreateLoad(module_.i64_type(), failures_), failed), failures_);
}

void FunctionEmitter::check_remembered_failures() {
  if (failures_ == nullptr) return;
  llvm::Value* bits = builder_.CreateLoad(module_.i64_type(), failures_);
  llvm::BasicBlock* failed = new_block("failed");
  llvm::BasicBlock* next = new_block("ok");
  llvm::Value* none = builder_.CreateICmpEQ(bits, llvm::ConstantInt::get(module_.i64_type(), 0));
  builder_.CreateCondBr(none, next, failed);
  builder_.SetInsertPoint(failed);
  // A check in a loop may come upon what is remembered behind it, in an earlier iteration; the last check completes the table.
  auto* type = llvm::ArrayType::get(module_.i32_type(), kMostRemembered);
  if (statuses_ == nullptr) {
    statuses_ = new llvm::GlobalVariable(module_.module(), type, true, llvm::GlobalValue::PrivateLinkage, nullptr, "statuses");
  }
  std::vector<uint32_t> statuses = remembered_;
  statuses.resize(kMostRemembered);
  statuses_->setInitializer(llvm::ConstantDataArray::get(module_.context(), statuses));
  llvm::Value* first = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, bits, builder_.getTrue());
  llvm::Value* address = builder_.CreateInBoundsGEP(module_.i32_type(), statuses_, first);
  builder_.CreateBr(failure_block(builder_.CreateLoad(module_.i32_type(), address)));
  builder_.SetInsertPoint(next);
}

void FunctionEmitter::fail_unless_ok(llvm::Value* status, Span span) {
  llvm::BasicBlock* next = new_block("ok");
  llvm::BasicBlock* failed = new_block("failed");
  llvm::Value* ok = builder_.CreateICmpEQ(status, llvm::ConstantInt::get(module_.i32_type(), 0));
  llvm::MDBuilder metadata(module_.context());
  builder_.CreateCondBr(ok, next, failed, metadata.createBranchWeights(2000, 1));
  builder_.SetInsertPoint(failed);
  llvm::Value* placed = builder_.CreateOr(status, llvm::ConstantInt::get(module_.i32_type(), module_.check_site(0, span)));
  llvm::Value* has_place =
      builder_.CreateICmpUGE(status, llvm::ConstantInt::get(module_.i32_type(), 1U << WELD_STATUS_CODE_BITS));
  builder_.CreateBr(failure_block(builder_.CreateSelect(has_place, status, placed)));
  builder_.SetInsertPoint(next);
}

llvm::Value* FunctionEmitter::readable(llvm::Value* condition, llvm::Value* address, int64_t size, uint32_t code, Span span) {
  require_eventually(condition, code, span);
  if (kind_ != Kind::kStep || !in_loop_) return address;
  return builder_.CreateSelect(condition, address, module_.zeroes(size));
}

void FunctionEmitter::return_success() { builder_.CreateRet(llvm::ConstantInt::get(module_.i32_type(), 0)); }

llvm::Value* FunctionEmitter::counted_loop(llvm::Value* begin, llvm::Value* end, const std::function<void(llvm::Value*)>& body,
                                           const std::function<void()>& before_first) {
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* start = before_first ? new_block("start") : nullptr;
  llvm::BasicBlock* loop = new_block("loop");
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "after_loop");
  builder_.CreateCondBr(builder_.CreateICmpSLT(begin, end), start != nullptr ? start : loop, after);
  if (start != nullptr) {
    builder_.SetInsertPoint(start);
    before_first();
    start = builder_.GetInsertBlock();
    builder_.CreateBr(loop);
  }
  builder_.SetInsertPoint(loop);
  llvm::PHINode* index = builder_.CreatePHI(module_.i64_type(), 2, "row");
  index->addIncoming(begin, start != nullptr ? start : before);
  body(index);
  llvm::Value* next =
      builder_.CreateAdd(index, llvm::ConstantInt::get(module_.i64_type(), 1), "", /*HasNUW=*/false, /*HasNSW=*/true);
  llvm::BasicBlock* last = builder_.GetInsertBlock();
  index->addIncoming(next, last);
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, end), loop, after);
  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
  llvm::PHINode* stop = builder_.CreatePHI(module_.i64_type(), 2);
  stop->addIncoming(begin, before);
  stop->addIncoming(next, last);
  return stop;
}

void FunctionEmitter::without_vector_epilogue(llvm::Value* index_behind) {
  // The vectorizer makes no such loop when the index is used behind the loop. This use is no instruction.
  auto* signature = llvm::FunctionType::get(llvm::Type::getVoidTy(module_.context()), {module_.i64_type()}, false);
  builder_.CreateCall(llvm::InlineAsm::get(signature, "", "r", /*hasSideEffects=*/true), {index_behind});
}

void FunctionEmitter::vectorize_by(unsigned rows, llvm::Value* index_behind) {
  set_loop_property("llvm.loop.vectorize.width", builder_.getInt32(rows), index_behind);
}

void FunctionEmitter::never_vectorize(llvm::Value* index_behind) {
  set_loop_property("llvm.loop.vectorize.enable", builder_.getFalse(), index_behind);
}

void FunctionEmitter::set_loop_property(const char* name, llvm::Constant* value, llvm::Value* index_behind) {
  llvm::Instruction* latch = llvm::cast<llvm::PHINode>(index_behind)->getIncomingBlock(1)->getTerminator();
  llvm::LLVMContext& context = module_.context();
  llvm::Metadata* property[] = {llvm::MDString::get(context, name), llvm::ConstantAsMetadata::get(value)};
  llvm::MDNode* loop = llvm::MDNode::getDistinct(context, {nullptr, llvm::MDNode::get(context, property)});
  loop->replaceOperandWith(0, loop);
  latch->setMetadata(llvm::LLVMContext::MD_loop, loop);
}

llvm::Value* FunctionEmitter::allocate(llvm::Value* bytes, Span span) {
  llvm::Value* block = builder_.CreateCall(module_.runtime_function("weld_rt_allocate"), {scratch_, bytes});
  require(builder_.CreateIsNotNull(block), WELD_OUT_OF_MEMORY, span);
  return block;
}

}  // namespace weld::codegen
