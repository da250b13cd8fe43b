// One program run by the interpreter and through the matrix (tests/matrix): all have to agree.
//
// What agreeing means, where the language leaves a choice:
//   - A part that nothing needs may be evaluated or not. The interpreter therefore has several readings of
//     a program (interpreter.h). Where all give a value, every run must give it. Where the reading of everything fails, a run may
//     fail, or give the value that the least reading gives. Where that one fails too, every run must fail.
//   - Of several failures any may be reported: a code is right when some construct of the program can give it.
//   - tovec promises no order: in a program with tovec, vecs of the result are compared as multisets, unless the caller says that
//     entries are only seen sorted.
//   - Float mergers may reassociate, and mathematical functions have vector versions: in a program with a merger, dictmerger or
//     vecmerger that adds or multiplies floats, or with such a function, floats may be kFloatSteps representable numbers apart.
//     Everywhere else they have equal bits.
//   - The number of threads changes nothing at all: with the same code and the same morsel size, floats have equal bits on any
//     number of threads, save in a program with a dictmerger or vecmerger that adds or multiplies floats that are not exact.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/generator/generator.h"

namespace weld::reference {

inline constexpr int64_t kFloatSteps = 8;
inline constexpr uint64_t kSeedsForLevels = 16;  // one generated program in so many meets LLVM's higher levels

struct Demand {
  bool llvm_levels = false;       // see matrix.h
  bool exact_reductions = false;  // float mergers combine only numbers whose sums and products are exact
  bool sorted_entries = false;    // what tovec gives is only seen sorted
  std::optional<uint64_t> draw;   // see matrix.h
  uint64_t memory_limit = 0;      // when not 0: must end in OutOfMemory; the interpreter is not asked
  std::string only;               // when not empty: only the way and machine of this name, as in Comparison::where
};

enum class Verdict { kAgree, kDiffer, kNotRunnable };

struct Comparison {
  Verdict verdict = Verdict::kAgree;
  std::string report;   // what differs, or why the program is not run
  std::string where;    // the way and the machine that differ
  size_t list = 0;      // the arguments with which they differ
  int failed = 0;       // the number of lists for which the program ends in an error
  int given_up = 0;     // of those that the interpreter takes too long for
  std::set<int> codes;  // the errors that runs ended in
};

// Of each list of arguments in turn, each as tests/matrix/arguments.h takes it. Stops at the first that differs.
Comparison compare_runs(const std::string& program, const std::vector<std::string>& arguments, const Demand& demand);

// What the interpreter gives for a program that it takes: the value, or "error: NAME".
std::string expected_of(const std::string& program, const std::string& arguments);

// What may be demanded of a generated program.
Demand demand_for(const generator::Program& program, bool llvm_levels);

}  // namespace weld::reference
