#pragma once

#include "weld/ir/c.h"
