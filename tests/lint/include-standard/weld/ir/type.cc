#include "weld/ir/type.h"

#include <fmt/format.h>

#include <vector>

std::string text_of(int) { return fmt::format("{}", std::string_view(std::string(1, 'a'))); }
int least(std::initializer_list<int> of) { return std::ranges::min(of); }
auto number = std::views::iota;
