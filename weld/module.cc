// compile(): parse, expand, infer, verify; optimize; lower and load. run(): the runtime, then the error's words.
#include "weld/module.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "weld/codegen/client_functions.h"
#include "weld/codegen/compile.h"
#include "weld/compilation.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/lanes.h"
#include "weld/optimizer/pass.h"

namespace weld {

namespace {

class Stopwatch {
 public:
  // Milliseconds since construction or the last call.
  double lap() {
    auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(start_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Result<ExprPtr> front_end(std::string_view source, StageTimes* times) {
  Stopwatch watch;
  Result<Program> parsed = parse_program(source);
  times->emplace_back("parse", watch.lap());
  if (!parsed) return parsed.diagnostics();
  Result<ExprPtr> expanded = expand_macros(*parsed);
  times->emplace_back("expand", watch.lap());
  if (!expanded) return expanded;
  Result<ExprPtr> typed = infer_types(*expanded);
  times->emplace_back("infer", watch.lap());
  if (!typed) return typed;
  if (!(*typed)->is(NodeKind::kLambda)) {
    return Diagnostic{"a program is a lambda, such as |x: i64| x + 1L", (*typed)->span()};
  }
  Diagnostics faults = verify(*typed);
  times->emplace_back("verify", watch.lap());
  if (!faults.empty()) return faults;
  return typed;
}

class CompiledModule : public Module, public std::enable_shared_from_this<CompiledModule> {
 public:
  static Result<std::shared_ptr<const Module>> compile(std::string_view source, const CompileOptions& options) {
    auto module = std::make_shared<CompiledModule>();
    if (Diagnostics faults = faults_of(options); !faults.empty()) return faults;
    Result<ExprPtr> typed = front_end(source, &module->times_);
    if (!typed) return typed.diagnostics();
    // Before a pass drops a call that nothing needs: whether a program compiles is no matter of the passes.
    if (Diagnostics faults = codegen::unknown_functions(*typed); !faults.empty()) return faults;
    CanonicalProgram canonical = canonical_program(*typed);
    Result<SharedProgramPtr> program = compile_typed(*typed, canonical, options, &module->times_);
    if (!program) return program.diagnostics();
    module->program_ = std::move(program).value();
    module->source_ = source;
    module->places_ = std::move(canonical.places);
    module->parameters_ = (*typed)->parameters();
    module->return_type_ = (*typed)->body()->type();
    for (const codegen::ProgramTables::Loop& loop : module->program_->compiled.tables.loops) {
      const Span span = module->span_of(loop.span.begin);
      module->loops_.push_back({loop.name, span, place_of(source, span.begin), loop.outer, loop.in_result});
    }
    return std::shared_ptr<const Module>(std::move(module));
  }

  Value run(const std::shared_ptr<runtime::Engine>& engine, const void* arguments, runtime::RunProfile* profile) const override {
    const codegen::CompiledProgram& compiled = program_->compiled;
    runtime::RunOutcome outcome = runtime::run(engine, compiled.entry, arguments, compiled.tables.literals.data(),
                                               std::max<int64_t>(layout_of(return_type_).size, 1), profile);
    const Span span = span_of(program_->failed_node(outcome.status));
    std::string message = outcome.status == 0 ? std::string() : error_message(outcome.status, span, source_);
    return make_value(std::move(outcome), return_type_, std::move(message), span, shared_from_this());
  }

  const Parameters& parameters() const override { return parameters_; }
  Type return_type() const override { return return_type_; }
  const StageTimes& compile_times() const override { return times_; }
  const std::vector<ModuleLoop>& loops() const override { return loops_; }

 private:
  // Of a node by its number in the pre-order of the typed program, from 1; 0 is no node.
  Span span_of(uint32_t node) const { return node == 0 ? Span{} : places_[node - 1]; }

  SharedProgramPtr program_;
  std::string source_;
  std::vector<Span> places_;  // of the nodes of the typed program, in pre-order
  std::vector<ModuleLoop> loops_;
  Parameters parameters_;
  Type return_type_;
  StageTimes times_;
};

}  // namespace

Value Module::make_value(runtime::RunOutcome outcome, Type type, std::string message, Span error_span,
                         std::shared_ptr<const void> code) {
  Value value;
  value.status_ = outcome.status;
  value.message_ = std::move(message);
  value.error_span_ = error_span;
  value.type_ = type;
  value.outcome_ = std::move(outcome);
  value.code_ = std::move(code);
  return value;
}

Result<std::shared_ptr<const Module>> Module::compile(std::string_view source, const CompileOptions& options) {
  Result<std::shared_ptr<const Module>> result = Diagnostics{};
  run_on_deep_stack([&] { result = CompiledModule::compile(source, options); });
  return result;
}

namespace {

Result<std::string> explain_on_this_stack(std::string_view source, std::string_view stage, const CompileOptions& options) {
  if (stage == "parse") {
    Result<Program> parsed = parse_program(source);
    if (!parsed) return parsed.diagnostics();
    return print(*parsed);
  }
  if (stage == "expand") {
    Result<Program> parsed = parse_program(source);
    if (!parsed) return parsed.diagnostics();
    Result<ExprPtr> expanded = expand_macros(*parsed);
    if (!expanded) return expanded.diagnostics();
    return print(*expanded);
  }
  StageTimes times;
  Result<ExprPtr> typed = front_end(source, &times);
  if (!typed) return typed.diagnostics();
  if (stage == "infer") return print(*typed);

  OptimizerOptions passes = optimizer_options(options);
  std::optional<std::string> after_pass;
  passes.after_pass = [&](const Pass& pass, const ExprPtr& program) {
    if (pass.name == stage && !after_pass) after_pass = print(program);
  };
  ExprPtr program = optimize(*typed, passes);
  if (after_pass) return *after_pass;
  if (stage == "optimize" || find_pass(stage) != nullptr) return print(program);
  codegen::CodeStage code_stage = codegen::CodeStage::kLlvm;
  if (stage == "llvm-optimized") code_stage = codegen::CodeStage::kLlvmOptimized;
  if (stage == "assembly") code_stage = codegen::CodeStage::kAssembly;
  return codegen::code_text(program, widest_lane(*typed), llvm_level(options), code_stage);
}

}  // namespace

uint64_t intermediate_bytes(const runtime::LoopProfile& loop, const std::vector<bool>& in_result) {
  uint64_t bytes = loop.row_bytes;
  for (size_t i = 0; i < loop.builder_bytes.size(); ++i) {
    if (i >= in_result.size() || !in_result[i]) bytes += loop.builder_bytes[i];
  }
  return bytes;
}

uint64_t intermediate_bytes(const Module& module, const runtime::RunProfile& profile) {
  uint64_t bytes = 0;
  for (const ModuleLoop& loop : module.loops()) {
    const runtime::LoopProfile* record = loop.outer < 0 ? profile.loop(loop.name) : nullptr;
    if (record != nullptr) bytes += intermediate_bytes(*record, loop.in_result);
  }
  return bytes;
}

Diagnostics load_library(const std::string& path) { return codegen::load_library(path); }

std::vector<std::string> explain_stages() {
  std::vector<std::string> stages = {"parse", "expand", "infer"};
  for (const Pass& pass : all_passes()) stages.emplace_back(pass.name);
  for (const char* stage : {"optimize", "llvm", "llvm-optimized", "assembly"}) stages.emplace_back(stage);
  return stages;
}

Result<std::string> explain(std::string_view source, std::string_view stage, const CompileOptions& options) {
  std::vector<std::string> stages = explain_stages();
  if (std::find(stages.begin(), stages.end(), stage) == stages.end()) {
    return Diagnostic{fmt::format("there is no stage '{}'; the stages are {}", stage, fmt::join(stages, ", ")), {}};
  }
  if (Diagnostics faults = faults_of(options); !faults.empty()) return faults;
  Result<std::string> result = std::string();
  run_on_deep_stack([&] { result = explain_on_this_stack(source, stage, options); });
  return result;
}

}  // namespace weld
