// Compile options of the C++ face.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/diagnostic.h"

namespace weld {

struct CompileOptions {
  // Optimizer passes by name, in order, or, each with a '-' in front, those to leave out of the default list; nullopt: the
  // default list. An empty list runs none.
  std::optional<std::vector<std::string>> passes;
  // LLVM effort: 0 none (quickest compile), 1 quick pipeline, 2 full (O3).
  int llvm_level = 1;
  // Look for code of equal programs that were compiled before, and keep what is compiled; false compiles in any case.
  bool share_code = true;
  // Run the verifier after every pass.
#ifdef NDEBUG
  bool verify_each_pass = false;
#else
  bool verify_each_pass = true;
#endif
};

// The optimizer's passes in their default order, for help texts.
struct PassSummary {
  std::string name;
  std::string summary;  // one line
};
std::vector<PassSummary> pass_summaries();

// Reads pass names separated by commas; blanks around a name do not count and an empty text is no pass. A fault
// of the list (weld/optimizer/pass.h) is a diagnostic without a place.
Result<std::vector<std::string>> parse_pass_names(std::string_view text);

}  // namespace weld
