// Programs are looked up by their canonical form before the optimizer sees them, so that what was compiled before costs neither
// optimizing nor generating code. The form holds all literals, which the optimizer may fold or branch on; programs that differ in
// literals only are optimized anew, and then share machine code where the code generator made the literals arguments.
#include "weld/compilation.h"

#include <fmt/format.h>

#include "weld/cache_counts.h"
#include "weld/codegen/client_functions.h"
#include "weld/ir/lanes.h"
#include "weld/optimizer/cost_table.h"
#include "weld/optimizer/pass.h"

namespace weld {

namespace {

constexpr size_t kSharedPrograms = 512;

// Never destroyed: code may still run while the process exits.
SharedCache<SharedProgram>& shared_programs() {
  static SharedCache<SharedProgram>& cache = *new SharedCache<SharedProgram>(kSharedPrograms);
  return cache;
}

Diagnostics in_text(Diagnostics diagnostics, const CanonicalProgram& canonical) {
  for (Diagnostic& diagnostic : diagnostics) {
    const uint32_t node = diagnostic.span.begin;
    diagnostic.span = node == 0 ? Span{} : canonical.places.at(node - 1);
  }
  return diagnostics;
}

SharedCache<SharedProgram>::Outcome compile(const ExprPtr& typed, const CompileOptions& options, StageTimes* times) {
  std::vector<PassTiming> timings;
  const ExprPtr program = optimize(with_numbered_places(typed), optimizer_options(options), &timings);
  for (const PassTiming& timing : timings) times->emplace_back(timing.name, timing.milliseconds);
  codegen::ProgramStats stats;
  Result<codegen::CompiledProgram> compiled =
      codegen::compile_program(program, widest_lane(typed), llvm_level(options), &stats, options.share_code);
  if (!compiled) return compiled.diagnostics();
  times->emplace_back("codegen", stats.lower_ms);
  times->emplace_back("llvm-optimize", stats.llvm.optimize_ms);
  times->emplace_back("llvm-emit", stats.llvm.emit_ms);
  times->emplace_back("link", stats.llvm.link_ms);
  // The optimized program ends here.
  for (codegen::ProgramTables::Loop& loop : compiled->tables.loops) loop.node = nullptr;
  for (codegen::ProgramTables::Sort& sort : compiled->tables.sorts) sort.node = nullptr;
  return std::make_shared<const SharedProgram>(SharedProgram{std::move(compiled).value()});
}

}  // namespace

uint32_t SharedProgram::failed_node(weld_status status) const {
  const size_t site = status >> WELD_STATUS_CODE_BITS;
  return site == 0 || site > compiled.tables.sites.size() ? 0 : compiled.tables.sites[site - 1].span.begin;
}

Result<SharedProgramPtr> compile_typed(const ExprPtr& program, const CanonicalProgram& canonical, const CompileOptions& options,
                                       StageTimes* times) {
  auto make = [&] { return compile(program, options, times); };
  Result<SharedProgramPtr> shared =
      options.share_code ? shared_programs().get(key_of(options) + key_of_functions(canonical.functions) + canonical.key, make)
                         : make();
  if (!shared) return in_text(shared.diagnostics(), canonical);
  return shared;
}

CacheCounts program_cache_counts() { return shared_programs().counts(); }
CacheCounts machine_code_cache_counts() { return codegen::machine_code_counts(); }

std::string key_of(const CompileOptions& options) {
  return fmt::format("{} {} {} {};", options.llvm_level, options.verify_each_pass, options.passes.has_value(),
                     fmt::join(options.passes.value_or(std::vector<std::string>()), ","));
}

std::string key_of_functions(const std::vector<std::string>& names) {
  std::string key;
  for (const std::string& name : names) {
    const Result<void*> address = codegen::find_client_function(name);
    key += fmt::format("{} {};", name, address ? *address : nullptr);
  }
  return key;
}

Diagnostics faults_of(const CompileOptions& options) {
  std::string fault = options.passes ? fault_of_pass_list(*options.passes) : "";
  return fault.empty() ? faults_of_cost_table() : Diagnostics{{std::move(fault), {}}};
}

OptimizerOptions optimizer_options(const CompileOptions& options) {
  OptimizerOptions passes;
  passes.passes = options.passes;
  passes.verify_each = options.verify_each_pass;
  return passes;
}

codegen::OptimizationLevel llvm_level(const CompileOptions& options) {
  if (options.llvm_level <= 0) return codegen::OptimizationLevel::kNone;
  return options.llvm_level == 1 ? codegen::OptimizationLevel::kQuick : codegen::OptimizationLevel::kFull;
}

std::string error_message(weld_status status, Span span, std::string_view source, std::string_view fragment) {
  std::string message = runtime::error_name(status & ((1U << WELD_STATUS_CODE_BITS) - 1));
  if (!fragment.empty()) message += fmt::format(" in fragment '{}'", fragment);
  if (span.begin == 0 && span.end == 0) return message;
  const Place place = place_of(source, span.begin);
  return message + fmt::format(" at line {}, column {}", place.line, place.column);
}

}  // namespace weld
