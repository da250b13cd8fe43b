// LLVM's levels, for tests that go through all of them.
#pragma once

#include "weld/codegen/compile.h"

namespace weld::codegen {

inline constexpr OptimizationLevel kEveryLevel[] = {OptimizationLevel::kNone, OptimizationLevel::kQuick,
                                                    OptimizationLevel::kFull};

}  // namespace weld::codegen
