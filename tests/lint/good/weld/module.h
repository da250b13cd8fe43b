#pragma once

#include "weld/ir/type.h"

std::string text_of_module();  // <string> comes with type.h
