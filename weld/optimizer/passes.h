// The passes as functions, for the pipeline's table. Each is described at the top of its file.
#pragma once

#include "weld/ir/expr.h"

namespace weld {

#define WELD_PASS(name, function, summary) ExprPtr function(const ExprPtr& program);
#include "weld/optimizer/passes.def"

}  // namespace weld
