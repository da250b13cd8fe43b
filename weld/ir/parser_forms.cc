// Leaves: literals, names, and the forms that look like calls. A form's name is either reserved (is_keyword) or, for the newer
// functions, an ordinary name that means the function where the program binds nothing of that name.
#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "weld/ir/parser.h"

namespace weld {
namespace {

// Forms whose arguments are all expressions, with as many children as arguments.
struct CallForm {
  const char* name;
  NodeKind kind;
  int arguments;
  int most_arguments = arguments;  // when the last may be left out
};
constexpr CallForm kCallForms[] = {
    {"if", NodeKind::kIf, 3},
    {"select", NodeKind::kSelect, 3},
    {"iterate", NodeKind::kIterate, 2},
    {"merge", NodeKind::kMerge, 2},
    {"result", NodeKind::kRes, 1},
    {"lookup", NodeKind::kLookup, 2},
    {"optlookup", NodeKind::kOptLookup, 2},
    {"keyexists", NodeKind::kKeyExists, 2},
    {"len", NodeKind::kLen, 1},
    {"slice", NodeKind::kSlice, 3},
    {"sort", NodeKind::kSort, 2, 3},
    {"tovec", NodeKind::kToVec, 1},
    {"toVec", NodeKind::kToVec, 1},
    {"serialize", NodeKind::kSerialize, 1},
    {"broadcast", NodeKind::kBroadcast, 1},
    {"assert", NodeKind::kAssert, 1},
};

struct IteratorForm {
  const char* name;
  IterKind kind;
};
constexpr IteratorForm kIteratorForms[] = {
    {"iter", IterKind::kVector},   {"rangeiter", IterKind::kRange},   {"nditer", IterKind::kNd},
    {"simditer", IterKind::kSimd}, {"fringeiter", IterKind::kFringe},
};

const CallForm* call_form_named(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kCallForms), std::end(kCallForms), [&](const CallForm& form) { return name == form.name; });
  return found == std::end(kCallForms) ? nullptr : found;
}

// The nodes of these forms, whose types are not known here.
ExprPtr make_form(NodeKind kind, std::vector<ExprPtr> a, Span span) {
  switch (kind) {
    case NodeKind::kIf:
      return make_if(a[0], a[1], a[2], span);
    case NodeKind::kSelect:
      return make_select(a[0], a[1], a[2], span);
    case NodeKind::kIterate:
      return make_iterate(a[0], a[1], span);
    case NodeKind::kMerge:
      return make_merge(a[0], a[1], span);
    case NodeKind::kRes:
      return make_result(a[0], span);
    case NodeKind::kLookup:
      return make_lookup(a[0], a[1], span);
    case NodeKind::kOptLookup:
      return make_optlookup(a[0], a[1], span);
    case NodeKind::kKeyExists:
      return make_keyexists(a[0], a[1], span);
    case NodeKind::kLen:
      return make_len(a[0], span);
    case NodeKind::kSlice:
      return make_slice(a[0], a[1], a[2], span);
    case NodeKind::kSort:
      return with_children(make_sort(a[0], a[1], span), a);
    case NodeKind::kToVec:
      return make_tovec(a[0], span);
    case NodeKind::kSerialize:
      return make_serialize(a[0], span);
    case NodeKind::kBroadcast:
      return make_broadcast(a[0], span);
    default:
      return make_assert(a[0], span);
  }
}

// The largest magnitude that a positive or negated literal of the kind may have.
uint64_t largest_magnitude(ScalarKind kind, bool negative) {
  int bits = scalar_size(kind) * 8;
  if (is_unsigned(kind)) return negative ? 0 : ~uint64_t{0} >> (64 - bits);
  return (uint64_t{1} << (bits - 1)) - (negative ? 0 : 1);
}

}  // namespace

bool is_function_name(std::string_view name) {
  static const std::unordered_set<std::string_view>* names = [] {
    auto* result = new std::unordered_set<std::string_view>();
    auto add = [&](std::string_view candidate) {
      if (!is_keyword(candidate)) result->insert(candidate);
    };
    for (const CallForm& form : kCallForms) add(form.name);
#define WELD_BINARY(op, name, ...) add(name);
#define WELD_UNARY(op, name, ...) add(name);
#include "weld/ir/ops.def"
    return result;
  }();
  return names->contains(name);
}

