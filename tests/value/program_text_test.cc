#include "weld/program_text.h"

#include <gtest/gtest.h>

#include "weld/ir/frontend.h"

namespace weld {
namespace {

TEST(ProgramText, LambdasStayAsTheyAre) {
  EXPECT_EQ(as_program("|x: i64| x").text, "|x: i64| x");
  EXPECT_EQ(as_program("macro m(a) = a; || m(1)").text, "macro m(a) = a; || m(1)");
}

TEST(ProgramText, ExpressionsGetAHead) {
  EXPECT_EQ(as_program("1 + 2").text, "|| 1 + 2");
  EXPECT_EQ(as_program("let x = 1; x").text, "|| let x = 1; x");
  EXPECT_EQ(as_program("# why\n(1) * 2").text, "|| # why\n(1) * 2");
}

TEST(ProgramText, TheHeadComesBehindDeclarations) {
  EXPECT_EQ(as_program("macro m(a) = a; let x = m(1); x").text, "macro m(a) = a;||  let x = m(1); x");
  EXPECT_EQ(as_program("type t = i64; \"a;b\"").text, "type t = i64;||  \"a;b\"");
  EXPECT_EQ(as_program("type t = i64; # ; not here\n1L: t").text, "type t = i64;||  # ; not here\n1L: t");
}

TEST(ProgramText, BindingsComeBehindTheHead) { EXPECT_EQ(as_program("x + y", "let x = 1; ").text, "|| let x = 1; x + y"); }

TEST(ProgramText, WhatDoesNotParseStaysAsItIs) { EXPECT_EQ(as_program("1 +").text, "1 +"); }

TEST(ProgramText, SpansComeBackToTheSource) {
  const std::string source = "macro m(a) = a; m(oops)";
  const ProgramText program = as_program(source);
  const Result<ExprPtr> compiled = compile_to_ir(program.text);
  ASSERT_FALSE(compiled.ok());
  const Diagnostics diagnostics = program.in_source(compiled.diagnostics());
  EXPECT_EQ(source.substr(diagnostics[0].span.begin, diagnostics[0].span.end - diagnostics[0].span.begin), "oops");
}

TEST(ProgramText, Classifies) {
  EXPECT_EQ(classify("|x: i64| x"), TextKind::kProgram);
  EXPECT_EQ(classify("1 + 2"), TextKind::kExpression);
  EXPECT_EQ(classify("macro m(a) = a; m(1)"), TextKind::kExpression);
  EXPECT_EQ(classify("macro m(a) = a;"), TextKind::kDeclarations);
  EXPECT_EQ(classify("type t = i64;\n"), TextKind::kDeclarations);
  EXPECT_EQ(classify("# nothing\n"), TextKind::kDeclarations);
  EXPECT_EQ(classify("let x = 1;"), TextKind::kBindings);
  EXPECT_EQ(classify("let x = 1; let y = x;\n"), TextKind::kBindings);
  EXPECT_EQ(classify("let x = 1; 0"), TextKind::kExpression);
}

TEST(ProgramText, TextThatCanGoOnIsIncomplete) {
  for (const char* text : {"1 +", "1 +\n", "map([1, 2],", "map([1, 2]", "let x =", "let x = 1", "{1, ", "[1, 2\n", "|x: i64|",
                           "|x: i64", "macro m(a) =", "if(true, 1"}) {
    EXPECT_EQ(classify(text), TextKind::kIncomplete) << text;
  }
}

TEST(ProgramText, TextThatIsWrongIsFaulty) {
  for (const char* text : {")", "1 + ) 2", "let = 5; 1", "[1, 2}} 3", "1 2"})
    EXPECT_EQ(classify(text), TextKind::kFaulty) << text;
}

TEST(ProgramText, TypesOfPrograms) {
  EXPECT_EQ(*type_of_program("|| {1, 2.5}"), "{i32,f64}");
  EXPECT_EQ(*type_of_program("|v: vec[i64], x: i64| lookup(v, x)"), "|vec[i64], i64| i64");
  EXPECT_FALSE(type_of_program("|| x").ok());
}

}  // namespace
}  // namespace weld
