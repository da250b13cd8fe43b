// The shape of what is parsed, what is refused and where, and what the original language's programs need.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ir/corpus.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"

namespace weld {
namespace {

std::string printed(const std::string& source) {
  Result<Program> program = parse_program(source);
  if (!program) return format_diagnostics("program", source, program.diagnostics());
  return print(program->body, {.indent = false});
}

// The messages of the errors, each behind the column (from 0) where it begins.
std::vector<std::string> errors(const std::string& source) {
  Result<Program> program = parse_program(source);
  std::vector<std::string> result;
  if (program) return result;
  for (const Diagnostic& diagnostic : program.diagnostics()) {
    result.push_back(std::to_string(diagnostic.span.begin) + ": " + diagnostic.message);
  }
  return result;
}

using Errors = std::vector<std::string>;

void expect_same(const std::string& left, const std::string& right) {
  Result<Program> a = parse_program(left);
  Result<Program> b = parse_program(right);
  ASSERT_TRUE(a.ok()) << left << "\n" << printed(left);
  ASSERT_TRUE(b.ok()) << right << "\n" << printed(right);
  EXPECT_TRUE(equal(a->body, b->body, false)) << left << "\n" << right << "\n" << printed(left);
}

TEST(Parser, Precedence) {
  expect_same("a || b && c | d ^ e & f == g > h << i + j * k", "a || (b && (c | (d ^ (e & (f == (g > (h << (i + (j * k)))))))))");
  expect_same("a * b + c << d > e == f & g ^ h | i && j || k", "(((((((((a * b) + c) << d) > e) == f) & g) ^ h) | i) && j) || k");
  expect_same("a - b - c", "(a - b) - c");
  expect_same("a / b * c % d", "((a / b) * c) % d");
  expect_same("a == b == c", "(a == b) == c");
  expect_same("a >> b << c", "(a >> b) << c");
  expect_same("-a * b", "(-a) * b");
  expect_same("!a && b", "(!a) && b");
  expect_same("-a.$0", "-(a.$0)");
  expect_same("!f(x)", "!(f(x))");
  expect_same("a * b: i64", "a * (b: i64)");
  expect_same("-a: i64", "(-a): i64");
  expect_same("a.$0.$1(b)(c).$2", "((((a.$0).$1)(b))(c)).$2");
  expect_same("|x| x + 1", "|x| (x + 1)");
  expect_same("let a = 1; a + a", "let a = 1; (a + a)");
  expect_same("let a = let b = 1; b; a", "let a = (let b = 1; b); a");
  expect_same("a - -1", "a - (-1)");
  expect_same("a -1", "a - 1");
}

TEST(Parser, EveryInfixOperatorHasACallForm) {
  expect_same("add(a, b)", "a + b");
  expect_same("bitor(a, b)", "a | b");
  expect_same("shiftright(a, b)", "a >> b");
  expect_same("greaterequal(a, b)", "a >= b");
  expect_same("and(or(a, b), not(c))", "(a || b) && !c");
}

TEST(Parser, NamesOfTheNewerFunctionsCanBeBound) {
  expect_same("let floor = 1; floor", "let floor = (1); floor");
  EXPECT_EQ(printed("|abs| abs(1)"), "|abs| abs(1)");  // a call of what is bound
  Result<Program> bound = parse_program("|abs| abs(1)");
  EXPECT_TRUE(bound->body->body()->is(NodeKind::kApply));
  Result<Program> free = parse_program("(|abs| abs)(abs(1))");
  EXPECT_TRUE(free->body->child(1)->is(NodeKind::kUnary));
  Result<Program> macro = parse_program("macro round(x) = x; round(1)");
  EXPECT_TRUE(macro->body->is(NodeKind::kApply));
}

TEST(Parser, MinusBelongsToTheLiteralBehindIt) {
  Result<Program> program = parse_program("{-5, - 5L, -(5), -0.0, 1-1}");
  const auto& fields = program->body->children();
  EXPECT_EQ(fields[0]->literal().as_signed(), -5);
  EXPECT_EQ(fields[1]->literal().as_signed(), -5);
  EXPECT_TRUE(fields[2]->is(NodeKind::kUnary));
  EXPECT_EQ(fields[3]->literal().bits, uint64_t{1} << 63);
  EXPECT_TRUE(fields[4]->is(NodeKind::kBinary));
}

TEST(Parser, LiteralsOutOfRange) {
  EXPECT_EQ(errors("{128c, -129c, -128c, 127c}"), (Errors{"1: 128c is out of range for i8", "7: -129c is out of range for i8"}));
  EXPECT_EQ(errors("2147483648"), (Errors{"0: 2147483648 is out of range for i32"}));
  EXPECT_EQ(errors("0xffffffff").size(), 1u);
  EXPECT_EQ(errors("-1u8"), (Errors{"0: -1u8 is out of range for u8"}));
  EXPECT_EQ(errors("a -128c"), (Errors{"3: 128c is out of range for i8"}));
  EXPECT_EQ(errors("9223372036854775808L").size(), 1u);
  EXPECT_EQ(errors("18446744073709551616u64").size(), 1u);
  EXPECT_TRUE(errors("{-9223372036854775808L, -2147483648, -32768si, 255u8, 18446744073709551615u64, -0u8}").empty());
}

TEST(Parser, IteratorsAndZip) {
  Result<Program> program = parse_program("for(zip(a, iter(b), iter(c, 0L, 4L, 1L)), appender, |b, i, e| b)");
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program->body->iterators().size(), 3u);
  EXPECT_EQ(program->body->iterators()[2]->children().size(), 4u);
  expect_same("for(iter(d), appender[?], |b,i,e| b)", "for(d, appender, |b, i, e| b)");
  expect_same("for(zip(d), appender, |b,i,e| b)", "for(d, appender, |b,i,e| b)");
  EXPECT_EQ(errors("for(iter(a, 1L), appender, |b,i,e| b)"), (Errors{"4: `iter` takes 1 or 4 arguments but has 2"}));
}

TEST(Parser, TrailingCommasAreAllowed) {
  expect_same("[1, 2,]", "[1, 2]");
  expect_same("{1, {2,},}", "{1, {2}}");
  expect_same("f(1,)", "f(1)");
  expect_same("|a: {i32,},| a", "|a: {i32}| a");
}

TEST(Parser, EmptyVectorsTakeTheirTypeFromTheAscription) {
  Result<Program> program = parse_program("[]: vec[i64]");
  EXPECT_TRUE(program->body->is(NodeKind::kMakeVector));
  EXPECT_EQ(program->body->operand_type(), Type::vec(Type::i64()));
  EXPECT_EQ(errors("[]: i64"), (Errors{"2: an empty vector cannot be of type i64"}));
}

TEST(Parser, AnnotationsStayOnTheLeafBehindThem) {
  Result<Program> program =
      parse_program("@(size: 10L, impl: local, x: -2.5) @(y: \"a b\") for(v, @(z:true) appender, |b,i,e| b).$0");
  ASSERT_TRUE(program.ok());
  const ExprPtr& loop = program->body->child(0);
  EXPECT_EQ(loop->annotations(), (Annotations{{"size", "10L"}, {"impl", "local"}, {"x", "-2.5"}, {"y", "\"a b\""}}));
  EXPECT_EQ(loop->builder()->annotations(), (Annotations{{"z", "true"}}));
  EXPECT_TRUE(parse_program("|b: @(impl: local) dictmerger[i32,i32,+]| b").ok());
}

TEST(Parser, TypesAndAliases) {
  EXPECT_EQ(parse_type("vec[{i64, dict[vec[i8], f32], {}}]")->to_string(), "vec[{i64,dict[vec[i8],f32],{}}]");
  EXPECT_EQ(
      parse_type("{appender[?],merger[f64,min],dictmerger[i32,{i64,f32},*],groupmerger[i8,u8],vecmerger[u64,max]}")->to_string(),
      "{appender[?],merger[f64,min],dictmerger[i32,{i64,f32},*],groupmerger[i8,u8],vecmerger[u64,max]}");
  EXPECT_EQ(parse_type("simd[f32]")->to_string(), "simd[f32]");
  EXPECT_FALSE(parse_type("simd[vec[i32]]").ok());
  EXPECT_FALSE(parse_type("vec[i64] x").ok());
  EXPECT_FALSE(parse_type("").ok());
  Result<Program> program = parse_program("macro m(x) = x: b; type b = vec[a]; type a = i32; |x: b| x");
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program->body->parameters()[0].type.to_string(), "vec[i32]");
  EXPECT_EQ(errors("type a = vec[a]; 1"), (Errors{"13: the type `a` contains itself"}));
  EXPECT_EQ(errors("type a = i32; type a = i64; 1"), (Errors{"19: the type `a` is defined twice"}));
  EXPECT_EQ(errors("|x: nothing| x"), (Errors{"4: unknown type `nothing`"}));
}

