// One ORC session serves the process: it links objects with JITLink, each module in a JITDylib of its own, which is removed when
// its CompiledCode dies. Optimization and code generation run outside the session, on the calling thread, so that only linking
// (some 0.05 ms) is ever serialized. The session is never destroyed: code may still run while the process exits.
//
// Unwind tables are registered: no Weld code throws, but a signal handler, a profiler or a stray exception may walk these frames.
#include "weld/codegen/jit.h"

#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/EHFrameRegistrationPlugin.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h"
#include "llvm/ExecutionEngine/Orc/TaskDispatch.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "weld/codegen/llvm.h"
#include "weld/codegen/pipeline.h"
#include "weld/codegen/target.h"
#include "weld/codegen/vector_math.h"

namespace weld::codegen {
namespace {

namespace orc = llvm::orc;

using Addresses = std::unordered_map<std::string, void*>;

// A symbol of one system library, and of none that it depends on: a module that names, say, `system` must not get it from libc.
class SystemLibrary {
 public:
  explicit SystemLibrary(const char* file_name) : file_name_(file_name), handle_(dlopen(file_name, RTLD_LAZY)) {}

  void* find(const char* name) const {
    void* address = handle_ == nullptr ? nullptr : dlsym(handle_, name);
    Dl_info place;
    if (address == nullptr || dladdr(address, &place) == 0) return nullptr;
    return std::strstr(place.dli_fname, file_name_) == nullptr ? nullptr : address;
  }

 private:
  const char* file_name_;
  void* handle_;
};

// What the code generator itself may call besides libm: block operations, and libgcc's arithmetic on wide integers.
void* find_process_symbol(const char* name) {
  static const JitSymbol kBlockOperations[] = {{"memcpy", reinterpret_cast<void*>(&memcpy)},
                                               {"memmove", reinterpret_cast<void*>(&memmove)},
                                               {"memset", reinterpret_cast<void*>(&memset)},
                                               {"memcmp", reinterpret_cast<void*>(&memcmp)},
                                               {"bcmp", reinterpret_cast<void*>(&memcmp)}};
  static const SystemLibrary libraries[] = {SystemLibrary("libm.so.6"), SystemLibrary("libgcc_s.so.1")};
  for (const JitSymbol& symbol : kBlockOperations)
    if (std::strcmp(symbol.name, name) == 0) return symbol.address;
  if (const VectorFunction* function = find_vector_symbol(name)) return function->address;
  for (const SystemLibrary& library : libraries)
    if (void* address = library.find(name)) return address;
  return nullptr;
}

// Answers what an object leaves undefined, and remembers the names that nothing answers to. Lives for one link.
class SymbolSource : public orc::DefinitionGenerator {
 public:
  explicit SymbolSource(std::span<const JitSymbol> symbols) : symbols_(symbols) {}

  llvm::Error tryToGenerate(orc::LookupState&, orc::LookupKind, orc::JITDylib& library, orc::JITDylibLookupFlags,
                            const orc::SymbolLookupSet& wanted) override {
    orc::SymbolMap found;
    for (const auto& [name, flags] : wanted) {
      const std::string text = (*name).str();
      if (void* address = find(text.c_str()))
        found[name] = {orc::ExecutorAddr::fromPtr(address), llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
      else if (flags == orc::SymbolLookupFlags::RequiredSymbol)
        missing_.push_back(text);
    }
    return found.empty() ? llvm::Error::success() : library.define(orc::absoluteSymbols(std::move(found)));
  }

  const std::vector<std::string>& missing() const { return missing_; }

 private:
  void* find(const char* name) const {
    for (const JitSymbol& symbol : symbols_)
      if (std::strcmp(symbol.name, name) == 0) return symbol.address;
    return find_process_symbol(name);
  }

  std::span<const JitSymbol> symbols_;
  std::vector<std::string> missing_;
};

// The process's ORC session and its linker.
class Session {
 public:
  static Session& get() {
    static Session& session = *new Session;
    return session;
  }

  // Links an object and returns the addresses of the named functions it defines.
  Result<Addresses> link(orc::JITDylib& library, std::unique_ptr<llvm::MemoryBuffer> object, std::vector<std::string> names,
                         std::span<const JitSymbol> symbols) {
    SymbolSource& source = library.addGenerator(std::make_unique<SymbolSource>(symbols));
    llvm::Error added = layer_.add(library, std::move(object));
    WELD_CHECK(!added, "the JIT refused an object of its own code generator");
    orc::SymbolLookupSet wanted;
    for (const std::string& name : names) wanted.add(session_.intern(name));
    auto found = session_.lookup({{&library, orc::JITDylibLookupFlags::MatchExportedSymbolsOnly}}, std::move(wanted));
    if (!found) return link_failure(found.takeError(), source.missing());
    library.removeGenerator(source);  // what it borrows ends with this call
    Addresses addresses;
    for (const auto& [name, symbol] : *found) addresses.emplace((*name).str(), symbol.getAddress().toPtr<void*>());
    return addresses;
  }

