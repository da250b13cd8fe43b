// A fragment is compiled as the body of a lambda over its parameters, so every stage of the front end sees a whole program.
#include "weld/ir/fragment.h"

#include <algorithm>
#include <cctype>

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/ir/infer.h"
#include "weld/ir/lexer.h"
#include "weld/ir/macros.h"
#include "weld/ir/parser.h"

namespace weld {
namespace {

Result<ExprPtr> compile(std::string_view source, Parameters parameters) {
  Result<Program> program = parse_program(source);
  if (!program) return program.diagnostics();
  const Span span = program->body->span();
  Expansion typed = expand(make_lambda(std::move(parameters), program->body, span), program->macros);
  if (typed.body && typed.body->body()->is(NodeKind::kLambda)) {
    return Diagnostic{"a fragment is an expression, not a function", span};
  }
  if (typed.body) typed = Inference().run(typed.body, std::move(typed.diagnostics));
  if (typed.diagnostics.empty()) typed.diagnostics = verify(typed.body);
  if (!typed.diagnostics.empty()) return in_order(std::move(typed.diagnostics));
  if (typed.body->body()->type().contains_builder()) {
    return Diagnostic{"a fragment gives a value, not a builder; take its result", span};
  }
  return std::move(typed.body);
}

}  // namespace

Result<ExprPtr> compile_fragment(std::string_view source, Parameters parameters) {
  Result<ExprPtr> result = Diagnostics();
  run_on_deep_stack([&] { result = compile(source, std::move(parameters)); });
  return result;
}

bool is_variable_name(std::string_view name) {
  const auto starts = [](unsigned char c) { return std::isalpha(c) || c == '_' || c == '$'; };
  const auto goes_on = [&](unsigned char c) { return starts(c) || std::isdigit(c); };
  return !name.empty() && starts(static_cast<unsigned char>(name[0])) && std::all_of(name.begin(), name.end(), goes_on) &&
         !is_keyword(name) && !is_function_name(name) && !standard_macros().contains(std::string(name));
}

}  // namespace weld
