#include "weld/codegen/emit.h"
