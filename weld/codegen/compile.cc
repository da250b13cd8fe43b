#include "weld/codegen/compile.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Support/BLAKE3.h"
#include "weld/codegen/emit.h"
#include "weld/codegen/outline.h"
#include "weld/runtime/run_context.h"

namespace weld::codegen {

namespace {

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

constexpr size_t kSharedCodes = 512;

// Never destroyed: code may still run while the process exits.
SharedCache<CompiledCode>& shared_code() {
  static SharedCache<CompiledCode>& cache = *new SharedCache<CompiledCode>(kSharedCodes);
  return cache;
}

std::vector<JitSymbol> symbols_of(const ProgramTables& tables) {
  int count = 0;
  const runtime::RuntimeSymbol* functions = runtime::runtime_symbols(&count);
  std::vector<JitSymbol> symbols;
  for (int i = 0; i < count; i++) symbols.push_back({functions[i].name, functions[i].address});
  for (const ProgramTables::ClientFunction& function : tables.functions) {
    symbols.push_back({function.symbol.c_str(), function.address});
  }
  return symbols;
}

// What the machine code depends on: the module, as a digest of its bytes; the addresses that it is linked with; the effort.
std::string code_key(const llvm::Module& module, const ProgramTables& tables, OptimizationLevel level) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::WriteBitcodeToFile(module, stream);
  llvm::BLAKE3 hasher;
  hasher.update(llvm::StringRef(bytes.data(), bytes.size()));
  const auto digest = hasher.final();
  std::string key(reinterpret_cast<const char*>(digest.data()), digest.size());
  key += static_cast<char>(level);
  for (const ProgramTables::ClientFunction& function : tables.functions) {
    key.append(reinterpret_cast<const char*>(&function.address), sizeof function.address);
  }
  return key;
}

}  // namespace

CacheCounts machine_code_counts() { return shared_code().counts(); }

Result<CompiledProgram> compile_program(const ExprPtr& program, int64_t widest_lane, OptimizationLevel level, ProgramStats* stats,
                                        bool share) {
  ProgramStats unused;
  if (stats == nullptr) stats = &unused;
  auto start = std::chrono::steady_clock::now();
  auto context = std::make_unique<llvm::LLVMContext>();
  ModuleEmitter emitter(*context, widest_lane);
  if (!emitter.emit_program(program)) return emitter.diagnostics();
  stats->lower_ms = milliseconds_since(start);

  CompiledProgram compiled;
  compiled.tables = emitter.tables();
  std::unique_ptr<llvm::Module> module = emitter.take_module();
  const std::string key = share ? code_key(*module, compiled.tables, level) : std::string();
  auto make = [&]() -> SharedCache<CompiledCode>::Outcome {
    Result<std::unique_ptr<CompiledCode>> code =
        compile_module(std::move(module), std::move(context), symbols_of(compiled.tables), level, &stats->llvm);
    if (!code) return code.diagnostics();
    return std::shared_ptr<const CompiledCode>(std::move(code).value());
  };
  SharedCache<CompiledCode>::Outcome code = share ? shared_code().get(key, make) : make();
  if (!code) return code.diagnostics();
  compiled.code = std::move(code).value();
  compiled.entry = reinterpret_cast<WeldEntry>(compiled.code->address("weld_entry"));
  WELD_CHECK(compiled.entry != nullptr, "a compiled program without an entry point");
  return compiled;
}

Result<std::string> code_text(const ExprPtr& program, int64_t widest_lane, OptimizationLevel level, CodeStage stage) {
  llvm::LLVMContext context;
  ModuleEmitter emitter(context, widest_lane);
  if (!emitter.emit_program(program)) return emitter.diagnostics();
  std::unique_ptr<llvm::Module> module = emitter.take_module();
  if (stage == CodeStage::kLlvm) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module->print(stream, nullptr);
    return text;
  }
  std::string optimized = optimized_ir_text(*module, level);
  return stage == CodeStage::kLlvmOptimized ? optimized : assembly_text(*module, level);
}

namespace {

// A loop's functions: its own, and those that are outlined from it.
std::vector<const llvm::Function*> functions_of(const llvm::Module& module, const std::string& loop) {
  std::vector<const llvm::Function*> functions;
  if (const llvm::Function* own = module.getFunction(loop)) functions.push_back(own);
  for (const llvm::Function& function : module) {
    if (is_outlined_from(function, loop)) functions.push_back(&function);
  }
  return functions;
}

std::string text_of(const llvm::Module& module, const std::string& loop) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (const llvm::Function* function : functions_of(module, loop)) function->print(stream);
  return text;
}

// The lines of a function in a module's assembly: from its label to the mark of its end.
std::string assembly_of(const std::string& assembly, const std::string& function) {
  const std::string label = "\n" + function + ":";
  const size_t begin = assembly.find(label);
  if (begin == std::string::npos) return "";
  const size_t end = std::min(assembly.find("\n.Lfunc_end", begin), assembly.size());
  return assembly.substr(begin + 1, end - begin);
}

std::string vectors_in(const llvm::Module& module, const std::string& loop) {
  std::map<std::string, int> counts;
  for (const llvm::Function* function : functions_of(module, loop)) {
    for (const llvm::Instruction& instruction : llvm::instructions(*function)) {
      const llvm::Type* type = instruction.getType();
      if (!type->isVectorTy() || type->getScalarSizeInBits() < 8) continue;
      std::string name;
      llvm::raw_string_ostream stream(name);
      type->print(stream);
      ++counts[name];
    }
  }
  std::vector<std::pair<int, std::string>> by_count;
  for (const auto& [name, count] : counts) by_count.emplace_back(-count, name);
  std::sort(by_count.begin(), by_count.end());
  std::string text;
  for (const auto& [count, name] : by_count) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Result<ProgramCode> program_code(const ExprPtr& program, int64_t widest_lane, OptimizationLevel level, bool with_texts) {
  llvm::LLVMContext context;
  ModuleEmitter emitter(context, widest_lane);
  if (!emitter.emit_program(program)) return emitter.diagnostics();
  ProgramCode program_code;
  program_code.sorts = emitter.tables().sorts;
  std::vector<LoopCode>& codes = program_code.loops;
  for (const ProgramTables::Loop& loop : emitter.tables().loops) codes.push_back({loop, "", "", "", ""});
  if (!with_texts) return program_code;
  std::unique_ptr<llvm::Module> module = emitter.take_module();
  for (LoopCode& code : codes) code.llvm = text_of(*module, code.loop.name);
  optimized_ir_text(*module, level);
  for (LoopCode& code : codes) {
    code.llvm_optimized = text_of(*module, code.loop.name);
    code.vectors = vectors_in(*module, code.loop.name);
  }
  const std::string assembly = assembly_text(*module, level);
  for (LoopCode& code : codes) {
    for (const llvm::Function* function : functions_of(*module, code.loop.name))
      code.assembly += assembly_of(assembly, function->getName().str());
  }
  return program_code;
}

}  // namespace weld::codegen
