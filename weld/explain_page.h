// The page of tools/explain_page/, its styles and scripts in it; made by cmake/WeldPage.cmake.
#pragma once

#include <string_view>

namespace weld {

std::string_view explain_page();

}  // namespace weld
