// What lazy objects and modules compile, and what they find compiled; graphs of many objects.
#include "weld/object.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <thread>
#include <utility>

#include "weld/cache_counts.h"
#include "weld/module.h"

namespace weld {
namespace {

using Named = std::initializer_list<std::pair<const char*, ObjectPtr>>;

ObjectPtr fragment(std::string_view text, Named named) {
  Object::Dependencies dependencies;
  std::vector<std::string> names;
  for (const auto& [name, object] : named) {
    names.emplace_back(name);
    dependencies.push_back(object);
  }
  Result<ObjectPtr> object = Object::from_fragment(text, std::move(dependencies), names, "");
  EXPECT_TRUE(object.ok()) << text;
  return *object;
}

ObjectPtr number(int64_t value) { return *Object::from_copy(Type::i64(), &value, ""); }

struct Objects : testing::Test {
  Objects() {
    auto state = std::make_shared<EvaluationContext>();
    state->engine = runtime::Engine::create({});
    state->compile.llvm_level = 0;
    context = state;
  }
  int64_t value_of(const ObjectPtr& object) {
    const Evaluation evaluation = evaluate({&object, 1}, context, 1);
    EXPECT_EQ(evaluation.error_code, 0u) << evaluation.error_message;
    return evaluation.error_code != 0 ? 0 : *static_cast<const int64_t*>(evaluation.values[0].data);
  }
  ObjectPtr vec() {
    static const int64_t numbers[] = {1, 2, 3};
    static const struct {
      const int64_t* data;
      int64_t length;
    } header = {numbers, 3};
    return Object::from_data(*parse_data_type("vec[i64]"), &header, nullptr, "v");
  }
  ContextPtr context;
};

// The counts of a cache while it lives.
class Counter {
 public:
  explicit Counter(CacheCounts (*counts)()) : counts_(counts), before_(counts()) {}
  uint64_t hits() const { return counts_().hits - before_.hits; }
  uint64_t misses() const { return counts_().misses - before_.misses; }

