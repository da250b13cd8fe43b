#pragma once

#include "weld/ir/b.h"
