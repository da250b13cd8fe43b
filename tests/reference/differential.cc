#include "tests/reference/differential.h"

#include <memory>
#include <vector>

#include "tests/reference/interpreter.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/module.h"
#include "weld/runtime/run_context.h"
#include "weld/value_text.h"

namespace weld::reference {
namespace {

struct Way {
  const char* name;
  bool passes;
  int llvm_level;
};
constexpr Way kWays[] = {{"no passes, LLVM level 0", false, 0},
                         {"passes, LLVM level 0", true, 0},
                         {"passes, LLVM level 1", true, 1},
                         {"no passes, LLVM level 2", false, 2}};
constexpr size_t kQuickWays = 2;

struct Machine {
  std::string name;
  std::shared_ptr<runtime::Engine> engine;
};

const std::vector<Machine>& machines() {
  static const std::vector<Machine> all = [] {
    std::vector<Machine> made;
    // More threads than cores are slow to meet, so they do it once.
    constexpr std::pair<int, int64_t> kThreadsAndRows[] = {{1, 1}, {1, 3}, {1, 0}, {2, 1}, {2, 3}, {2, 0}, {7, 1}};
    for (auto [threads, rows] : kThreadsAndRows) {
      runtime::EngineOptions options;
      options.threads = threads;
      options.morsel_rows = rows;
      made.push_back({std::to_string(threads) + " threads, morsels of " + (rows == 0 ? "any" : std::to_string(rows)) + " rows",
                      runtime::Engine::create(options)});
    }
    return made;
  }();
  return all;
}

bool holds_float(Type type) {
  if (type.is_scalar()) return is_float(type.scalar_kind());
  for (Type child : type.children()) {
    if (holds_float(child)) return true;
  }
  return false;
}

bool reassociates(Type type) {
  switch (type.kind()) {
    case TypeKind::kMerger:
    case TypeKind::kDictMerger:
    case TypeKind::kVecMerger: {
      const bool ordered = type.merge_op() == MergeOp::kAdd || type.merge_op() == MergeOp::kMultiply;
      return ordered && holds_float(type.children().back());
    }
    default:
      return false;
  }
}

bool is_inexact_function(const Expr& node) {
  if (node.is(NodeKind::kBinary)) return node.binary_op() == BinaryOp::kPow;
  if (!node.is(NodeKind::kUnary)) return false;
  switch (node.unary_op()) {
    case UnaryOp::kNot:
    case UnaryOp::kNegate:
    case UnaryOp::kAbs:
    case UnaryOp::kSqrt:
    case UnaryOp::kFloor:
    case UnaryOp::kCeil:
    case UnaryOp::kRound:
      return false;
    default:
      return true;
  }
}

Tolerance tolerance_for(const ExprPtr& program, const Effort& effort) {
  Tolerance tolerance;
  walk(program, [&](const ExprPtr& node) {
    if (node->is(NodeKind::kToVec)) tolerance.any_order = true;
    const bool builder = node->is(NodeKind::kNewBuilder) && reassociates(node->operand_type()) && !effort.exact_reductions;
    if (builder || is_inexact_function(*node)) tolerance.float_steps = kFloatSteps;
    return true;
  });
  return tolerance;
}

std::string error_text(int code) { return std::string("error: ") + runtime::error_name(static_cast<uint32_t>(code)); }

std::string describe(const Outcome& outcome) { return outcome.error != 0 ? error_text(outcome.error) : to_text(*outcome.value); }

// What the interpreter says of a program.
struct Expectation {
  Type type;
  Outcome needed;
  Outcome everything;
  std::set<int> codes;
  Tolerance tolerance;
};

std::string expected_text(const Expectation& expectation) {
  std::string text = "expected: " + describe(expectation.needed) + "\n";
  if (expectation.everything.error != 0) text += "or, with all evaluated: " + describe(expectation.everything) + "\n";
  return text;
}

// "" when a run may have this outcome.
std::string judge_run(const Expectation& expectation, const weld::Value& run) {
  if (!run.ok()) {
    const auto code = static_cast<int>(run.error_code());
    if (expectation.everything.error != 0 && expectation.codes.contains(code)) return "";
    return "got:      " + error_text(code) + "\n" + expected_text(expectation);
  }
  if (expectation.needed.error == 0) {
    const Value got = read_value(run.type(), run.data());
    if (same(expectation.type, *expectation.needed.value, got, expectation.tolerance)) return "";
  }
  return "got:      " + print_value(run.type(), run.data()) + "\n" + expected_text(expectation);
}

Comparison not_runnable(std::string why) { return {Verdict::kNotRunnable, std::move(why), 0}; }

struct Compiled {
  std::string way;
  std::shared_ptr<const Module> module;
};

std::vector<std::pair<std::string, CompileOptions>> ways_for(const Effort& effort) {
  std::vector<std::pair<std::string, CompileOptions>> ways;
  CompileOptions options;
  options.verify_each_pass = true;
  for (size_t i = 0; i < (effort.optimize_code ? std::size(kWays) : kQuickWays); i++) {
    options.llvm_level = kWays[i].llvm_level;
    options.passes.reset();
    if (!kWays[i].passes) options.passes.emplace();
    ways.emplace_back(kWays[i].name, options);
  }
  if (effort.left_out >= 0) {
    const std::vector<PassSummary> passes = pass_summaries();
    const size_t left_out = static_cast<size_t>(effort.left_out) % passes.size();
    options.llvm_level = 0;
    options.passes.emplace();
    for (size_t i = 0; i < passes.size(); i++) {
      if (i != left_out) options.passes->push_back(passes[i].name);
    }
    ways.emplace_back("passes without " + passes[left_out].name + ", LLVM level 0", options);
  }
  return ways;
}

Outcome interpret_text(const ExprPtr& program, const OwnedArguments& arguments, std::span<const Type> types, Reading reading) {
  Outcome outcome;
  run_on_deep_stack([&] {
    std::vector<Value> values;
    const Value all = read_value(Type::structure(types), arguments.data());
    for (const auto& cell : all.cells()) values.push_back(*cell->value);
    outcome = interpret(program, values, reading);
  });
  return outcome;
}

// "" or what differs.
std::string run_everywhere(const std::vector<Compiled>& compiled, const Expectation& expectation,
                           const OwnedArguments& arguments) {
  for (const Compiled& each : compiled) {
    for (const Machine& machine : machines()) {
      std::string fault = judge_run(expectation, each.module->run(machine.engine, arguments.data()));
      if (fault.empty() && machine.engine->memory_usage() != 0) fault = "memory is left behind\n";
      if (!fault.empty()) return each.way + ", " + machine.name + "\n" + fault;
    }
  }
  return "";
}

}  // namespace

Comparison compare_runs(const std::string& program, const std::vector<std::string>& arguments, const Effort& effort) {
  Result<ExprPtr> typed = compile_to_ir(program);
  if (!typed.ok()) return not_runnable(format_diagnostics("program", program, typed.diagnostics()));
  if (!can_interpret(*typed)) return not_runnable("the program has what the interpreter does not");
  std::vector<Type> types;
  for (const Parameter& parameter : (*typed)->parameters()) types.push_back(parameter.type);

  std::vector<Compiled> compiled;
  for (const auto& [way, options] : ways_for(effort)) {
    Result<std::shared_ptr<const Module>> module = Module::compile(program, options);
    if (!module.ok()) {
      return {Verdict::kDiffer, way + ":\n" + format_diagnostics("program", program, module.diagnostics()), 0};
    }
    compiled.push_back({way, *module});
  }

  Expectation expectation;
  expectation.type = (*typed)->body()->type();
  expectation.tolerance = tolerance_for(*typed, effort);
  expectation.codes = possible_errors(*typed);
  Comparison comparison;
  for (const std::string& text : arguments) {
    Result<OwnedArguments> parsed = parse_values(text, types);
    if (!parsed.ok()) return not_runnable(format_diagnostics("arguments", text, parsed.diagnostics()));
    expectation.needed = interpret_text(*typed, *parsed, types, Reading::kNeeded);
    expectation.everything = interpret_text(*typed, *parsed, types, Reading::kEverything);
    if (expectation.needed.error != 0) comparison.failed++;
    const std::string fault = run_everywhere(compiled, expectation, *parsed);
    if (!fault.empty()) {
      return {Verdict::kDiffer, fault + "program:\n" + program + "\narguments: " + text, comparison.failed};
    }
  }
  return comparison;
}

}  // namespace weld::reference
