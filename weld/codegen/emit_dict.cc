// Dictionary keys and probes. Keys are canonical before they are hashed or compared: -0.0 becomes 0.0 and every NaN the same NaN,
// so that equality of keys is equality of bits.
//
// The hash of a key is mul-xorshift-mul over its words, whose high bits index the table: it vectorizes and spreads strided keys
// (the multipliers are those of MurmurHash3's finalizer).
#include <fmt/format.h>

#include "weld/codegen/emit.h"

namespace weld::codegen {

namespace {

constexpr uint64_t kFirstMultiplier = 0xff51afd7ed558ccdULL;
constexpr uint64_t kSecondMultiplier = 0xc4ceb9fe1a85ec53ULL;

// True when equal values of the type have equal bytes and no byte is padding.
bool is_plain_bytes(Type type) {
  if (type.is_scalar()) return is_integer(type.scalar_kind());
  if (!type.is_struct()) return false;
  int64_t used = 0;
  for (Type field : type.children()) {
    if (!is_plain_bytes(field)) return false;
    used += layout_of(field).size;
  }
  return used == layout_of(type).size;
}

}  // namespace

Value FunctionEmitter::canonical_key(const Value& key) {
  if (key.type.is_struct()) {
    Value value{key.type, {}};
    for (size_t i = 0; i < key.type.children().size(); i++) {
      Value field = canonical_key(key.field(static_cast<uint32_t>(i)));
      value.leaves.append(field.leaves.begin(), field.leaves.end());
    }
    return value;
  }
  if (!key.type.is_scalar() || !is_float(key.type.scalar_kind())) return key;
  llvm::Value* value = key.only();
  llvm::Value* zero = llvm::ConstantFP::get(value->getType(), 0.0);
  llvm::Value* nan = llvm::ConstantFP::getNaN(value->getType());
  value = builder_.CreateSelect(builder_.CreateFCmpOEQ(value, zero), zero, value);
  return {key.type, {builder_.CreateSelect(builder_.CreateFCmpUNO(value, value), nan, value)}};
}

llvm::Value* FunctionEmitter::key_number(const Value& key) {
  std::vector<Leaf> leaves = leaves_of(key.type);
  if (key_number_kind(key.type) == WELD_KEY_I32) return builder_.CreateSExt(key.leaves[0], module_.i64_type());
  llvm::Value* bits = llvm::ConstantInt::get(module_.i64_type(), 0);
  uint64_t shift = 0;
  for (size_t i = 0; i < leaves.size(); i++) {
    llvm::Value* leaf = builder_.CreateZExt(key.leaves[i], module_.i64_type());
    bits = builder_.CreateOr(bits, builder_.CreateShl(leaf, shift));
    shift += leaves[i].scalar == ScalarKind::kBool ? 1 : static_cast<uint64_t>(scalar_size(leaves[i].scalar)) * 8;
  }
  return bits;
}

llvm::Value* FunctionEmitter::hash_for_runtime(const Value& canonical_key) {
  return direct_bits(canonical_key.type) > 0 ? key_number(canonical_key) : hash_value(canonical_key);
}

namespace {

// The words that a key's hash is made of, one for each scalar and each vec.
void hash_words(FunctionEmitter* emitter, ModuleEmitter* module, const Value& key, std::vector<llvm::Value*>* words) {
  llvm::IRBuilder<>& builder = emitter->builder();
  if (key.type.is_struct()) {
    for (size_t i = 0; i < key.type.children().size(); i++)
      hash_words(emitter, module, key.field(static_cast<uint32_t>(i)), words);
  } else if (key.type.is_vec()) {
    words->push_back(builder.CreateCall(module->vec_hash_function(key.type), {key.leaves[0], key.leaves[1]}));
  } else {
    llvm::Value* leaf = key.only();
    ScalarKind kind = key.type.scalar_kind();
    if (kind == ScalarKind::kF32) leaf = builder.CreateBitCast(leaf, module->i32_type());
    if (kind == ScalarKind::kF64) leaf = builder.CreateBitCast(leaf, module->i64_type());
    words->push_back(builder.CreateZExt(leaf, module->i64_type()));
  }
}

}  // namespace

llvm::Value* FunctionEmitter::hash_value(const Value& canonical_key) {
  std::vector<llvm::Value*> words;
  hash_words(this, &module_, canonical_key, &words);
  llvm::Value* hash = llvm::ConstantInt::get(module_.i64_type(), 0);
  for (llvm::Value* word : words) {
    hash = builder_.CreateMul(builder_.CreateXor(hash, word), llvm::ConstantInt::get(module_.i64_type(), kFirstMultiplier));
    hash = builder_.CreateXor(hash, builder_.CreateLShr(hash, 32));
  }
  return builder_.CreateMul(hash, llvm::ConstantInt::get(module_.i64_type(), kSecondMultiplier));
}

llvm::Value* FunctionEmitter::key_equals(const Value& left, const Value& right) {
  if (left.type.is_vec()) {
    return builder_.CreateCall(module_.vec_key_equal_function(left.type),
                               {left.leaves[0], left.leaves[1], right.leaves[0], right.leaves[1]});
  }
  if (left.type.is_struct()) {
    llvm::Value* equal = builder_.getTrue();
    for (size_t i = 0; i < left.type.children().size(); i++) {
      auto index = static_cast<uint32_t>(i);
      equal = builder_.CreateAnd(equal, key_equals(left.field(index), right.field(index)));
    }
    return equal;
  }
  llvm::Value* a = left.only();
  llvm::Value* b = right.only();
  if (is_float(left.type.scalar_kind())) {
    llvm::Type* bits = llvm::IntegerType::get(module_.context(), static_cast<unsigned>(scalar_size(left.type.scalar_kind())) * 8);
    a = builder_.CreateBitCast(a, bits);
    b = builder_.CreateBitCast(b, bits);
  }
  return builder_.CreateICmpEQ(a, b);
}

llvm::Function* ModuleEmitter::key_hash_function(Type key) {
  auto* signature = llvm::FunctionType::get(i64_type_, {pointer_type_}, false);
  return cached_function("hash " + key.to_string(), signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    Value value = emitter.canonical_key(emitter.load_value(key, function->getArg(0), MemoryKind::kOther));
    emitter.builder().CreateRet(emitter.hash_for_runtime(value));
  });
}

