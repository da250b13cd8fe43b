// Runs the passes: the default list over and over until a whole round changes nothing, or a given list once.
#include <chrono>

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/optimizer/pass.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

constexpr int kMaximumRounds = 4;

constexpr Pass kPasses[] = {
#define WELD_PASS(name, function, summary) {name, summary, function},
#include "weld/optimizer/passes.def"
};

void check_program(const Pass& pass, const ExprPtr& program) {
  Diagnostics faults = verify(program);
  if (faults.empty()) return;
  std::string message = std::string("pass ") + pass.name + " broke the program:";
  for (const Diagnostic& fault : faults) message += "\n  " + fault.message;
  message += "\n" + print(program);
  WELD_CHECK(faults.empty(), message.c_str());
}

class Pipeline {
 public:
  Pipeline(const OptimizerOptions& options, std::vector<PassTiming>* timings) : options_(options), timings_(timings) {}

  // A pass may combine trees into one that is too deep for the stages that follow; then the program stays as it was.
  ExprPtr run(const Pass& pass, const ExprPtr& program) {
    auto start = std::chrono::steady_clock::now();
    ExprPtr result = pass.run(program);
    if (result->depth() > kMaximumDepth) result = program;
    if (timings_ != nullptr) {
      std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
      timings_->push_back({pass.name, elapsed.count(), result != program});
    }
    if (options_.verify_each && result != program) check_program(pass, result);
    if (options_.after_pass) options_.after_pass(pass, result);
    return result;
  }

  ExprPtr run_given(ExprPtr program) {
    for (const std::string& name : *options_.passes) {
      const Pass* pass = find_pass(name);
      WELD_CHECK(pass != nullptr, ("no pass is named " + name).c_str());
      program = run(*pass, program);
    }
    return program;
  }

  ExprPtr run_default(ExprPtr program) {
    for (int round = 0; round < kMaximumRounds; ++round) {
      ExprPtr before = program;
      for (const Pass& pass : kPasses) program = run(pass, program);
      if (program == before) break;
    }
    return program;
  }

 private:
  const OptimizerOptions& options_;
  std::vector<PassTiming>* timings_;
};

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

const Pass* find_pass(std::string_view name) {
  for (const Pass& pass : kPasses) {
    if (name == pass.name) return &pass;
  }
  return nullptr;
}

ExprPtr optimize(const ExprPtr& program, const OptimizerOptions& options, std::vector<PassTiming>* timings) {
  ExprPtr result;
  run_on_deep_stack([&] {
    Pipeline pipeline(options, timings);
    result = options.passes ? pipeline.run_given(program) : pipeline.run_default(program);
  });
  return result;
}

}  // namespace weld
