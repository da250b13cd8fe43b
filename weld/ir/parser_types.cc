// Types and aliases. Aliases may be used before they are defined, so that macros can stand before the types they use: all `type N
// =` are found first, and a definition is read when its name is first met.
#include <optional>

#include <fmt/format.h>

#include "weld/ir/parser.h"

namespace weld {

std::optional<ScalarKind> scalar_named(std::string_view name) {
  for (int i = 0; i < kScalarKindCount; ++i) {
    if (name == scalar_name(static_cast<ScalarKind>(i))) return static_cast<ScalarKind>(i);
  }
  return std::nullopt;
}

bool is_builder_name(std::string_view name) {
  return name == "appender" || name == "merger" || name == "dictmerger" || name == "groupmerger" || name == "vecmerger";
}

void Parser::find_aliases() {
  for (size_t i = 0; i + 2 < tokens_.tokens.size(); ++i) {
    const Token* token = &tokens_.tokens[i];
    if (text(token[0]) != "type" || token[1].kind != TokenKind::kIdentifier || token[2].kind != TokenKind::kAssign) continue;
    Alias alias;
    alias.position = i + 3;
    if (!aliases_.emplace(text(token[1]), alias).second) {
      diagnostics_.push_back({fmt::format("the type `{}` is defined twice", text(token[1])), token[1].span});
      if (diagnostics_.size() >= kMaximumDiagnostics) return;
    }
  }
}

void Parser::alias_definition() {
  advance();
  std::string name = identifier("the type's name");
  if (!expect(TokenKind::kAssign, "`=` and a type")) return;
  auto found = aliases_.find(name);
  if (found == aliases_.end() || found->second.position != position_ || found->second.state != Alias::kUnread) {
    bool was_recovering = recovering_;
    recovering_ = true;  // what is wrong here was reported when it was first read
    type();
    recovering_ = was_recovering;
    return;
  }
  found->second.state = Alias::kReading;
  Type definition = type();
  aliases_[name].type = definition;
  aliases_[name].state = Alias::kRead;
}

Type Parser::alias(std::string_view name, Span span) {
  auto found = aliases_.find(name);
  if (found == aliases_.end()) {
    error(span, fmt::format("unknown type `{}`", name));
    return Type();
  }
  Alias& alias = found->second;
  if (alias.state == Alias::kReading) {
    error(span, fmt::format("the type `{}` contains itself", name));
    return Type();
  }
  if (alias.state == Alias::kUnread) {
    size_t position = position_;
    alias.state = Alias::kReading;
    position_ = alias.position;
    alias.type = type();
    alias.state = Alias::kRead;
    if (!at(TokenKind::kEnd)) position_ = position;
  }
  return alias.type;
}

Type Parser::type() {
  Nesting nesting(*this);
  if (!nesting.ok()) return Type();
  uint32_t begin = peek().span.begin;
  if (at(TokenKind::kAt)) annotations();
  return limited_type(simple_type(), span_from(begin));
}

Type Parser::limited_type(Type type, Span span) {
  if (type.node_count() <= kMaximumTypeNodes) return type;
  error(span, fmt::format("this type has more than {} parts", kMaximumTypeNodes));
  return Type();
}

Type Parser::simple_type() {
  if (at(TokenKind::kQuestion)) return advance(), Type();
  if (at(TokenKind::kOpenBrace)) {
    advance();
    std::vector<Type> fields;
    list(TokenKind::kCloseBrace, "`,` or `}`", [&] { fields.push_back(type()); });
    return Type::structure(fields);
  }
  if (at(TokenKind::kIdentifier)) {
    const Token& name = advance();
    return alias(text(name), name.span);
  }
  if (!at(TokenKind::kKeyword)) {
    error_expected("a type");
    return Type();
  }
  std::string_view name = text(peek());
  if (std::optional<ScalarKind> scalar = scalar_named(name)) {
    advance();
    return Type::scalar(*scalar);
  }
  if (is_builder_name(name)) {
    advance();
    return builder_type(name);
  }
  if (name != "vec" && name != "dict" && name != "simd") {
    error_expected("a type");
    return Type();
  }
  advance();
  expect(TokenKind::kOpenBracket, "`[`");
  Span inner = peek().span;
  Type first = type();
  Type result;
  if (name == "vec") {
    result = Type::vec(first);
  } else if (name == "dict") {
    expect(TokenKind::kComma, "`,` and the type of the values");
    result = Type::dict(first, type());
  } else if (first.is_scalar()) {
    result = Type::simd(first.scalar_kind());
  } else {
    error(inner, fmt::format("simd holds scalars, not {}", first.to_string()));
  }
  expect(TokenKind::kCloseBracket, "`]`");
  return result;
}

Type Parser::builder_type(std::string_view name) {
  expect(TokenKind::kOpenBracket, "`[`");
  Type first = type();
  Type result;
  if (name == "appender") {
    result = Type::appender(first);
  } else {
    expect(TokenKind::kComma, "`,`");
    if (name == "merger") {
      result = Type::merger(first, merge_op());
    } else if (name == "vecmerger") {
      result = Type::vec_merger(first, merge_op());
    } else {
      Type value = type();
      if (name == "groupmerger") {
        result = Type::group_merger(first, value);
      } else {
        expect(TokenKind::kComma, "`,` and one of `+`, `*`, `min`, `max`");
        result = Type::dict_merger(first, value, merge_op());
      }
    }
  }
  expect(TokenKind::kCloseBracket, "`]`");
  return result;
}

MergeOp Parser::merge_op() {
  for (MergeOp op : {MergeOp::kAdd, MergeOp::kMultiply, MergeOp::kMin, MergeOp::kMax}) {
    if ((at(TokenKind::kOperator) || at(TokenKind::kKeyword)) && text(peek()) == merge_op_symbol(op)) {
      advance();
      return op;
    }
  }
  error_expected("one of `+`, `*`, `min`, `max`");
  return MergeOp::kAdd;
}

}  // namespace weld
