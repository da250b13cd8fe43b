// Trees that inference would never build, and the rules for builders. Programs as text are verified by the tests of the front
// end.
#include <gtest/gtest.h>

#include "tests/ir/expressions.h"
#include "weld/ir/frontend.h"

namespace weld {
namespace {

// `|x: type| body`
ExprPtr program(Type type, ExprPtr body) { return make_lambda({{"x", type}}, std::move(body)); }

std::string first_fault(const ExprPtr& expr) {
  Diagnostics faults = verify(expr);
  return faults.empty() ? "none" : faults[0].message;
}

#define EXPECT_FAULT(expr, part)                                                        \
  do {                                                                                  \
    std::string fault = first_fault(expr);                                              \
    EXPECT_NE(fault.find(part), std::string::npos) << fault << "\n in " << print(expr); \
  } while (false)

TEST(VerifyScopes, GoodPrograms) {
  EXPECT_EQ(first_fault(program(Type::i64(), add(name("x"), make_i64(1)))), "none");
  EXPECT_EQ(first_fault(program(Type::i64(), make_let("y", name("x"), add(name("x"), name("y"))))), "none");
}

TEST(VerifyScopes, BadNames) {
  EXPECT_FAULT(program(Type::i64(), name("y")), "unknown name y");
  EXPECT_FAULT(program(Type::i64(), make_let("x", make_i64(1), name("x"))), "bound twice");
  EXPECT_FAULT(program(Type::i64(), name("x", Type::f64())), "used as f64 but bound as i64");
  EXPECT_FAULT(make_let("y", name("y"), name("y")), "unknown name y");
  ExprPtr shared = make_let("y", make_i64(1), name("y"));
  EXPECT_FAULT(program(Type::i64(), add(shared, shared)), "shared");
  ExprPtr bindingless = add(name("x"), name("x"));
  EXPECT_EQ(first_fault(program(Type::i64(), add(bindingless, bindingless))), "none");
}

TEST(VerifyTypes, EveryNodeIsTyped) {
  EXPECT_FAULT(program(Type(), make_i64(1)), "unknown");
  EXPECT_FAULT(make_vector({}, Type()), "unknown");
  ExprPtr sum = add(make_i64(1), make_i64(2));
  EXPECT_FAULT(rebuild(sum, copied_children(sum), Type::f64(), sum->payload(), Type()), "parts make it i64");
}

TEST(VerifyTypes, Operands) {
  ExprPtr f = make_literal(ScalarValue::f64(1));
  EXPECT_FAULT(add(make_i64(1), f), "the sides of + are i64 and f64");
  EXPECT_FAULT(add(make_bool(true), make_bool(true)), "+ takes numbers, not bool");
  EXPECT_FAULT(make_binary(BinaryOp::kBitOr, f, f), "integers or bool");
  EXPECT_FAULT(make_unary(UnaryOp::kExp, make_i64(1)), "exp takes floats");
  EXPECT_EQ(first_fault(make_binary(BinaryOp::kPow, f, make_i64(2))), "none");
  EXPECT_FAULT(make_binary(BinaryOp::kAdd, f, make_i64(2)), "sides");
  ExprPtr text = make_string("ab");
  EXPECT_EQ(first_fault(make_binary(BinaryOp::kLess, text, text)), "none");
  Type dict = Type::dict(Type::i64(), Type::i64());
  EXPECT_FAULT(program(dict, make_binary(BinaryOp::kEqual, name("x", dict), name("x", dict))), "== takes scalars");
}

TEST(VerifyTypes, Nodes) {
  Type vec = Type::vec(Type::i64());
  ExprPtr x = name("x", vec);
  ExprPtr one = make_i64(1);
  ExprPtr truth = make_bool(true);
  auto check = [&](const ExprPtr& body) { return first_fault(program(vec, body)); };
  EXPECT_EQ(check(make_lookup(x, one)), "none");
  EXPECT_EQ(check(make_lookup(x, truth)), "lookup needs i64 here, not bool");
  EXPECT_EQ(check(make_if(one, one, one)), "if needs bool here, not i64");
  EXPECT_EQ(check(make_if(truth, one, truth)), "if needs i64 here, not bool");
  EXPECT_EQ(check(make_get_field(make_struct({one}), 1)), "the type of this field access is unknown");
  EXPECT_EQ(check(make_vector({one, truth}, Type())), "vector literal needs i64 here, not bool");
  EXPECT_EQ(check(make_slice(x, one, truth)), "slice needs i64 here, not bool");
  EXPECT_EQ(check(make_len(one)), "len takes a vec or a dict");
  EXPECT_EQ(check(make_deserialize(vec, x)), "deserialize needs vec[u8] here, not vec[i64]");
  EXPECT_EQ(check(make_assert(one)), "assert needs bool here, not i64");
  EXPECT_EQ(check(make_let("y", one, name("y"), {}, Type::i32())), "let needs i32 here, not i64");
  EXPECT_EQ(check(make_len(make_iter(IterKind::kVector, {x}))), "an iterator may stand only as what a for goes over");
  EXPECT_EQ(check(make_sort(x, make_lambda({{"e", Type::i64()}}, name("e")))), "none");
  EXPECT_EQ(check(make_sort(x, make_lambda({{"e", Type::i32()}}, name("e", Type::i32())))),
            "sort needs a function of {i64} and not {i32}");
  EXPECT_EQ(check(make_sort(x, make_lambda({{"e", Type::i64()}, {"g", Type::i64()}}, name("e")))),
            "sort needs a function that returns i32 and not i64");
  EXPECT_EQ(check(make_iterate(one, make_lambda({{"e", Type::i64()}}, make_struct({name("e"), name("e")})))),
            "iterate needs a function that returns {i64,bool} and not {i64,i64}");
}

TEST(VerifyTypes, ImpossibleTypes) {
  Type dict = Type::dict(Type::i64(), Type::i64());
  auto check = [](Type type) { return first_fault(program(type, make_i64(1))); };
  EXPECT_NE(check(Type::vec(Type::simd(ScalarKind::kI64))).find("cannot be kept"), std::string::npos);
  EXPECT_NE(check(Type::vec(Type::appender(Type::i64()))).find("cannot be kept"), std::string::npos);
  EXPECT_NE(check(Type::dict(dict, Type::i64())).find("cannot be hashed"), std::string::npos);
  EXPECT_NE(check(Type::merger(Type::vec(Type::i64()), MergeOp::kAdd)).find("combines numbers"), std::string::npos);
  EXPECT_NE(check(Type::simd(ScalarKind::kI64)).find("parameter x cannot be"), std::string::npos);
  EXPECT_EQ(check(Type::merger(tuple({Type::i64(), Type::f32()}), MergeOp::kAdd)), "none");
  Type wide = Type::i64();
  for (int i = 0; i < 30; ++i) wide = tuple({wide, wide});
  EXPECT_NE(check(wide).find("parts"), std::string::npos);
}

TEST(VerifyTypes, FunctionsStandOnlyWhereTheyMay) {
  ExprPtr lambda = make_lambda({{"y", Type::i64()}}, name("y"));
  EXPECT_EQ(first_fault(make_apply(lambda, {make_i64(1)})), "none");
  EXPECT_EQ(first_fault(make_let("f", lambda, make_apply(name("f", lambda->type()), {make_i64(1)}))), "none");
  EXPECT_FAULT(make_apply(lambda, {make_i64(1), make_i64(1)}), "takes 1 arguments but has 2");
  EXPECT_FAULT(make_apply(lambda, {make_bool(true)}), "call needs i64 here");
  EXPECT_FAULT(make_struct({lambda}), "a function may stand only");
  EXPECT_FAULT(make_lambda({}, lambda), "a function may stand only");
  EXPECT_FAULT(make_apply(make_let("z", make_i64(1), lambda), {make_i64(1)}), "a function");
}

TEST(VerifyTypes, TooDeep) {
  ExprPtr expr = make_i64(1);
  for (uint32_t i = 0; i < kMaximumDepth; ++i) expr = make_unary(UnaryOp::kNegate, expr);
  EXPECT_FAULT(expr, "nested more than");
  EXPECT_EQ(first_fault(expr->child(0)), "none");
}

// `|x: T| body` where x is a builder or a struct of builders.
class VerifyBuilders : public testing::Test {
 protected:
  Type appender_ = Type::appender(Type::i64());
  Type pair_ = tuple({Type::appender(Type::i64()), Type::merger(Type::i64(), MergeOp::kAdd)});
  Type vec_ = Type::vec(Type::i64());