llvm::Function* ModuleEmitter::key_equal_function(Type key) {
  auto* signature = llvm::FunctionType::get(i8_type_, {pointer_type_, pointer_type_}, false);
  return cached_function("key_equal " + key.to_string(), signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    Value left = emitter.canonical_key(emitter.load_value(key, function->getArg(0), MemoryKind::kOther));
    Value right = emitter.canonical_key(emitter.load_value(key, function->getArg(1), MemoryKind::kOther));
    emitter.builder().CreateRet(emitter.builder().CreateZExt(emitter.key_equals(left, right), i8_type_));
  });
}

llvm::Function* ModuleEmitter::vec_hash_function(Type vec) {
  auto* signature = llvm::FunctionType::get(i64_type_, {pointer_type_, i64_type_}, false);
  return cached_function("vec_hash " + vec.to_string(), signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    llvm::IRBuilder<>& builder = emitter.builder();
    Type element = vec.child(0);
    int64_t size = size_of(element);
    llvm::Value* data = function->getArg(0);
    llvm::Value* length = function->getArg(1);
    if (is_plain_bytes(element)) {
      llvm::Value* bytes = builder.CreateMul(length, llvm::ConstantInt::get(i64_type_, static_cast<uint64_t>(size)));
      builder.CreateRet(builder.CreateCall(runtime_function("weld_rt_hash_bytes"), {data, bytes}));
      return;
    }
    llvm::AllocaInst* hash = emitter.temporary_leaf(i64_type_);
    builder.CreateStore(length, hash);
    emitter.counted_loop(llvm::ConstantInt::get(i64_type_, 0), length, [&](llvm::Value* index) {
      Value value = emitter.load_value(element, emitter.element_address(data, index, size), MemoryKind::kOther);
      llvm::Value* own = emitter.hash_value(emitter.canonical_key(value));
      llvm::Value* mixed = builder.CreateXor(builder.CreateLoad(i64_type_, hash), own);
      mixed = builder.CreateMul(mixed, llvm::ConstantInt::get(i64_type_, kFirstMultiplier));
      builder.CreateStore(builder.CreateXor(mixed, builder.CreateLShr(mixed, 29)), hash);
    });
    builder.CreateRet(builder.CreateLoad(i64_type_, hash));
  });
}