TEST(Parser, SeveralIndependentErrors) {
  EXPECT_EQ(errors("let a = 1 + ; let b = [1, *, 3]; let c = foo(2 3); a"),
            (Errors{"12: expected an expression but found `;`", "26: expected an expression but found `*`",
                    "47: expected `,` or `)` but found `3`"}));
  EXPECT_EQ(errors("{(1, 2), (3}"), (Errors{"3: expected `)` but found `,`", "11: expected `)` but found `}`"}));
  EXPECT_EQ(errors("let len = 5; let let = 6; 1"),
            (Errors{"4: `len` is a reserved word and cannot be a name", "17: `let` is a reserved word and cannot be a name"}));
}

TEST(Parser, AtMostTwentyErrors) {
  std::string source;
  for (int i = 0; i < 100; ++i) source += "let a = ; ";
  EXPECT_EQ(errors(source + "1").size(), 20u);
  EXPECT_LE(errors(std::string(1000, '~') + "\n").size(), 20u);
}

TEST(Parser, Messages) {
  EXPECT_EQ(errors(""), (Errors{"0: expected an expression but found the end of the program"}));
  EXPECT_EQ(errors("1 2"), (Errors{"2: expected the end of the program but found `2`"}));
  EXPECT_EQ(errors("1;"), (Errors{"1: expected the end of the program but found `;`"}));
  EXPECT_EQ(errors("lookup(a)"), (Errors{"0: `lookup` takes 2 arguments but has 1"}));
  EXPECT_EQ(errors("len(a, b)"), (Errors{"0: `len` takes 1 argument but has 2"}));
  EXPECT_EQ(errors("1 + |x| x"), (Errors{"4: a function here needs parentheses around it"}));
  EXPECT_EQ(errors("1 + let x = 1; x").at(0), "4: a `let` here needs parentheses around it");
  EXPECT_EQ(errors("a.b"), (Errors{"2: expected a field, as in `.$0`, but found `b`"}));
  EXPECT_EQ(errors("merger[i64,-]"), (Errors{"11: expected one of `+`, `*`, `min`, `max` but found `-`"}));
  EXPECT_EQ(errors("vecmerger[i64,+]"), (Errors{"0: `vecmerger` takes 1 argument but has 0"}));
  EXPECT_EQ(errors("macro f(a, a) = a; 1"), (Errors{"11: the macro `f` has two parameters named `a`"}));
  EXPECT_EQ(errors("macro f(a) = a; macro f(b) = b; 1"), (Errors{"16: the macro `f` is defined twice"}));
  EXPECT_EQ(errors("|x: i32, x: i64| x"), (Errors{"9: the function has two parameters named `x`"}));
  EXPECT_EQ(errors("\"abc"), (Errors{"0: this string has no closing `\"`"}));
}

