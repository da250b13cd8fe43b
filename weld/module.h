// The C++ face of Weld: compile a program, run it under a context, own its result.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"
#include "weld/options.h"
#include "weld/runtime/run_context.h"

namespace weld {

// Milliseconds of each stage of a compile, in order: "parse", "infer", "verify", each pass by name, "codegen", "llvm-optimize",
// "llvm-emit", "link".
using StageTimes = std::vector<std::pair<std::string, double>>;

// A run's outcome. On success owns the result's memory; the pointers inside data() live as long as this object.
class Value {
 public:
  Value() = default;
  bool ok() const { return status_ == 0; }
  uint32_t error_code() const { return status_ & 0xff; }
  const std::string& error_message() const { return message_; }  // names the place in the program where there is one
  Span error_span() const { return error_span_; }                // that place; {0, 0} where there is none
  const void* data() const { return outcome_.result; }           // laid out as layout_of(type())
  Type type() const { return type_; }

 private:
  friend class Module;
  uint32_t status_ = 0;
  std::string message_;
  Span error_span_;
  Type type_;
  runtime::RunOutcome outcome_;
  std::shared_ptr<const void> code_;  // keeps the module's code alive
};

// A loop of a compiled program that the runtime drives, and records in a RunProfile under its name.
struct ModuleLoop {
  std::string name;
  Span span;  // of the `for` in the source
  Place place;
  int outer = -1;  // the number of the loop in whose rows it runs; -1: it stands in no other
  // For each builder of its state, in field order: what it holds is the program's result, or part of it. Empty: none is.
  std::vector<bool> in_result;
};

// A compiled program. Immutable: may be run from many threads at once.
class Module {
 public:
  virtual ~Module() = default;

  // Compiles a program (a lambda with typed parameters). Safe to call from many threads at once, on any stack.
  static Result<std::shared_ptr<const Module>> compile(std::string_view source, const CompileOptions& options = {});

  // Runs it. arguments points to a struct with one field for each parameter, borrowed until the run ends and never written.
  // Blocks. A profile, when given, is filled, also by a run that fails.
  virtual Value run(const std::shared_ptr<runtime::Engine>& engine, const void* arguments,
                    runtime::RunProfile* profile = nullptr) const = 0;

  virtual const Parameters& parameters() const = 0;
  virtual Type return_type() const = 0;
  virtual const StageTimes& compile_times() const = 0;
  // Outer loops before those inside them.
  virtual const std::vector<ModuleLoop>& loops() const = 0;

 protected:
  static Value make_value(runtime::RunOutcome outcome, Type type, std::string message, Span error_span,
                          std::shared_ptr<const void> code);
};

// Bytes that a run wrote to builders whose content is not the result: vecs and dictionaries that one loop makes for another, and
// what rows make for themselves. Not counted is what is made without a builder (sorted vecs, vector literals, packed bytes).
uint64_t intermediate_bytes(const Module& module, const runtime::RunProfile& profile);
// The same of one loop that stands in no other.
uint64_t intermediate_bytes(const runtime::LoopProfile& loop, const std::vector<bool>& in_result);

// Loads a shared library, for the life of the process, so that programs compiled from then on may call its C functions through
// cudf. The path is what dlopen takes. Says what is wrong where it cannot. Thread-safe.
Diagnostics load_library(const std::string& path);

// The text of a program at a stage, for `weld explain`. Stages: "parse", "expand", "infer", the name of a pass (the program after
// it first ran), "optimize", "llvm", "llvm-optimized", "assembly".
Result<std::string> explain(std::string_view source, std::string_view stage, const CompileOptions& options = {});
std::vector<std::string> explain_stages();

}  // namespace weld