namespace {

// Emits, in a function over two vecs (data, length, data, length), a walk over their common length that returns at the first
// index where differ() holds, with what decide() gives there; and falls through behind it.
void walk_common(ModuleEmitter* module, FunctionEmitter* emitter, llvm::Function* function, Type element, bool canonical,
                 const std::function<llvm::Value*(const Value&, const Value&)>& differ,
                 const std::function<llvm::Value*(const Value&, const Value&)>& decide) {
  llvm::IRBuilder<>& builder = emitter->builder();
  int64_t size = size_of(element);
  if (size == 0) return;  // elements without bytes are equal, however many they are
  llvm::Value* shorter = builder.CreateBinaryIntrinsic(llvm::Intrinsic::smin, function->getArg(1), function->getArg(3));
  emitter->counted_loop(llvm::ConstantInt::get(module->i64_type(), 0), shorter, [&](llvm::Value* index) {
    Value left = emitter->load_value(element, emitter->element_address(function->getArg(0), index, size), MemoryKind::kOther);
    Value right = emitter->load_value(element, emitter->element_address(function->getArg(2), index, size), MemoryKind::kOther);
    if (canonical) {
      left = emitter->canonical_key(left);
      right = emitter->canonical_key(right);
    }
    llvm::BasicBlock* decided = emitter->new_block("decided");
    llvm::BasicBlock* same = emitter->new_block("same");
    builder.CreateCondBr(differ(left, right), decided, same);
    builder.SetInsertPoint(decided);
    builder.CreateRet(decide(left, right));
    builder.SetInsertPoint(same);
  });
}

}  // namespace

llvm::Value* FunctionEmitter::bytes_equal(llvm::Value* left, llvm::Value* right, llvm::Value* size) {
  llvm::Module& module = module_.module();
  auto* signature =
      llvm::FunctionType::get(module_.i32_type(), {module_.pointer_type(), module_.pointer_type(), module_.i64_type()}, false);
  llvm::FunctionCallee compare = module.getOrInsertFunction("memcmp", signature);
  llvm::cast<llvm::Function>(compare.getCallee())->setOnlyReadsMemory();
  return builder_.CreateICmpEQ(builder_.CreateCall(compare, {left, right, size}), llvm::ConstantInt::get(module_.i32_type(), 0));
}

llvm::Function* ModuleEmitter::vec_key_equal_function(Type vec) {
  llvm::Type* boolean = llvm::Type::getInt1Ty(context_);
  auto* signature = llvm::FunctionType::get(boolean, {pointer_type_, i64_type_, pointer_type_, i64_type_}, false);
  Type element = vec.child(0);
  if (is_plain_bytes(element)) return vec_compare_function(vec, BinaryOp::kEqual);
  return cached_function("vec_key_equal " + vec.to_string(), signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    llvm::IRBuilder<>& builder = emitter.builder();
    llvm::BasicBlock* walk = emitter.new_block("walk");
    llvm::BasicBlock* different = emitter.new_block("different");
    builder.CreateCondBr(builder.CreateICmpEQ(function->getArg(1), function->getArg(3)), walk, different);
    builder.SetInsertPoint(different);
    builder.CreateRet(builder.getFalse());
    builder.SetInsertPoint(walk);
    walk_common(
        this, &emitter, function, element, /*canonical=*/true,
        [&](const Value& left, const Value& right) { return builder.CreateNot(emitter.key_equals(left, right)); },
        [&](const Value&, const Value&) { return builder.getFalse(); });
    builder.CreateRet(builder.getTrue());
  });
}

