#include "weld/module.h"
