// Fragments, canonical programs and places as numbers.
#include "weld/ir/fragment.h"

#include <gtest/gtest.h>

#include "weld/ir/frontend.h"

namespace weld {
namespace {

ExprPtr typed(const char* text) {
  Result<ExprPtr> program = compile_to_ir(text);
  EXPECT_TRUE(program.ok()) << text;
  return *program;
}
std::string key(const char* text) { return canonical_program(typed(text)).key; }

TEST(Canonical, NamesAndPlacesDoNotCount) {
  EXPECT_EQ(key("|a: i64, b: i64| let c = a + b; c * a"), key("|x: i64,\n  y: i64| let x2 = x + y; x2 * x"));
  EXPECT_EQ(key("|v: vec[i64]| map(v, |x| x + 1L)"), key("|w: vec[i64]| result(for(w, appender, |b, i, e| merge(b, e + 1L)))"));
}

TEST(Canonical, EverythingElseDoes) {
  const char* programs[] = {
      "|a: i64, b: i64| a - b",
      "|a: i64, b: i64| b - a",
      "|a: i64, b: i64| a - 1L",
      "|a: i64, b: i64| a - 2L",
      "|a: i32, b: i32| a - b",
      "|a: i64, b: i64| a + b",
      "|a: i64, b: i64| {a, b}",
      "|a: i64, b: i64| {a, b}.$0",
      "|a: i64, b: i64| {a, b}.$1",
      "|a: i64, b: i64| \"text\"",
      "|a: i64, b: i64| \"test\"",
      "|a: i64, b: i64| if(a < b, a, b)",
      "|a: i64, b: i64| @(branch_selectivity: 0.5) if(a < b, a, b)",
      "|a: i64, b: i64| @(branch_selectivity: 0.1) if(a < b, a, b)",
      "|a: i64, b: i64| cudf[f, i64](a, b)",
      "|a: i64, b: i64| cudf[g, i64](a, b)",
      "|a: i64, b: i64| f64(a)",
      "|a: i64, b: i64| f32(a)",
      "|a: i64, b: i64| []: vec[i64]",
      "|a: i64, b: i64| []: vec[i32]",
      "|a: i64, b: i64| result(for([a], merger[i64,+], |m, i, e| merge(m, b)))",
      "|a: i64, b: i64| result(for([a], merger[i64,*], |m, i, e| merge(m, b)))",
      "|a: i64, b: i64| result(for([a], merger[i64,+], |m, i, e| merge(m, i)))",
  };
  for (const char* left : programs) {
    for (const char* right : programs) EXPECT_EQ(key(left) == key(right), left == right) << left << "\n" << right;
  }
  EXPECT_EQ(canonical_program(typed("|a: i64| cudf[f, i64](cudf[g, i64](a))")).functions, (std::vector<std::string>{"f", "g"}));
}

TEST(Canonical, NumbersAreThePlacesInPreOrder) {
  const ExprPtr program = typed("|v: vec[i64]| @(grain_size: 7) for(v, merger[i64,+], |b, i, e| merge(b, e * 2L))");
  const CanonicalProgram canonical = canonical_program(program);
  const ExprPtr numbered = with_numbered_places(program);
  EXPECT_TRUE(equal(program, numbered, false));
  EXPECT_EQ(canonical_program(numbered).key, canonical.key);
  std::vector<uint32_t> numbers;
  for (Span span : canonical_program(numbered).places) numbers.push_back(span.begin);
  ASSERT_EQ(numbers.size(), canonical.places.size());
  for (size_t i = 0; i < numbers.size(); i++) EXPECT_EQ(numbers[i], i + 1);
}

TEST(Fragment, AnInstanceHasNamesOfItsOwn) {
  const Result<ExprPtr> fragment = compile_fragment("let t = x + 1L; t * y", {{"x", Type::i64()}, {"y", Type::i64()}});
  ASSERT_TRUE(fragment.ok());
  NameSupply supply(make_bool(true));
  const ExprPtr first = instantiate(*fragment, {"a", "a"}, supply);
  const ExprPtr second = instantiate(*fragment, {"t", "b"}, supply);
  EXPECT_EQ(print(first, {false, false}), "let t = a + 1L; t * a");
  EXPECT_EQ(print(second, {false, false}), "let t_1 = t + 1L; t_1 * b");
}

TEST(Fragment, NamesOfVariables) {
  for (const char* name : {"x", "_", "$a", "x_1", "zipped"}) EXPECT_TRUE(is_variable_name(name)) << name;
  for (const char* name : {"", "1x", "a-b", "vec", "zip", "map", "abs", "let", "x "})
    EXPECT_FALSE(is_variable_name(name)) << name;
}

}  // namespace
}  // namespace weld
