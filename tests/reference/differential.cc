#include "tests/reference/differential.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tests/matrix/arguments.h"
#include "tests/matrix/matrix.h"
#include "tests/reference/interpreter.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/module.h"
#include "weld/runtime/run_context.h"
#include "weld/value_text.h"

namespace weld::reference {
namespace {

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

// What the runs of one program may differ in from the interpreter, and from each other on several numbers of threads.
struct Freedom {
  Tolerance from_interpreter;
  Tolerance between_threads;
};

// What builders of the type, or in the struct, give.
void add_freedom(Type type, Freedom* freedom) {
  if (type.is_struct()) {
    for (Type field : type.children()) add_freedom(field, freedom);
  }
  if (!reassociates(type)) return;
  freedom->from_interpreter.float_steps = kFloatSteps;
  if (type.kind() != TypeKind::kMerger) freedom->between_threads.float_steps = kFloatSteps;
}

Freedom freedom_of(const ExprPtr& program, const Demand& demand) {
  Freedom freedom;
  for (const Parameter& parameter : program->parameters()) {
    if (!demand.exact_reductions) add_freedom(parameter.type, &freedom);
  }
  walk(program, [&](const ExprPtr& node) {
    if (node->is(NodeKind::kToVec) && !demand.sorted_entries) {
      freedom.from_interpreter.any_order = freedom.between_threads.any_order = true;
    }
    if (node->is(NodeKind::kNewBuilder) && !demand.exact_reductions) add_freedom(node->operand_type(), &freedom);
    if (is_inexact_function(*node)) freedom.from_interpreter.float_steps = kFloatSteps;
    return true;
  });
  return freedom;
}

std::string error_text(int code) { return std::string("error: ") + runtime::error_name(static_cast<uint32_t>(code)); }

std::string describe(const Outcome& outcome) { return outcome.error != 0 ? error_text(outcome.error) : to_text(*outcome.value); }

// What the interpreter says of a program.
struct Expectation {
  Type type;
  Outcome least;
  Outcome needed;
  Outcome everything;
  std::set<int> codes;
  Freedom freedom;
};

std::string expected_text(const Expectation& expectation) {
  std::string text = "expected: " + describe(expectation.needed) + "\n";
  if (expectation.least.error != expectation.needed.error) {
    text += "or, with only what matters evaluated: " + describe(expectation.least) + "\n";
  }
  if (expectation.everything.error != 0) text += "or, with all evaluated: " + describe(expectation.everything) + "\n";
  return text;
}

// "" when a run may have this outcome; value: what it gave, when it gave one.
std::string judge_run(const Expectation& expectation, const weld::Value& run, const std::optional<Value>& value) {
  if (!run.ok()) {
    const auto code = static_cast<int>(run.error_code());
    if (expectation.everything.error != 0 && expectation.codes.contains(code)) return "";
    return "got:      " + error_text(code) + "\n" + expected_text(expectation);
  }
  if (expectation.least.error == 0 &&
      same(expectation.type, *expectation.least.value, *value, expectation.freedom.from_interpreter)) {
    return "";
  }
  return "got:      " + print_value(run.type(), run.data()) + "\n" + expected_text(expectation);
}

Comparison not_runnable(std::string why) {
  Comparison comparison;
  comparison.verdict = Verdict::kNotRunnable;
  comparison.report = std::move(why);
  return comparison;
}

struct Compiled {
  matrix::Way way;
  std::shared_ptr<const Module> module;
};

// What simd values are as wide as.
int vector_register_bytes() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return 64;
  if (__builtin_cpu_supports("avx2")) return 32;
#endif
  return 16;
}

// What the interpreter has for arguments of Arguments::read, which takes the text. Each run needs its own: builders change.
std::optional<std::vector<Value>> interpreted_arguments(const std::string& text, std::span<const Type> types) {
  if (matrix::is_maker(text)) {
    const Result<ExprPtr> maker = compile_to_ir(text);
    return maker.ok() ? interpret_maker(*maker, vector_register_bytes()) : std::nullopt;
  }
  const Result<OwnedArguments> literals = parse_values(text, types);
  if (!literals.ok()) return std::nullopt;
  const Value all = read_value(Type::structure(types), literals->data());
  std::vector<Value> values;
  for (const auto& cell : all.cells()) values.push_back(*cell->value);
  return values;
}

Outcome interpret_arguments(const ExprPtr& program, const std::string& arguments, std::span<const Type> types, Reading reading) {
  Outcome outcome;
  run_on_deep_stack([&] {
    const std::optional<std::vector<Value>> values = interpreted_arguments(arguments, types);
    outcome.gave_up = !values.has_value();
    if (values) outcome = interpret(program, *values, reading, vector_register_bytes());
  });
  return outcome;
}

std::string place_name(const matrix::Way& way, const matrix::Machine& machine) { return way.name + ", " + machine.name; }

// Runs a program with one list of arguments everywhere. Sets the comparison's where and report when something differs.
class Runs {
 public:
  Runs(const Expectation& expectation, const Demand& demand, Comparison* comparison)
      : expectation_(expectation), demand_(demand), comparison_(*comparison) {}

  bool agree(const std::vector<Compiled>& compiled, const matrix::Arguments& arguments) {
    for (const Compiled& each : compiled) {
      of_morsel_size_.clear();
      for (const matrix::Machine& machine : matrix::machines(demand_.memory_limit)) {
        if (!matrix::meets(each.way, machine)) continue;
        if (!demand_.only.empty() && demand_.only != place_name(each.way, machine)) continue;
        std::string fault = run_once(*each.module, machine, arguments);
        if (fault.empty() && machine.engine->memory_usage() != 0) fault = "memory is left behind\n";
        if (fault.empty()) continue;
        comparison_.where = place_name(each.way, machine);
        comparison_.report = comparison_.where + "\n" + fault;
        return false;
      }
    }
    return true;
  }

