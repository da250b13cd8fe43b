// The page is tools/explain_page/, put together when the project is built, with the explanation as JSON in it: scripts on the
// page draw all there is to see, and write texts as texts, never as markup.
#include <string_view>

#include "weld/explain.h"
#include "weld/explain_page.h"

namespace weld {

std::string explanation_html(const Explanation& explanation) {
  constexpr std::string_view kMark = "@DATA@";
  const std::string_view page = explain_page();
  const size_t at = page.find(kMark);
  WELD_CHECK(at != std::string_view::npos, "the page has no place for its data");
  std::string html(page.substr(0, at));
  html += explanation_json(explanation);
  html += page.substr(at + kMark.size());
  return html;
}

}  // namespace weld
