// Random programs: typed, linear, and, but for those that are meant to fail, total. The same seed gives the same program.
//
// What is generated avoids what the language leaves open, so that results can be compared exactly:
//   - Sums and products of floats in builders are of small integers and of 2.0 and -1.0, which are exact in any order.
//   - The order of a dictionary's entries is only seen after a sort by their keys. Keys are never NaN or -0.0, and nothing is
//     sorted by NaN.
//   - Mathematical functions whose last bits differ between versions are left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weld::generator {

struct Program {
  std::string text;
  std::vector<std::string> arguments;  // several lists, as parse_values takes them
  bool may_fail = false;               // holds operations that may fail at run time
};

Program generate(uint64_t seed);

}  // namespace weld::generator
