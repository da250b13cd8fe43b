#include "weld/ir/type.h"
#include "weld/module.h"
