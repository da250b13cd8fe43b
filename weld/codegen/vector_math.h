// The vector forms of libm's functions that glibc's libmvec offers on x86-64: which there are, and which this machine can call.
// Results are within 4 units in the last place (glibc's own bound) and treat infinities, NaNs and zeros as libm does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weld::codegen {

enum class VectorIsa { kAvx2, kAvx512 };

struct VectorFunction {
  std::string scalar;     // libm's name or, for a second entry of the same function, LLVM's intrinsic ("llvm.exp.f64")
  std::string symbol;     // libmvec's name, e.g. "_ZGVeN8v_exp"
  std::string signature;  // LLVM's form of the vector ABI's prefix, e.g. "_ZGV_LLVM_N8v"
  unsigned lanes;
  VectorIsa isa;
  void* address;
};

// Every vector function that the libmvec of this process has; empty where there is no libmvec. Loads libmvec once, and for good.
// Says nothing of the CPU: an AVX-512 function may only be called where there is AVX-512. Thread-safe.
const std::vector<VectorFunction>& vector_functions();

// The entry whose libmvec name this is, or null.
const VectorFunction* find_vector_symbol(std::string_view symbol);

}  // namespace weld::codegen
