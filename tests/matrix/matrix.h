// The matrix that text cases and generated programs run through: ways of compiling × machines, which are numbers of threads ×
// morsel sizes. Whoever runs the programs says what agreeing means.
//
// Not every way meets every machine, for most of the time would go into compiling the same code again and into waking threads:
//   - A pass is left out of the default ones only where that gives another program, and each other program is compiled once. Of
//     generated programs each leaves out two, for more programs find more.
//   - What the passes give is run on all machines, at LLVM's level 0 and, where asked for, at the full level. The other ways meet
//     machines chosen so that each number of threads and each morsel size comes up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weld/ir/expr.h"
#include "weld/options.h"
#include "weld/runtime/run_context.h"

namespace weld::matrix {

enum class Reach { kFew, kSome, kAll };

struct Way {
  std::string name;
  CompileOptions options;  // verifies after each pass
  Reach reach = Reach::kAll;
};

struct Machine {
  std::string name;
  int threads = 1;
  int64_t morsel_rows = 0;    // 0: chosen by the runtime
  Reach reach = Reach::kAll;  // met by the ways of this reach and of longer ones
  std::shared_ptr<runtime::Engine> engine;
};

// The ways for a typed program. llvm_levels: also LLVM's levels 1 and 2, which find what level 0 does not and take long. draw:
// not each pass in turn is left out, but two of those that make a difference, which this number chooses.
std::vector<Way> ways_for(const ExprPtr& program, bool llvm_levels, std::optional<uint64_t> draw = std::nullopt);

// All machines, with this limit of memory (0: none). Made at the first call with the limit, on the calling thread.
const std::vector<Machine>& machines(uint64_t memory_limit = 0);

inline bool meets(const Way& way, const Machine& machine) { return machine.reach <= way.reach; }

}  // namespace weld::matrix