TEST(Parser, DiagnosticsPrintWithACaret) {
  std::string source = "|x: i64|\n  x + * 2L";
  Result<Program> program = parse_program(source);
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(format_diagnostics("file.weld", source, program.diagnostics()),
            "file.weld:2:7: error: expected an expression but found `*`\n  x + * 2L\n      ^\n");
}

TEST(Parser, PrintedProgramsParseToEqualOnes) {
  for (const std::string& source : corpus()) {
    Result<Program> program = parse_program(source);
    ASSERT_TRUE(program.ok()) << source << "\n" << format_diagnostics("program", source, program.diagnostics());
    for (bool indent : {false, true}) {
      std::string text = print(*program, {.indent = indent});
      Result<Program> again = parse_program(text);
      ASSERT_TRUE(again.ok()) << text << "\n" << format_diagnostics("printed", text, again.diagnostics());
      EXPECT_TRUE(equal(program->body, again->body, false)) << source << "\n" << text;
      ASSERT_EQ(program->macros.size(), again->macros.size());
      for (const auto& [name, macro] : program->macros) {
        EXPECT_EQ(macro.parameters, again->macros.at(name).parameters);
        EXPECT_TRUE(equal(macro.body, again->macros.at(name).body, false)) << source << "\n" << text;
      }
    }
  }
}

}  // namespace
}  // namespace weld
