// What the functions of a module share: its types, constants, tables and helper functions.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weld/codegen/compile.h"
#include "weld/codegen/llvm.h"
#include "weld/ir/expr.h"
#include "weld/runtime/runtime.h"

namespace weld::codegen {

enum class LeafKind : uint8_t { kScalar, kPointer };

// One leaf of a type's values and where it lies in the value's memory.
struct Leaf {
  LeafKind kind = LeafKind::kScalar;
  ScalarKind scalar = ScalarKind::kI64;  // of kScalar
  int64_t offset = 0;
  bool is_simd = false;  // a vector of them; of kScalar
};
std::vector<Leaf> leaves_of(Type type);
size_t leaf_count(Type type);
// Whether a float is among the leaves; those that a vec or dict refers to do not count.
bool has_float_leaf(Type type);

struct Value {
  Type type;
  llvm::SmallVector<llvm::Value*, 4> leaves;

  llvm::Value* only() const { return leaves[0]; }
  // The field of a struct value.
  Value field(uint32_t index) const { return at(index); }
  // A field of a field and so on, by their indexes from the outermost on; for none the value itself.
  Value at(llvm::ArrayRef<uint32_t> path) const;
  void set_at(llvm::ArrayRef<uint32_t> path, const Value& value);
};

// The memory that an access touches, for alias analysis.
enum class MemoryKind : uint8_t {
  kVector,     // elements of a vec that existed before the function was entered: nothing in the function writes them
  kBuilder,    // what builders of this function write
  kArguments,  // captured values
  kHeader,     // a WeldDict's fields, which only the runtime writes
  kOther,      // anything
};
inline constexpr int kMemoryKinds = 5;

class ModuleEmitter {
 public:
  // widest_lane: see compile_program().
  ModuleEmitter(llvm::LLVMContext& context, int64_t widest_lane);
  ~ModuleEmitter();

  // Emits the whole program; false when diagnostics() is not empty.
  bool emit_program(const ExprPtr& program);
  std::unique_ptr<llvm::Module> take_module() { return std::move(module_); }
  const Diagnostics& diagnostics() const { return diagnostics_; }
  const ProgramTables& tables() const { return tables_; }

  // Used by FunctionEmitter.
  llvm::LLVMContext& context() { return context_; }
  llvm::Module& module() { return *module_; }
  llvm::Type* scalar_type(ScalarKind kind);   // bool is i1
  llvm::Type* leaf_type(const Leaf& leaf);    // bool is i1
  llvm::Type* memory_type(llvm::Type* type);  // of a value of the type, where it lies in memory: i8 for i1
  unsigned lanes() const { return lanes_; }   // of every simd value
  llvm::PointerType* pointer_type() { return pointer_type_; }
  llvm::IntegerType* i64_type() { return i64_type_; }
  llvm::IntegerType* i32_type() { return i32_type_; }
  llvm::IntegerType* i8_type() { return i8_type_; }
  llvm::ConstantInt* word(int64_t number) { return llvm::ConstantInt::get(i64_type_, static_cast<uint64_t>(number)); }
  llvm::ConstantInt* half_word(uint32_t number) { return llvm::ConstantInt::get(i32_type_, number); }
  llvm::Function* runtime_function(const std::string& name);
  llvm::Function* libm_function(const std::string& name, llvm::Type* type, int arity);
  void report(Diagnostic diagnostic) { diagnostics_.push_back(std::move(diagnostic)); }

  uint32_t literal_index(ScalarValue value);      // in the data literals
  uint32_t check_site(uint32_t code, Span span);  // the status to return
  int add_loop(ProgramTables::Loop loop);         // returns its number
  void add_sort(ProgramTables::Sort sort) { tables_.sorts.push_back(std::move(sort)); }
  std::string fresh_name(const std::string& base);
  llvm::Function* new_function(const std::string& name, llvm::FunctionType* type);
  llvm::GlobalVariable* constant_bytes(const std::string& bytes);
  // A block of zeroes of at least size bytes, to read from where a masked check failed.
  llvm::GlobalVariable* zeroes(int64_t size);
  // An empty dictionary that probes may read.
  llvm::Constant* empty_dict(Type key);
  llvm::Constant* dict_layout(Type key, Type value);
  llvm::Constant* builder_table(const std::vector<Type>& builders, const std::vector<int64_t>& offsets,
                                const std::vector<uint32_t>& flags, const std::vector<int64_t>& row_elements);
  // The C function that a cudf calls; reported when there is none.
  llvm::Function* client_function(const Expr& cudf);
  // What a copy does with the memory that a value refers to: takes it along, or, but for the builders' own, leaves it where it
  // is.
  enum class Referred : uint8_t { kOwned, kShared };
  // How values of the type are packed and copied: a WeldPacking.
  llvm::Constant* packing(Type type, Referred referred);
  void annotate(llvm::Instruction* access, MemoryKind kind);

  // Functions made once for each type.
  llvm::Function* key_hash_function(Type key);                            // uint64_t (const void*)
  llvm::Function* key_equal_function(Type key);                           // uint8_t (const void*, const void*)
  llvm::Function* canonical_key_function(Type key);                       // void (void*)
  llvm::Function* vec_hash_function(Type vec);                            // i64 (data, length)
  llvm::Function* vec_key_equal_function(Type vec);                       // i1 (data, length, data, length)
  llvm::Function* vec_compare_function(Type vec, BinaryOp op);            // i1 (data, length, data, length)
  llvm::Function* identity_function(Type type, MergeOp op, bool merger);  // void (void*)
  llvm::Function* combine_function(Type type, MergeOp op);                // void (void*, const void*)

 private:
  llvm::Function* cached_function(const std::string& key, llvm::FunctionType* type,
                                  const std::function<void(llvm::Function*)>& emit);
  void declare_runtime();
  // The element and dict of a WeldPart.
  std::pair<llvm::Constant*, llvm::Constant*> packing_of_elements(uint32_t kind, Type type, Referred referred);
  llvm::Constant* new_constant(llvm::Constant* value, const std::string& name);

  llvm::LLVMContext& context_;
  unsigned lanes_;
  std::unique_ptr<llvm::Module> module_;
  llvm::PointerType* pointer_type_;
  llvm::IntegerType* i64_type_;
  llvm::IntegerType* i32_type_;
  llvm::IntegerType* i8_type_;
  Diagnostics diagnostics_;
  ProgramTables tables_;
  std::unordered_map<const Expr*, std::vector<bool>> result_builders_;
  std::map<std::pair<ScalarKind, uint64_t>, uint32_t> literal_indexes_;
  std::map<std::array<uint32_t, 3>, uint32_t> site_indexes_;  // of {code, begin, end}
  std::map<std::string, llvm::Function*> functions_;
  std::map<std::string, llvm::Constant*> constants_;
  std::map<std::pair<const void*, Referred>, llvm::Constant*> packings_;
  std::map<std::string, int> name_counts_;
  llvm::MDNode* scopes_[kMemoryKinds] = {};
  llvm::MDNode* no_alias_[kMemoryKinds] = {};
};

}  // namespace weld::codegen
