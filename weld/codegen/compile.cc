#include "weld/codegen/compile.h"

#include <chrono>

#include "weld/codegen/emit.h"
#include "weld/runtime/run_context.h"

namespace weld::codegen {

namespace {

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Result<CompiledProgram> compile_program(const ExprPtr& program, int64_t widest_lane, OptimizationLevel level,
                                        ProgramStats* stats) {
  ProgramStats unused;
  if (stats == nullptr) stats = &unused;
  auto start = std::chrono::steady_clock::now();
  auto context = std::make_unique<llvm::LLVMContext>();
  ModuleEmitter emitter(*context, widest_lane);
  if (!emitter.emit_program(program)) return emitter.diagnostics();
  stats->lower_ms = milliseconds_since(start);

  int count = 0;
  const runtime::RuntimeSymbol* functions = runtime::runtime_symbols(&count);
  std::vector<JitSymbol> symbols;
  for (int i = 0; i < count; i++) symbols.push_back({functions[i].name, functions[i].address});
  for (const ProgramTables::ClientFunction& function : emitter.tables().functions) {
    symbols.push_back({function.symbol.c_str(), function.address});
  }
  Result<std::unique_ptr<CompiledCode>> code =
      compile_module(emitter.take_module(), std::move(context), symbols, level, &stats->llvm);
  if (!code) return code.diagnostics();

  CompiledProgram compiled;
  compiled.code = std::move(code).value();
  compiled.entry = reinterpret_cast<WeldEntry>(compiled.code->address("weld_entry"));
  compiled.tables = emitter.tables();
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

}  // namespace weld::codegen