  orc::JITDylib& create_library() { return session_.createBareJITDylib("module-" + std::to_string(next_library_++)); }

  void remove_library(orc::JITDylib& library) {
    llvm::consumeError(session_.removeJITDylib(library));
    // Names stay interned until asked for; looking through all of them at each unload would be quadratic.
    if (++unloads_ % 256 == 0) session_.getSymbolStringPool()->clearDeadEntries();
  }

 private:
  Session() : session_(make_process_control()), layer_(session_) {
    auto unwind_tables = orc::EHFrameRegistrationPlugin::Create(session_);
    WELD_CHECK(static_cast<bool>(unwind_tables), "the JIT cannot register unwind tables");
    layer_.addPlugin(std::move(*unwind_tables));
    // An error also reaches link() through its lookup, which turns it into diagnostics.
    session_.setErrorReporter([](llvm::Error error) { llvm::consumeError(std::move(error)); });
  }

  static std::unique_ptr<orc::ExecutorProcessControl> make_process_control() {
    auto control = orc::SelfExecutorProcessControl::Create(nullptr, std::make_unique<orc::InPlaceTaskDispatcher>());
    WELD_CHECK(static_cast<bool>(control), "the JIT cannot find its own process");
    return std::move(*control);
  }

  static Diagnostics link_failure(llvm::Error error, const std::vector<std::string>& missing) {
    const std::string message = llvm::toString(std::move(error));
    Diagnostics diagnostics;
    for (const std::string& name : missing) diagnostics.push_back({"undefined symbol: " + name, {}});
    if (diagnostics.empty()) diagnostics.push_back({"cannot load the compiled code: " + message, {}});
    return diagnostics;
  }

  orc::ExecutionSession session_;
  orc::ObjectLinkingLayer layer_;
  std::atomic<uint64_t> next_library_{0};
  std::atomic<uint64_t> unloads_{0};
};

class LinkedCode : public CompiledCode {
 public:
  LinkedCode() : library_(Session::get().create_library()) {}
  ~LinkedCode() override { Session::get().remove_library(library_); }

  orc::JITDylib& library() { return library_; }
  void set_addresses(Addresses addresses) { addresses_ = std::move(addresses); }

  void* address(const std::string& name) const override {
    const auto found = addresses_.find(name);
    return found == addresses_.end() ? nullptr : found->second;
  }

 private:
  orc::JITDylib& library_;  // the session keeps it until remove_library
  Addresses addresses_;
};

std::vector<std::string> external_functions(const llvm::Module& module) {
  std::vector<std::string> names;
  for (const llvm::Function& function : module)
    if (!function.isDeclaration() && function.hasExternalLinkage()) names.push_back(function.getName().str());
  return names;
}

class Timer {
 public:
  // Milliseconds since construction or the last call.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double milliseconds = std::chrono::duration<double, std::milli>(now - start_).count();
    start_ = now;
    return milliseconds;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<std::unique_ptr<CompiledCode>> compile_module(std::unique_ptr<llvm::Module> module,
                                                     std::unique_ptr<llvm::LLVMContext> context,
                                                     std::span<const JitSymbol> symbols, OptimizationLevel level,
                                                     CompileStats* stats) {
  CompileStats times;
  Timer timer;
  std::string fault;
  llvm::raw_string_ostream fault_output(fault);
  if (llvm::verifyModule(*module, &fault_output)) {
    module.reset();  // before its context, which parameters would not promise
    return Diagnostic{"invalid LLVM module: " + fault, {}};
  }

  llvm::SmallVector<char, 0> object;
  std::vector<std::string> names;
  {
    const HostMachine machine(level);
    optimize(*module, *machine, level);
    times.optimize_ms = timer.lap();
    names = external_functions(*module);
    llvm::raw_svector_ostream output(object);
    emit(*machine, *module, OutputKind::kObject, output);
    module.reset();
    context.reset();
    times.emit_ms = timer.lap();
  }

  auto code = std::make_unique<LinkedCode>();
  auto buffer = std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object), "module", /*RequiresNullTerminator=*/false);
  auto addresses = Session::get().link(code->library(), std::move(buffer), std::move(names), symbols);
  if (!addresses) return addresses.diagnostics();
  code->set_addresses(std::move(*addresses));
  times.link_ms = timer.lap();
  if (stats != nullptr) *stats = times;
  return std::unique_ptr<CompiledCode>(std::move(code));
}

}  // namespace weld::codegen