llvm::Function* ModuleEmitter::vec_compare_function(Type vec, BinaryOp op) {
  llvm::Type* boolean = llvm::Type::getInt1Ty(context_);
  auto* signature = llvm::FunctionType::get(boolean, {pointer_type_, i64_type_, pointer_type_, i64_type_}, false);
  std::string key = fmt::format("vec_{} {}", info(op).name, vec.to_string());
  return cached_function(key, signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    llvm::IRBuilder<>& builder = emitter.builder();
    Type element = vec.child(0);
    llvm::Value* left_length = function->getArg(1);
    llvm::Value* right_length = function->getArg(3);
    bool equality = op == BinaryOp::kEqual || op == BinaryOp::kNotEqual;
    if (equality) {
      llvm::Value* same_length = builder.CreateICmpEQ(left_length, right_length);
      llvm::BasicBlock* walk = emitter.new_block("walk");
      llvm::BasicBlock* different = emitter.new_block("different");
      builder.CreateCondBr(same_length, walk, different);
      builder.SetInsertPoint(different);
      builder.CreateRet(builder.getInt1(op == BinaryOp::kNotEqual));
      builder.SetInsertPoint(walk);
      if (is_plain_bytes(element)) {
        llvm::Value* bytes =
            builder.CreateMul(left_length, llvm::ConstantInt::get(i64_type_, static_cast<uint64_t>(size_of(element))));
        llvm::Value* same = emitter.bytes_equal(function->getArg(0), function->getArg(2), bytes);
        builder.CreateRet(op == BinaryOp::kEqual ? same : builder.CreateNot(same));
        return;
      }
    }
    BinaryOp strict = op;
    if (op == BinaryOp::kLessEqual) strict = BinaryOp::kLess;
    if (op == BinaryOp::kGreaterEqual) strict = BinaryOp::kGreater;
    walk_common(
        this, &emitter, function, element, /*canonical=*/false,
        [&](const Value& left, const Value& right) {
          return builder.CreateNot(emitter.compare_values(BinaryOp::kEqual, left, right));
        },
        [&](const Value& left, const Value& right) -> llvm::Value* {
          if (equality) return builder.getInt1(op == BinaryOp::kNotEqual);
          return emitter.compare_values(strict, left, right);
        });
    llvm::Value* rest = equality ? static_cast<llvm::Value*>(builder.getInt1(op == BinaryOp::kEqual))
                                 : emitter.scalar_compare(op, ScalarKind::kI64, left_length, right_length);
    builder.CreateRet(rest);
  });
}

llvm::Value* FunctionEmitter::dict_header(llvm::Value* dict, size_t offset, bool pointer) {
  if (auto view = dict_views_.find(dict); view != dict_views_.end()) {
    for (const HeaderSlot& slot : view->second) {
      if (slot.offset == offset) return builder_.CreateLoad(slot.value->getAllocatedType(), slot.value);
    }
  }
  return load_dict_header(dict, offset, pointer);
}

llvm::Value* FunctionEmitter::load_dict_header(llvm::Value* dict, size_t offset, bool pointer) {
  Leaf leaf{pointer ? LeafKind::kPointer : LeafKind::kScalar, ScalarKind::kI64, static_cast<int64_t>(offset)};
  return load_leaf(leaf, dict, MemoryKind::kHeader);
}

void FunctionEmitter::open_dict_view(llvm::Value* dict, Type dict_key) {
  DictView view;
  auto add = [&](size_t offset, llvm::Type* type) { view.push_back({offset, temporary_leaf(type)}); };
  add(offsetof(WeldDict, entries), module_.pointer_type());
  add(offsetof(WeldDict, index), module_.pointer_type());
  if (!has_whole_index(dict_key)) {
    const bool has_number = direct_bits(dict_key) > 0 || key_number_kind(dict_key) != WELD_KEY_NO_NUMBER;
    add(has_number ? offsetof(WeldDict, range) : offsetof(WeldDict, slot_mask), module_.i64_type());
    add(has_number ? offsetof(WeldDict, base) : offsetof(WeldDict, shift), module_.i64_type());
  }
  fill_dict_view(dict, view);
  dict_views_.emplace(dict, std::move(view));
}

void FunctionEmitter::fill_dict_view(llvm::Value* dict, const DictView& view) {
  for (const HeaderSlot& slot : view) {
    const bool is_pointer = slot.value->getAllocatedType()->isPointerTy();
    builder_.CreateStore(load_dict_header(dict, slot.offset, is_pointer), slot.value);
  }
}

FunctionEmitter::Probe FunctionEmitter::new_probe(llvm::MDNode* weights) {
  Probe probe;
  probe.weights = weights;
  const llvm::IRBuilder<>::InsertPointGuard guard(builder_);
  probe.found = llvm::BasicBlock::Create(module_.context(), "found");
  builder_.SetInsertPoint(probe.found);
  probe.entry = builder_.CreatePHI(module_.pointer_type(), 2);
  probe.missing = llvm::BasicBlock::Create(module_.context(), "missing");
  builder_.SetInsertPoint(probe.missing);
  probe.hash = builder_.CreatePHI(module_.i64_type(), 2);
  return probe;
}

