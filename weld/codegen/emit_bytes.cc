// serialize and deserialize. A value without vecs and dicts is packed into a known number of bytes, its leaves one after the
// other, by code on the spot; others go through the runtime with a description of their type.
#include "weld/codegen/emit.h"

namespace weld::codegen {

namespace {

// What a type is made of, in order: runs of bytes, runs of bools, vecs, dicts and builders.
struct Part {
  uint32_t kind;
  int64_t offset;
  int64_t size;  // of bytes and bools
  Type type;     // of the others
};

void append_part(std::vector<Part>* parts, uint32_t kind, int64_t offset, int64_t size) {
  bool continues = !parts->empty() && parts->back().kind == kind && parts->back().offset + parts->back().size == offset;
  if (continues) {
    parts->back().size += size;
  } else {
    parts->push_back({kind, offset, size, {}});
  }
}

void append_parts(Type type, ModuleEmitter::Referred referred, int64_t offset, std::vector<Part>* parts) {
  bool is_shared = referred == ModuleEmitter::Referred::kShared;
  switch (type.kind()) {
    case TypeKind::kScalar: {
      bool boolean = type.is_scalar(ScalarKind::kBool);
      return append_part(parts, boolean ? WELD_PART_BOOLS : WELD_PART_BYTES, offset, scalar_size(type.scalar_kind()));
    }
    case TypeKind::kVec:
    case TypeKind::kDict:
      if (is_shared) return append_part(parts, WELD_PART_BYTES, offset, size_of(type));
      return parts->push_back({type.is_vec() ? WELD_PART_VEC : WELD_PART_DICT, offset, 0, type});
    case TypeKind::kAppender:
      return parts->push_back({WELD_PART_APPENDER, offset, 0, type});
    case TypeKind::kDictMerger:
      return parts->push_back({WELD_PART_DICT, offset, 0, type});
    case TypeKind::kGroupMerger:
      return parts->push_back({WELD_PART_GROUPS, offset, 0, type});
    case TypeKind::kVecMerger:
      return parts->push_back({WELD_PART_VEC, offset, 0, type});
    case TypeKind::kMerger:
      return append_parts(type.child(0), referred, offset, parts);
    case TypeKind::kStruct: {
      std::vector<int64_t> offsets = field_offsets(type);
      for (size_t i = 0; i < offsets.size(); i++) append_parts(type.child(i), referred, offset + offsets[i], parts);
      return;
    }
    default:
      WELD_CHECK(false, "a type whose values are not packed");
  }
}

// Of a type without vecs and dicts: the leaves, at their places among the packed bytes.
std::vector<Leaf> packed_leaves(Type type, int64_t* size) {
  std::vector<Leaf> leaves = leaves_of(type);
  *size = 0;
  for (Leaf& leaf : leaves) {
    leaf.offset = *size;
    *size += scalar_size(leaf.scalar);
  }
  return leaves;
}

}  // namespace

llvm::Function* ModuleEmitter::canonical_key_function(Type key) {
  auto* signature = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {pointer_type_}, false);
  return cached_function("canonical_key " + key.to_string(), signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    Value value = emitter.canonical_key(emitter.load_value(key, function->getArg(0), MemoryKind::kOther));
    emitter.store_value(value, function->getArg(0), MemoryKind::kOther);
    emitter.builder().CreateRetVoid();
  });
}

llvm::Constant* ModuleEmitter::new_constant(llvm::Constant* value, const std::string& name) {
  return new llvm::GlobalVariable(*module_, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value, name);
}

llvm::Constant* ModuleEmitter::packing(Type type, Referred referred) {
  llvm::Constant*& known = packings_[{type.id(), referred}];
  if (known != nullptr) return known;
  std::vector<Part> parts;
  append_parts(type, referred, 0, &parts);
  llvm::Constant* null = llvm::ConstantPointerNull::get(pointer_type_);
  int64_t least = 0;
  bool fixed = true;
  std::vector<llvm::Constant*> rows;
  for (const Part& part : parts) {
    auto [element, dict] = packing_of_elements(part.kind, part.type, referred);
    fixed = fixed && element == null;
    least += element == null ? part.size : 8;
    rows.push_back(
        llvm::ConstantStruct::getAnon({word(part.offset), word(part.size), half_word(part.kind), half_word(0), element, dict}));
  }
  llvm::Constant* table = null;
  if (!rows.empty()) {
    auto* array = llvm::ArrayType::get(rows[0]->getType(), rows.size());
    table = new_constant(llvm::ConstantArray::get(array, rows), "parts");
  }
  llvm::Constant* whole = llvm::ConstantStruct::getAnon(
      {word(size_of(type)), word(least), word(fixed ? 1 : 0), word(static_cast<int64_t>(rows.size())), table});
  return known = new_constant(whole, "packing");
}

