// A type.
#pragma once

#include <string>

std::string text_of(int type);