 private:
  CacheCounts (*counts_)();
  CacheCounts before_;
};

TEST_F(Objects, TheSameShapeCompilesOnce) {
  const auto shape = [&](const ObjectPtr& v, int64_t x) {
    const ObjectPtr scaled = fragment("map(v, |e| e * x - 77L)", {{"v", v}, {"x", number(x)}});
    return value_of(fragment("sum(s)", {{"s", scaled}}));
  };
  const Counter graphs(graph_cache_counts), programs(program_cache_counts), fragments(fragment_cache_counts);
  EXPECT_EQ(shape(vec(), 2), 12 - 3 * 77);
  EXPECT_EQ(graphs.misses(), 1u);
  EXPECT_EQ(fragments.misses(), 2u);
  EXPECT_EQ(shape(vec(), 3), 18 - 3 * 77);
  EXPECT_EQ(graphs.hits(), 1u);
  EXPECT_EQ(programs.misses(), 1u);
  EXPECT_EQ(fragments.misses(), 2u);
  // Another library: other names and other text.
  const ObjectPtr scaled = fragment("map(data,\n|row| row * f - 77L)", {{"data", vec()}, {"f", number(4)}});
  EXPECT_EQ(value_of(fragment("sum(  total)", {{"total", scaled}})), 24 - 3 * 77);
  EXPECT_EQ(graphs.hits(), 2u);
  EXPECT_EQ(programs.misses(), 1u);
}

TEST_F(Objects, GraphsOfOtherShapesAreOtherPrograms) {
  const Counter graphs(graph_cache_counts);
  const ObjectPtr a = number(5), b = number(7);
  const auto minus = [](const ObjectPtr& x, const ObjectPtr& y) { return fragment("x - y * 3L", {{"x", x}, {"y", y}}); };
  EXPECT_EQ(value_of(minus(a, b)), -16);
  EXPECT_EQ(value_of(minus(a, a)), -10);
  EXPECT_EQ(value_of(minus(minus(a, b), b)), -37);
  EXPECT_EQ(value_of(minus(b, minus(a, b))), 55);
  EXPECT_EQ(graphs.misses(), 4u);
  EXPECT_EQ(value_of(minus(b, a)), -8);  // the first
  EXPECT_EQ(graphs.misses(), 4u);
}

TEST_F(Objects, CutInOtherPlacesTheProgramIsStillFound) {
  const ObjectPtr a = number(3);
  const ObjectPtr square = fragment("a * a", {{"a", a}});
  EXPECT_EQ(value_of(fragment("s + 4141L", {{"s", square}})), 4150);
  const Counter programs(program_cache_counts);
  const auto module = Module::compile("|a: i64| let s = a * a; let t = s + 4141L; t", context->compile);
  ASSERT_TRUE(module.ok());
  EXPECT_EQ(programs.hits(), 1u);
}

TEST_F(Objects, OptionsArePartOfTheKey) {
  auto other = std::make_shared<EvaluationContext>(*context);
  other->compile.passes = std::vector<std::string>{"inline-lets"};
  const Counter programs(program_cache_counts);
  EXPECT_EQ(value_of(fragment("a * 4242L", {{"a", number(1)}})), 4242);
  context = other;
  EXPECT_EQ(value_of(fragment("a * 4242L", {{"a", number(1)}})), 4242);
  EXPECT_EQ(programs.misses(), 2u);
}

TEST_F(Objects, LiteralsThatOnlyFeedDataShareMachineCode) {
  const Counter programs(program_cache_counts), code(machine_code_cache_counts);
  EXPECT_EQ(value_of(fragment("sum(map(v, |e| e + 1001L))", {{"v", vec()}})), 3009);
  EXPECT_EQ(value_of(fragment("sum(map(v, |e| e + 1002L))", {{"v", vec()}})), 3012);
  EXPECT_EQ(programs.misses(), 2u);
  EXPECT_EQ(code.misses(), 1u);
  EXPECT_EQ(code.hits(), 1u);
}

TEST_F(Objects, ThreadsCompileTheSameOnce) {
  const Counter graphs(graph_cache_counts);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] { EXPECT_EQ(value_of(fragment("a * 4343L", {{"a", number(1)}})), 4343); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(graphs.misses(), 1u);
  EXPECT_EQ(graphs.hits(), 3u);
}

TEST_F(Objects, ModulesFindTheirProgramAndKeepTheirPlaces) {
  const Counter programs(program_cache_counts);
  const auto first = Module::compile("|x: i64| 4444L / x", context->compile);
  const auto second = Module::compile("|some: i64|\n  4444L /\n  some", context->compile);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(programs.misses(), 1u);
  EXPECT_EQ(programs.hits(), 1u);
  const int64_t zero = 0;
  EXPECT_EQ((*first)->run(context->engine, &zero).error_message(), "DivisionByZero at line 1, column 10");
  EXPECT_EQ((*second)->run(context->engine, &zero).error_message(), "DivisionByZero at line 2, column 3");
  CompileOptions alone = context->compile;
  alone.share_code = false;
  ASSERT_TRUE(Module::compile("|x: i64| 4444L / x", alone).ok());
  EXPECT_EQ(programs.hits() + programs.misses(), 2u);
}

TEST_F(Objects, TheProgramReads) {
  const Result<ObjectPtr> scaled =
      Object::from_fragment("let t = v; map(t, |x| x * f)", {vec(), number(2)}, {"v", "f"}, "shop: scale");
  const ObjectPtr sum = fragment("sum(t)", {{"t", *scaled}});
  const Result<std::string> text = program_of({&sum, 1});
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->rfind("|v: vec[i64], data: i64|", 0), 0u) << *text;
  EXPECT_NE(text->find("let shop_scale: vec[i64] ="), std::string::npos) << *text;
  EXPECT_TRUE(Module::compile(*text, context->compile).ok()) << *text;
}

constexpr int kMany = 10'000;

TEST_F(Objects, ALongChain) {
  ObjectPtr last = number(0);
  for (int i = 0; i < kMany; i++) last = fragment("x + 3L", {{"x", last}});
  EXPECT_EQ(value_of(last), 3 * kMany);
}

TEST_F(Objects, ALongChainOfMaps) {
  ObjectPtr last = vec();
  for (int i = 0; i < kMany; i++) last = fragment("map(v, |x| x + 1L)", {{"v", last}});
  EXPECT_EQ(value_of(fragment("sum(v)", {{"v", last}})), 6 + 3 * kMany);
}

TEST_F(Objects, AWideFan) {
  const ObjectPtr v = vec();
  Object::Dependencies parts;
  std::vector<std::string> names;
  std::string text = "0L";
  for (int i = 0; i < kMany / 10; i++) {
    parts.push_back(fragment("lookup(v, i % 3L)", {{"v", v}, {"i", number(i)}}));
    names.push_back("p" + std::to_string(i));
    text += " + " + names.back();
  }
  const Result<ObjectPtr> sum = Object::from_fragment(text, parts, names, "");
  ASSERT_TRUE(sum.ok());
  EXPECT_EQ(value_of(*sum), 1999);
}

TEST_F(Objects, ALadderOfDiamonds) {
  ObjectPtr last = number(1);
  for (int i = 0; i < kMany; i++) last = fragment("x + y", {{"x", last}, {"y", last}});
  EXPECT_EQ(value_of(last), 0);  // 2^10000, wrapped
}

TEST_F(Objects, ManyAtOnce) {
  std::vector<ObjectPtr> objects;
  for (int i = 0; i < kMany / 10; i++) objects.push_back(fragment("i * 2L", {{"i", number(i)}}));
  const Evaluation evaluation = evaluate(objects, context, 7);
  ASSERT_EQ(evaluation.values.size(), objects.size()) << evaluation.error_message;
  for (size_t i = 0; i < objects.size(); i++) {
    EXPECT_EQ(*static_cast<const int64_t*>(evaluation.values[i].data), 2 * static_cast<int64_t>(i));
    EXPECT_EQ(objects[i]->value().run, 7);
  }
}

TEST_F(Objects, AVeryLongChainIsFreedWithoutRecursion) {
  ObjectPtr last = number(0);
  for (int i = 0; i < 100 * kMany; i++) last = fragment("x + 3L", {{"x", last}});
  last.reset();
}

TEST_F(Objects, ValuesBetweenThePartsOfALargeGraphAreFreed) {
  ObjectPtr last = vec();
  for (int i = 0; i < 2000; i++) last = fragment("map(v, |x| x + 1L)", {{"v", last}});
  const uint64_t before = context->engine->memory_usage();
  EXPECT_EQ(before, 0u);
  const Evaluation evaluation = evaluate({&last, 1}, context, 1);
  ASSERT_EQ(evaluation.error_code, 0u);
  const ObjectPtr one = fragment("map(v, |x| x + 1L)", {{"v", vec()}});
  const uint64_t after = context->engine->memory_usage();
  const Evaluation again = evaluate({&one, 1}, context, 1);
  EXPECT_EQ(after, context->engine->memory_usage() - after);
}

TEST_F(Objects, ADeepFragmentInALongGraph) {
  std::string text = "x";
  for (int i = 0; i < 19'900; i++) text += " + 1L";
  ObjectPtr last = number(0);
  for (int i = 0; i < 200; i++) last = fragment(i == 150 ? text : "x + 1L", {{"x", last}});
  EXPECT_EQ(value_of(last), 19'900 + 199);
}

}  // namespace
}  // namespace weld
