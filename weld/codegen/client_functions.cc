#include "weld/codegen/client_functions.h"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include "weld/ir/rewrite.h"

namespace weld::codegen {

namespace {

// False for what the symbol table says is data. Of symbols outside the dynamic tables nothing is known.
bool may_be_code(void* address) {
  Dl_info place;
  void* entry = nullptr;
  if (dladdr1(address, &place, &entry, RTLD_DL_SYMENT) == 0 || entry == nullptr) return true;
  const unsigned type = ELF64_ST_TYPE(static_cast<const ElfW(Sym)*>(entry)->st_info);
  return type != STT_OBJECT && type != STT_TLS && type != STT_COMMON;
}

}  // namespace

Diagnostics load_library(const std::string& path) {
  // Global, so that find_client_function() sees it.
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return {};
  return {Diagnostic{dlerror(), {}}};
}

Result<void*> find_client_function(const std::string& name) {
  void* address = dlsym(RTLD_DEFAULT, name.c_str());
  if (address == nullptr) {
    return Diagnostic{fmt::format("there is no C function `{}` in the process or in a library that was loaded", name), {}};
  }
  if (!may_be_code(address)) return Diagnostic{fmt::format("`{}` is not a C function", name), {}};
  return address;
}

Diagnostics unknown_functions(const ExprPtr& program) {
  Diagnostics faults;
  walk(program, [&](const ExprPtr& node) {
    if (!node->is(NodeKind::kCudf)) return true;
    if (Result<void*> function = find_client_function(node->name().text()); !function) {
      faults.push_back({function.diagnostics().front().message, node->span()});
    }
    return true;
  });
  return faults;
}

}  // namespace weld::codegen
