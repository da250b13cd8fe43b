// Breaks program text into tokens. Never fails: what is no token becomes a kError token, with a diagnostic beside it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/ops.h"
#include "weld/ir/type.h"

namespace weld {

enum class TokenKind : uint8_t {
  kEnd,
  kError,  // reported by the lexer
  kIdentifier,
  kKeyword,  // a reserved word, see is_keyword
  kInteger,
  kFloat,
  kString,
  kOperator,  // an infix or prefix operator of ops.def
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kOpenBrace,
  kCloseBrace,
  kComma,
  kSemicolon,
  kColon,
  kDot,
  kAssign,
  kQuestion,
  kAt,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  ScalarKind scalar = ScalarKind::kI32;  // of a kInteger or kFloat
  bool too_large = false;                // a kInteger whose magnitude has more than 64 bits
  uint64_t value = 0;                    // magnitude of a kInteger, IEEE bits of a kFloat, index into strings of a kString
  Span span;
};

struct Tokens {
  std::vector<Token> tokens;         // ends with a kEnd
  std::vector<std::string> strings;  // the bytes of the string literals
  Diagnostics diagnostics;
};

// The most diagnostics that one run reports.
inline constexpr size_t kMaximumDiagnostics = 20;

Tokens tokenize(std::string_view source);

// Sorts by place, drops duplicates and keeps the first kMaximumDiagnostics.
Diagnostics in_order(Diagnostics diagnostics);

// The words that cannot be names. Names of macros and of the newer functions (abs, add, assert, ...) are not among them, so that
// they can be used as names, as programs written for the original Weld may do.
bool is_keyword(std::string_view word);

}  // namespace weld
