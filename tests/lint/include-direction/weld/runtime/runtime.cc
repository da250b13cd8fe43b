#include "weld/ir/type.h"