  static ExprPtr merge(ExprPtr builder) { return make_merge(std::move(builder), make_i64(1)); }
  ExprPtr x(Span span = {}) const { return make_identifier("x", appender_, span); }
  ExprPtr field(uint32_t index) const { return make_get_field(name("x", pair_), index); }
  std::string check(ExprPtr body) const { return first_fault(program(appender_, std::move(body))); }
  std::string check_pair(ExprPtr body) const { return first_fault(program(pair_, std::move(body))); }
  // `for([1L], builder, |b, i, e| body)`
  static ExprPtr loop(ExprPtr builder, ExprPtr body) {
    Type type = builder->type();
    ExprPtr iterator = make_iter(IterKind::kVector, {make_vector({make_i64(1)}, Type())});
    return make_for({iterator}, std::move(builder),
                    make_lambda({{"b", type}, {"i", Type::i64()}, {"e", Type::i64()}}, std::move(body)));
  }
  ExprPtr b() const { return name("b", appender_); }
};

TEST_F(VerifyBuilders, UsedOnce) {
  EXPECT_EQ(check(make_result(merge(merge(x())))), "none");
  EXPECT_EQ(check(x()), "none");
  EXPECT_EQ(check(make_i64(1)), "none");
  EXPECT_EQ(check(make_let("y", merge(x()), make_result(name("y", appender_)))), "none");
}

TEST_F(VerifyBuilders, SecondUseIsPointedAt) {
  ExprPtr body = make_struct({make_result(x({10, 11})), make_result(x({20, 21}))});
  Diagnostics faults = verify(program(appender_, body));
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].message, "this builder is used a second time here");
  EXPECT_EQ(faults[0].span.begin, 20u);
  EXPECT_NE(check(make_let("y", x(), make_struct({make_result(name("y", appender_)), make_result(x())}))), "none");
  EXPECT_NE(check(make_merge(x(), make_len(make_result(x())))), "none");
}

