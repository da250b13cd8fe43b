// Whatever the text, the front end ends in a program or in diagnostics with places inside the text: random bytes, random tokens,
// programs cut off or changed anywhere, and nesting of every kind far beyond what is allowed.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ir/corpus.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"

namespace weld {
namespace {

// True when the text compiles. Fails the test when there are no diagnostics, too many, or one that points outside of the text,
// and when what compiles does not compile to the same again from its printed form.
bool compiles(const std::string& source, const char* what) {
  Result<ExprPtr> result = compile_to_ir(source);
  if (result) {
    Result<ExprPtr> again = compile_to_ir(print(*result));
    EXPECT_TRUE(again.ok() && equal(*result, *again, false)) << what << "\n" << print(*result).substr(0, 2000);
    return true;
  }
  EXPECT_FALSE(result.diagnostics().empty()) << what;
  EXPECT_LE(result.diagnostics().size(), 20u) << what;
  for (const Diagnostic& diagnostic : result.diagnostics()) {
    EXPECT_LE(diagnostic.span.begin, diagnostic.span.end) << what;
    EXPECT_LE(diagnostic.span.end, source.size()) << what << ": " << diagnostic.message;
    EXPECT_FALSE(diagnostic.message.empty()) << what;
  }
  EXPECT_FALSE(format_diagnostics("fuzz", source, {result.diagnostics()[0]}).empty()) << what;
  return false;
}

std::string repeated(const std::string& piece, int count) {
  std::string result;
  result.reserve(piece.size() * static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) result += piece;
  return result;
}

TEST(FrontendFuzz, RandomBytes) {
  std::mt19937 random(1);
  std::string bytes(100'000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  EXPECT_FALSE(compiles(bytes, "random bytes"));
  for (char& byte : bytes) byte = static_cast<char>(' ' + random() % 95);
  EXPECT_FALSE(compiles(bytes, "random printable bytes"));
  for (int i = 0; i < 2000; ++i) {
    std::string few(random() % 40, '\0');
    for (char& byte : few) byte = static_cast<char>(random() % 3 == 0 ? random() : ' ' + random() % 95);
    compiles(few, few.c_str());
  }
}

TEST(FrontendFuzz, RandomTokens) {
  const std::vector<std::string> tokens = {
      "let",
      "x",
      "y",
      "=",
      ";",
      "|",
      "||",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      ".",
      "$0",
      "1",
      "2L",
      "1.0",
      "true",
      "\"s\"",
      "if",
      "for",
      "zip",
      "iter",
      "map",
      "filter",
      "merge",
      "vec",
      "i64",
      "dict",
      "?",
      "+",
      "-",
      "!",
      "appender",
      "merger",
      "len",
      "lookup",
      "sort",
      "macro",
      "type",
      "@",
      "result",
      "iterate",
      "select",
      "cast",
      "cudf",
      "deserialize",
      "min",
      "<<",
      "&&",
      "==",
      "abs",
      "|x|",
      "(x, 1)",
      "x: i64",
      "|b, i, e|",
      "vec[i64]",
      "appender[i64]",
      "(",
      ")",
      ",",
      "x",
  };
  std::mt19937 random(2);
  for (int round = 0; round < 3000; ++round) {
    std::string source = round % 3 == 0 ? "|x: i64, y: vec[i64]| " : "";
    int count = 1 + static_cast<int>(random() % 40);
    for (int i = 0; i < count; ++i) source += tokens[random() % tokens.size()] + " ";
    compiles(source, source.c_str());
  }
  std::string long_source;
  for (int i = 0; i < 30'000; ++i) long_source += tokens[random() % tokens.size()] + " ";
  EXPECT_FALSE(compiles(long_source, "random tokens"));
}

TEST(FrontendFuzz, ProgramsCutOffAnywhere) {
  std::string source;
  for (const std::string& program : corpus()) {
    if (program.size() > source.size() && program.find("type ") == std::string::npos) source = program;
  }
  source = "type pair = {i64, f64}; macro twice(a) = a + a;\n" + source;
  ASSERT_TRUE(compiles(source, "the whole program"));
  for (size_t length = 0; length < source.size(); ++length) {
    compiles(source.substr(0, length), source.substr(0, length).c_str());
    compiles(source.substr(length), source.substr(length).c_str());
  }
}

TEST(FrontendFuzz, ProgramsWithAPieceTakenOutOrDoubled) {
  std::mt19937 random(3);
  for (const std::string& program : corpus()) {
    for (int round = 0; round < 40; ++round) {
      std::string changed = program;
      size_t at = random() % changed.size();
      size_t length = 1 + random() % 6;
      if (round % 2 == 0) {
        changed.erase(at, length);
      } else {
        changed.insert(random() % changed.size(), program.substr(at, length));
      }
      compiles(changed, changed.c_str());
    }
  }
}

struct NestingCase {
  const char* name;
  std::string source;
};

TEST(FrontendFuzz, ProgramsNestedTooDeep) {
  constexpr int kDeep = 40'000;  // twice what is allowed
  const NestingCase cases[] = {
      {"parentheses", repeated("(", kDeep) + "1" + repeated(")", kDeep)},
      {"open parentheses", repeated("(", kDeep)},
      {"closed parentheses", "1" + repeated(")", kDeep)},
      {"negations", repeated("-", kDeep) + "x"},
      {"nots", repeated("!", kDeep) + "true"},
      {"lets", repeated("let x = 1; ", kDeep) + "x"},
      {"lets in lets", repeated("let x = ", kDeep) + "1" + repeated("; x", kDeep)},
      {"lambdas", repeated("|x: i64| ", kDeep) + "x"},
      {"lambdas without parameters", repeated("|| ", kDeep) + "x"},
      {"brackets", repeated("[", kDeep) + repeated("]", kDeep)},
      {"braces", repeated("{", kDeep) + repeated("}", kDeep)},
      {"mixed brackets", repeated("[({", kDeep)},
      {"vec types", "|x: " + repeated("vec[", kDeep) + "i64" + repeated("]", kDeep) + "| x"},
      {"struct types", "|x: " + repeated("{", kDeep) + repeated("}", kDeep) + "| x"},
      {"builder types", "|x: " + repeated("appender[", kDeep) + "| x"},
      {"ifs in the last branch", repeated("if(true, 1, ", kDeep) + "2" + repeated(")", kDeep)},
      {"ifs in the condition", repeated("if(", kDeep) + "true" + repeated(", true, false)", kDeep)},
      {"calls", "f" + repeated("(1)", kDeep)},
      {"calls in calls", repeated("f(", kDeep) + "1" + repeated(")", kDeep)},
      {"casts", repeated("i64(", kDeep) + "1" + repeated(")", kDeep)},
      {"fields", "x" + repeated(".$0", kDeep)},
      {"sums", "1" + repeated(" + 1", kDeep)},
      {"sums to the right", repeated("1 + (", kDeep) + "1" + repeated(")", kDeep)},
      {"mixed operators", "1" + repeated(" + 1 * 2 == 3 && true || false", kDeep)},
      {"ascriptions", "1" + repeated(": i32", kDeep)},
      {"annotations", repeated("@(a: 1) (", kDeep) + "1" + repeated(")", kDeep)},
      {"fors", repeated("for(", kDeep)},
      {"zips", repeated("for(zip(", kDeep)},
      {"builders", repeated("appender[i64](", kDeep)},
      {"macros", "macro m(a) = a;" + repeated("m(", kDeep) + "1" + repeated(")", kDeep)},
      {"macro definitions", repeated("macro m(a) = ", kDeep)},
      {"aliases", repeated("type t = {", kDeep)},
  };
  for (const NestingCase& test : cases) EXPECT_FALSE(compiles(test.source, test.name)) << test.name;
  std::string chain;
  for (int i = kDeep; i > 0; --i) chain += "type t" + std::to_string(i) + " = vec[t" + std::to_string(i - 1) + "];";
  EXPECT_FALSE(compiles(chain + "type t0 = i64; |x: t9| x", "aliases of aliases"));
}

TEST(FrontendFuzz, ProgramsAsDeepAsAllowed) {
  constexpr int kDepth = 19'000;
  const NestingCase cases[] = {
      {"parentheses", repeated("(", kDepth) + "1" + repeated(")", kDepth)},
      {"negations", "|x: i64| " + repeated("-", kDepth) + "x"},
      {"lets", repeated("let x = 1; ", kDepth) + "x"},
      {"lets in lets", repeated("let x = ", kDepth) + "1" + repeated("; x", kDepth)},
      {"sums", "1" + repeated(" + 1", kDepth)},
      {"sums to the right", repeated("1 + (", kDepth) + "1" + repeated(")", kDepth)},
      {"ifs", repeated("if(true, 1, ", kDepth) + "2" + repeated(")", kDepth)},
      {"calls of lambdas", repeated("(|x| x)(", kDepth) + "1" + repeated(")", kDepth)},
      {"macros", "macro m(a) = a;" + repeated("m(", kDepth) + "1" + repeated(")", kDepth)},
      {"lambdas called on the spot", repeated("(|x| ", 9000) + "x" + repeated(")(1)", 9000)},
      {"vectors", repeated("[", 9000) + "1" + repeated("]", 9000)},
      {"structs", repeated("{", 4000) + "1" + repeated("}", 4000) + repeated(".$0", 4000)},
  };
  for (const NestingCase& test : cases) EXPECT_TRUE(compiles(test.source, test.name)) << test.name;
}

TEST(FrontendFuzz, ManyFaultsEndSoon) {
  constexpr int kMany = 100'000;
  for (const char* piece :
       {"1 ",    ", ",   ") ",  "] ", "; ",    "= ",  "| ",      ": ",         ". ",     "@ ",    "let ",         "macro ",
        "type ", "for ", "\" ", "$ ", "1 +; ", "(] ", "f(1 2) ", "let x = ; ", "{1 2} ", "@(a) ", "999999999999 "}) {
    EXPECT_FALSE(compiles(repeated(piece, kMany), piece)) << piece;
  }
  EXPECT_FALSE(compiles("[" + repeated("x, ", kMany) + "1]", "undefined names"));
  EXPECT_FALSE(compiles("[" + repeated("1 + 2L, ", kMany) + "1]", "types that differ"));
}

TEST(FrontendFuzz, ParseTypeTakesAnything) {
  std::mt19937 random(4);
  const std::vector<std::string> tokens = {"vec",    "[", "]", "{", "}", ",", "i64", "dict",
                                           "merger", "+", "?", "x", "@", "1", "simd"};
  for (int round = 0; round < 2000; ++round) {
    std::string source;
    for (uint32_t i = 0; i < 1 + random() % 12; ++i) source += tokens[random() % tokens.size()];
    Result<Type> type = parse_type(source);
    if (type) {
      Result<Type> again = parse_type(type->to_string());
      ASSERT_TRUE(again.ok()) << source;
      EXPECT_EQ(*again, *type) << source;
    } else {
      EXPECT_LE(type.diagnostics()[0].span.end, source.size()) << source;
    }
  }
  EXPECT_FALSE(parse_type(repeated("vec[", 100'000)).ok());
}

}  // namespace
}  // namespace weld
