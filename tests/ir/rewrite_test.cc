#include "weld/ir/rewrite.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/ir/expressions.h"

namespace weld {
namespace {

ExprPtr lambda(const char* parameter, ExprPtr body) { return make_lambda({{parameter, Type::i64()}}, std::move(body)); }
ExprPtr keep(const ExprPtr& expr) { return expr; }

// A tree of 2^levels leaves that is `levels` nodes.
ExprPtr doubled(ExprPtr expr, int levels) {
  for (int i = 0; i < levels; ++i) expr = add(expr, expr);
  return expr;
}

// `let x = 1; x + (let x = 1; x + ...)`, much deeper than any call stack.
ExprPtr deep(int levels) {
  ExprPtr expr = name("y");
  for (int i = 0; i < levels; ++i) expr = make_let("x", make_i64(1), add(name("x"), expr));
  return expr;
}

TEST(Walk, VisitsInOrderAndSkips) {
  ExprPtr expr = make_if(make_bool(true), add(name("a"), name("b")), make_len(name("c")));
  std::string pre;
  walk(expr, [&](const ExprPtr& node) {
    if (node->is(NodeKind::kIdentifier)) pre += node->name().text();
    return !node->is(NodeKind::kLen);
  });
  EXPECT_EQ(pre, "ab");
  std::vector<NodeKind> post;
  walk_post_order(expr, [&](const ExprPtr& node) { post.push_back(node->kind()); });
  using enum NodeKind;
  EXPECT_EQ(post, (std::vector{kLiteral, kIdentifier, kIdentifier, kBinary, kIdentifier, kLen, kIf}));
}

TEST(Walk, VisitsSharedNodesOnce) {
  ExprPtr expr = doubled(name("a"), 100);
  int pre = 0;
  int post = 0;
  walk(expr, [&](const ExprPtr&) { return ++pre > 0; });
  walk_post_order(expr, [&](const ExprPtr&) { ++post; });
  EXPECT_EQ(pre, 101);
  EXPECT_EQ(post, 101);
}

TEST(Rewrite, NoChangeIsTheSamePointer) {
  ExprPtr expr = lambda("a", add(name("a"), make_i64(1)));
  EXPECT_EQ(rewrite_bottom_up(expr, keep), expr);
}

TEST(Rewrite, ReplacesBottomUpAndKeepsSharing) {
  ExprPtr expr = doubled(name("a"), 60);
  int calls = 0;
  ExprPtr result = rewrite_bottom_up(expr, [&](const ExprPtr& node) {
    ++calls;
    return node->is(NodeKind::kIdentifier) ? make_i64(7) : node;
  });
  EXPECT_EQ(calls, 62);  // the leaf, in both of its places
  EXPECT_EQ(result->child(0), result->child(1));
  EXPECT_TRUE(equal(result, doubled(make_i64(7), 60)));
}

TEST(Rewrite, LeavesUntouchedSubtreesAlone) {
  ExprPtr untouched = make_len(name("v", Type::vec(Type::i64())));
  ExprPtr result = rewrite_bottom_up(add(untouched, make_i64(1)),
                                     [](const ExprPtr& node) { return node->is(NodeKind::kLiteral) ? make_i64(2) : node; });
  EXPECT_EQ(result->child(0), untouched);
}

TEST(Rewrite, DeepTreesDoNotOverflow) {
  ExprPtr expr = deep(40'000);
  EXPECT_EQ(rewrite_bottom_up(expr, keep), expr);
  EXPECT_EQ(count_names(expr).at("y"), 1);
  EXPECT_EQ(free_names(expr).size(), 1u);
  ExprPtr unique = make_names_unique(expr);
  EXPECT_NE(unique, expr);
  EXPECT_TRUE(equal(unique, expr));
  EXPECT_FALSE(equal(unique, expr, false));
  EXPECT_EQ(hash_of(unique), hash_of(expr));
  EXPECT_TRUE(equal(substitute(expr, {{"z", make_i64(1)}}), expr));
}

TEST(Names, FreeNamesRespectScopes) {
  ExprPtr expr = make_let("x", name("x"), add(name("x"), lambda("y", add(name("y"), name("z")))->body()));
  EXPECT_EQ(free_names(expr), (NoteSet<Name>{"x", "y", "z"}));
  EXPECT_EQ(free_names(lambda("y", add(name("y"), name("z")))), (NoteSet<Name>{"z"}));
}

TEST(Names, SharedSubtreesUnderDifferentBindings) {
  ExprPtr shared = add(name("x"), name("y"));
  ExprPtr expr = add(lambda("x", shared)->body(), make_let("x", make_i64(1), shared));
  ExprPtr bound = make_let("x", make_i64(1), shared);
  ExprPtr both = make_struct({bound, make_let("y", make_i64(1), shared), shared});
  auto counts = count_names(both);
  EXPECT_EQ(counts.at("x"), 2);
  EXPECT_EQ(counts.at("y"), 2);
  ExprPtr result = substitute(both, {{"x", make_i64(5)}});
  EXPECT_EQ(result->child(0), bound);
  EXPECT_TRUE(equal(result->child(1), make_let("y", make_i64(1), add(make_i64(5), name("y")))));
  EXPECT_TRUE(equal(result->child(2), add(make_i64(5), name("y"))));
}

TEST(Names, CountsPlacesOfSharedSubtrees) {
  EXPECT_EQ(count_names(doubled(name("a"), 10)).at("a"), 1024);
  EXPECT_EQ(count_names(doubled(name("a"), 100)).at("a"), std::numeric_limits<int>::max());
  EXPECT_TRUE(count_names(make_i64(1)).empty());
}

TEST(Substitute, RespectsShadowing) {
  ExprPtr expr = add(name("x"), make_let("x", name("x"), name("x")));
  EXPECT_TRUE(equal(substitute(expr, {{"x", make_i64(3)}}), add(make_i64(3), make_let("x", make_i64(3), name("x"))), false));
}

TEST(Substitute, RenamesBindingsThatWouldCapture) {
  ExprPtr expr = lambda("y", add(name("x"), name("y")));
  ExprPtr result = substitute(expr, {{"x", add(name("y"), name("y_1"))}});
  EXPECT_EQ(free_names(result), (NoteSet<Name>{"y", "y_1"}));
  EXPECT_TRUE(equal(result, lambda("q", add(add(name("y"), name("y_1")), name("q")))));
  // Nothing to replace inside: nothing renamed.
  ExprPtr other = lambda("y", name("y"));
  EXPECT_EQ(substitute(other, {{"x", name("y")}}), other);
}

TEST(Substitute, ReplacesAllAtOnce) {
  ExprPtr result = substitute(add(name("x"), name("y")), {{"x", name("y")}, {"y", name("x")}});
  EXPECT_TRUE(equal(result, add(name("y"), name("x"))));
}

TEST(Names, SupplyAvoidsEveryName) {
  NameSupply supply(lambda("x", add(name("x"), name("x_1"))));
  EXPECT_EQ(supply.fresh("x"), "x_2");
  EXPECT_EQ(supply.fresh("x_1"), "x_3");
  EXPECT_EQ(supply.fresh("t"), "t");
  EXPECT_EQ(supply.fresh("t"), "t_1");
  EXPECT_EQ(supply.fresh("_1"), "_1");
  EXPECT_EQ(supply.fresh("_1"), "_1_1");
}

TEST(Names, MadeUnique) {
  ExprPtr unique = make_let("a", make_i64(1), make_let("b", name("a"), add(name("a"), name("b"))));
  EXPECT_EQ(make_names_unique(unique), unique);
  ExprPtr twice = make_let("a", make_i64(1), make_let("a", name("a"), name("a")));
  ExprPtr result = make_names_unique(twice);
  EXPECT_TRUE(equal(result, twice));
  EXPECT_EQ(result->name(), "a");
  EXPECT_EQ(result->body()->name(), "a_1");
  EXPECT_EQ(result->body()->body()->name(), "a_1");
  EXPECT_EQ(result->body()->child(0)->name(), "a");
}

TEST(Names, SharedBinderIsCopied) {
  ExprPtr shared = make_let("a", make_i64(1), name("a"));
  ExprPtr result = make_names_unique(add(shared, shared));
  EXPECT_EQ(result->child(0), shared);
  EXPECT_EQ(result->child(1)->name(), "a_1");
  EXPECT_EQ(result->child(1)->body()->name(), "a_1");
}

TEST(Names, BoundNameThatIsAlsoFreeIsRenamed) {
  ExprPtr result = make_names_unique(add(name("a"), make_let("a", make_i64(1), name("a"))));
  EXPECT_EQ(result->child(0)->name(), "a");
  EXPECT_EQ(result->child(1)->name(), "a_1");
}

TEST(Equal, ModuloBoundNames) {
  ExprPtr left = lambda("a", lambda("b", add(name("a"), name("b")))->body());
  EXPECT_TRUE(equal(lambda("a", name("a")), lambda("b", name("b"))));
  EXPECT_EQ(hash_of(lambda("a", name("a"))), hash_of(lambda("b", name("b"))));
  EXPECT_FALSE(equal(lambda("a", name("a")), lambda("b", name("b")), false));
  EXPECT_FALSE(equal(lambda("a", name("b")), lambda("b", name("b"))));
  EXPECT_FALSE(equal(lambda("a", name("x")), lambda("b", name("y"))));
  auto two = [](const char* first, const char* second, const char* used) {
    return make_lambda({{first, Type::i64()}, {second, Type::i64()}}, name(used));
  };
  EXPECT_TRUE(equal(two("a", "b", "a"), two("b", "a", "b")));
  EXPECT_FALSE(equal(two("a", "b", "a"), two("a", "b", "b")));
  EXPECT_NE(hash_of(two("a", "b", "a")), hash_of(two("a", "b", "b")));
}

TEST(Equal, OneNodeUnderTwoBindings) {
  ExprPtr shared = add(name("a"), name("b"));
  auto under = [&](const char* first, const char* second) {
    return make_lambda({{first, Type::i64()}, {second, Type::i64()}}, shared);
  };
  EXPECT_FALSE(equal(under("a", "b"), under("b", "a")));
  EXPECT_TRUE(equal(under("a", "b"), under("a", "b")));
}

TEST(Equal, LooksAtEveryPart) {
  ExprPtr v = name("v", Type::vec(Type::i64()));
  EXPECT_FALSE(equal(make_i64(1), make_i64(2)));
  EXPECT_FALSE(equal(make_literal(ScalarValue::f64(0.0)), make_literal(ScalarValue::f64(-0.0))));
  EXPECT_FALSE(equal(name("a", Type::i64()), name("a", Type::i32())));
  EXPECT_FALSE(equal(make_get_field(name("s"), 0), make_get_field(name("s"), 1)));
  EXPECT_FALSE(equal(make_iter(IterKind::kVector, {v}), make_iter(IterKind::kFringe, {v})));
  EXPECT_FALSE(equal(make_ascribe(name("a"), Type::i64()), make_ascribe(name("a"), Type())));
  EXPECT_TRUE(equal(make_i64(1, {1, 2}), make_i64(1, {3, 4})));
  ExprPtr declared = make_let("a", make_i64(1), name("a"), {}, Type::i64());
  ExprPtr inferred = make_let("a", make_i64(1), name("a"));
  EXPECT_TRUE(equal(declared, inferred));
  EXPECT_EQ(hash_of(declared), hash_of(inferred));
  EXPECT_FALSE(equal(make_let("a", name("u", Type()), name("a"), {}, Type::i64()), make_let("a", name("u", Type()), name("a"))));
}

TEST(Equal, SharedTreesInLinearTime) {
  ExprPtr left = lambda("a", doubled(name("a"), 200));
  ExprPtr right = lambda("b", doubled(name("b"), 200));
  EXPECT_TRUE(equal(left, right));
  EXPECT_EQ(hash_of(left), hash_of(right));
}

TEST(Effects, WhatMayFail) {
  ExprPtr v = name("v", Type::vec(Type::i64()));
  auto divide = [](ExprPtr left, ExprPtr right) { return make_binary(BinaryOp::kDivide, left, right); };
  ExprPtr f = name("f", Type::f64());
  EXPECT_FALSE(may_fail(add(name("a"), name("b"))));
  EXPECT_TRUE(may_fail(divide(name("a"), name("b"))));
  EXPECT_TRUE(may_fail(divide(name("a"), make_i64(0))));
  EXPECT_TRUE(may_fail(divide(name("a"), make_i64(-1))));
  EXPECT_FALSE(may_fail(divide(name("a"), make_i64(3))));
  EXPECT_FALSE(may_fail(divide(name("b", Type::u8()), make_literal(ScalarValue::integer(ScalarKind::kU8, 255)))));
  EXPECT_TRUE(may_fail(divide(name("b", Type::i8()), make_literal(ScalarValue::integer(ScalarKind::kI8, 255)))));
  EXPECT_FALSE(may_fail(divide(f, f)));
  EXPECT_TRUE(may_fail(make_struct({make_i64(1), make_lookup(v, make_i64(0))})));
  ExprPtr bare = make_iter(IterKind::kVector, {v});
  ExprPtr merger = make_new_builder(Type::merger(Type::i64(), MergeOp::kAdd));
  Type merger_type = merger->type();
  ExprPtr body =
      make_lambda({{"b", merger_type}, {"i", Type::i64()}, {"e", Type::i64()}}, make_merge(name("b", merger_type), name("e")));
  EXPECT_FALSE(may_fail(make_for({bare}, merger, body)));
  EXPECT_TRUE(may_fail(make_for({bare, bare}, merger, body)));
  EXPECT_TRUE(may_fail(make_for({make_iter(IterKind::kRange, {make_i64(0), make_i64(9), make_i64(1)})}, merger, body)));
  EXPECT_TRUE(may_fail(make_apply(name("f", lambda("x", name("x"))->type()), {make_i64(1)})));
}

TEST(Effects, WhatMayAllocate) {
  EXPECT_FALSE(may_allocate(add(name("a"), name("b"))));
  EXPECT_FALSE(may_allocate(make_new_builder(Type::merger(Type::i64(), MergeOp::kAdd))));
  EXPECT_TRUE(may_allocate(make_len(make_vector({make_i64(1)}, Type()))));
  EXPECT_TRUE(may_allocate(make_result(make_new_builder(Type::appender(Type::i64())))));
}

}  // namespace
}  // namespace weld
