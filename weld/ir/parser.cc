// The parser's frame: tokens and errors, the program, and expressions down to their operands. See parser.h for how it recovers.
#include "weld/ir/parser.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "weld/ir/deep_stack.h"

namespace weld {

Parser::Parser(std::string_view source) : source_(source), tokens_(tokenize(source)) {
  diagnostics_ = tokens_.diagnostics;
  for (size_t i = 0; i + 1 < tokens_.tokens.size(); ++i) {
    const Token& name = tokens_.tokens[i + 1];
    if (text(tokens_.tokens[i]) == "macro" && name.kind == TokenKind::kIdentifier) macro_names_.insert(text(name));
  }
  find_aliases();
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  recovering_ = false;
  return true;
}

bool Parser::expect(TokenKind kind, const char* what) {
  if (accept(kind)) return true;
  error_expected(what);
  return false;
}

Span Parser::span_from(uint32_t begin) const {
  uint32_t end = position_ == 0 ? begin : tokens_.tokens[position_ - 1].span.end;
  return {begin, std::max(begin, end)};
}

void Parser::error(Span span, std::string message) {
  if (recovering_) return;
  recovering_ = true;
  diagnostics_.push_back({std::move(message), span});
  if (diagnostics_.size() >= kMaximumDiagnostics) stop();
}

void Parser::error_in_step(Span span, std::string message) {
  bool was_recovering = recovering_;
  error(span, std::move(message));
  recovering_ = was_recovering;
}

std::string Parser::found() const {
  if (at(TokenKind::kEnd)) return "the end of the program";
  std::string_view word = text(peek());
  return word.size() > 40 ? fmt::format("`{}...`", word.substr(0, 40)) : fmt::format("`{}`", word);
}

void Parser::error_expected(const char* what) {
  if (at(TokenKind::kError)) {  // the lexer has said what is wrong here
    recovering_ = true;
    return;
  }
  error(peek().span, fmt::format("expected {} but found {}", what, found()));
}

void Parser::too_deep() {
  recovering_ = false;
  error(peek().span, fmt::format("the program is nested more than {} levels deep", kMaximumDepth));
  stop();
}

ExprPtr Parser::limited(ExprPtr expr) {
  if (expr->depth() <= kMaximumDepth) return expr;
  too_deep();
  return after_error();
}

// Moves to the next separator or closing bracket that belongs to the present nesting.
void Parser::skip_to_separator(bool stop_at_semicolon) {
  for (int depth = 0; !at(TokenKind::kEnd); advance()) {
    switch (peek().kind) {
      case TokenKind::kOpenParen:
      case TokenKind::kOpenBracket:
      case TokenKind::kOpenBrace:
        ++depth;
        break;
      case TokenKind::kCloseParen:
      case TokenKind::kCloseBracket:
      case TokenKind::kCloseBrace:
        if (depth-- == 0) return;
        break;
      case TokenKind::kComma:
        if (depth == 0) return;
        break;
      case TokenKind::kSemicolon:
        if (depth == 0 && stop_at_semicolon) return;
        break;
      default:
        break;
    }
  }
}

std::string Parser::identifier(const char* what) {
  if (at(TokenKind::kIdentifier)) return std::string(text(advance()));
  if (at(TokenKind::kKeyword)) {
    error(peek().span, fmt::format("`{}` is a reserved word and cannot be {}", text(peek()), what));
    advance();
  } else {
    error_expected(what);
  }
  return "";
}

void Parser::definitions() {
  while (true) {
    if (at_keyword("macro")) {
      macro_definition();
    } else if (at_keyword("type")) {
      alias_definition();
    } else {
      return;
    }
    if (!accept(TokenKind::kSemicolon)) {
      error_expected("`;` behind the definition");
      while (!at(TokenKind::kEnd) && !at(TokenKind::kSemicolon)) {
        skip_to_separator(true);
        if (!at(TokenKind::kSemicolon)) advance();
      }
      accept(TokenKind::kSemicolon);
    }
  }
}

void Parser::macro_definition() {
  uint32_t begin = advance().span.begin;
  Macro macro;
  std::unordered_set<std::string> names;
  macro.name = identifier("the macro's name");
  macro.span = span_from(begin);
  expect(TokenKind::kOpenParen, "`(` and the macro's parameters");
  list(TokenKind::kCloseParen, "`,` or `)`", [&] {
    Span span = peek().span;
    std::string name = identifier("a parameter's name");
    if (!name.empty() && !names.insert(name).second) {
      error_in_step(span, fmt::format("the macro `{}` has two parameters named `{}`", macro.name, name));
    }
    macro.parameters.push_back(name);
  });
  expect(TokenKind::kAssign, "`=` and the macro's body");
  for (const Name& name : macro.parameters) shadow(name.text(), 1);
  macro.body = expression();
  for (const Name& name : macro.parameters) shadow(name.text(), -1);
  if (macro.name.empty()) return;
  Span span = macro.span;
  std::string name = macro.name;
  if (!macros_.emplace(name, std::move(macro)).second) error(span, fmt::format("the macro `{}` is defined twice", name));
}

Result<Program> Parser::program() {
  definitions();
  Program program;
  program.body = expression();
  if (!at(TokenKind::kEnd)) error_expected("the end of the program");
  program.macros = std::move(macros_);
  if (!diagnostics_.empty()) return in_order(std::move(diagnostics_));
  return program;
}

Result<std::map<std::string, Macro>> Parser::macros_only() {
  definitions();
  if (!at(TokenKind::kEnd)) error_expected("`macro`");
  if (!diagnostics_.empty()) return in_order(std::move(diagnostics_));
  return std::move(macros_);
}

Result<Type> Parser::single_type() {
  Type result = type();
  if (!at(TokenKind::kEnd)) error_expected("the end of the type");
  if (!diagnostics_.empty()) return in_order(std::move(diagnostics_));
  return result;
}

// Lets and lambda heads in a loop, then the expression that they stand before, then the tree from the inside out.
ExprPtr Parser::expression() {
  Nesting nesting(*this);
  if (!nesting.ok()) return after_error();
  std::vector<Prefix> prefixes;
  while (true) {
    if (at_keyword("let")) {
      let_prefix(prefixes);
    } else if (at_operator("|") || at_operator("||")) {
      lambda_prefix(prefixes);
    } else {
      break;
    }
    if (prefixes.size() > kMaximumDepth) too_deep();
  }
  ExprPtr result = operators(0);
  for (size_t i = prefixes.size(); i-- > 0;) {
    Prefix& prefix = prefixes[i];
    if (prefix.is_let) {
      shadow(prefix.name.text(), -1);
      result = make_let(std::move(prefix.name), std::move(prefix.value), std::move(result), prefix.span, prefix.declared);
    } else {
      for (const Parameter& parameter : prefix.parameters) shadow(parameter.name.text(), -1);
      result = make_lambda(std::move(prefix.parameters), std::move(result), prefix.span);
    }
    result = limited(std::move(result));
  }
  return result;
}

void Parser::let_prefix(std::vector<Prefix>& prefixes) {
  Prefix prefix;
  prefix.is_let = true;
  uint32_t begin = advance().span.begin;
  prefix.name = identifier("a name");
  prefix.span = span_from(begin);
  if (accept(TokenKind::kColon)) prefix.declared = type();
  expect(TokenKind::kAssign, "`=`");
  prefix.value = expression();
  if (!accept(TokenKind::kSemicolon)) {
    error_expected("`;` and the expression that the `let` is for");
    skip_to_separator(true);
    accept(TokenKind::kSemicolon);
  }
  shadow(prefix.name.text(), 1);
  prefixes.push_back(std::move(prefix));
}

void Parser::lambda_prefix(std::vector<Prefix>& prefixes) {
  Prefix prefix;
  uint32_t begin = peek().span.begin;
  std::unordered_set<std::string> names;
  if (text(advance()) == "|") {
    while (!at_operator("|") && !at(TokenKind::kEnd)) {
      Span span = peek().span;
      std::string name = identifier("a parameter's name");
      if (name != "_" && !name.empty() && !names.insert(name).second) {
        error_in_step(span, fmt::format("the function has two parameters named `{}`", name));
      }
      Type declared;
      if (accept(TokenKind::kColon)) declared = type();
      prefix.parameters.push_back({name, declared});
      if (accept(TokenKind::kComma) || at_operator("|")) continue;
      error_expected("`,` or `|`");
      skip_to_separator(true);
      if (!accept(TokenKind::kComma)) break;
    }
    if (at_operator("|")) advance();
  }
  prefix.span = span_from(begin);
  for (const Parameter& parameter : prefix.parameters) shadow(parameter.name.text(), 1);
  prefixes.push_back(std::move(prefix));
}

void Parser::shadow(const std::string& name, int change) {
  if (is_function_name(name)) shadowed_[name] += change;
}

ExprPtr Parser::operators(int minimum_precedence) {
  uint32_t begin = peek().span.begin;
  ExprPtr left = operand();
  while (at(TokenKind::kOperator)) {
    std::optional<BinaryOp> op = binary_op_with_symbol(text(peek()));
    if (!op || info(*op).precedence < minimum_precedence) break;
    advance();
    ExprPtr right = operators(info(*op).precedence + 1);
    left = limited(make_binary(*op, std::move(left), std::move(right), span_from(begin)));
  }
  return left;
}

// Prefix operators, a leaf with calls and field accesses, and ascriptions.
ExprPtr Parser::operand() {
  uint32_t begin = peek().span.begin;
  std::vector<const Token*> prefixes;
  while (at_operator("!") || (at_operator("-") && !at_number(1))) prefixes.push_back(&advance());
  ExprPtr result = postfix();
  for (size_t i = prefixes.size(); i-- > 0;) {
    UnaryOp op = text(*prefixes[i]) == "!" ? UnaryOp::kNot : UnaryOp::kNegate;
    result = limited(make_unary(op, std::move(result), span_from(prefixes[i]->span.begin)));
  }
  return ascribed(std::move(result), begin);
}

ExprPtr Parser::ascribed(ExprPtr operand, uint32_t begin) {
  while (at(TokenKind::kColon)) {
    Span colon = advance().span;
    Type written = type();
    bool empty_vector = operand->is(NodeKind::kMakeVector) && operand->children().empty() && operand->operand_type() == Type();
    if (!empty_vector) {
      operand = limited(make_ascribe(std::move(operand), written, span_from(begin)));
    } else if (written.is_vec() || written == Type()) {
      Annotations annotations = operand->annotations();
      operand = make_vector({}, written, span_from(begin));
      if (!annotations.empty()) operand = with_annotations(operand, std::move(annotations));
    } else {
      error(colon, fmt::format("an empty vector cannot be of type {}", written.to_string()));
    }
  }
  return operand;
}

ExprPtr Parser::postfix() {
  uint32_t begin = peek().span.begin;
  ExprPtr result = leaf();
  while (true) {
    if (at(TokenKind::kDot)) {
      advance();
      std::string_view field = text(peek());
      uint32_t index = 0;
      bool good = at(TokenKind::kIdentifier) && field.size() > 1 && field[0] == '$' &&
                  std::from_chars(field.data() + 1, field.data() + field.size(), index).ptr == field.data() + field.size();
      if (good) {
        advance();
      } else {
        error_expected("a field, as in `.$0`,");
        if (at(TokenKind::kIdentifier) || at_number()) advance();
      }
      result = limited(make_get_field(std::move(result), index, span_from(begin)));
    } else if (at(TokenKind::kOpenParen)) {
      advance();
      std::vector<ExprPtr> values = arguments();
      result = limited(make_apply(std::move(result), std::move(values), span_from(begin)));
    } else {
      return result;
    }
  }
}

Result<Program> parse_program(std::string_view source) {
  Result<Program> result = Diagnostics();
  run_on_deep_stack([&] { result = Parser(source).program(); });
  return result;
}

Result<Type> parse_type(std::string_view source) {
  Result<Type> result = Diagnostics();
  run_on_deep_stack([&] { result = Parser(source).single_type(); });
  return result;
}

}  // namespace weld