ExprPtr Parser::leaf() {
  uint32_t begin = peek().span.begin;
  switch (peek().kind) {
    case TokenKind::kInteger:
    case TokenKind::kFloat:
      return number(false, begin);
    case TokenKind::kString:
      return string_literal();
    case TokenKind::kIdentifier:
      return word();
    case TokenKind::kKeyword:
      return keyword();
    case TokenKind::kOpenBracket:
      return vector_literal();
    case TokenKind::kOpenBrace:
      return struct_literal();
    case TokenKind::kOpenParen: {
      advance();
      ExprPtr inner = expression();
      if (!accept(TokenKind::kCloseParen)) {
        error_expected("`)`");
        while (skip_to_separator(false), at(TokenKind::kComma)) advance();
        accept(TokenKind::kCloseParen);
      }
      return inner;
    }
    case TokenKind::kAt: {
      Nesting nesting(*this);
      if (!nesting.ok()) return after_error();
      Annotations written = annotations();
      ExprPtr annotated = at_operator("!") || (at_operator("-") && !at_number(1)) ? operand() : leaf();
      if (written.empty()) return annotated;
      written.insert(written.end(), annotated->annotations().begin(), annotated->annotations().end());
      return with_annotations(annotated, std::move(written));
    }
    default:
      break;
  }
  if (at_operator("-") && at_number(1)) {
    advance();
    return number(true, begin);
  }
  if (at_operator("|") || at_operator("||")) {
    error(peek().span, "a function here needs parentheses around it");
  } else {
    error_expected("an expression");
  }
  skip_to_separator(true);
  return after_error();
}

ExprPtr Parser::number(bool negative, uint32_t begin) {
  const Token& token = advance();
  Span span = span_from(begin);
  uint64_t bits = token.value;
  if (token.kind == TokenKind::kFloat) {
    if (negative) bits ^= uint64_t{1} << (scalar_size(token.scalar) * 8 - 1);
    return make_literal({token.scalar, bits}, span);
  }
  if (token.too_large || bits > largest_magnitude(token.scalar, negative)) {
    error_in_step(span, fmt::format("{}{} is out of range for {}", negative ? "-" : "", text(token), scalar_name(token.scalar)));
  }
  return make_literal(ScalarValue::integer(token.scalar, negative ? 0 - bits : bits), span);
}

ExprPtr Parser::string_literal() {
  const Token& token = advance();
  return make_string(tokens_.strings[token.value], token.span);
}

ExprPtr Parser::vector_literal() {
  uint32_t begin = advance().span.begin;
  std::vector<ExprPtr> elements = expression_list(TokenKind::kCloseBracket, "`,` or `]`");
  return limited(make_vector(std::move(elements), Type(), span_from(begin)));
}

ExprPtr Parser::struct_literal() {
  uint32_t begin = advance().span.begin;
  std::vector<ExprPtr> fields = expression_list(TokenKind::kCloseBrace, "`,` or `}`");
  return limited(make_struct(std::move(fields), span_from(begin)));
}

std::vector<ExprPtr> Parser::expression_list(TokenKind close, const char* expected) {
  std::vector<ExprPtr> elements;
  list(close, expected, [&] { elements.push_back(expression()); });
  return elements;
}

std::vector<ExprPtr> Parser::arguments() { return expression_list(TokenKind::kCloseParen, "`,` or `)`"); }

Annotations Parser::annotations() {
  Annotations result;
  while (at(TokenKind::kAt)) {
    advance();
    expect(TokenKind::kOpenParen, "`(` and the annotations, as in `@(size: 100L)`,");
    list(TokenKind::kCloseParen, "`,` or `)`", [&] {
      uint32_t name_begin = peek().span.begin;
      bool named = at(TokenKind::kIdentifier) || at(TokenKind::kKeyword);
      std::string name(named ? text(advance()) : "");
      if (!named) error_expected("an annotation's name");
      expect(TokenKind::kColon, "`:` and a value");
      uint32_t begin = peek().span.begin;
      if (at_operator("-")) advance();
      bool valued = at_number() || at(TokenKind::kString) || at(TokenKind::kIdentifier) || at(TokenKind::kKeyword);
      if (!valued) return error_expected("a literal or a name");
      advance();
      Span span = span_from(begin);
      std::string value(source_.substr(span.begin, span.end - span.begin));
      result.push_back({std::move(name), std::move(value), span_from(name_begin)});
    });
  }
  return result;
}

