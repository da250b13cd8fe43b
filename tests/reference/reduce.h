// Makes a program that shows a fault small: what is not needed for the fault is taken away, piece by piece, as long as it shows.
#pragma once

#include <functional>
#include <string>

namespace weld::reference {

struct Specimen {
  std::string program;
  std::string arguments;  // one list, as tests/matrix/arguments.h takes it
};

// True when a specimen still shows the fault. It is asked about well-typed programs only.
using ShowsFault = std::function<bool(const Specimen&)>;

// Requires that the specimen compiles. The result shows the fault when the specimen does, and no single step makes it smaller;
// unless the fault was asked for most_questions times before.
//
// The steps, over the typed expression (so that macros are expanded and calls gone):
//   - a part is replaced by a part of its own of the same type, or by the simplest value of its type; the program's body by any
//   part
//   - a let is dropped that nothing needs
//   - a vector literal or a string loses elements; a number becomes 0, 1 or half of itself
//   - a parameter that nothing needs is dropped with its argument; a vec in the arguments loses elements, a number becomes 0 or
//   1;
//     but a program that makes the arguments stays as it is
Specimen reduce(const Specimen& specimen, const ShowsFault& shows_fault, int most_questions = 3000);

// A text case, ready for tests/cases: expected is what its run must print.
std::string as_text_case(const Specimen& specimen, const std::string& name, const std::string& expected);

}  // namespace weld::reference
