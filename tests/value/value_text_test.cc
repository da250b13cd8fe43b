#include "weld/value_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "weld/ir/frontend.h"
#include "weld/runtime/runtime.h"

namespace weld {
namespace {

Type type_of(const std::string& text) {
  Result<Type> type = parse_type(text);
  EXPECT_TRUE(type.ok()) << text;
  return type.ok() ? *type : Type::i64();
}

std::vector<Type> types_of(const std::vector<std::string>& texts) {
  std::vector<Type> types;
  for (const std::string& text : texts) types.push_back(type_of(text));
  return types;
}

// The value that text gives for a type, printed.
std::string round(const std::string& type_text, const std::string& text) {
  const Type type = type_of(type_text);
  const Result<OwnedArguments> arguments = parse_values(text, std::vector<Type>{type});
  if (!arguments.ok()) return "error: " + arguments.diagnostics().front().message;
  return print_value(type, arguments->data());
}

// The diagnostics of text, rendered.
std::string faults(const std::vector<std::string>& types, const std::string& text) {
  const Result<OwnedArguments> arguments = parse_values(text, types_of(types));
  return arguments.ok() ? "none" : format_diagnostics("args", text, arguments.diagnostics());
}

TEST(ValueText, PrintsScalarsAsTheLanguageWritesThem) {
  EXPECT_EQ(round("bool", "true"), "true");
  EXPECT_EQ(round("bool", "false"), "false");
  EXPECT_EQ(round("i8", "-128"), "-128c");
  EXPECT_EQ(round("i16", "12"), "12i16");
  EXPECT_EQ(round("i32", "-2147483648"), "-2147483648");
  EXPECT_EQ(round("i64", "-9223372036854775808L"), "-9223372036854775808L");
  EXPECT_EQ(round("u8", "255"), "255u8");
  EXPECT_EQ(round("u64", "18446744073709551615u64"), "18446744073709551615u64");
  EXPECT_EQ(round("f32", "0.1f"), "0.1f");
  EXPECT_EQ(round("f64", "0.1"), "0.1");
  EXPECT_EQ(round("f64", "-0.0"), "-0.0");
}

TEST(ValueText, IntegerLiteralsBecomeTheParametersType) {
  for (const char* type : {"i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"}) {
    EXPECT_EQ(round(type, "5"), round(type, "5L")) << type;
    EXPECT_EQ(round(type, "5").substr(0, 1), "5") << type;
  }
  EXPECT_EQ(round("f64", "5"), "5.0");
  EXPECT_EQ(round("f32", "-7"), "-7.0f");
  EXPECT_EQ(round("vec[i64]", "[1, 2, -3]"), "[1L, 2L, -3L]");
}

TEST(ValueText, FloatsAreTheShortestTextThatReadsBackEqual) {
  for (double value :
       {1e-320, 1.0 / 3, 123456789.125, 5e300, std::numeric_limits<double>::max(), std::numeric_limits<double>::min()}) {
    const std::string text = print_value(Type::f64(), &value);
    const Result<OwnedArguments> read = parse_values(text, std::vector<Type>{Type::f64()});
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(std::memcmp(read->data(), &value, sizeof value), 0) << text;
    EXPECT_LE(text.size(), 24u);
  }
}

TEST(ValueText, InfinityAndNanReadBack) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (double value : {infinity, -infinity}) {
    const std::string text = print_value(Type::f64(), &value);
    const Result<OwnedArguments> read = parse_values(text, std::vector<Type>{Type::f64()});
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*static_cast<const double*>(read->data()), value);
  }
  const float nan = std::nanf("");
  const std::string text = print_value(Type::f32(), &nan);
  const Result<OwnedArguments> read = parse_values(text, std::vector<Type>{Type::f32()});
  ASSERT_TRUE(read.ok()) << text;
  EXPECT_TRUE(std::isnan(*static_cast<const float*>(read->data())));
}

TEST(ValueText, StringsAreBytes) {
  EXPECT_EQ(round("vec[i8]", R"("a\"b\\\n\0\xff")"), R"("a\"b\\\n\x00\xff")");
  EXPECT_EQ(round("vec[i8]", R"("")"), R"("")");
  EXPECT_EQ(round("vec[i8]", "[104c, 105c]"), R"("hi")");
  EXPECT_EQ(round("vec[u8]", R"("hi")"), "[104u8, 105u8]");
}

TEST(ValueText, VectorsAndStructsNest) {
  EXPECT_EQ(round("vec[vec[i32]]", "[[1, 2], [], [3]]"), "[[1, 2], []: vec[i32], [3]]");
  EXPECT_EQ(round("{i64, {f64, bool}, vec[{i8, i64}]}", "{1, {2, true}, [{3, 4}, {5, 6}]}"),
            "{1L, {2.0, true}, [{3c, 4L}, {5c, 6L}]}");
  EXPECT_EQ(round("vec[f64]", "[]: vec[f64]"), "[]: vec[f64]");
  EXPECT_EQ(round("{}", "{}"), "{}");
}

TEST(ValueText, WhatIsPrintedReadsBackAsTheSameText) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"vec[{vec[i8], u16, vec[f32]}]", R"([{"x", 1, [1.5, 2]}, {"", 2, []}])"},
      {"{vec[vec[vec[i64]]], bool}", "{[[[1], []], []], false}"},
      {"vec[f64]", "[1e300, -0.0, 3, 1.0/0.0]"},
  };
  for (const auto& [type, text] : values) {
    const std::string printed = round(type, text);
    EXPECT_EQ(round(type, printed), printed);
  }
}

