// A slow, obvious interpreter of the language, written from docs/language.md over the typed expression and sharing no evaluation
// code with the optimizer, code generation or the runtime: what they compute is compared with it.
//
// A let's value, an argument of a call, a struct's field or a vec's element that nothing needs may be evaluated or not; so there
// are three readings of a program, and they differ only where such a part fails:
//   least       as needed, and an operand whose value does not matter (x in x * 0, the side of a select that is not chosen), or
//               that goes into a builder whose result nothing takes, does not need the parts that it names. Where this fails,
//               every evaluation fails.
//   needed      evaluates those parts when, and only if, they are needed.
//   everything  evaluates them where they stand.
// A part with an assert is evaluated where it stands in all; in the first, only what the assert says counts there.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "tests/reference/value.h"
#include "weld/ir/expr.h"

namespace weld::reference {

// Codes of docs/language.md.
enum Code {
  kOutOfBounds = 4,
  kBadIterator = 5,
  kMismatchedZip = 6,
  kDeserialization = 10,
  kNoKey = 11,
  kAssertion = 12,
  kDivision = 14
};

enum class Reading { kLeast, kNeeded, kEverything };

struct Outcome {
  int error = 0;               // a Code; 0: none
  std::optional<Value> value;  // when error is 0; fully evaluated
  bool gave_up = false;        // it took more than kMaximumSteps; the rest says nothing
};

// Expressions evaluated and elements gone through in one run.
inline constexpr int64_t kMaximumSteps = 3'000'000;

// Requires a program that the verifier lets through and for which can_interpret. Runs on the caller's stack. register_bytes: of
// the machine's vector registers, which say how many lanes simd values have.
Outcome interpret(const ExprPtr& program, const std::vector<Value>& arguments, Reading reading, int register_bytes);

// The fields of the struct that a program without parameters gives, every part evaluated and builders as they are, to be the
// arguments of one run of another program. Nothing where it fails or takes too long.
std::optional<std::vector<Value>> interpret_maker(const ExprPtr& program, int register_bytes);

// program_facts.cc
bool can_interpret(const ExprPtr& program);

// The bytes of the widest scalar in the program's simd, which all its simd values have as many lanes of as fit a register; a
// fringeiter goes over what a simditer would leave. 0: none.
int widest_simd_scalar(const ExprPtr& program);

// Every error code that some construct of the program can give.
std::set<int> possible_errors(const ExprPtr& program);

}  // namespace weld::reference
