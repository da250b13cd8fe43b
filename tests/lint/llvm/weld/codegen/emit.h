#pragma once

#include "weld/codegen/llvm.h"
