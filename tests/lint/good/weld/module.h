#pragma once

#include "weld/ir/type.h"
