// Random programs: typed, linear, and, but for those that are meant to fail, total. The same seed gives the same program,
// whatever compiler and standard library the generator is built with.
//
// What is generated avoids what the language leaves open, so that results can be compared exactly:
//   - Sums and products of floats in builders are of small integers and of 2.0 and -1.0, which are exact in any order.
//   - What makes arguments without literals, builders and dictionaries, cannot fail.
//   - The order of a dictionary's entries is only seen after a sort by their keys. What is sorted by is never NaN.
//   - Mathematical functions whose last bits differ between scalar and vector code are left out, or in the program's last step,
//   or
//     anywhere: see Functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weld::generator {

enum class FunctionUse {
  kNone,
  kLast,  // their values go straight into the result, so that they can be compared with a tolerance
  kAny,   // their values are computed with: comparable only where compiled code calls the same functions as the interpreter
};

struct Program {
  uint64_t seed = 0;
  std::string text;
  std::vector<std::string> arguments;  // several lists, as tests/matrix/arguments.h takes them
  bool may_fail = false;               // holds operations that may fail at run time
  bool must_fail = false;              // holds one that fails with every list of arguments
  FunctionUse functions = FunctionUse::kNone;
  uint64_t memory_limit = 0;  // when not 0: the program needs more and must end in OutOfMemory
};

Program generate(uint64_t seed);

}  // namespace weld::generator
