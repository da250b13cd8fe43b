// cudf: calls of the client's C functions. The arguments lie in this frame for the time of the call, and the result is read from
// it.
#include <fmt/format.h>

#include "weld/codegen/client_functions.h"
#include "weld/codegen/emit.h"

namespace weld::codegen {

llvm::Function* ModuleEmitter::client_function(const Expr& cudf) {
  // A name of its own for each number of parameters: LLVM knows what `memcpy` does, and gives a function one type.
  std::string symbol = fmt::format("cudf.{}.{}", cudf.name().text(), cudf.children().size());
  if (llvm::Function* known = module_->getFunction(symbol)) return known;
  if (Result<void*> found = find_client_function(cudf.name().text()); found) {
    tables_.functions.push_back({symbol, *found});
  } else {
    report({found.diagnostics().front().message, cudf.span()});
  }
  std::vector<llvm::Type*> parameters(cudf.children().size() + 1, pointer_type_);
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), parameters, false);
  return llvm::Function::Create(type, llvm::Function::ExternalLinkage, symbol, *module_);
}

Value FunctionEmitter::emit_cudf(const ExprPtr& expr) {
  std::vector<llvm::Value*> addresses;
  for (const ExprPtr& child : expr->children()) {
    Value argument = emit(child);
    addresses.push_back(temporary(size_of(argument.type)));
    store_value(argument, addresses.back(), MemoryKind::kOther);
  }
  addresses.push_back(temporary(size_of(expr->type())));
  // What a function leaves unwritten is zero, or an empty dictionary.
  store_value(zero_value(expr->type()), addresses.back(), MemoryKind::kOther);
  // A function of the client's does not run on made-up values behind a check that failed.
  check_remembered_failures();
  builder_.CreateCall(module_.client_function(*expr), addresses);
  return load_value(expr->type(), addresses.back(), MemoryKind::kOther);
}

}  // namespace weld::codegen
