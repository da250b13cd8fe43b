// Runs the passes: the default list, whole or in part, over and over until a whole round changes nothing, or a given list once.
// A late pass is for forms that others do not see through, so what they would do with its program is to be done before.
#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/optimizer/pass.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

constexpr int kMaximumRounds = 6;
constexpr char kLeftOut = '-';  // in front of a pass's name

constexpr Pass kPasses[] = {
#define WELD_PASS(name, function, summary) {name, summary, function, false},
#define WELD_LATE_PASS(name, function, summary) {name, summary, function, true},
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

  ExprPtr run_rounds(ExprPtr program) {
    for (int round = 0; round < kMaximumRounds; ++round) {
      const int before = version_;
      program = run_round(std::move(program), /*late=*/false);
      if (version_ == before || round == kMaximumRounds - 1) program = run_round(std::move(program), /*late=*/true);
      if (version_ == before) break;
    }
    return program;
  }

 private:
  ExprPtr run_round(ExprPtr program, bool late) {
    for (const Pass& pass : kPasses) {
      if (pass.is_late == late && !is_left_out(pass)) program = run_if_new(pass, std::move(program));
    }
    return program;
  }

  ExprPtr run_if_new(const Pass& pass, ExprPtr program) {
    int& left_alone = left_alone_[static_cast<size_t>(&pass - kPasses)];
    if (left_alone == version_) return program;
    ExprPtr result = run(pass, program);
    if (result == program) {
      left_alone = version_;
    } else {
      ++version_;
    }
    return result;
  }

  bool is_left_out(const Pass& pass) const {
    return options_.passes && std::find(options_.passes->begin(), options_.passes->end(), std::string(1, kLeftOut) + pass.name) !=
                                  options_.passes->end();
  }

  const OptimizerOptions& options_;
  std::vector<PassTiming>* timings_;
  // Versions of the program are numbered, not kept: a node that only one program has has one owner, and walks take such nodes
  // for what they are, parts of one tree.
  int version_ = 1;
  std::array<int, std::size(kPasses)> left_alone_ = {};  // the version that each pass last left as it was
};

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

const Pass* find_pass(std::string_view name) {
  for (const Pass& pass : kPasses) {
    if (name == pass.name) return &pass;
  }
  return nullptr;
}

std::string fault_of_pass_list(const std::vector<std::string>& list) {
  size_t left_out = 0;
  for (const std::string& name : list) {
    const bool is_left_out = !name.empty() && name.front() == kLeftOut;
    const std::string bare = is_left_out ? name.substr(1) : name;
    if (find_pass(bare) == nullptr) return "there is no optimizer pass '" + bare + "'";
    left_out += is_left_out ? 1 : 0;
  }
  return left_out == 0 || left_out == list.size() ? ""
                                                  : "passes are either to be run in an order or, with '-', left out, not both";
}

ExprPtr optimize(ExprPtr program, const OptimizerOptions& options, std::vector<PassTiming>* timings) {
  ExprPtr result;
  run_on_deep_stack([&] {
    Pipeline pipeline(options, timings);
    const bool is_given = options.passes && (options.passes->empty() || options.passes->front().front() != kLeftOut);
    result = is_given ? pipeline.run_given(std::move(program)) : pipeline.run_rounds(std::move(program));
  });
  return result;
}

}  // namespace weld
