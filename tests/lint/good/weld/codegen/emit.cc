#include "weld/codegen/llvm.h"
#include "weld/ir/type.h"
