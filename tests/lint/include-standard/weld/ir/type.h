#pragma once

#include <algorithm>
#include <string_view>

// std::sort is only a word here.
inline const char* text = "std::find";
std::string_view name_of(int type);
std::string text_of(int type);
