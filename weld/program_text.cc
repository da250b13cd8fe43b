// Where the expression of a source begins is found by trial: `|| ` is put at the start, then behind each `;` from the last, until
// the whole parses as a lambda. That leaves all knowledge of the syntax with the parser.
#include "weld/program_text.h"

#include <algorithm>
#include <optional>

#include "weld/ir/deep_stack.h"
#include "weld/ir/expr.h"
#include "weld/ir/frontend.h"

namespace weld {

namespace {

Result<Program> parse_deep(std::string_view text) {
  std::optional<Result<Program>> program;
  run_on_deep_stack([&] { program = parse_program(text); });
  return std::move(*program);
}

bool is_lambda(std::string_view text) {
  const Result<Program> program = parse_deep(text);
  return program.ok() && program->body->is(NodeKind::kLambda);
}

// Whether every fault of source lies at its end, so that more text could mend it.
bool fails_at_end(std::string_view source, const Diagnostics& diagnostics) {
  const size_t last = source.find_last_not_of(" \t\r\n");
  const size_t end = last == std::string_view::npos ? 0 : last + 1;
  return std::all_of(diagnostics.begin(), diagnostics.end(),
                     [end](const Diagnostic& diagnostic) { return diagnostic.span.begin >= end; });
}

}  // namespace

Diagnostics ProgramText::in_source(Diagnostics diagnostics) const {
  auto move = [this](uint32_t offset) {
    if (offset < inserted_at) return offset;
    return static_cast<uint32_t>(std::max<size_t>(offset, inserted_at + inserted) - inserted);
  };
  for (Diagnostic& diagnostic : diagnostics) diagnostic.span = {move(diagnostic.span.begin), move(diagnostic.span.end)};
  return diagnostics;
}

ProgramText as_program(std::string_view source, std::string_view bindings) {
  ProgramText unchanged{std::string(source)};
  const Result<Program> program = parse_deep(source);
  if (!program.ok() || program->body->is(NodeKind::kLambda)) return unchanged;
  const std::string head = "|| " + std::string(bindings);
  auto with_head = [&](size_t at) {
    return ProgramText{std::string(source.substr(0, at)) + head + std::string(source.substr(at)), at, head.size()};
  };
  if (ProgramText text = with_head(0); is_lambda(text.text)) return text;
  for (size_t at = source.rfind(';'); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : source.rfind(';', at - 1)) {
    if (ProgramText text = with_head(at + 1); is_lambda(text.text)) return text;
  }
  return unchanged;
}

TextKind classify(std::string_view source) {
  const Result<Program> program = parse_deep(source);
  if (program.ok()) return program->body->is(NodeKind::kLambda) ? TextKind::kProgram : TextKind::kExpression;
  // Declarations and bindings lack an expression at their end; with one behind them they parse.
  const Result<Program> completed = parse_deep(std::string(source) + "\n0");
  if (completed.ok()) {
    const Expr* body = completed->body.get();
    const bool binds = body->is(NodeKind::kLet);
    while (body->is(NodeKind::kLet)) body = body->body().get();
    if (body->is(NodeKind::kLiteral) && body->span().begin > source.size())
      return binds ? TextKind::kBindings : TextKind::kDeclarations;
  }
  return fails_at_end(source, program.diagnostics()) ? TextKind::kIncomplete : TextKind::kFaulty;
}

Result<std::string> type_of_program(std::string_view text) {
  const Result<ExprPtr> program = compile_to_ir(text);
  if (!program.ok()) return program.diagnostics();
  const Parameters& parameters = (*program)->parameters();
  const std::string result = (*program)->body()->type().to_string();
  if (parameters.empty()) return result;
  std::string signature = "|";
  for (const Parameter& parameter : parameters) {
    if (signature.size() > 1) signature += ", ";
    signature += parameter.type.to_string();
  }
  return signature + "| " + result;
}

}  // namespace weld