ExprPtr Parser::word() {
  const Token& token = advance();
  std::string name(text(token));
  bool calls_function =
      at(TokenKind::kOpenParen) && is_function_name(name) && !macro_names_.contains(name) && shadowed_[name] == 0;
  if (!calls_function) return make_identifier(name, Type(), token.span);
  advance();
  return call_form(name, token.span.begin);
}

ExprPtr Parser::keyword() {
  const Token& token = peek();
  std::string_view name = text(token);
  uint32_t begin = token.span.begin;
  if (name == "true" || name == "false") {
    advance();
    return make_bool(name == "true", token.span);
  }
  if (name == "let") {
    error(token.span, "a `let` here needs parentheses around it");
    skip_to_separator(true);
    return after_error();
  }
  if (name == "macro" || name == "type") {
    error(token.span, fmt::format("a `{}` definition can only stand before the program's expression", name));
    skip_to_separator(true);
    return after_error();
  }
  if (name == "vec" || name == "dict" || name == "simd") {
    error_expected("an expression");
    skip_to_separator(true);
    return after_error();
  }
  advance();
  if (is_builder_name(name)) return new_builder(name, begin);
  if (name == "deserialize") return deserialize(begin);
  if (name == "cudf") return cudf(begin);
  if (!accept(TokenKind::kOpenParen)) {
    error(token.span, fmt::format("`{}` is a reserved word and needs its arguments in parentheses", name));
    skip_to_separator(true);
    return after_error();
  }
  if (std::optional<ScalarKind> scalar = scalar_named(name)) return cast(*scalar, begin);
  if (name == "for") return for_loop(begin);
  if (name == kZipName) return zip(begin);
  for (const IteratorForm& form : kIteratorForms) {
    if (name == form.name) return iterator(form.kind, name, begin);
  }
  return call_form(name, begin);
}

bool Parser::right_count(std::string_view name, size_t count, std::span<const int> allowed, uint32_t begin) {
  if (std::find(allowed.begin(), allowed.end(), static_cast<int>(count)) != allowed.end()) return true;
  std::string numbers = fmt::format("{}", allowed[0]);
  if (allowed.size() > 1) numbers += fmt::format(" or {}", allowed[1]);
  bool one = allowed.size() == 1 && allowed[0] == 1;
  error_in_step(span_from(begin), fmt::format("`{}` takes {} argument{} but has {}", name, numbers, one ? "" : "s", count));
  return false;
}

ExprPtr Parser::call_form(std::string_view name, uint32_t begin) {
  const CallForm* form = call_form_named(name);
  if (form == nullptr) return operator_call(name, begin);
  std::vector<ExprPtr> values = arguments();
  const int allowed[] = {form->arguments, form->most_arguments};
  bool has_choice = form->arguments != form->most_arguments;
  if (!right_count(name, values.size(), std::span(allowed, has_choice ? 2 : 1), begin)) return after_error();
  return limited(make_form(form->kind, std::move(values), span_from(begin)));
}

ExprPtr Parser::operator_call(std::string_view name, uint32_t begin) {
  std::vector<ExprPtr> values = arguments();
  if (std::optional<UnaryOp> unary = unary_op_named(name)) {
    if (!right_count(name, values.size(), {{1}}, begin)) return after_error();
    return limited(make_unary(*unary, std::move(values[0]), span_from(begin)));
  }
  std::optional<BinaryOp> binary = binary_op_named(name);
  WELD_CHECK(binary.has_value(), "a reserved word without a form");
  if (!right_count(name, values.size(), {{2}}, begin)) return after_error();
  return limited(make_binary(*binary, std::move(values[0]), std::move(values[1]), span_from(begin)));
}

ExprPtr Parser::cast(ScalarKind target, uint32_t begin) {
  std::vector<ExprPtr> values = arguments();
  if (!right_count(scalar_name(target), values.size(), {{1}}, begin)) return after_error();
  return limited(make_cast(target, std::move(values[0]), span_from(begin)));
}