FunctionEmitter::Probe FunctionEmitter::probe(llvm::Value* dict, Type dict_key, Type dict_value, const Value& key,
                                              llvm::MDNode* weights) {
  const int64_t entry_size = entry_size_of(dict_key, dict_value);
  Probe probe = new_probe(weights);
  if (auto ordered = ordered_entries_.find(dict); ordered != ordered_entries_.end()) {
    llvm::Value* offset = builder_.CreateMul(key_number(key), module_.word(entry_size));
    probe.entry->addIncoming(builder_.CreateGEP(module_.i8_type(), ordered->second, offset), builder_.GetInsertBlock());
    probe.hash->addIncoming(module_.word(0), builder_.GetInsertBlock());
    builder_.CreateCondBr(builder_.getTrue(), probe.found, probe.missing);
  } else if (has_whole_index(dict_key)) {
    probe_dense(dict, key_number(key), entry_size, probe);
  } else if (direct_bits(dict_key) == 0 && key_number_kind(dict_key) == WELD_KEY_NO_NUMBER) {
    probe_hashed(dict, dict_key, key, entry_size, probe);
  } else {
    llvm::Value* range = dict_header(dict, offsetof(WeldDict, range), false);
    llvm::Value* offset = builder_.CreateSub(key_number(key), dict_header(dict, offsetof(WeldDict, base), false));
    llvm::BasicBlock* inside = new_block("inside");
    llvm::BasicBlock* outside = new_block("outside");
    builder_.CreateCondBr(builder_.CreateICmpULT(offset, range), inside, outside);
    builder_.SetInsertPoint(inside);
    probe_dense(dict, offset, entry_size, probe);
    builder_.SetInsertPoint(outside);
    probe.hash->addIncoming(module_.word(0), outside);
    if (direct_bits(dict_key) > 0) {
      builder_.CreateBr(probe.missing);
    } else {
      llvm::BasicBlock* hashed = new_block("hashed");
      builder_.CreateCondBr(builder_.CreateICmpEQ(range, module_.word(0)), hashed, probe.missing);
      builder_.SetInsertPoint(hashed);
      probe_hashed(dict, dict_key, key, entry_size, probe);
    }
  }
  function_->insert(function_->end(), probe.missing);
  function_->insert(function_->end(), probe.found);
  return probe;
}

void FunctionEmitter::probe_dense(llvm::Value* dict, llvm::Value* offset, int64_t entry_size, const Probe& probe) {
  llvm::Value* entries = dict_header(dict, offsetof(WeldDict, entries), true);
  llvm::Value* index = dict_header(dict, offsetof(WeldDict, index), true);
  Leaf slot{LeafKind::kScalar, ScalarKind::kU32, 0};
  llvm::Value* number = load_leaf(slot, element_address(index, offset, 4), MemoryKind::kHeader);
  llvm::Value* present = builder_.CreateICmpNE(number, llvm::ConstantInt::get(module_.i32_type(), 0));
  llvm::Value* entry_number = builder_.CreateSub(builder_.CreateZExt(number, module_.i64_type()), module_.word(1));
  probe.entry->addIncoming(element_address(entries, entry_number, entry_size), builder_.GetInsertBlock());
  probe.hash->addIncoming(offset, builder_.GetInsertBlock());
  builder_.CreateCondBr(present, probe.found, probe.missing, probe.weights);
}