 private:
  std::string run_once(const Module& module, const matrix::Machine& machine, const matrix::Arguments& arguments) {
    const matrix::Arguments::Made made = arguments.make(machine.engine);
    if (made.data == nullptr) return made.fault;
    const weld::Value run = module.run(machine.engine, made.data);
    if (!run.ok()) comparison_.codes.insert(static_cast<int>(run.error_code()));
    if (demand_.memory_limit != 0) {
      constexpr int kOutOfMemory = 7;
      const bool fits =
          !run.ok() && (run.error_code() == kOutOfMemory || expectation_.codes.contains(static_cast<int>(run.error_code())));
      return fits ? "" : "the program needs more memory than it may have, and did not fail\n";
    }
    std::optional<Value> value;
    if (run.ok()) value = read_value(run.type(), run.data());
    std::string fault = judge_run(expectation_, run, value);
    if (!fault.empty() || !value || expectation_.freedom.from_interpreter.float_steps == 0) return fault;
    const auto [first, is_new] = of_morsel_size_.emplace(machine.morsel_rows, *value);
    if (is_new || same(expectation_.type, first->second, *value, expectation_.freedom.between_threads)) return "";
    return "got:      " + print_value(run.type(), run.data()) + "\non fewer threads: " + to_text(first->second) + "\n";
  }

  const Expectation& expectation_;
  const Demand& demand_;
  Comparison& comparison_;
  std::map<int64_t, Value> of_morsel_size_;
};

// True when the runs are to be judged by what the interpreter says, which it sets.
bool ask_interpreter(const ExprPtr& program, const std::string& arguments, std::span<const Type> types,
                     Expectation* expectation) {
  expectation->needed = interpret_arguments(program, arguments, types, Reading::kNeeded);
  expectation->least = expectation->needed;
  if (expectation->needed.error != 0) expectation->least = interpret_arguments(program, arguments, types, Reading::kLeast);
  if (expectation->needed.gave_up || expectation->least.gave_up) return false;
  expectation->everything = interpret_arguments(program, arguments, types, Reading::kEverything);
  return !expectation->everything.gave_up;
}

}  // namespace

Comparison compare_runs(const std::string& program, const std::vector<std::string>& arguments, const Demand& demand) {
  Result<ExprPtr> typed = Diagnostics{};
  run_on_deep_stack([&] { typed = compile_to_ir(program); });
  if (!typed.ok()) return not_runnable(format_diagnostics("program", program, typed.diagnostics()));
  if (!can_interpret(*typed)) return not_runnable("the program has what the interpreter does not");
  std::vector<Type> types;
  for (const Parameter& parameter : (*typed)->parameters()) types.push_back(parameter.type);
  Comparison comparison;
  std::vector<Compiled> compiled;
  // The way that is asked for may be any.
  const std::optional<uint64_t> draw = demand.only.empty() ? demand.draw : std::nullopt;
  for (const matrix::Way& way : matrix::ways_for(*typed, demand.llvm_levels, draw)) {
    if (!demand.only.empty() && !demand.only.starts_with(way.name + ",")) continue;
    Result<std::shared_ptr<const Module>> module = Module::compile(program, way.options);
    if (!module.ok()) {
      comparison.verdict = Verdict::kDiffer;
      comparison.where = way.name + ", compiling";
      comparison.report = way.name + ":\n" + format_diagnostics("program", program, module.diagnostics());
      return comparison;
    }
    compiled.push_back({way, *module});
  }

  Expectation expectation;
  expectation.type = type_read((*typed)->body()->type());
  expectation.freedom = freedom_of(*typed, demand);
  expectation.codes = possible_errors(*typed);
  for (const std::string& text : arguments) {
    Result<matrix::Arguments> parsed = matrix::Arguments::read(text, types);
    if (!parsed.ok()) return not_runnable(format_diagnostics("arguments", text, parsed.diagnostics()));
    if (demand.memory_limit == 0 && !ask_interpreter(*typed, text, types, &expectation)) {
      comparison.given_up++;
      continue;
    }
    if (expectation.needed.error != 0 || demand.memory_limit != 0) comparison.failed++;
    if (!Runs(expectation, demand, &comparison).agree(compiled, *parsed)) {
      comparison.verdict = Verdict::kDiffer;
      comparison.list = static_cast<size_t>(&text - arguments.data());
      comparison.report += "program:\n" + program + "\narguments: " + text;
      return comparison;
    }
  }
  return comparison;
}

std::string expected_of(const std::string& program, const std::string& arguments) {
  Result<ExprPtr> typed = Diagnostics{};
  run_on_deep_stack([&] { typed = compile_to_ir(program); });
  if (!typed.ok() || !can_interpret(*typed)) return "";
  std::vector<Type> types;
  for (const Parameter& parameter : (*typed)->parameters()) types.push_back(parameter.type);
  const Outcome outcome = interpret_arguments(*typed, arguments, types, Reading::kNeeded);
  return outcome.gave_up ? "" : describe(outcome);
}

Demand demand_for(const generator::Program& program, bool llvm_levels) {
  Demand demand;
  demand.exact_reductions = true;
  demand.sorted_entries = true;
  demand.memory_limit = program.memory_limit;
  demand.draw = program.seed;
  // At level 0 compiled code calls the very functions that the interpreter calls.
  demand.llvm_levels = llvm_levels && program.functions != generator::FunctionUse::kAny;
  return demand;
}

}  // namespace weld::reference
