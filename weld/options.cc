// Names of passes as users write them.
#include "weld/options.h"

#include <algorithm>
#include <utility>

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
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const size_t first = std::min(text.find_first_not_of(kBlanks, begin), end);
    const size_t last = first == end ? end : text.find_last_not_of(kBlanks, end - 1) + 1;
    names.emplace_back(text.substr(first, last - first));
    begin = end + 1;
  }
  if (std::string fault = fault_of_pass_list(names); !fault.empty()) return Diagnostic{std::move(fault), {}};
  return names;
}

}  // namespace weld
