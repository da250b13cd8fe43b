// Tokens: every literal, the longest-match rules, comments, strings, and what is no token.
#include "weld/ir/lexer.h"

#include <bit>
#include <string>

#include <gtest/gtest.h>

namespace weld {
namespace {

struct IntegerCase {
  const char* text;
  ScalarKind kind;
  uint64_t value;
};

TEST(Lexer, IntegersTakeTheirTypeFromTheSuffix) {
  const IntegerCase cases[] = {
      {"1", ScalarKind::kI32, 1},         {"0", ScalarKind::kI32, 0},
      {"1c", ScalarKind::kI8, 1},         {"12C", ScalarKind::kI8, 12},
      {"7si", ScalarKind::kI16, 7},       {"3l", ScalarKind::kI64, 3},
      {"3L", ScalarKind::kI64, 3},        {"0xff", ScalarKind::kI32, 255},
      {"0xfc", ScalarKind::kI8, 15},      {"0xcc", ScalarKind::kI8, 12},
      {"0xc", ScalarKind::kI32, 12},      {"0xfL", ScalarKind::kI64, 15},
      {"0x1f", ScalarKind::kI32, 31},     {"0b101", ScalarKind::kI32, 5},
      {"0b11c", ScalarKind::kI8, 3},      {"0b1L", ScalarKind::kI64, 1},
      {"0x10si", ScalarKind::kI16, 16},   {"1i8", ScalarKind::kI8, 1},
      {"1i16", ScalarKind::kI16, 1},      {"1i32", ScalarKind::kI32, 1},
      {"1i64", ScalarKind::kI64, 1},      {"1u8", ScalarKind::kU8, 1},
      {"1u16", ScalarKind::kU16, 1},      {"1u32", ScalarKind::kU32, 1},
      {"0xffu64", ScalarKind::kU64, 255}, {"18446744073709551615u64", ScalarKind::kU64, ~uint64_t{0}},
  };
  for (const IntegerCase& test : cases) {
    Tokens tokens = tokenize(test.text);
    ASSERT_EQ(tokens.tokens.size(), 2u) << test.text;
    EXPECT_EQ(tokens.tokens[0].kind, TokenKind::kInteger) << test.text;
    EXPECT_EQ(tokens.tokens[0].scalar, test.kind) << test.text;
    EXPECT_EQ(tokens.tokens[0].value, test.value) << test.text;
    EXPECT_FALSE(tokens.tokens[0].too_large) << test.text;
  }
}

TEST(Lexer, AnIntegerOfMoreThan64BitsIsMarked) {
  EXPECT_TRUE(tokenize("18446744073709551616u64").tokens[0].too_large);
  EXPECT_TRUE(tokenize(std::string(100'000, '9')).tokens[0].too_large);
  EXPECT_FALSE(tokenize(std::string(100'000, '0') + "1").tokens[0].too_large);
}

TEST(Lexer, Floats) {
  struct Case {
    const char* text;
    ScalarKind kind;
    double value;
  };
  const Case cases[] = {
      {"1.0", ScalarKind::kF64, 1.0},    {"1e5", ScalarKind::kF64, 1e5},    {"1.5e-3", ScalarKind::kF64, 1.5e-3},
      {"1e+3", ScalarKind::kF64, 1e3},   {"2E2", ScalarKind::kF64, 200},    {"1.0f", ScalarKind::kF32, 1.0},
      {"1F", ScalarKind::kF32, 1.0},     {"1f", ScalarKind::kF32, 1.0},     {"1e5f", ScalarKind::kF32, 1e5},
      {"0.1f", ScalarKind::kF32, 0.1f},  {"1e-999", ScalarKind::kF64, 0.0}, {"0.0e999", ScalarKind::kF64, 0.0},
      {"1e-60f", ScalarKind::kF32, 0.0},
  };
  for (const Case& test : cases) {
    Tokens tokens = tokenize(test.text);
    ASSERT_EQ(tokens.tokens.size(), 2u) << test.text;
    ASSERT_EQ(tokens.tokens[0].kind, TokenKind::kFloat) << test.text;
    EXPECT_EQ(tokens.tokens[0].scalar, test.kind) << test.text;
    uint64_t bits = tokens.tokens[0].value;
    double value = test.kind == ScalarKind::kF32 ? static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)))
                                                 : std::bit_cast<double>(bits);
    EXPECT_EQ(value, test.value) << test.text;
  }
  EXPECT_EQ(tokenize("0." + std::string(400, '0') + "1").tokens[0].kind, TokenKind::kFloat);
}

TEST(Lexer, WrongNumbersAreOneErrorEach) {
  for (const char* text : {"12abc", "1.0x", "0x", "0b", "0b12", "0xg", "1e", "1u", "1i128", "1e999", "1e39f", "1_000", "0b1f"}) {
    Tokens tokens = tokenize(text);
    ASSERT_EQ(tokens.diagnostics.size(), 1u) << text;
    EXPECT_EQ(tokens.diagnostics[0].span.begin, 0u) << text;
    EXPECT_EQ(tokens.diagnostics[0].span.end, std::string(text).size()) << text;
    EXPECT_EQ(tokens.tokens[0].kind, TokenKind::kError) << text;
  }
}

TEST(Lexer, ADotWithoutDigitsBehindItIsNoPartOfANumber) {
  Tokens tokens = tokenize("x.$0.$1 1.$0");
  std::vector<TokenKind> kinds;
  for (const Token& token : tokens.tokens) kinds.push_back(token.kind);
  EXPECT_EQ(kinds, (std::vector<TokenKind>{TokenKind::kIdentifier, TokenKind::kDot, TokenKind::kIdentifier, TokenKind::kDot,
                                           TokenKind::kIdentifier, TokenKind::kInteger, TokenKind::kDot, TokenKind::kIdentifier,
                                           TokenKind::kEnd}));
}

TEST(Lexer, Strings) {
  Tokens tokens = tokenize(R"("a # b" "\n\t\r\\\"\0\x41\xfF" "")");
  ASSERT_EQ(tokens.strings.size(), 3u);
  EXPECT_EQ(tokens.strings[0], "a # b");
  EXPECT_EQ(tokens.strings[1], std::string("\n\t\r\\\"\0A\xff", 8));
  EXPECT_EQ(tokens.strings[2], "");
  EXPECT_TRUE(tokens.diagnostics.empty());
}

TEST(Lexer, WrongStringsPointAtTheFault) {
  Tokens unknown = tokenize(R"(x "a\qb")");
  ASSERT_EQ(unknown.diagnostics.size(), 1u);
  EXPECT_EQ(unknown.diagnostics[0].span.begin, 4u);
  EXPECT_EQ(tokenize(R"("\x4")").diagnostics.size(), 1u);
  for (const char* text : {"x \"abc", "x \"abc\\", "x \"abc\\\""}) {
    Tokens open = tokenize(text);
    ASSERT_EQ(open.diagnostics.size(), 1u) << text;
    EXPECT_EQ(open.diagnostics[0].span.begin, 2u);
  }
}

TEST(Lexer, CommentsRunToTheEndOfTheLine) {
  Tokens tokens = tokenize("1 # two \" three\n4#");
  ASSERT_EQ(tokens.tokens.size(), 3u);
  EXPECT_EQ(tokens.tokens[1].value, 4u);
}

TEST(Lexer, TheLongestOperatorWins) {
  Tokens tokens = tokenize("a<<b<=c<d||e|f==g=h!=!i");
  std::vector<std::string> operators;
  for (const Token& token : tokens.tokens) {
    std::string text = std::string("a<<b<=c<d||e|f==g=h!=!i").substr(token.span.begin, token.span.end - token.span.begin);
    if (token.kind != TokenKind::kIdentifier && token.kind != TokenKind::kEnd) operators.push_back(text);
  }
  EXPECT_EQ(operators, (std::vector<std::string>{"<<", "<=", "<", "||", "|", "==", "=", "!=", "!"}));
}

TEST(Lexer, BytesThatStartNoTokenAreReportedOncePerRun) {
  Tokens tokens = tokenize("a ~~`\xff\xfe b \\");
  ASSERT_EQ(tokens.diagnostics.size(), 2u);
  EXPECT_EQ(tokens.diagnostics[0].span.begin, 2u);
  EXPECT_EQ(tokens.diagnostics[0].span.end, 7u);
  EXPECT_EQ(tokens.diagnostics[1].message, "unexpected `\\`");
}

TEST(Lexer, OnlyWordsOfTheOriginalLanguageAreReserved) {
  for (const char* word : {"let", "for", "vec", "i64", "sqrt", "result", "macro", "tovec", "min"})
    EXPECT_TRUE(is_keyword(word)) << word;
  for (const char* word : {"abs", "floor", "add", "assert", "map", "sum", "x"}) EXPECT_FALSE(is_keyword(word)) << word;
}

}  // namespace
}  // namespace weld
