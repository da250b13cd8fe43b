// throw is only a word here.
#include "weld/ir/type.h"
