// Compile options of the C++ face.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace weld {

struct CompileOptions {
  // Optimizer passes by name, in order; nullopt: the default list. An empty list runs none.
  std::optional<std::vector<std::string>> passes;
  // LLVM effort: 0 none (quickest compile), 1 quick pipeline, 2 full (O3).
  int llvm_level = 1;
  // Run the verifier after every pass.
#ifdef NDEBUG
  bool verify_each_pass = false;
#else
  bool verify_each_pass = true;
#endif
};

}  // namespace weld