TEST(ValueText, ArgumentsLieInTheCLayout) {
  struct Arguments {
    int8_t small;
    WeldVec numbers;
    float factor;
    bool flag;
  };
  const Result<OwnedArguments> read =
      parse_values("1, [10, 20] # a comment\n, 2.5, true", types_of({"i8", "vec[i32]", "f32", "bool"}));
  ASSERT_TRUE(read.ok());
  const Arguments& arguments = *static_cast<const Arguments*>(read->data());
  EXPECT_EQ(arguments.small, 1);
  ASSERT_EQ(arguments.numbers.length, 2);
  const int32_t* numbers = reinterpret_cast<const int32_t*>(arguments.numbers.data);
  EXPECT_EQ(numbers[0], 10);
  EXPECT_EQ(numbers[1], 20);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(numbers) % 64, 0u);
  EXPECT_EQ(arguments.factor, 2.5f);
  EXPECT_TRUE(arguments.flag);
}

TEST(ValueText, NoArguments) {
  EXPECT_EQ(faults({}, ""), "none");
  EXPECT_EQ(faults({}, "  # nothing"), "none");
  EXPECT_EQ(faults({}, "1"), "args:1:1: error: the program takes 0 arguments, 1 given\n1\n^\n");
}

TEST(ValueText, FaultsHaveTheirPlace) {
  EXPECT_EQ(faults({"i64", "i64"}, "1"), "args:1:2: error: the program takes 2 arguments, 1 given\n1\n ^\n");
  EXPECT_EQ(faults({"vec[i8]"}, "[1, 128, 3]"), "args:1:5: error: 128 is out of range for i8\n[1, 128, 3]\n    ^~~\n");
  EXPECT_EQ(faults({"vec[u8]"}, "[1,\n -1]"), "args:2:2: error: -1 is out of range for u8\n -1]\n ^~\n");
  EXPECT_EQ(faults({"i64"}, "1.5"), "args:1:1: error: expected i64, found a float\n1.5\n^~~\n");
  EXPECT_EQ(faults({"{i64, i64}"}, "{1}"), "args:1:1: error: {i64,i64} has 2 fields, 1 given\n{1}\n^~~\n");
  EXPECT_NE(faults({"bool"}, "1").find("args:1:1: error: expected bool, found 1\n"), std::string::npos);
  EXPECT_NE(faults({"vec[i64]"}, "-1.5").find("expected vec[i64], found -1.5\n"), std::string::npos);
  EXPECT_NE(faults({"i64"}, "x").find("expected i64, found identifier"), std::string::npos);
  EXPECT_NE(faults({"vec[i64]"}, "[]: vec[i8]").find("the argument's type is vec[i64], not vec[i8]"), std::string::npos);
  EXPECT_NE(faults({"vec[i64]"}, "\"text\"").find("expected vec[i64], found string"), std::string::npos);
}

TEST(ValueText, EachFaultIsReported) {
  const Result<OwnedArguments> read = parse_values("[1, true, 3.5], 300", types_of({"vec[i64]", "u8"}));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.diagnostics().size(), 3u);
}

TEST(ValueText, TextThatDoesNotParse) {
  for (const char* text :
       {"[1, 2", "1}", "}{", "{", "\"open", "1,,2", "1 2", ";", "let x = 1; x", "\xff\xfe", "1)", "# only a comment"}) {
    const Result<OwnedArguments> read = parse_values(text, types_of({"i64"}));
    ASSERT_FALSE(read.ok()) << text;
    for (const Diagnostic& diagnostic : read.diagnostics()) {
      EXPECT_LE(diagnostic.span.begin, diagnostic.span.end) << text;
      EXPECT_LE(diagnostic.span.end, std::strlen(text)) << text;
    }
  }
}

TEST(ValueText, DeepTextIsAnErrorOrAValueButNoOverflow) {
  const std::string deep(100'000, '[');
  EXPECT_NE(faults({"vec[i64]"}, deep), "none");
}

TEST(ValueText, TypesWithoutLiterals) {
  EXPECT_NE(
      faults({"i64", "vec[dict[i64,i64]]"}, "1, []").find("parameter 1 cannot be given as text: dict[i64,i64] has no literal"),
      std::string::npos);
  EXPECT_NE(faults({"appender[i64]"}, "appender[i64]").find("has no literal"), std::string::npos);
}

TEST(ValueText, DictionariesPrintInTheOrderOfTheirKeys) {
  struct Entry {
    int32_t key;
    double value;
  };
  Entry entries[] = {{10, 1.5}, {-3, 2}, {9, 0.25}};
  WeldDict dict = {};
  dict.entries = reinterpret_cast<uint8_t*>(entries);
  dict.count = 3;
  const WeldDict* pointer = &dict;
  EXPECT_EQ(print_value(type_of("dict[i32,f64]"), &pointer), "[{-3, 2.0}, {9, 0.25}, {10, 1.5}]");
  dict.count = 0;
  EXPECT_EQ(print_value(type_of("dict[i32,f64]"), &pointer), "[]: vec[{i32,f64}]");
}

TEST(ValueText, StringKeysSortByBytes) {
  struct Entry {
    WeldVec key;
    int64_t value;
  };
  uint8_t text[] = {'b', 'a', 'b'};
  Entry entries[] = {{{text, 3}, 1}, {{text, 1}, 2}, {{text + 1, 2}, 3}};
  WeldDict dict = {};
  dict.entries = reinterpret_cast<uint8_t*>(entries);
  dict.count = 3;
  const WeldDict* pointer = &dict;
  EXPECT_EQ(print_value(type_of("dict[vec[i8],i64]"), &pointer), R"([{"ab", 3L}, {"b", 2L}, {"bab", 1L}])");
}

TEST(ValueText, BuildersPrintAsTheirType) {
  const WeldAppender appender = {};
  EXPECT_EQ(print_value(type_of("appender[i64]"), &appender), "appender[i64]");
}

}  // namespace
}  // namespace weld
