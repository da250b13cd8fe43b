// The stages of the front end in their order.
#include "weld/ir/frontend.h"

#include "weld/ir/deep_stack.h"
#include "weld/ir/infer.h"
#include "weld/ir/lexer.h"
#include "weld/ir/macros.h"

namespace weld {
namespace {

Result<ExprPtr> compile(std::string_view source) {
  Result<Program> program = parse_program(source);
  if (!program) return program.diagnostics();
  Expansion result = expand(program->body, program->macros);
  if (result.body) {
    bool is_function = result.body->is(NodeKind::kLambda);
    ExprPtr body = is_function ? result.body : make_lambda({}, result.body, result.body->span());
    result = Inference().run(body, std::move(result.diagnostics));
  }
  if (result.diagnostics.empty()) result.diagnostics = verify(result.body);
  if (!result.diagnostics.empty()) return in_order(std::move(result.diagnostics));
  return std::move(result.body);
}

}  // namespace

Result<ExprPtr> compile_to_ir(std::string_view source) {
  Result<ExprPtr> result = Diagnostics();
  run_on_deep_stack([&] { result = compile(source); });
  return result;
}

}  // namespace weld
