// The C++ header over the C API.
#include "bindings/c/weld.hpp"

#include <gtest/gtest.h>

namespace {

struct Point {
  double x;
  int32_t y;
};

}  // namespace

template <>
struct weld::TypeOf<Point> {
  static std::string text() { return "{f64,i32}"; }
};

namespace {

template <class Work>
weld::Error error_of(const Work& work) {
  try {
    work();
  } catch (const weld::Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {0, ""};
}

TEST(Hpp, TypesOfWeld) {
  EXPECT_EQ(weld::TypeOf<bool>::text(), "bool");
  EXPECT_EQ(weld::TypeOf<int8_t>::text(), "i8");
  EXPECT_EQ(weld::TypeOf<long long>::text(), "i64");
  EXPECT_EQ(weld::TypeOf<uint16_t>::text(), "u16");
  EXPECT_EQ(weld::TypeOf<weld::Vec<weld::Vec<float>>>::text(), "vec[vec[f32]]");
}

TEST(Hpp, RunsAModule) {
  const weld::Context context(weld::Configuration().set("weld.threads", "1"));
  const weld::Module module("|v: vec[i64], x: i64| map(v, |e| e + x)");
  EXPECT_EQ(module.return_type(), "vec[i64]");
  EXPECT_EQ(module.parameter_types(), (std::vector<std::string>{"vec[i64]", "i64"}));
  const std::vector<int64_t> numbers = {1, 2, 3};
  struct {
    weld::Vec<int64_t> v;
    int64_t x;
  } arguments = {{numbers.data(), 3}, 10};
  const weld::Value value = module.run(context, arguments);
  const auto& result = value.as<weld::Vec<int64_t>>();
  EXPECT_EQ(std::vector<int64_t>(result.begin(), result.end()), (std::vector<int64_t>{11, 12, 13}));
  EXPECT_GT(value.run(), 0);
  EXPECT_GT(value.context()->memory_usage(), 0);
  EXPECT_EQ(weld::Module("|| 7L").run(context).as<int64_t>(), 7);
}

TEST(Hpp, EvaluatesObjects) {
  const weld::Context context;
  weld::Value value;
  {
    const weld::Object v = weld::Object::vec(std::vector<double>{1, 2, 4});
    const weld::Object factor = weld::Object::scalar(0.5);
    const weld::Object halves("map(v, |x| x * factor)", {{"v", v}, {"factor", factor}}, "shop: halves");
    EXPECT_EQ(halves.type(), "vec[f64]");
    EXPECT_NE(halves.explain(context).find("loop 0"), std::string::npos);
    value = halves.evaluate(context);
  }
  const auto& halves = value.as<weld::Vec<double>>();
  ASSERT_EQ(halves.size(), 3u);
  EXPECT_EQ(halves[2], 2.0);
  const weld::Object point = weld::Object::scalar(Point{1.5, 3});
  EXPECT_EQ(weld::Object("p.$0 * f64(p.$1)", {{"p", point}}).evaluate(context).as<double>(), 4.5);
  EXPECT_FALSE(point.evaluate(context).context().has_value());
}

TEST(Hpp, EvaluatesSeveral) {
  const weld::Context context;
  const std::vector<int32_t> numbers = {3, 4};
  const weld::Object v = weld::Object::borrow(numbers.data(), numbers.size());
  const weld::Object sum("sum(v)", {{"v", v}});
  const weld::Object square("s * s", {{"s", sum}});
  const std::vector<weld::Value> values = weld::evaluate({square, sum}, context);
  EXPECT_EQ(values[0].as<int32_t>(), 49);
  EXPECT_EQ(values[1].as<int32_t>(), 7);
  EXPECT_EQ(values[0].run(), values[1].run());
}

TEST(Hpp, OwnersLiveAsLongAsTheDataAreNeeded) {
  const weld::Context context;
  auto numbers = std::make_shared<std::vector<int64_t>>(std::vector<int64_t>{1, 2});
  const std::weak_ptr<std::vector<int64_t>> watch = numbers;
  weld::Object v = weld::Object::borrow(numbers->data(), numbers->size(), numbers);
  numbers.reset();
  weld::Object sum("sum(v)", {{"v", v}});
  v = weld::Object();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(sum.evaluate(context).as<int64_t>(), 3);
  EXPECT_TRUE(watch.expired());
}

TEST(Hpp, ErrorsAreThrown) {
  const weld::Context context;
  const weld::Object none = weld::Object::vec(std::vector<int64_t>());
  const weld::Error faulty = error_of([&] { weld::Object("v + 1.0", {{"v", none}}, "shop: add"); });
  EXPECT_EQ(faulty.code(), uint64_t{WELD_ERROR_COMPILE});
  EXPECT_EQ(std::string(faulty.what()).rfind("shop: add:1:", 0), 0u) << faulty.what();
  const weld::Object first("lookup(v, 0L)", {{"v", none}}, "shop: first");
  const weld::Error outside = error_of([&] { first.evaluate(context); });
  EXPECT_EQ(outside.code(), uint64_t{WELD_ERROR_ARRAY_OUT_OF_BOUNDS});
  EXPECT_STREQ(outside.what(), "ArrayOutOfBounds in fragment 'shop: first' at line 1, column 1");
  EXPECT_EQ(error_of([&] { weld::evaluate({none, first}, context); }).code(), uint64_t{WELD_ERROR_ARRAY_OUT_OF_BOUNDS});
  EXPECT_EQ(error_of([] { weld::Module("|| 1 +"); }).code(), uint64_t{WELD_ERROR_COMPILE});
  EXPECT_EQ(error_of([] { weld::Context(weld::Configuration().set("weld.threads", "x")); }).code(),
            uint64_t{WELD_ERROR_CONFIGURATION});
  EXPECT_EQ(error_of([] { weld::load_library("/no/such/library.so"); }).code(), uint64_t{WELD_ERROR_LOAD_LIBRARY});
  EXPECT_EQ(error_of([] { weld::Object::data(nullptr, "i64"); }).code(), uint64_t{WELD_ERROR_UNKNOWN});
}

}  // namespace
