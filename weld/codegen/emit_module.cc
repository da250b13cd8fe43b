// What the functions of a module share: types, tables, constants, helper functions per type, and the entry point.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "llvm/Analysis/CFG.h"
#include "weld/codegen/emit.h"
#include "weld/codegen/jit.h"
#include "weld/runtime/dict.h"

namespace weld::codegen {

namespace {

// The LLVM types of a runtime function, from its C signature.
template <class T>
llvm::Type* llvm_type_of(llvm::LLVMContext& context) {
  if constexpr (std::is_void_v<T>) {
    return llvm::Type::getVoidTy(context);
  } else if constexpr (std::is_pointer_v<T>) {
    return llvm::PointerType::get(context, 0);
  } else if constexpr (std::is_same_v<T, double>) {
    return llvm::Type::getDoubleTy(context);
  } else {
    static_assert(std::is_integral_v<T>);
    return llvm::IntegerType::get(context, sizeof(T) * 8);
  }
}

template <class Result, class... Parameters>
llvm::FunctionType* llvm_signature(llvm::LLVMContext& context, Result (*)(Parameters...)) {
  return llvm::FunctionType::get(llvm_type_of<Result>(context), {llvm_type_of<Parameters>(context)...}, false);
}

}  // namespace

int64_t size_of(Type type) { return layout_of(type).size; }

namespace {

void append_leaves(Type type, int64_t offset, std::vector<Leaf>* leaves) {
  switch (type.kind()) {
    case TypeKind::kScalar:
    case TypeKind::kSimd:
      leaves->push_back({LeafKind::kScalar, type.scalar_kind(), offset, type.is_simd()});
      break;
    case TypeKind::kVec:
    case TypeKind::kVecMerger:
      leaves->push_back({LeafKind::kPointer, ScalarKind::kI64, offset});
      leaves->push_back({LeafKind::kScalar, ScalarKind::kI64, offset + 8});
      break;
    case TypeKind::kDict:
    case TypeKind::kDictMerger:
    case TypeKind::kGroupMerger:
      leaves->push_back({LeafKind::kPointer, ScalarKind::kI64, offset});
      break;
    case TypeKind::kAppender:
      leaves->push_back({LeafKind::kPointer, ScalarKind::kI64, offset});
      leaves->push_back({LeafKind::kScalar, ScalarKind::kI64, offset + 8});
      leaves->push_back({LeafKind::kScalar, ScalarKind::kI64, offset + 16});
      break;
    case TypeKind::kMerger:
      append_leaves(type.child(0), offset, leaves);
      break;
    case TypeKind::kStruct: {
      // A struct with simd in it never lies in memory.
      std::vector<int64_t> offsets = type.has_layout() ? field_offsets(type) : std::vector<int64_t>(type.children().size(), 0);
      for (size_t i = 0; i < offsets.size(); i++) append_leaves(type.child(i), offset + offsets[i], leaves);
      break;
    }
    case TypeKind::kFunction:
    case TypeKind::kUnknown:
      break;
  }
}

}  // namespace

std::vector<Leaf> leaves_of(Type type) {
  std::vector<Leaf> leaves;
  append_leaves(type, 0, &leaves);
  return leaves;
}

bool has_float_leaf(Type type) {
  const std::vector<Leaf> leaves = leaves_of(type);
  return std::any_of(leaves.begin(), leaves.end(),
                     [](const Leaf& leaf) { return leaf.kind == LeafKind::kScalar && is_float(leaf.scalar); });
}

size_t leaf_count(Type type) {
  switch (type.kind()) {
    case TypeKind::kScalar:
    case TypeKind::kSimd:
    case TypeKind::kDict:
    case TypeKind::kDictMerger:
    case TypeKind::kGroupMerger:
      return 1;
    case TypeKind::kVec:
    case TypeKind::kVecMerger:
      return 2;
    case TypeKind::kAppender:
      return 3;
    case TypeKind::kMerger:
      return leaf_count(type.child(0));
    case TypeKind::kStruct: {
      size_t count = 0;
      for (Type field : type.children()) count += leaf_count(field);
      return count;
    }
    case TypeKind::kFunction:
    case TypeKind::kUnknown:
      return 0;
  }
  return 0;
}

namespace {

// The first leaf of the field that a path leads to; *type becomes the field's.
size_t first_leaf_at(Type* type, llvm::ArrayRef<uint32_t> path) {
  size_t first = 0;
  for (uint32_t index : path) {
    for (uint32_t i = 0; i < index; i++) first += leaf_count(type->child(i));
    *type = type->child(index);
  }
  return first;
}

}  // namespace

Value Value::at(llvm::ArrayRef<uint32_t> path) const {
  Value result{type, {}};
  const size_t first = first_leaf_at(&result.type, path);
  const size_t count = leaf_count(result.type);
  result.leaves.append(leaves.begin() + first, leaves.begin() + first + count);
  return result;
}

void Value::set_at(llvm::ArrayRef<uint32_t> path, const Value& value) {
  Type inner = type;
  std::copy(value.leaves.begin(), value.leaves.end(), leaves.begin() + first_leaf_at(&inner, path));
}

namespace {

Type entry_type(Type key, Type value) {
  std::array<Type, 2> fields = {key, value};
  return Type::structure(fields);
}

}  // namespace

int64_t entry_value_offset(Type key, Type value) { return field_offsets(entry_type(key, value))[1]; }

int64_t entry_size_of(Type key, Type value) { return size_of(entry_type(key, value)); }

uint32_t direct_bits(Type key) {
  uint32_t bits = 0;
  for (const Leaf& leaf : leaves_of(key)) {
    if (leaf.kind == LeafKind::kPointer || is_float(leaf.scalar)) return 0;
    bits += leaf.scalar == ScalarKind::kBool ? 1 : static_cast<uint32_t>(scalar_size(leaf.scalar)) * 8;
    if (bits > 16) return 0;
  }
  return key.contains_pointer() ? 0 : bits;
}

bool has_whole_index(Type key) {
  const uint32_t bits = direct_bits(key);
  return bits > 0 && bits <= WELD_WHOLE_INDEX_BITS;
}

WeldKeyNumber key_number_kind(Type key) {
  std::vector<Leaf> leaves = leaves_of(key);
  if (direct_bits(key) > 0 || leaves.size() != 1 || leaves[0].kind == LeafKind::kPointer) return WELD_KEY_NO_NUMBER;
  switch (leaves[0].scalar) {
    case ScalarKind::kI32:
      return WELD_KEY_I32;
    case ScalarKind::kU32:
      return WELD_KEY_U32;
    case ScalarKind::kI64:
    case ScalarKind::kU64:
      return WELD_KEY_64_BITS;
    default:
      return WELD_KEY_NO_NUMBER;
  }
}

ModuleEmitter::ModuleEmitter(llvm::LLVMContext& context, int64_t widest_lane)
    : context_(context),
      lanes_(widest_lane == 0 ? 1 : vector_register_bytes() / static_cast<unsigned>(widest_lane)),
      module_(std::make_unique<llvm::Module>("weld", context)),
      pointer_type_(llvm::PointerType::get(context, 0)),
      i64_type_(llvm::Type::getInt64Ty(context)),
      i32_type_(llvm::Type::getInt32Ty(context)),
      i8_type_(llvm::Type::getInt8Ty(context)) {
  prepare_module(*module_);
  declare_runtime();

  llvm::MDBuilder metadata(context);
  llvm::MDNode* domain = metadata.createAnonymousAliasScopeDomain("weld");
  llvm::MDNode* scope[kMemoryKinds];
  for (llvm::MDNode*& each : scope) each = metadata.createAnonymousAliasScope(domain);
  auto index = [](MemoryKind kind) { return static_cast<size_t>(kind); };
  auto set = [&](MemoryKind kind, std::initializer_list<MemoryKind> apart) {
    scopes_[index(kind)] = llvm::MDNode::get(context_, {scope[index(kind)]});
    llvm::SmallVector<llvm::Metadata*, 4> others;
    for (MemoryKind other : apart) others.push_back(scope[index(other)]);
    no_alias_[index(kind)] = llvm::MDNode::get(context_, others);
  };
  set(MemoryKind::kVector, {MemoryKind::kBuilder});
  set(MemoryKind::kBuilder, {MemoryKind::kVector, MemoryKind::kArguments, MemoryKind::kHeader});
  set(MemoryKind::kArguments, {MemoryKind::kBuilder});
  set(MemoryKind::kHeader, {MemoryKind::kBuilder});
}

ModuleEmitter::~ModuleEmitter() = default;

void ModuleEmitter::declare_runtime() {
#define WELD_FUNCTION(result, name, parameters)                                                                    \
  functions_[#name] = llvm::Function::Create(llvm_signature(context_, static_cast<result(*) parameters>(nullptr)), \
                                             llvm::Function::ExternalLinkage, #name, *module_);                    \
  functions_[#name]->setDoesNotThrow();
#include "weld/runtime/functions.def"
  // They change nothing that compiled code reads.
  functions_["weld_rt_rows_in_line"]->setOnlyReadsMemory();
  functions_["weld_rt_poll"]->setMemoryEffects(llvm::MemoryEffects::readOnly() | llvm::MemoryEffects::inaccessibleMemOnly());
}

llvm::Function* ModuleEmitter::runtime_function(const std::string& name) {
  llvm::Function* function = functions_.at(name);
  return function;
}

llvm::Function* ModuleEmitter::libm_function(const std::string& name, llvm::Type* type, int arity) {
  if (llvm::Function* existing = module_->getFunction(name)) return existing;
  std::vector<llvm::Type*> parameters(static_cast<size_t>(arity), type);
  auto* function =
      llvm::Function::Create(llvm::FunctionType::get(type, parameters, false), llvm::Function::ExternalLinkage, name, *module_);
  function->setDoesNotThrow();
  function->setDoesNotAccessMemory();
  function->setWillReturn();
  return function;
}

llvm::Type* ModuleEmitter::scalar_type(ScalarKind kind) {
  switch (kind) {
    case ScalarKind::kBool:
      return llvm::Type::getInt1Ty(context_);
    case ScalarKind::kF32:
      return llvm::Type::getFloatTy(context_);
    case ScalarKind::kF64:
      return llvm::Type::getDoubleTy(context_);
    default:
      return llvm::IntegerType::get(context_, static_cast<unsigned>(scalar_size(kind)) * 8);
  }
}

llvm::Type* ModuleEmitter::leaf_type(const Leaf& leaf) {
  if (leaf.kind == LeafKind::kPointer) return pointer_type_;
  llvm::Type* scalar = scalar_type(leaf.scalar);
  return leaf.is_simd ? llvm::FixedVectorType::get(scalar, lanes_) : scalar;
}

llvm::Type* ModuleEmitter::memory_type(llvm::Type* type) {
  return type->isIntOrIntVectorTy(1) ? type->getWithNewType(i8_type_) : type;
}

uint32_t ModuleEmitter::literal_index(ScalarValue value) {
  auto [found, added] = literal_indexes_.try_emplace({value.kind, value.bits}, static_cast<uint32_t>(tables_.literals.size()));
  if (added) tables_.literals.push_back(value.bits);
  return found->second;
}

uint32_t ModuleEmitter::check_site(uint32_t code, Span span) {
  auto [found, added] = site_indexes_.try_emplace({code, span.begin, span.end}, static_cast<uint32_t>(tables_.sites.size()));
  if (added) tables_.sites.push_back({code, span});
  return code | (found->second + 1) << WELD_STATUS_CODE_BITS;
}

int ModuleEmitter::add_loop(ProgramTables::Loop loop) {
  if (auto found = result_builders_.find(loop.node); found != result_builders_.end()) loop.in_result = found->second;
  tables_.loops.push_back(std::move(loop));
  return static_cast<int>(tables_.loops.size()) - 1;
}

std::string ModuleEmitter::fresh_name(const std::string& base) {
  int number = name_counts_[base]++;
  return number == 0 ? base : fmt::format("{}_{}", base, number);
}

llvm::Function* ModuleEmitter::new_function(const std::string& name, llvm::FunctionType* type) {
  auto* function = llvm::Function::Create(type, llvm::Function::InternalLinkage, fresh_name(name), *module_);
  function->setDoesNotThrow();
  return function;
}

llvm::Function* ModuleEmitter::cached_function(const std::string& key, llvm::FunctionType* type,
                                               const std::function<void(llvm::Function*)>& emit) {
  llvm::Function*& function = functions_[key];
  if (function == nullptr) {
    llvm::Function* made = new_function(key.substr(0, key.find(' ')), type);
    function = made;  // before the body, which may be recursive in the type
    emit(made);
    return made;
  }
  return function;
}

llvm::GlobalVariable* ModuleEmitter::constant_bytes(const std::string& bytes) {
  llvm::Constant*& constant = constants_["bytes " + bytes];
  if (constant == nullptr) {
    llvm::Constant* data = llvm::ConstantDataArray::getString(context_, bytes, /*AddNull=*/true);
    auto* global = new llvm::GlobalVariable(*module_, data->getType(), true, llvm::GlobalValue::PrivateLinkage, data, "bytes");
    global->setAlignment(llvm::Align(64));
    constant = global;
  }
  return llvm::cast<llvm::GlobalVariable>(constant);
}

llvm::GlobalVariable* ModuleEmitter::zeroes(int64_t size) {
  llvm::Constant*& constant = constants_[fmt::format("zeroes {}", size)];
  if (constant == nullptr) {
    auto* type = llvm::ArrayType::get(i8_type_, static_cast<uint64_t>(std::max<int64_t>(size, 1)));
    auto* global = new llvm::GlobalVariable(*module_, type, true, llvm::GlobalValue::PrivateLinkage,
                                            llvm::ConstantAggregateZero::get(type), "zeroes");
    global->setAlignment(llvm::Align(64));
    constant = global;
  }
  return llvm::cast<llvm::GlobalVariable>(constant);
}

llvm::Constant* ModuleEmitter::empty_dict(Type key) {
  uint32_t bits = direct_bits(key);
  llvm::Constant*& constant = constants_[fmt::format("empty dict {}", bits)];
  if (constant == nullptr) {
    // Two empty slots: shift 63 leaves one bit of the hash. A direct index has all its slots.
    const bool is_whole = has_whole_index(key);
    llvm::Constant* index = zeroes(is_whole ? int64_t{4} << bits : 16);
    llvm::Constant* null = llvm::ConstantPointerNull::get(pointer_type_);
    llvm::Constant* zero = word(0);
    llvm::Constant* range = word(is_whole ? int64_t{1} << bits : 0);
    // As the runtime's own.
    llvm::Constant* fields[] = {null, index, word(1), word(63), zero, zero, zero, range, zero,
                                zero, null,  zero,    zero,     zero, null, zero, zero,  zero};
    static_assert(sizeof(runtime::Dict) == std::size(fields) * sizeof(uint64_t));
    llvm::Constant* dict = llvm::ConstantStruct::getAnon(fields);
    constant = new llvm::GlobalVariable(*module_, dict->getType(), true, llvm::GlobalValue::PrivateLinkage, dict, "empty_dict");
  }
  return constant;
}

llvm::Constant* ModuleEmitter::dict_layout(Type key, Type value) {
  llvm::Constant*& constant = constants_["dict layout " + Type::dict(key, value).to_string()];
  if (constant == nullptr) {
    llvm::Constant* parts[] = {word(size_of(key)),
                               word(entry_value_offset(key, value)),
                               word(size_of(value)),
                               word(entry_size_of(key, value)),
                               llvm::ConstantInt::get(i32_type_, direct_bits(key)),
                               llvm::ConstantInt::get(i32_type_, key_number_kind(key)),
                               key_hash_function(key),
                               key_equal_function(key)};
    llvm::Constant* layout = llvm::ConstantStruct::getAnon(parts);
    constant =
        new llvm::GlobalVariable(*module_, layout->getType(), true, llvm::GlobalValue::PrivateLinkage, layout, "dict_layout");
  }
  return constant;
}

llvm::Constant* ModuleEmitter::builder_table(const std::vector<Type>& builders, const std::vector<int64_t>& offsets,
                                             const std::vector<uint32_t>& flags, const std::vector<int64_t>& row_elements) {
  llvm::Constant* null = llvm::ConstantPointerNull::get(pointer_type_);
  std::vector<llvm::Constant*> entries;
  for (size_t i = 0; i < builders.size(); i++) {
    Type type = builders[i];
    uint32_t kind = WELD_APPENDER;
    Type element = type.children().back();
    llvm::Constant* dict = null;
    llvm::Constant* identity = null;
    llvm::Constant* combine = null;
    switch (type.kind()) {
      case TypeKind::kMerger:
      case TypeKind::kVecMerger:
        kind = type.kind() == TypeKind::kMerger ? WELD_MERGER : WELD_VECMERGER;
        identity = identity_function(element, type.merge_op(), kind == WELD_MERGER);
        combine = combine_function(element, type.merge_op());
        break;
      case TypeKind::kDictMerger:
        kind = WELD_DICTMERGER;
        dict = dict_layout(type.child(0), element);
        combine = combine_function(element, type.merge_op());
        break;
      case TypeKind::kGroupMerger:
        kind = WELD_GROUPMERGER;
        dict = dict_layout(type.child(0), Type::vec(element));
        break;
      default:
        break;
    }
    entries.push_back(llvm::ConstantStruct::getAnon({half_word(kind), half_word(flags[i]), word(offsets[i]),
                                                     word(size_of(element)), dict, identity, combine, word(row_elements[i])}));
  }
  if (entries.empty()) return null;
  auto* type = llvm::ArrayType::get(entries[0]->getType(), entries.size());
  return new llvm::GlobalVariable(*module_, type, true, llvm::GlobalValue::PrivateLinkage,
                                  llvm::ConstantArray::get(type, entries), "builders");
}

void ModuleEmitter::annotate(llvm::Instruction* access, MemoryKind kind) {
  if (kind == MemoryKind::kOther) return;
  access->setMetadata(llvm::LLVMContext::MD_alias_scope, scopes_[static_cast<size_t>(kind)]);
  access->setMetadata(llvm::LLVMContext::MD_noalias, no_alias_[static_cast<size_t>(kind)]);
}

llvm::Function* ModuleEmitter::identity_function(Type type, MergeOp op, bool merger) {
  auto* signature = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {pointer_type_}, false);
  std::string key = fmt::format("identity {} {} {}", type.to_string(), merge_op_symbol(op), merger);
  return cached_function(key, signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    Value identity = emitter.identity_value(type, op);
    if (merger) identity = emitter.infinite_for_nan(op, identity);
    emitter.store_value(identity, function->getArg(0), MemoryKind::kOther);
    emitter.builder().CreateRetVoid();
  });
}

llvm::Function* ModuleEmitter::combine_function(Type type, MergeOp op) {
  auto* signature = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {pointer_type_, pointer_type_}, false);
  std::string key = fmt::format("combine {} {}", type.to_string(), merge_op_symbol(op));
  return cached_function(key, signature, [&](llvm::Function* function) {
    FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kHelper);
    Value into = emitter.load_value(type, function->getArg(0), MemoryKind::kOther);
    Value from = emitter.load_value(type, function->getArg(1), MemoryKind::kOther);
    emitter.store_value(emitter.combine_values(op, into, from), function->getArg(0), MemoryKind::kOther);
    emitter.builder().CreateRetVoid();
  });
}

