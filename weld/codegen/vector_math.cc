// One table of libm names gives, for each precision and instruction set, a libmvec name in the form of the x86 vector function
// ABI: _ZGV, the instruction set (d: AVX2, e: AVX-512), N for unmasked, the lanes, a v per argument, _, the libm name. An entry
// exists only when the loaded libmvec has the name: glibc before 2.35 has five functions of the table.
#include "weld/codegen/vector_math.h"

#include <dlfcn.h>

#include <unordered_map>

namespace weld::codegen {
namespace {

struct MathFunction {
  const char* name;
  unsigned arguments;
  bool intrinsic;  // LLVM has llvm.NAME
};

constexpr MathFunction kMathFunctions[] = {
    {"acos", 1, true},   {"acosh", 1, false}, {"asin", 1, true}, {"asinh", 1, false}, {"atan", 1, true},   {"atan2", 2, true},
    {"atanh", 1, false}, {"cbrt", 1, false},  {"cos", 1, true},  {"cosh", 1, true},   {"erf", 1, false},   {"erfc", 1, false},
    {"exp", 1, true},    {"exp10", 1, true},  {"exp2", 1, true}, {"expm1", 1, false}, {"hypot", 2, false}, {"log", 1, true},
    {"log10", 1, true},  {"log1p", 1, false}, {"log2", 1, true}, {"pow", 2, true},    {"sin", 1, true},    {"sinh", 1, true},
    {"tan", 1, true},    {"tanh", 1, true},
};

struct VectorShape {
  VectorIsa isa;
  char letter;
  unsigned bits;
};

constexpr VectorShape kVectorShapes[] = {{VectorIsa::kAvx2, 'd', 256}, {VectorIsa::kAvx512, 'e', 512}};

void add_functions(void* library, const MathFunction& function, bool is_double, std::vector<VectorFunction>& functions) {
  for (const VectorShape& shape : kVectorShapes) {
    const unsigned lanes = shape.bits / (is_double ? 64 : 32);
    const std::string scalar = std::string(function.name) + (is_double ? "" : "f");
    const std::string shape_text = "N" + std::to_string(lanes) + std::string(function.arguments, 'v');
    const std::string symbol = std::string("_ZGV") + shape.letter + shape_text + "_" + scalar;
    void* address = dlsym(library, symbol.c_str());
    if (address == nullptr) continue;
    const std::string signature = "_ZGV_LLVM_" + shape_text;
    functions.push_back({scalar, symbol, signature, lanes, shape.isa, address});
    if (!function.intrinsic) continue;
    const std::string intrinsic = std::string("llvm.") + function.name + (is_double ? ".f64" : ".f32");
    functions.push_back({intrinsic, symbol, signature, lanes, shape.isa, address});
  }
}

std::vector<VectorFunction> load_vector_functions() {
  std::vector<VectorFunction> functions;
#if defined(__x86_64__)
  void* library = dlopen("libmvec.so.1", RTLD_LAZY | RTLD_GLOBAL);
  if (library == nullptr) return functions;
  for (const MathFunction& function : kMathFunctions) {
    add_functions(library, function, true, functions);
    add_functions(library, function, false, functions);
  }
#endif
  return functions;
}

}  // namespace

const std::vector<VectorFunction>& vector_functions() {
  static const auto& functions = *new std::vector<VectorFunction>(load_vector_functions());
  return functions;
}

const VectorFunction* find_vector_symbol(std::string_view symbol) {
  using Index = std::unordered_map<std::string_view, const VectorFunction*>;
  static const Index& index = []() -> Index& {
    auto* by_symbol = new Index;
    for (const VectorFunction& function : vector_functions()) by_symbol->emplace(function.symbol, &function);
    return *by_symbol;
  }();
  const auto found = index.find(symbol);
  return found == index.end() ? nullptr : found->second;
}

}  // namespace weld::codegen
