// Checks passes on programs given as text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/pass.h"

namespace weld {

// The typed program; fails the test, and gives null, when it does not compile.
inline ExprPtr program_of(std::string_view text) {
  Result<ExprPtr> program = compile_to_ir(text);
  if (program.ok()) return *program;
  ADD_FAILURE() << format_diagnostics("program", text, program.diagnostics());
  return nullptr;
}

inline ExprPtr run_passes(const ExprPtr& program, std::vector<std::string> passes) {
  OptimizerOptions options;
  options.passes = std::move(passes);
  options.verify_each = true;
  return optimize(program, options);
}

// The passes, in order, turn before into after (bound names may differ); the verifier accepts what each returns.
inline void expect_passes(std::vector<std::string> passes, std::string_view before, std::string_view after) {
  ExprPtr program = program_of(before);
  ExprPtr expected = program_of(after);
  if (program == nullptr || expected == nullptr) return;
  ExprPtr result = run_passes(program, std::move(passes));
  EXPECT_TRUE(equal(result, expected)) << "from " << print(program) << "\ncame " << print(result) << "\nnot  " << print(expected);
}

inline void expect_pass(const std::string& pass, std::string_view before, std::string_view after) {
  expect_passes({pass}, before, after);
}

// The pass returns the very program that it was given.
inline void expect_unchanged(const std::string& pass, std::string_view text) {
  ExprPtr program = program_of(text);
  if (program == nullptr) return;
  ExprPtr result = run_passes(program, {pass});
  EXPECT_EQ(result, program) << "from " << print(program) << "\ncame " << print(result);
}

}  // namespace weld
