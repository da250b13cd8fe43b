// The front end, fed with any text: it ends in a program or in diagnostics with places inside the text. What parses prints to
// text that parses to the same, and what compiles compiles to the same again from its printed form, also after the default
// passes.
#include <cstdint>
#include <semaphore>
#include <string_view>
#include <thread>

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"
#include "weld/optimizer/pass.h"

namespace {

constexpr size_t kMostDiagnostics = 20;

void check_diagnostics(std::string_view source, const weld::Diagnostics& diagnostics) {
  WELD_CHECK(!diagnostics.empty() && diagnostics.size() <= kMostDiagnostics, "no diagnostics, or too many");
  for (const weld::Diagnostic& diagnostic : diagnostics) {
    WELD_CHECK(diagnostic.span.begin <= diagnostic.span.end && diagnostic.span.end <= source.size(), "a place outside the text");
    WELD_CHECK(!diagnostic.message.empty(), "a diagnostic without a message");
  }
  WELD_CHECK(!weld::format_diagnostics("fuzz", source, diagnostics).empty(), "diagnostics that print to nothing");
}

void check_parse(std::string_view source) {
  weld::Result<weld::Program> parsed = weld::parse_program(source);
  if (!parsed.ok()) return check_diagnostics(source, parsed.diagnostics());
  for (const bool indent : {true, false}) {
    weld::PrintOptions options;
    options.indent = indent;
    const std::string text = weld::print(*parsed, options);
    weld::Result<weld::Program> again = weld::parse_program(text);
    WELD_CHECK(again.ok(), "what is printed does not parse");
    WELD_CHECK(weld::print(*again, options) == text, "what is printed prints differently");
    WELD_CHECK(weld::equal(parsed->body, again->body, false), "what is printed parses to another program");
  }
}

void check_typed(const weld::ExprPtr& program) {
  WELD_CHECK(weld::verify(program).empty(), "a program that the verifier refuses");
  weld::Result<weld::ExprPtr> again = weld::compile_to_ir(weld::print(program));
  WELD_CHECK(again.ok(), "what is printed does not compile");
  WELD_CHECK(weld::equal(program, *again), "what is printed compiles to another program");
}

void check_compile(std::string_view source) {
  weld::Result<weld::ExprPtr> typed = weld::compile_to_ir(source);
  if (!typed.ok()) return check_diagnostics(source, typed.diagnostics());
  check_typed(*typed);
  weld::OptimizerOptions options;
  options.verify_each = true;
  check_typed(weld::optimize(*typed, options));
}

// All inputs are looked at on one deep stack: to make one for each takes longer than most inputs do.
class Worker {
 public:
  Worker() {
    std::thread([this] { weld::run_on_deep_stack([this] { work(); }); }).detach();
  }

  void look_at(std::string_view source) {
    source_ = source;
    given_.release();
    done_.acquire();
  }

 private:
  void work() {
    while (true) {
      given_.acquire();
      check_parse(source_);
      check_compile(source_);
      done_.release();
    }
  }

  std::string_view source_;
  std::binary_semaphore given_{0};
  std::binary_semaphore done_{0};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const worker = new Worker;
  worker->look_at({reinterpret_cast<const char*>(data), size});
  return 0;
}
