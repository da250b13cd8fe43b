#include "type.h"
#include "weld/ir/missing.h"
