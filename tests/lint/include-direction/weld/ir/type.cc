#include "weld/ir/type.h"
#include "weld/optimizer/pass.h"
#include "weld/module.h"
