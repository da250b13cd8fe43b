#include "weld/ir/type.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/ir/expressions.h"

namespace weld {
namespace {

TEST(Type, EqualPartsAreOneType) {
  EXPECT_EQ(Type::vec(Type::i64()), Type::vec(Type::i64()));
  EXPECT_NE(Type::vec(Type::i64()), Type::vec(Type::i32()));
  EXPECT_NE(Type::scalar(ScalarKind::kF32), Type::simd(ScalarKind::kF32));
  EXPECT_NE(Type::merger(Type::i64(), MergeOp::kAdd), Type::merger(Type::i64(), MergeOp::kMin));
  EXPECT_EQ(Type(), Type::unknown());
  EXPECT_NE(Type(), Type::variable(1));
  EXPECT_EQ(Type::variable(7).variable_id(), 7u);
}

TEST(Type, InterningIsThreadSafe) {
  std::vector<Type> made(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < made.size(); ++i) {
    threads.emplace_back([&made, i] {
      for (int round = 0; round < 200; ++round) {
        Type type = Type::f64();
        for (int depth = 0; depth < 20; ++depth) type = Type::vec(type);
        made[i] = type;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Type type : made) EXPECT_EQ(type, made[0]);
}

TEST(Type, TextIsWeld) {
  EXPECT_EQ(Type::vec(tuple({Type::i64(), Type::f64()})).to_string(), "vec[{i64,f64}]");
  EXPECT_EQ(Type::dict_merger(Type::i32(), Type::i64(), MergeOp::kAdd).to_string(), "dictmerger[i32,i64,+]");
  EXPECT_EQ(Type::vec_merger(Type::u8(), MergeOp::kMax).to_string(), "vecmerger[u8,max]");
  EXPECT_EQ(Type::group_merger(Type::vec(Type::i8()), Type::i64()).to_string(), "groupmerger[vec[i8],i64]");
  EXPECT_EQ(Type::dict(Type::i64(), Type::simd(ScalarKind::kBool)).to_string(), "dict[i64,simd[bool]]");
  EXPECT_EQ(Type::appender(Type()).to_string(), "appender[?]");
  EXPECT_EQ(tuple({}).to_string(), "{}");
  const Type parameters[] = {Type::i64(), Type::f32()};
  EXPECT_EQ(Type::function(parameters, Type::boolean()).to_string(), "|i64,f32|(bool)");
}

TEST(Type, Facts) {
  Type appender = Type::appender(Type::i64());
  EXPECT_TRUE(appender.is_builder());
  EXPECT_FALSE(tuple({appender}).is_builder());
  EXPECT_TRUE(tuple({Type::i64(), tuple({appender})}).contains_builder());
  EXPECT_FALSE(Type::vec(Type::i64()).contains_builder());
  EXPECT_TRUE(tuple({Type::vec(Type::i64())}).contains_pointer());
  EXPECT_FALSE(tuple({Type::i64()}).contains_pointer());
  EXPECT_TRUE(Type::vec(Type::variable(3)).contains_unknown());
  EXPECT_TRUE(tuple({Type::i64(), Type::vec(Type::i8())}).is_hashable());
  EXPECT_FALSE(tuple({Type::dict(Type::i64(), Type::i64())}).is_hashable());
  EXPECT_FALSE(Type::simd(ScalarKind::kI64).is_hashable());
}

TEST(Type, WithChildrenKeepsKindAndOp) {
  const Type other[] = {Type::f64()};
  EXPECT_EQ(Type::merger(Type::i64(), MergeOp::kMax).with_children(other), Type::merger(Type::f64(), MergeOp::kMax));
}

TEST(Type, ExponentialTypesStayCheap) {
  Type type = Type::i64();
  for (int i = 0; i < 200; ++i) type = tuple({type, type});
  EXPECT_GT(type.node_count(), kMaximumTypeNodes);
  EXPECT_LT(type.to_string().size(), size_t{2} << 20);
  EXPECT_GE(layout_of(type).size, int64_t{1} << 60);
}

TEST(Type, DeepTypesDoNotOverflow) {
  Type type = Type::i64();
  for (int i = 0; i < 100'000; ++i) type = Type::vec(type);
  EXPECT_EQ(type.to_string().size(), 100'000 * 5 + 3u);
}

TEST(Layout, ScalarsAreNative) {
  EXPECT_EQ(layout_of(Type::boolean()).size, 1);
  EXPECT_EQ(layout_of(Type::f32()).size, 4);
  EXPECT_EQ(layout_of(Type::i64()).alignment, 8);
}

TEST(Layout, StructsAreNaturalC) {
  struct Expected {
    int8_t a;
    double b;
    bool c;
    int32_t d;
    int8_t e;
  };
  Type type = tuple({Type::i8(), Type::f64(), Type::boolean(), Type::i32(), Type::i8()});
  EXPECT_EQ(layout_of(type).size, static_cast<int64_t>(sizeof(Expected)));
  EXPECT_EQ(layout_of(type).alignment, static_cast<int64_t>(alignof(Expected)));
  std::vector<int64_t> expected = {offsetof(Expected, a), offsetof(Expected, b), offsetof(Expected, c), offsetof(Expected, d),
                                   offsetof(Expected, e)};
  EXPECT_EQ(field_offsets(type), expected);
  EXPECT_EQ(layout_of(tuple({})).size, 0);
}

TEST(Layout, ReferencesAndBuilders) {
  EXPECT_EQ(layout_of(Type::vec(Type::i8())).size, 16);
  EXPECT_EQ(layout_of(Type::dict(Type::i8(), Type::i8())).size, 8);
  EXPECT_EQ(layout_of(Type::appender(Type::i8())).size, 24);
  EXPECT_EQ(layout_of(Type::merger(Type::i8(), MergeOp::kAdd)).size, 1);
  EXPECT_EQ(layout_of(Type::vec_merger(Type::i8(), MergeOp::kAdd)).size, 16);
  EXPECT_EQ(layout_of(Type::group_merger(Type::i8(), Type::i8())).size, 8);
}

}  // namespace
}  // namespace weld
