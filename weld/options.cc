// Names of passes as users write them.
#include "weld/options.h"

#include <algorithm>

#include <fmt/format.h>

#include "weld/optimizer/pass.h"

namespace weld {

std::vector<PassSummary> pass_summaries() {
  std::vector<PassSummary> summaries;
  for (const Pass& pass : all_passes()) summaries.push_back({pass.name, pass.summary});
  return summaries;
}

Result<std::vector<std::string>> parse_pass_names(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string> names;
  if (text.find_first_not_of(kBlanks) == std::string_view::npos) return names;
  Diagnostics diagnostics;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const size_t first = std::min(text.find_first_not_of(kBlanks, begin), end);
    const size_t last = first == end ? end : text.find_last_not_of(kBlanks, end - 1) + 1;
    const std::string name(text.substr(first, last - first));
    if (find_pass(name) == nullptr) {
      diagnostics.push_back(
          {fmt::format("there is no optimizer pass '{}'", name), {static_cast<uint32_t>(first), static_cast<uint32_t>(last)}});
    }
    names.push_back(name);
    begin = end + 1;
  }
  if (!diagnostics.empty()) return diagnostics;
  return names;
}

}  // namespace weld
