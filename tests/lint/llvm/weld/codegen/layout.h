#pragma once

#include <llvm/IR/Type.h>
