// Recursive descent over the tokens, with precedence climbing driven by ops.def. Private to the front end.
//
// Depth: each level of nesting passes through one Nesting guard, and lets, lambdas, prefix operators, calls, field accesses and
// left-associative chains are loops; past kMaximumDepth the parse stops with a diagnostic. Runs on the deep stack.
//
// Errors: the first error of a broken stretch is reported, then the parser is `recovering_` (silent) until it gets back in step
// at a
// `,`, `;` or closing bracket. stop() moves to the end of the tokens, where every rule returns.
#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "weld/ir/frontend.h"
#include "weld/ir/lexer.h"

namespace weld {

// The head of the call that stands for `zip(...)` until macros are expanded: Apply [Identifier zip, Iter...].
inline constexpr const char* kZipName = "zip";

class Parser {
 public:
  explicit Parser(std::string_view source);

  Result<Program> program();
  Result<std::map<std::string, Macro>> macros_only();
  Result<Type> single_type();

 private:
  // Counts a level of nesting while it lives. ok() is false, and the parse stopped, where there are too many.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser), ok_(++parser.nesting_ <= kMaximumDepth) {
      if (!ok_) parser.too_deep();
    }
    ~Nesting() { --parser_.nesting_; }
    bool ok() const { return ok_; }

   private:
    Parser& parser_;
    bool ok_;
  };

  // A `let` or the head of a lambda, before its body is known.
  struct Prefix {
    bool is_let = false;
    Name name;
    Type declared;
    ExprPtr value;
    Parameters parameters;
    Span span;
  };

  // --- parser.cc: tokens, errors, programs, operators
  const Token& peek(size_t ahead = 0) const { return tokens_.tokens[std::min(position_ + ahead, tokens_.tokens.size() - 1)]; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool at_keyword(std::string_view word) const { return at(TokenKind::kKeyword) && text(peek()) == word; }
  bool at_operator(std::string_view symbol, size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kOperator && text(peek(ahead)) == symbol;
  }
  bool at_number(size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kInteger || peek(ahead).kind == TokenKind::kFloat;
  }
  std::string_view text(const Token& token) const { return source_.substr(token.span.begin, token.span.end - token.span.begin); }
  const Token& advance() { return tokens_.tokens[position_ + 1 < tokens_.tokens.size() ? position_++ : position_]; }
  bool accept(TokenKind kind);                    // a separator or bracket; getting one ends recovery
  bool expect(TokenKind kind, const char* what);  // as accept, else an error
  Span span_from(uint32_t begin) const;           // up to the last token taken
  void error(Span span, std::string message);
  void error_in_step(Span span, std::string message);  // of what was parsed well: the parser is not out of step
  void error_expected(const char* what);
  void stop() { position_ = tokens_.tokens.size() - 1; }
  void too_deep();
  void skip_to_separator(bool stop_at_semicolon);
  std::string found() const;
  std::string identifier(const char* what);
  // What a parse gives after an error that it has reported.
  ExprPtr after_error() const { return make_bool(false, peek().span); }
  ExprPtr limited(ExprPtr expr);

  void definitions();
  void macro_definition();
  ExprPtr expression();
  void let_prefix(std::vector<Prefix>& prefixes);
  void lambda_prefix(std::vector<Prefix>& prefixes);
  void shadow(const std::string& name, int change);
  ExprPtr operators(int minimum_precedence);
  ExprPtr operand();
  ExprPtr postfix();
  ExprPtr ascribed(ExprPtr operand, uint32_t begin);

  // Elements up to the closing bracket, which is taken; a comma behind the last is allowed.
  template <class Element>
  void list(TokenKind close, const char* expected, const Element& element) {
    while (!at(close) && !at(TokenKind::kEnd)) {
      element();
      if (accept(TokenKind::kComma)) continue;
      if (at(close)) break;
      error_expected(expected);
      skip_to_separator(false);
      if (!accept(TokenKind::kComma)) break;
    }
    expect(close, expected);
  }

  // --- parser_forms.cc: leaves
  ExprPtr leaf();
  ExprPtr number(bool negative, uint32_t begin);
  ExprPtr word();
  ExprPtr keyword();
  ExprPtr string_literal();
  ExprPtr vector_literal();
  ExprPtr struct_literal();
  Annotations annotations();
  std::vector<ExprPtr> arguments();  // "(" has been taken
  std::vector<ExprPtr> expression_list(TokenKind close, const char* expected);
  ExprPtr call_form(std::string_view name, uint32_t begin);
  ExprPtr operator_call(std::string_view name, uint32_t begin);
  ExprPtr cast(ScalarKind target, uint32_t begin);
  ExprPtr iterator(IterKind kind, std::string_view name, uint32_t begin);
  ExprPtr zip(uint32_t begin);
  ExprPtr for_loop(uint32_t begin);
  ExprPtr new_builder(std::string_view name, uint32_t begin);
  ExprPtr deserialize(uint32_t begin);
  ExprPtr cudf(uint32_t begin);
  bool right_count(std::string_view name, size_t count, std::span<const int> allowed, uint32_t begin);

  // --- parser_types.cc: types and aliases
  void find_aliases();
  void alias_definition();
  Type alias(std::string_view name, Span span);
  Type type();
  Type simple_type();
  Type builder_type(std::string_view name);  // the name has been taken
  MergeOp merge_op();
  Type limited_type(Type type, Span span);

  struct Alias {
    enum State { kUnread, kReading, kRead } state = kUnread;
    size_t position = 0;  // of the token behind `=`
    Type type;
  };

  std::string_view source_;
  Tokens tokens_;
  size_t position_ = 0;
  uint32_t nesting_ = 0;
  bool recovering_ = false;
  Diagnostics diagnostics_;
  std::unordered_map<std::string_view, Alias> aliases_;
  std::unordered_set<std::string_view> macro_names_;
  std::unordered_map<std::string, int> shadowed_;  // how often a function's name is bound as a variable here
  std::map<std::string, Macro> macros_;
};

// The scalar type of this name.
std::optional<ScalarKind> scalar_named(std::string_view name);
// True for the names of builders.
bool is_builder_name(std::string_view name);
// True for a name that calls a function of the language unless it is bound by the program: abs, add, assert, ...
bool is_function_name(std::string_view name);

}  // namespace weld