TEST_F(VerifyBuilders, BothBranchesOrNeither) {
  ExprPtr truth = make_bool(true);
  EXPECT_EQ(check(make_if(truth, merge(x()), x())), "none");
  EXPECT_NE(check(make_if(truth, make_len(make_result(x())), make_i64(1))).find("in one branch"), std::string::npos);
  EXPECT_NE(check(make_struct({make_if(truth, merge(x()), x()), x()})).find("second time"), std::string::npos);
  ExprPtr fresh = make_new_builder(appender_);
  EXPECT_NE(check(make_if(truth, merge(x()), fresh)).find("in one branch"), std::string::npos);
  ExprPtr test = make_binary(BinaryOp::kLess, make_len(make_result(x())), make_i64(3));
  EXPECT_NE(check(make_binary(BinaryOp::kAnd, truth, test)).find("&& or ||"), std::string::npos);
  EXPECT_EQ(check(make_binary(BinaryOp::kAnd, test, truth)), "none");
}

TEST_F(VerifyBuilders, StructsFieldByField) {
  EXPECT_EQ(check_pair(make_struct({merge(field(0)), merge(field(1))})), "none");
  EXPECT_EQ(check_pair(make_struct({merge(field(0)), merge(field(0))})), "this builder is used a second time here");
  EXPECT_EQ(check_pair(make_struct({merge(field(1)), name("x", pair_)})), "this builder is used a second time here");
  ExprPtr pair = name("p", tuple({Type::i64(), appender_}));
  ExprPtr body = make_struct({make_get_field(pair, 0), make_get_field(pair, 0), make_result(make_get_field(pair, 1))});
  EXPECT_EQ(check(make_let("p", make_struct({make_i64(1), x()}), body)), "none");
}