void FunctionEmitter::probe_hashed(llvm::Value* dict, Type dict_key, const Value& key, int64_t entry_size, const Probe& probe) {
  llvm::Value* hash = hash_value(key);
  llvm::Value* entries = dict_header(dict, offsetof(WeldDict, entries), true);
  llvm::Value* index = dict_header(dict, offsetof(WeldDict, index), true);
  llvm::Value* mask = dict_header(dict, offsetof(WeldDict, slot_mask), false);
  llvm::Value* shift = dict_header(dict, offsetof(WeldDict, shift), false);
  llvm::Value* tag = builder_.CreateTrunc(hash, module_.i32_type());
  llvm::Value* first = builder_.CreateLShr(hash, shift);
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* loop = new_block("probe");
  llvm::BasicBlock* occupied = new_block("occupied");
  llvm::BasicBlock* candidate = new_block("candidate");
  llvm::BasicBlock* next = new_block("next_slot");
  builder_.CreateBr(loop);
  builder_.SetInsertPoint(loop);
  llvm::PHINode* position = builder_.CreatePHI(module_.i64_type(), 2);
  position->addIncoming(first, before);
  Leaf slot{LeafKind::kScalar, ScalarKind::kU64, 0};
  llvm::Value* content = load_leaf(slot, element_address(index, position, 8), MemoryKind::kHeader);
  probe.hash->addIncoming(hash, loop);
  builder_.CreateCondBr(builder_.CreateICmpNE(content, module_.word(0)), occupied, probe.missing, probe.weights);

  // Most searches end at the first slot that they look at. Without being told, LLVM takes this loop for the hottest part of the
  // rows' loop, and the registers go to it.
  llvm::MDBuilder metadata(module_.context());
  builder_.SetInsertPoint(occupied);
  llvm::Value* slot_tag = builder_.CreateTrunc(builder_.CreateLShr(content, 32), module_.i32_type());
  builder_.CreateCondBr(builder_.CreateICmpEQ(slot_tag, tag), candidate, next, metadata.createBranchWeights(8, 1));

  builder_.SetInsertPoint(candidate);
  llvm::Value* number = builder_.CreateAnd(content, llvm::ConstantInt::get(module_.i64_type(), 0xffffffffULL));
  llvm::Value* entry = element_address(entries, builder_.CreateSub(number, module_.word(1)), entry_size);
  Value entry_key = load_value(dict_key, entry, MemoryKind::kOther);
  llvm::Value* equal = key_equals(key, entry_key);
  probe.entry->addIncoming(entry, builder_.GetInsertBlock());
  builder_.CreateCondBr(equal, probe.found, next, metadata.createBranchWeights(2000, 1));

  builder_.SetInsertPoint(next);
  llvm::Value* following = builder_.CreateAnd(builder_.CreateAdd(position, module_.word(1)), mask);
  position->addIncoming(following, next);
  builder_.CreateBr(loop);
}

Value FunctionEmitter::emit_dict_lookup(const ExprPtr& expr) {
  Value dict = emit(expr->child(0));
  Value key = canonical_key(emit(expr->child(1)));
  Type key_type = dict.type.child(0);
  Type value_type = dict.type.child(1);
  const Probe probed = probe(dict.only(), key_type, value_type, key, nullptr);
  const int64_t offset = entry_value_offset(key_type, value_type);
  const bool is_optional = expr->is(NodeKind::kOptLookup);
  llvm::BasicBlock* after = llvm::BasicBlock::Create(module_.context(), "looked_up");
  builder_.SetInsertPoint(probed.missing);
  builder_.CreateBr(after);
  builder_.SetInsertPoint(probed.found);
  Value stored;
  if (is_optional) stored = load_value(value_type, offset_address(probed.entry, offset), MemoryKind::kOther);
  llvm::BasicBlock* found = builder_.GetInsertBlock();
  builder_.CreateBr(after);
  function_->insert(function_->end(), after);
  builder_.SetInsertPoint(after);
  llvm::PHINode* present = builder_.CreatePHI(builder_.getInt1Ty(), 2);
  present->addIncoming(builder_.getTrue(), found);
  present->addIncoming(builder_.getFalse(), probed.missing);
  Value result{expr->type(), {present}};
  if (is_optional) {
    Value value = join(found, stored, probed.missing, zero_value(value_type));
    result.leaves.append(value.leaves.begin(), value.leaves.end());
  } else if (expr->is(NodeKind::kLookup)) {
    llvm::PHINode* entry = builder_.CreatePHI(module_.pointer_type(), 2);
    entry->addIncoming(probed.entry, found);
    entry->addIncoming(llvm::PoisonValue::get(module_.pointer_type()), probed.missing);
    require(present, WELD_KEY_NOT_FOUND, expr->span());
    return load_value(value_type, offset_address(entry, offset), MemoryKind::kOther);
  }
  return result;
}

Value FunctionEmitter::emit_to_vec(const ExprPtr& expr) {
  // The entries are the vector: {key, value} structs, densely packed.
  Value dict = emit(expr->child(0));
  return {
      expr->type(),
      {dict_header(dict.only(), offsetof(WeldDict, entries), true), dict_header(dict.only(), offsetof(WeldDict, count), false)}};
}

}  // namespace weld::codegen
