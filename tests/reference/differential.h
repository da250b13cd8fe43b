// One program run by the interpreter and, compiled in several ways, on several numbers of threads and morsel sizes: all have to
// agree.
//
// What agreeing means, where the language leaves a choice:
//   - A part that nothing needs may be evaluated or not. The interpreter therefore reads the program twice (interpreter.h). Where
//     both readings give a value, every run must give it. Where only the reading of everything fails, a run may give the value or
//     fail. Where the reading of what is needed fails, every run must fail.
//   - Of several failures any may be reported: a code is right when some construct of the program can give it.
//   - tovec promises no order: in a program with tovec, vecs of the result are compared as multisets.
//   - Float mergers may reassociate, and mathematical functions have vector versions: in a program with a merger, dictmerger or
//     vecmerger that adds or multiplies floats, or with such a function, floats may be kFloatSteps representable numbers apart.
//     Everywhere else they have equal bits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weld::reference {

inline constexpr int64_t kFloatSteps = 8;

struct Effort {
  bool optimize_code = false;     // also LLVM's levels 1 and 2, which find what level 0 does not but take long
  int left_out = -1;              // also the default passes without the one of this number (modulo their number), each once
  bool exact_reductions = false;  // float mergers combine only numbers whose sums and products are exact
};

enum class Verdict { kAgree, kDiffer, kNotRunnable };

struct Comparison {
  Verdict verdict = Verdict::kAgree;
  std::string report;  // what differs, or why the program is not run
  int failed = 0;      // the number of lists for which the program ends in an error
};

// Of each list of arguments in turn, each as parse_values takes it. Stops at the first that differs.
Comparison compare_runs(const std::string& program, const std::vector<std::string>& arguments, const Effort& effort);

}  // namespace weld::reference