TEST_F(VerifyBuilders, Loops) {
  EXPECT_EQ(check(loop(x(), merge(b()))), "none");
  EXPECT_EQ(check(loop(x(), make_if(make_bool(true), merge(b()), b()))), "none");
  EXPECT_EQ(check(loop(x(), b())), "none");
  EXPECT_NE(check(loop(make_new_builder(appender_), merge(x()))).find("outside the function"), std::string::npos);
  EXPECT_NE(check(loop(x(), make_new_builder(appender_))).find("must return the builder"), std::string::npos);
  ExprPtr twice = make_let("unused", make_result(b()), make_new_builder(appender_));
  EXPECT_NE(check(loop(x(), twice)).find("must return the builder"), std::string::npos);
  EXPECT_NE(check(make_struct({loop(x(), merge(b())), x()})).find("second time"), std::string::npos);
  ExprPtr inner = make_iter(IterKind::kVector, {make_vector({make_i64(1)}, Type())});
  ExprPtr nested = make_for({inner}, b(),
                            make_lambda({{"c", appender_}, {"j", Type::i64()}, {"f", Type::i64()}}, merge(name("c", appender_))));
  EXPECT_EQ(check(loop(x(), nested)), "none");
}

TEST_F(VerifyBuilders, LoopsOverStructs) {
  ExprPtr b = name("b", pair_);
  auto part = [&](uint32_t index) { return make_get_field(b, index); };
  EXPECT_EQ(check_pair(loop(name("x", pair_), make_struct({merge(part(0)), part(1)}))), "none");
  EXPECT_NE(check_pair(loop(name("x", pair_), make_struct({merge(part(0)), make_new_builder(pair_.child(1))}))), "none");
  Type same = tuple({appender_, appender_});
  ExprPtr c = name("b", same);
  ExprPtr swapped = loop(name("x", same), make_struct({make_get_field(c, 1), make_get_field(c, 0)}));
  EXPECT_NE(first_fault(program(same, swapped)).find("must return"), std::string::npos);
}

TEST_F(VerifyBuilders, FunctionsOfBuilders) {
  ExprPtr merger = make_lambda({{"c", appender_}}, merge(name("c", appender_)));
  auto apply = [&](ExprPtr builder) { return make_apply(name("f", merger->type()), {std::move(builder)}); };
  EXPECT_EQ(check(make_let("f", merger, loop(x(), apply(b())))), "none");
  EXPECT_EQ(check(make_apply(merger, {x()})), "none");
  EXPECT_EQ(check(make_apply(make_lambda({{"n", Type::i64()}}, make_merge(x(), name("n"))), {make_i64(1)})), "none");
  ExprPtr capturing = make_lambda({{"n", Type::i64()}}, make_merge(x(), name("n")));
  ExprPtr call = make_apply(name("f", capturing->type()), {make_i64(1)});
  EXPECT_NE(check(make_let("f", capturing, call)).find("outside the function"), std::string::npos);
}

TEST_F(VerifyBuilders, OnlyWhereTheyMayStand) {
  EXPECT_NE(check(make_select(make_bool(true), x(), x())).find("may not be used"), std::string::npos);
  EXPECT_NE(check(make_vector({x()}, Type())).find("may not be used"), std::string::npos);
  EXPECT_NE(check(make_serialize(x())).find("may not be used"), std::string::npos);
  EXPECT_EQ(first_fault(make_merge(make_i64(1), make_i64(1))), "merge takes a builder, not i64");
  EXPECT_EQ(check(make_merge(x(), make_bool(true))), "merge needs i64 here, not bool");
  ExprPtr lanes = make_broadcast(make_i64(1));
  EXPECT_EQ(check(make_merge(x(), lanes)), "none");
  EXPECT_EQ(first_fault(make_new_builder(Type::vec_merger(Type::i64(), MergeOp::kAdd))),
            "a vecmerger needs the vec that it starts from");
}

TEST_F(VerifyBuilders, DeepPrograms) {
  ExprPtr body = make_result(name("x_19000", appender_));
  for (int i = 19'000; i > 0; --i) {
    ExprPtr last = name(i == 1 ? "x" : ("x_" + std::to_string(i - 1)).c_str(), appender_);
    body = make_let("x_" + std::to_string(i), merge(last), body);
  }
  EXPECT_EQ(check(body), "none");
}

TEST_F(VerifyBuilders, SharedLoopsAreLookedAtOnce) {
  ExprPtr length = make_len(make_result(merge(make_new_builder(appender_))));
  for (int i = 0; i < 100; ++i) length = add(length, length);
  EXPECT_EQ(first_fault(program(Type::i64(), length)), "none");
}

}  // namespace
}  // namespace weld
