#include "tests/reference/coverage.h"

#include "tests/constructs/constructs.h"
#include "weld/runtime/run_context.h"

namespace weld::reference {
namespace {

// The codes that a program can bring about by itself (docs/language.md).
constexpr int kProgramErrors[] = {4, 5, 6, 7, 10, 11, 12, 14};

std::string error_construct(int code) { return std::string("error ") + runtime::error_name(static_cast<uint32_t>(code)); }

}  // namespace

void count_program(const generator::Program& program, const std::set<int>& codes, Coverage* coverage) {
  for (const std::string& construct : constructs::of_program(program.text)) (*coverage)[construct]++;
  for (const int code : codes) (*coverage)[error_construct(code)]++;
}

const std::map<std::string, std::string>& not_generated() {
  static const std::map<std::string, std::string> reasons = {
      {"dict of dict", "a dictionary's values are numbers or vecs: no builder makes one of dictionaries"},
  };
  return reasons;
}

std::vector<std::string> missing(const Coverage& coverage) {
  std::vector<std::string> found;
  for (const std::string& construct : constructs::all()) {
    if (!coverage.contains(construct) && !not_generated().contains(construct)) found.push_back(construct);
  }
  for (const int code : kProgramErrors) {
    if (!coverage.contains(error_construct(code))) found.push_back(error_construct(code));
  }
  return found;
}

}  // namespace weld::reference