bool ModuleEmitter::emit_program(const ExprPtr& program) {
  auto* signature = llvm::FunctionType::get(i32_type_, {pointer_type_, pointer_type_, pointer_type_, pointer_type_}, false);
  auto* function = llvm::Function::Create(signature, llvm::Function::ExternalLinkage, "weld_entry", *module_);
  function->setDoesNotThrow();
  FunctionEmitter emitter(*this, function, FunctionEmitter::Kind::kEntry);
  emitter.set_context(function->getArg(0));
  emitter.set_literals(function->getArg(2));

  result_builders_ = builders_of_result(program->body());
  std::vector<Type> types;
  for (const Parameter& parameter : program->parameters()) types.push_back(parameter.type);

  std::vector<int64_t> offsets = field_offsets(Type::structure(types));
  for (size_t i = 0; i < types.size(); i++) {
    llvm::Value* address = emitter.offset_address(function->getArg(1), offsets[i]);
    Value argument = emitter.load_value(types[i], address, MemoryKind::kOther);
    emitter.bind(program->parameters()[i].name, emitter.argument_value(argument, program->span()));
  }
  Value result = emitter.emit_result_value(program);
  emitter.check_remembered_failures();
  emitter.store_value(result, function->getArg(3), MemoryKind::kOther);
  emitter.return_success();
  llvm::SmallVector<std::pair<const llvm::BasicBlock*, const llvm::BasicBlock*>> back_edges;
  llvm::FindFunctionBackedges(*function, back_edges);
  if (back_edges.empty()) {
    // It runs once, so optimizing it would take longer than it can save.
    function->addFnAttr(llvm::Attribute::OptimizeNone);
    function->addFnAttr(llvm::Attribute::NoInline);
  }
  return diagnostics_.empty();
}

}  // namespace weld::codegen
