#pragma once

#include "weld/ir/a.h"