std::pair<llvm::Constant*, llvm::Constant*> ModuleEmitter::packing_of_elements(uint32_t kind, Type type, Referred referred) {
  llvm::Constant* null = llvm::ConstantPointerNull::get(pointer_type_);
  auto described = [&](Type element) {
    if (referred == Referred::kOwned) return packing(element, referred);
    int64_t size = size_of(element);
    return new_constant(llvm::ConstantStruct::getAnon({word(size), word(size), word(1), word(0), null}), "packing");
  };
  switch (kind) {
    case WELD_PART_VEC:
    case WELD_PART_APPENDER:
      return {described(type.child(0)), null};
    case WELD_PART_DICT:
    case WELD_PART_GROUPS: {
      Type key = type.child(0);
      Type value = type.child(1);
      // While groups are filled, an entry's vec is a count.
      Type i64 = Type::scalar(ScalarKind::kI64);
      Type entry_value = kind == WELD_PART_DICT ? value : Type::structure(std::array{i64, i64});
      llvm::Constant* layout = dict_layout(key, kind == WELD_PART_DICT ? value : Type::vec(value));
      llvm::Constant* canonicalize = has_float_leaf(key) ? static_cast<llvm::Constant*>(canonical_key_function(key)) : null;
      llvm::Constant* dict =
          new_constant(llvm::ConstantStruct::getAnon({described(key), described(value), layout, canonicalize}), "dict_packing");
      return {described(Type::structure(std::array{key, entry_value})), dict};
    }
    default:
      return {null, null};
  }
}

Value FunctionEmitter::emit_serialize(const ExprPtr& expr) {
  Value value = emit(expr->child(0));
  if (!value.type.contains_pointer()) {
    int64_t size = 0;
    std::vector<Leaf> leaves = packed_leaves(value.type, &size);
    llvm::Value* length = llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(size));
    llvm::Value* data = allocate(length, expr->span());
    for (size_t i = 0; i < leaves.size(); i++) store_leaf(leaves[i], value.leaves[i], data, MemoryKind::kOther);
    return {expr->type(), {data, length}};
  }
  llvm::Value* slot = temporary(size_of(value.type));
  llvm::Value* bytes = temporary(sizeof(WeldVec));
  store_value(value, slot, MemoryKind::kOther);
  fail_unless_ok(builder_.CreateCall(module_.runtime_function("weld_rt_serialize"),
                                     {scratch_, module_.packing(value.type, ModuleEmitter::Referred::kOwned), slot, bytes}),
                 expr->span());
  return load_value(expr->type(), bytes, MemoryKind::kOther);
}

Value FunctionEmitter::emit_deserialize(const ExprPtr& expr) {
  Value bytes = emit(expr->child(0));
  Type type = expr->type();
  if (!type.contains_pointer()) {
    int64_t size = 0;
    std::vector<Leaf> leaves = packed_leaves(type, &size);
    llvm::Value* fits =
        builder_.CreateICmpEQ(bytes.leaves[1], llvm::ConstantInt::get(module_.i64_type(), static_cast<uint64_t>(size)));
    MemoryKind kind = captured_pointers_.contains(bytes.leaves[0]) ? MemoryKind::kVector : MemoryKind::kOther;
    llvm::Value* data = readable(fits, bytes.leaves[0], size, WELD_DESERIALIZATION_ERROR, expr->span());
    Value value{type, {}};
    for (const Leaf& leaf : leaves) value.leaves.push_back(load_leaf(leaf, data, kind));
    return value;
  }
  llvm::Value* slot = temporary(size_of(type));
  fail_unless_ok(builder_.CreateCall(
                     module_.runtime_function("weld_rt_deserialize"),
                     {scratch_, module_.packing(type, ModuleEmitter::Referred::kOwned), bytes.leaves[0], bytes.leaves[1], slot}),
                 expr->span());
  return load_value(type, slot, MemoryKind::kOther);
}

}  // namespace weld::codegen