ExprPtr Parser::iterator(IterKind kind, std::string_view name, uint32_t begin) {
  std::vector<ExprPtr> values = arguments();
  bool good = false;
  switch (kind) {
    case IterKind::kVector:
      good = right_count(name, values.size(), std::array{1, 4}, begin);
      break;
    case IterKind::kRange:
      good = right_count(name, values.size(), {{3}}, begin);
      break;
    case IterKind::kNd:
      good = right_count(name, values.size(), {{6}}, begin);
      break;
    case IterKind::kSimd:
    case IterKind::kFringe:
      good = right_count(name, values.size(), {{1}}, begin);
      break;
  }
  return good ? limited(make_iter(kind, std::move(values), span_from(begin))) : after_error();
}

namespace {

ExprPtr as_iterator(ExprPtr expr) {
  if (expr->is(NodeKind::kIter)) return expr;
  Span span = expr->span();
  return make_iter(IterKind::kVector, {std::move(expr)}, span);
}

bool is_zip(const ExprPtr& expr) {
  return expr->is(NodeKind::kApply) && expr->child(0)->is(NodeKind::kIdentifier) && expr->child(0)->name() == kZipName;
}

}  // namespace

ExprPtr Parser::zip(uint32_t begin) {
  Span name = span_from(begin);
  std::vector<ExprPtr> vectors = arguments();
  if (vectors.empty()) {
    error(span_from(begin), "`zip` needs at least one vector");
    return after_error();
  }
  for (ExprPtr& vector : vectors) vector = as_iterator(std::move(vector));
  return limited(make_apply(make_identifier(kZipName, Type(), name), std::move(vectors), span_from(begin)));
}

ExprPtr Parser::for_loop(uint32_t begin) {
  std::vector<ExprPtr> values = arguments();
  if (!right_count("for", values.size(), {{3}}, begin)) return after_error();
  std::vector<ExprPtr> iterators;
  if (is_zip(values[0])) {
    iterators.assign(values[0]->children().begin() + 1, values[0]->children().end());
  } else {
    iterators.push_back(as_iterator(std::move(values[0])));
  }
  return limited(make_for(std::move(iterators), std::move(values[1]), std::move(values[2]), span_from(begin)));
}

ExprPtr Parser::new_builder(std::string_view name, uint32_t begin) {
  Type type = Type::appender(Type());
  if (name != "appender" || at(TokenKind::kOpenBracket)) type = limited_type(builder_type(name), span_from(begin));
  if (!type.is_builder()) return after_error();
  std::vector<ExprPtr> values;
  if (at(TokenKind::kOpenParen)) {
    advance();
    values = arguments();
  }
  if (name == "vecmerger") {
    if (!right_count(name, values.size(), {{1}}, begin)) return after_error();
  } else if (values.size() > 1) {
    right_count(name, values.size(), std::array{0, 1}, begin);
    return after_error();
  }
  ExprPtr argument = values.empty() ? nullptr : std::move(values[0]);
  return limited(make_new_builder(type, std::move(argument), span_from(begin)));
}

ExprPtr Parser::deserialize(uint32_t begin) {
  expect(TokenKind::kOpenBracket, "`[` and the type to read");
  Type result = type();
  expect(TokenKind::kCloseBracket, "`]`");
  expect(TokenKind::kOpenParen, "`(`");
  std::vector<ExprPtr> values = arguments();
  if (!right_count("deserialize", values.size(), {{1}}, begin)) return after_error();
  return limited(make_deserialize(result, std::move(values[0]), span_from(begin)));
}

ExprPtr Parser::cudf(uint32_t begin) {
  expect(TokenKind::kOpenBracket, "`[` and the C function's name");
  std::string name;
  if (at(TokenKind::kKeyword)) {
    name = text(advance());
  } else {
    name = identifier("a C function's name");
  }
  expect(TokenKind::kComma, "`,` and the type of the result");
  Type result = type();
  expect(TokenKind::kCloseBracket, "`]`");
  expect(TokenKind::kOpenParen, "`(`");
  std::vector<ExprPtr> values = arguments();
  return limited(make_cudf(name, result, std::move(values), span_from(begin)));
}

}  // namespace weld
