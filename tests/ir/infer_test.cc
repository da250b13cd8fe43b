// Types inferred for every construct, and the messages for what does not fit.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ir/corpus.h"
#include "weld/ir/frontend.h"
#include "weld/ir/rewrite.h"

namespace weld {
namespace {

std::string report(const std::string& source, const Diagnostics& diagnostics) {
  return format_diagnostics("program", source, diagnostics);
}

// The type of the program's result.
std::string type_of(const std::string& source) {
  Result<ExprPtr> program = compile_to_ir(source);
  if (!program) return report(source, program.diagnostics());
  return (*program)->body()->type().to_string();
}

std::vector<std::string> inference_errors(const std::string& source) {
  Result<ExprPtr> program = compile_to_ir(source);
  std::vector<std::string> result;
  if (program) return {(*program)->type().to_string()};
  for (const Diagnostic& diagnostic : program.diagnostics()) {
    EXPECT_LT(diagnostic.span.begin, diagnostic.span.end) << diagnostic.message;
    result.push_back(std::to_string(diagnostic.span.begin) + ": " + diagnostic.message);
  }
  return result;
}

using Errors = std::vector<std::string>;

struct TypeCase {
  const char* source;
  const char* type;
};

TEST(Infer, Expressions) {
  const TypeCase cases[] = {
      {"1 + 2", "i32"},
      {"1.0f * 2.0f", "f32"},
      {"1L < 2L", "bool"},
      {"\"a\" == \"b\"", "bool"},
      {"{1, 2L} < {3, 4L}", "bool"},
      {"broadcast(1.0) < broadcast(2.0)", "simd[bool]"},
      {"f32(broadcast(1.0))", "simd[f32]"},
      {"i8(true)", "i8"},
      {"pow(2.0, 3)", "f64"},
      {"pow(2.0f, 3.0f)", "f32"},
      {"[1L, 2L]", "vec[i64]"},
      {"[]: vec[{i64, f32}]", "vec[{i64,f32}]"},
      {"[[], [1]]", "vec[vec[i32]]"},
      {"{1, {2.0}, \"s\", {}}", "{i32,{f64},vec[i8],{}}"},
      {"{1, {2.0}}.$1.$0", "f64"},
      {"if(true, 1, 2)", "i32"},
      {"select(broadcast(1) > broadcast(0), broadcast(1L), broadcast(2L))", "simd[i64]"},
      {"let x = 1; let x = {x, 2L}; x", "{i32,i64}"},
      {"let x: vec[?] = [1L]; x", "vec[i64]"},
      {"iterate({1, 2.0}, |s| {{s.$0 + 1, s.$1}, s.$0 < 3})", "{i32,f64}"},
      {"serialize({1, \"a\"})", "vec[u8]"},
      {"deserialize[dict[i64,vec[i8]]](serialize(1))", "dict[i64,vec[i8]]"},
      {"cudf[f, {i64, f32}](1, 2.0)", "{i64,f32}"},
      {"assert(true)", "bool"},
      {"slice([1, 2], 0L, 1L)", "vec[i32]"},
      {"sort([1.0], |x| -x)", "vec[f64]"},
      {"map([1, 2], |x| {x, f64(x)})", "vec[{i32,f64}]"},
      {"sum([1.5f])", "f32"},
      {"result(merge(appender, 1c))", "vec[i8]"},
      {"for([1], appender, |b, i, e| merge(b, i))", "appender[i64]"},
      {"result(for([1L], dictmerger[?, ?, min], |b, i, e| merge(b, {e, 2.0})))", "dict[i64,f64]"},
      {"result(for([1L], groupmerger[?, ?], |b, i, e| merge(b, {e, 2.0})))", "dict[i64,vec[f64]]"},
      {"result(for([1L], vecmerger[?, +]([1.0]), |b, i, e| merge(b, {e, 2.0})))", "vec[f64]"},
      {"result(for(rangeiter(0L, 9L, 1L), appender, |b, i, e| merge(b, e)))", "vec[i64]"},
      {"result(for(simditer([1.0]), merger[f64,+], |b, i, e| merge(b, e)))", "f64"},
      {"let d = result(for([1], dictmerger[i32,i64,+], |b, i, e| merge(b, {e, i}))); "
       "{tovec(d), lookup(d, 1), optlookup(d, 1), keyexists(d, 1), len(d)}",
       "{vec[{i32,i64}],i64,{bool,i64},bool,i64}"},
      {"let f = |x| {x, x}; {f(1), f(\"a\")}", "{{i32,i32},{vec[i8],vec[i8]}}"},
  };
  for (const TypeCase& test : cases) {
    Result<ExprPtr> typed = infer_types(parse_program(test.source)->body);
    ASSERT_TRUE(typed.ok()) << report(test.source, typed.diagnostics());
    EXPECT_EQ((*typed)->type().to_string(), test.type) << test.source;
  }
}

TEST(Infer, TypesFlowBackFromLaterUses) {
  EXPECT_EQ(type_of("let b = appender; result(merge(b, 1L))"), "vec[i64]");
  EXPECT_EQ(type_of("let v = []; [v, [1.0]]"), "vec[vec[f64]]");
  EXPECT_EQ(type_of("|c: bool| let x = {appender, 1}; result(if(c, merge(x.$0, \"a\"), x.$0))"), "vec[vec[i8]]");
  EXPECT_EQ(type_of("let e = []; let first = lookup(e, 0L); {first + 1c, e}"), "{i8,vec[i8]}");
}

TEST(Infer, EveryNodeIsTypedAndNamesAreUnique) {
  for (const std::string& source : corpus()) {
    Result<ExprPtr> program = compile_to_ir(source);
    ASSERT_TRUE(program.ok()) << report(source, program.diagnostics());
    EXPECT_TRUE((*program)->is(NodeKind::kLambda));
    EXPECT_EQ(make_names_unique(*program), *program) << source;
    walk(*program, [&](const ExprPtr& node) {
      EXPECT_FALSE(node->type().contains_unknown()) << source << "\n" << print(node);
      EXPECT_FALSE(node->is(NodeKind::kAscribe) || node->is(NodeKind::kApply)) << source;
      return true;
    });
    EXPECT_TRUE(verify(*program).empty()) << source;
  }
}

TEST(Infer, PrintedProgramsInferToEqualOnes) {
  for (const std::string& source : corpus()) {
    Result<ExprPtr> program = compile_to_ir(source);
    ASSERT_TRUE(program.ok()) << report(source, program.diagnostics());
    for (bool indent : {false, true}) {
      std::string text = print(*program, {.indent = indent});
      Result<ExprPtr> again = compile_to_ir(text);
      ASSERT_TRUE(again.ok()) << text << "\n" << report(text, again.diagnostics());
      EXPECT_TRUE(equal(*program, *again, false)) << source << "\n" << text << "\n" << print(*again);
    }
  }
}

TEST(Infer, InferringAgainChangesNothing) {
  for (const std::string& source : corpus()) {
    Result<ExprPtr> program = compile_to_ir(source);
    Result<ExprPtr> again = infer_types(*program);
    ASSERT_TRUE(again.ok()) << report(source, again.diagnostics());
    EXPECT_TRUE(equal(*program, *again, false)) << source;
  }
}

TEST(Infer, AProgramThatIsNoLambdaTakesNoParameters) {
  Result<ExprPtr> program = compile_to_ir("let a = 1; a + a");
  ASSERT_TRUE(program.ok());
  EXPECT_EQ((*program)->type().to_string(), "||(i32)");
}

struct ErrorCase {
  const char* source;
  const char* message;
};

TEST(Infer, Messages) {
  const ErrorCase cases[] = {
      {"|x: i32, y: i64| x + y", "17: the sides of `+` differ: left side is i32, right side is i64"},
      {"|y: i64| 1 + y", "9: the sides of `+` differ: left side is i32, right side is i64; the i64 literal is written 1L"},
      {"min(1, 2.0)", "0: the sides of `min` differ: left side is i32, right side is f64; the f64 literal is written 1.0"},
      {"\"a\" + \"b\"", "0: `+` takes numbers, but this is vec[i8]"},
      {"1.0 & 2.0", "0: `&` takes integers or bool, but this is f64"},
      {"1 << 2 + sqrt(1)", "9: `sqrt` takes floats, but this is i32"},
      {"!1", "0: `!` takes bool, but this is i32"},
      {"-true", "0: `-` takes numbers, but this is bool"},
      {"pow(1, 2)", "0: `pow` takes floats, but this is i32"},
      {"pow(1.0, true)", "0: the exponent of `pow` must be an integer or, like its base, f64, but it is bool"},
      {"if(1, 2, 3)", "3: the condition must be bool, but it is i32"},
      {"if(true, 2, 3L)", "0: the branches of `if` differ: the first is i32, the second is i64"},
      {"select(1, 2, 3)", "7: the condition of `select` must be bool or simd[bool], but it is i32"},
      {"select(true, 2, 3L)", "0: the values of `select` differ: the first is i32, the second is i64"},
      {"select(broadcast(1) > broadcast(2), 1, 2)", "0: a `select` by simd[bool] chooses between simd values, but these are i32"},
      {"[1, 2, 3.0, 4L]", "7: the elements of a vector have one type: those before are i32, this one is f64"},
      {"1.$0", "0: only a struct has fields, and this is i32"},
      {"{1, 2}.$2", "0: there is no field $2 in {i32,i32}, which has 2 fields"},
      {"let x: i64 = 1; x", "13: `x` is declared to be i64, but its value is i32"},
      {"1: i64", "0: this is written to be i64, but it is i32"},
      {"i64(\"a\")", "0: only scalars can be cast to i64, and this is vec[i8]"},
      {"broadcast([1])", "0: `broadcast` takes a scalar, but this is vec[i32]"},
      {"len(1)", "4: `len` takes a vec or a dict, but this is i32"},
      {"lookup(1, 2)", "7: `lookup` takes a vec or a dict, but this is i32"},
      {"lookup([1], 2)", "12: the index into a vec must be i64, but it is i32"},
      {"|d: dict[i64,i64]| lookup(d, 2)", "29: the key of this dict must be i64, but it is i32"},
      {"|d: dict[i64,i64]| keyexists(d, 2)", "32: the keys of this dict are i64, but the key given to `keyexists` is i32"},
      {"tovec([1])", "6: the first argument of `tovec` must be a dict, but it is vec[i32]"},
      {"slice([1], 0, 1L)", "11: the start of `slice` must be i64, but it is i32"},
      {"sort(1, |x| x)", "5: the first argument of `sort` must be a vec, but it is i32"},
      {"sort([1], |x, y| x < y)", "17: the comparator of `sort` must return i32, but it returns bool"},
      {"sort([1], 2)", "10: `sort` needs a function here, |x, y| or |x|"},
      {"iterate(1, |x| x)", "15: the function of `iterate` must return {i32,bool}, but it returns i32"},
      {"assert(1)", "7: the argument of `assert` must be bool, but it is i32"},
      {"deserialize[i64]([1])", "17: the argument of `deserialize` must be vec[u8], but it is vec[i32]"},
      {"merge(1, 2)", "6: `merge` takes a builder, but this is i32"},
      {"merge(merger[i64,+], 2)", "21: merger[i64,+] takes i64, but what is merged is i32"},
      {"merge(dictmerger[i64,i64,+], 2L)", "29: dictmerger[i64,i64,+] takes {i64,i64}, but what is merged is i64"},
      {"merge({appender[i64]}, 2L)",
       "6: `merge` takes a builder, but this is {appender[i64]}; of a struct of builders, merge into each field"},
      {"result(1)", "0: `result` takes a builder, but this is i32"},
      {"result({appender[i64]})", "0: `result` takes one builder; for a struct of builders write {result(b.$0), ...}"},
      {"merger[i64,+](1)", "14: the initial value of a merger must be i64, but it is i32"},
      {"for(1, appender, |b, i, e| b)", "4: what `for` goes over must be a vec, but it is i32"},
      {"for([1], 2, |b, i, e| b)", "9: the second argument of `for` must be a builder or a struct of builders, but it is i32"},
      {"for([1], appender, |b, e| b)",
       "19: `for` needs a function of 3 parameters here, |builder, index, element|, but this one has 2"},
      {"for([1], merger[i32,+], |b, i, e| e)",
       "34: the function of `for` must return its builder, merger[i32,+], but it returns i32"},
      {"for([1], appender[i64], |b: appender[i32], i, e| b)",
       "24: the parameter `b` is declared to be appender[i32], but `for` passes appender[i64]"},
      {"for(iter([1], 0, 1L, 1L), appender[i64], |b, i, e| b)", "14: the start of an iterator must be i64, but it is i32"},
      {"let z = zip([1], [2]); 1", "8: `zip` can only stand as the first argument of `for`"},
      {"let z = iter([1], 0L, 1L, 1L); 1", "8: an iterator can only stand as the first argument of `for`"},
      {"[|x| x]", "1: a function is no value: it can only be called, or given to `for`, `sort`, `iterate` or a macro"},
      {"1(2)", "0: only a function or a macro can be called"},
      {"|x| x", "0: the program's parameter `x` needs a full type, as in `x: vec[i64]`"},
      {"[]", "0: cannot infer the type of the elements of this vector; it can be written, as in `[]: vec[i64]`"},
      {"result(appender)", "7: cannot infer what this appender holds; it can be written, as in `appender[i64]`"},
      {"result(merger[?,+])", "7: cannot infer what the `?` in this type stands for"},
      {"|x: dict[dict[i64,i64],i64]| 1",
       "0: dict[i64,i64] cannot be the key of a dict; keys are scalars, and structs and vecs of keys"},
      {"result(merger[vec[i64],+])", "7: merger[vec[i64],+] combines scalars or structs of scalars, not vec[i64]"},
  };
  for (const ErrorCase& test : cases) EXPECT_EQ(inference_errors(test.source), Errors{test.message}) << test.source;
}

TEST(Infer, SeveralErrorsFromOneRun) {
  EXPECT_EQ(inference_errors("let a = 1 + 2L; let b = foo(a); let c = [1].$0; if(a, b, c + undefined)"),
            (Errors{"8: the sides of `+` differ: left side is i32, right side is i64; the i64 literal is written 1L",
                    "24: there is no macro or function `foo`", "40: only a struct has fields, and this is vec[i32]",
                    "61: `undefined` is not defined"}));
}

TEST(Infer, AFaultIsReportedOnce) {
  EXPECT_EQ(inference_errors("let a = 1 + 2.0; a + 3 * a").size(), 1u);
  EXPECT_EQ(inference_errors("let a = !1; a && true || a").size(), 1u);
  EXPECT_EQ(inference_errors("let a = lookup(1, 2); a.$0 + a").size(), 1u);
  EXPECT_EQ(inference_errors("let a = nothing; [a, 1, a.$1]").size(), 1u);
}

TEST(Infer, BuilderFaultsAreTheVerifiers) {
  EXPECT_EQ(inference_errors("let b = appender[i64]; {result(b), result(b)}").size(), 1u);
}

TEST(Infer, TypesThatContainThemselvesOrGrowWithoutBoundAreErrors) {
  EXPECT_EQ(inference_errors("let v = []; [v, [v]]").size(), 1u);
  EXPECT_EQ(inference_errors("iterate([], |v| {[v], true})").size(), 1u);
  std::string source = "let a0 = {1, 1}; ";
  for (int i = 0; i < 200; ++i) {
    std::string previous = "a" + std::to_string(i);
    source += "let a" + std::to_string(i + 1) + " = {" + previous + ", " + previous + "}; ";
  }
  EXPECT_EQ(inference_errors(source + "a200").size(), 1u);
  std::string late = "let e = []; let a0 = {e, e}; ";
  for (int i = 0; i < 200; ++i) {
    std::string previous = "a" + std::to_string(i);
    late += "let a" + std::to_string(i + 1) + " = {" + previous + ", " + previous + "}; ";
  }
  EXPECT_EQ(inference_errors(late + "[e, [1]]").size(), 1u);
}

TEST(Infer, LongAndWideProgramsAreLinear) {
  std::string lets = "|x0: i64| ";
  for (int i = 0; i < 10'000; ++i) lets += "let x" + std::to_string(i + 1) + " = x" + std::to_string(i) + " + 1L; ";
  EXPECT_EQ(type_of(lets + "x10000"), "i64");
  std::string wide = "[0";
  for (int i = 0; i < 100'000; ++i) wide += ", " + std::to_string(i);
  EXPECT_EQ(type_of(wide + "]"), "vec[i32]");
  std::string late = "let e = []; {";  // ten thousand constraints that wait on one variable
  for (int i = 0; i < 9'000; ++i) late += "lookup(e, " + std::to_string(i) + "L) + 1, ";
  EXPECT_EQ(type_of(late + "e}.$9000"), "vec[i32]");
}

}  // namespace
}  // namespace weld
