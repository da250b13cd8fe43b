// Objects through the C API: values that are computed when they are asked for.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

using Object = Owned<weld_object, weld_object_free>;
using Named = std::initializer_list<std::pair<const char*, const Object*>>;

struct ObjectTest : testing::Test {
  Object data(const void* value, const char* type, const char* label = nullptr) {
    Object object(weld_object_new_data(value, type, nullptr, nullptr, label, error.get()));
    EXPECT_NE(object, nullptr) << message();
    return object;
  }
  template <class T>
  Object copy(T value, const char* type) {
    Object object(weld_object_new_copy(&value, type, nullptr, error.get()));
    EXPECT_NE(object, nullptr) << message();
    return object;
  }
  // Null where it fails, which error tells.
  Object attempt(const char* text, Named named, const char* label = nullptr) {
    std::vector<weld_object_t> dependencies;
    std::vector<const char*> names;
    for (const auto& [name, object] : named) {
      names.push_back(name);
      dependencies.push_back(object->get());
    }
    return Object(
        weld_object_new(text, dependencies.data(), names.data(), static_cast<int64_t>(names.size()), label, error.get()));
  }
  Object fragment(const char* text, Named named, const char* label = nullptr) {
    Object object = attempt(text, named, label);
    EXPECT_NE(object, nullptr) << message();
    return object;
  }
  Value evaluate(const Object& object) { return Value(weld_object_evaluate(object.get(), context.get(), error.get())); }
  template <class T>
  T value_of(const Object& object) {
    const Value value = evaluate(object);
    EXPECT_NE(value, nullptr) << message();
    return value == nullptr ? T() : *static_cast<const T*>(weld_value_data(value.get()));
  }
  std::vector<int64_t> numbers_of(const Object& object) {
    const Value value = evaluate(object);
    EXPECT_NE(value, nullptr) << message();
    if (value == nullptr) return {};
    const Vec vec = *static_cast<const Vec*>(weld_value_data(value.get()));
    const auto* numbers = static_cast<const int64_t*>(vec.data);
    return {numbers, numbers + vec.length};
  }
  std::string message() const { return weld_error_message(error.get()); }
  uint64_t code() const { return weld_error_code(error.get()); }

  std::vector<int64_t> numbers = {5, 3, 8, 1};
  Vec vec{numbers.data(), 4};
  Error error{weld_error_new()};
  Context context{weld_context_new(nullptr)};
};

TEST_F(ObjectTest, AFragmentOverData) {
  const Object v = data(&vec, "vec[i64]");
  const Object factor = copy<int64_t>(10, "i64");
  const Object scaled = fragment("map(v, |x| x * factor)", {{"v", &v}, {"factor", &factor}});
  EXPECT_STREQ(weld_object_type(scaled.get()), "vec[i64]");
  EXPECT_EQ(numbers_of(scaled), (std::vector<int64_t>{50, 30, 80, 10}));
}

TEST_F(ObjectTest, NamesMeanWhatEachFragmentSays) {
  const Object v = data(&vec, "vec[i64]");
  const Object x = fragment("let t = 1L; map(v, |x| x + t)", {{"v", &v}});
  const Object y = fragment("let t = 2L; map(x, |v| v * t)", {{"x", &x}});
  const Object z = fragment(
      "macro twice(a) = a + a; type t = i64; result(for(zip(t, x), merger[t,+], |b, i, x| merge(b, twice(x.$0 - x.$1))))",
      {{"t", &y}, {"x", &x}});
  EXPECT_EQ(value_of<int64_t>(z), 42);
}

TEST_F(ObjectTest, SharedDependenciesAndHandlesFreedInAnyOrder) {
  Object v = data(&vec, "vec[i64]");
  Object sum = fragment("sum(v)", {{"v", &v}});
  Object shares = fragment("map(v, |x| x * 100L / total)", {{"v", &v}, {"total", &sum}});
  Object most = fragment("result(for(s, merger[i64,max], |b, i, x| merge(b, x)))", {{"s", &shares}});
  v.reset();
  sum.reset();
  shares.reset();
  EXPECT_EQ(value_of<int64_t>(most), 800 / 17);
}

TEST_F(ObjectTest, SeveralAtOnce) {
  const Object v = data(&vec, "vec[i64]");
  const Object sum = fragment("sum(v)", {{"v", &v}});
  const Object sorted = fragment("sort(v, |x| x)", {{"v", &v}});
  const Object mean = fragment("f64(s) / f64(len(v))", {{"s", &sum}, {"v", &v}});
  const std::vector<weld_object_t> objects = {sum.get(), sorted.get(), v.get(), mean.get(), sum.get()};
  std::vector<weld_value_t> values(objects.size());
  ASSERT_EQ(weld_objects_evaluate(objects.data(), 5, context.get(), values.data(), error.get()), 5) << message();
  EXPECT_EQ(*static_cast<int64_t*>(weld_value_data(values[0])), 17);
  EXPECT_EQ(static_cast<const int64_t*>(static_cast<const Vec*>(weld_value_data(values[1]))->data)[0], 1);
  EXPECT_EQ(weld_value_data(values[2]), &vec);
  EXPECT_EQ(*static_cast<double*>(weld_value_data(values[3])), 4.25);
  EXPECT_EQ(weld_value_data(values[4]), weld_value_data(values[0]));
  EXPECT_EQ(weld_value_run(values[0]), weld_value_run(values[3]));
  EXPECT_EQ(weld_value_run(values[2]), -1);
  for (weld_value_t value : values) weld_value_free(value);
  EXPECT_EQ(weld_objects_evaluate(nullptr, 0, context.get(), nullptr, error.get()), 0);
}

TEST_F(ObjectTest, AnObjectKeepsItsValue) {
  const Object v = data(&vec, "vec[i64]");
  const Object doubled = fragment("map(v, |x| x * 2L)", {{"v", &v}});
  const Value first = evaluate(doubled);
  numbers[0] = 1000;  // read by nothing any more
  const Context other(weld_context_new(nullptr));
  const Value second(weld_object_evaluate(doubled.get(), other.get(), error.get()));
  EXPECT_EQ(weld_value_data(first.get()), weld_value_data(second.get()));
  EXPECT_EQ(weld_value_run(first.get()), weld_value_run(second.get()));
  const Object last = fragment("lookup(d, 0L)", {{"d", &doubled}});
  const Value looked_up(weld_object_evaluate(last.get(), other.get(), error.get()));
  EXPECT_EQ(*static_cast<int64_t*>(weld_value_data(looked_up.get())), 10);
}

TEST_F(ObjectTest, MemoryIsThatOfTheContextUntilObjectsAndValuesAreFreed) {
  const Object v = data(&vec, "vec[i64]");
  Object doubled = fragment("map(v, |x| x * 2L)", {{"v", &v}});
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
  Value value = evaluate(doubled);
  EXPECT_GT(weld_context_memory_usage(context.get()), 0);
  doubled.reset();
  EXPECT_GT(weld_context_memory_usage(context.get()), 0);
  const Context of_value(weld_value_context(value.get()));
  EXPECT_EQ(weld_context_memory_usage(of_value.get()), weld_context_memory_usage(context.get()));
  value.reset();
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
}

void count_call(void* user) { ++*static_cast<int*>(user); }

TEST_F(ObjectTest, DataAreReleasedOnceWhenNothingNeedsThem) {
  int released = 0;
  Object v(weld_object_new_data(&vec, "vec[i64]", count_call, &released, "v", error.get()));
  Object sum = fragment("sum(v)", {{"v", &v}});
  Object twice = fragment("s * 2L", {{"s", &sum}});
  Value itself = evaluate(v);
  v.reset();
  EXPECT_EQ(released, 0);
  EXPECT_EQ(value_of<int64_t>(twice), 34);
  EXPECT_EQ(released, 0);  // sum could still be asked for
  sum.reset();
  EXPECT_EQ(released, 0);  // the value of v is its data
  itself.reset();
  EXPECT_EQ(released, 1);
  twice.reset();
  EXPECT_EQ(released, 1);
}

TEST_F(ObjectTest, AnObjectThatWasEvaluatedLetsGoOfItsData) {
  int released = 0;
  Object v(weld_object_new_data(&vec, "vec[i64]", count_call, &released, "v", error.get()));
  const Object sum = fragment("sum(v)", {{"v", &v}});
  v.reset();
  EXPECT_EQ(value_of<int64_t>(sum), 17);
  EXPECT_EQ(released, 1);
}

TEST_F(ObjectTest, DataThatCannotBeUsedAreNotReleased) {
  int released = 0;
  for (const char* type : {"vec[", "appender[i64]", "simd[f32]", "?", "nothing"}) {
    EXPECT_EQ(weld_object_new_data(&vec, type, count_call, &released, nullptr, error.get()), nullptr) << type;
    EXPECT_EQ(code(), uint64_t{WELD_ERROR_COMPILE}) << message();
  }
  EXPECT_EQ(released, 0);
}

TEST_F(ObjectTest, CopiesAreDeep) {
  struct Pair {
    Vec rows;
    int64_t number;
  };
  std::vector<int64_t> one = {1}, two = {2, 3};
  const Vec rows[] = {{one.data(), 1}, {two.data(), 2}};
  const Object pair = copy(Pair{{rows, 2}, 7}, "{vec[vec[i64]],i64}");
  one[0] = two[0] = 100;
  const Object sum = fragment("sum(flatten(p.$0)) + p.$1", {{"p", &pair}});
  EXPECT_EQ(value_of<int64_t>(sum), 13);
  const Object dict = fragment("result(for([1L], dictmerger[i64,i64,+], |b, i, x| merge(b, {x, x})))", {});
  const Value value = evaluate(dict);
  EXPECT_EQ(weld_object_new_copy(weld_value_data(value.get()), "dict[i64,i64]", nullptr, error.get()), nullptr);
  EXPECT_NE(message().find("cannot be copied"), std::string::npos) << message();
}

TEST_F(ObjectTest, DictsPassFromOneEvaluationToTheNext) {
  const Object v = data(&vec, "vec[i64]");
  const Object dict = fragment("result(for(v, dictmerger[i64,i64,+], |b, i, x| merge(b, {x, i})))", {{"v", &v}});
  ASSERT_NE(evaluate(dict), nullptr) << message();
  const Object found = fragment("lookup(d, 8L)", {{"d", &dict}});
  EXPECT_EQ(value_of<int64_t>(found), 2);
}

TEST_F(ObjectTest, CompileErrorsNameTheLabelAndThePlace) {
  const Object v = data(&vec, "vec[i64]");
  EXPECT_EQ(attempt("map(v,\n  |x| x + 1.0)", {{"v", &v}}, "arrays: add"), nullptr);
  EXPECT_EQ(code(), uint64_t{WELD_ERROR_COMPILE});
  EXPECT_EQ(message().rfind("arrays: add:2:", 0), 0u) << message();
  EXPECT_NE(message().find("  |x| x + 1.0)\n"), std::string::npos) << message();
  const std::pair<const char*, const char*> faults[] = {
      {"v + w", "`w` is not defined"},
      {"|x: i64| x", "not a function"},
      {"for(v, appender[i64], |b, i, x| merge(b, x))", "not a builder"},
      {"cudf[there_is_no_such_function, i64](v)", "there_is_no_such_function"},
  };
  for (const auto& [text, wanted] : faults) {
    EXPECT_EQ(attempt(text, {{"v", &v}}), nullptr) << text;
    EXPECT_NE(message().find(wanted), std::string::npos) << message();
  }
  for (const char* name : {"", "1", "a b", "vec", "map", "abs"}) {
    EXPECT_EQ(attempt("1", {{name, &v}}), nullptr) << name;
    EXPECT_NE(message().find("cannot be the name of a dependency"), std::string::npos) << message();
  }
  EXPECT_EQ(attempt("1", {{"v", &v}, {"v", &v}}), nullptr);
  EXPECT_NE(message().find("two dependencies"), std::string::npos) << message();
}

TEST_F(ObjectTest, ErrorsOfARunNameTheFragment) {
  const Object v = data(&vec, "vec[i64]");
  const Object dict = fragment("result(for(v, dictmerger[i64,i64,+], |b, i, x| merge(b, {x, i})))", {{"v", &v}}, "frames: group");
  const Object key = copy<int64_t>(2, "i64");
  const Object found = fragment("let k = key;\n  lookup(d, k)", {{"d", &dict}, {"key", &key}}, "frames: join");
  const Object next = fragment("f + 1L", {{"f", &found}}, "arrays: add");
  EXPECT_EQ(evaluate(next), nullptr);
  EXPECT_EQ(code(), uint64_t{WELD_ERROR_KEY_NOT_FOUND});
  EXPECT_EQ(message(), "KeyNotFound in fragment 'frames: join' at line 2, column 3");
  // The same program from another library: the code is the same, the names are not.
  const Object found_too = fragment("let other = that; lookup(dict_, other)", {{"dict_", &dict}, {"that", &key}}, "other: find");
  const Object next_too = fragment("number + 1L", {{"number", &found_too}});
  EXPECT_EQ(evaluate(next_too), nullptr);
  EXPECT_EQ(message(), "KeyNotFound in fragment 'other: find' at line 1, column 19");
  const Object unlabelled = fragment("10L / (k - 2L)", {{"k", &key}});
  EXPECT_EQ(evaluate(unlabelled), nullptr);
  EXPECT_EQ(message(), "DivisionByZero in fragment '10L / (k - 2L)' at line 1, column 1");
  EXPECT_EQ(attempt("10L / (k - 2)", {{"k", &key}}), nullptr);
  EXPECT_EQ(message().substr(0, message().find(" error")), "10L / (k - 2):1:8:");
  // Nothing is kept of it, and what does not fail goes on.
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
  EXPECT_NE(evaluate(dict), nullptr) << message();
}

Conf configuration(const char* key, const char* value) {
  Conf conf(weld_conf_new());
  weld_conf_set(conf.get(), key, value);
  return conf;
}

TEST_F(ObjectTest, RunsThatAreStoppedLeaveNothing) {
  int released = 0;
  const std::vector<int64_t> many(1 << 20, 1);
  const Vec large = {many.data(), 1 << 20};
  {
    const Object v(weld_object_new_data(&large, "vec[i64]", count_call, &released, "v", error.get()));
    const Object sorted = fragment("sort(map(v, |x| x + 1L), |x| x)", {{"v", &v}}, "test: sort");
    context.reset(weld_context_new(configuration("weld.memory.limit", "1000000").get()));
    EXPECT_EQ(evaluate(sorted), nullptr);
    EXPECT_EQ(code(), uint64_t{WELD_ERROR_OUT_OF_MEMORY}) << message();
    EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
    const Object endless = fragment("iterate(len(v), |x| {x + 1L, x > 0L})", {{"v", &v}}, "test: loop");
    context.reset(weld_context_new(configuration("weld.timeout.ms", "50").get()));
    EXPECT_EQ(evaluate(endless), nullptr);
    EXPECT_EQ(code(), uint64_t{WELD_ERROR_TIMEOUT}) << message();
    EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
    context.reset(weld_context_new(nullptr));
    std::atomic<bool> ended = false;
    std::thread canceller([&] {
      while (!ended) weld_context_cancel(context.get());
    });
    EXPECT_EQ(evaluate(endless), nullptr);
    EXPECT_EQ(code(), uint64_t{WELD_ERROR_CANCELLED}) << message();
    ended = true;
    canceller.join();
    EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
    const Object still = fragment("len(s)", {{"s", &sorted}});
    EXPECT_EQ(value_of<int64_t>(still), 1 << 20);
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST_F(ObjectTest, ContextsSayHowToCompile) {
  const Object v = data(&vec, "vec[i64]");
  char folder[] = "/tmp/weld-objects-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const Conf conf = configuration("weld.compile.dumpCode", "true");
  weld_conf_set(conf.get(), "weld.compile.dumpCodeDir", folder);
  weld_conf_set(conf.get(), "weld.compile.dumpCodeFilename", "object");
  weld_conf_set(conf.get(), "weld.compile.dumpCodeFormats", "weld,weldopt");
  context.reset(weld_context_new(conf.get()));
  const Object sum = fragment("sum(map(v, |x| x + 5L))", {{"v", &v}}, "test: sum");
  EXPECT_EQ(value_of<int64_t>(sum), 37);
  std::ifstream file(std::string(folder) + "/object.opt.weld");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_NE(text.find("merger[i64,+]"), std::string::npos) << text;
  EXPECT_EQ(text.find("appender"), std::string::npos) << text;
  std::filesystem::remove_all(folder);
}

TEST_F(ObjectTest, NullsAreErrors) {
  const Object v = data(&vec, "vec[i64]");
  const weld_object_t none = nullptr;
  const char* name = "v";
  const char* no_name = nullptr;
  const weld_object_t some = v.get();
  EXPECT_EQ(weld_object_new(nullptr, nullptr, nullptr, 0, nullptr, error.get()), nullptr);
  EXPECT_EQ(message(), "fragment is NULL");
  EXPECT_EQ(weld_object_new("1", &none, &name, 1, nullptr, error.get()), nullptr);
  EXPECT_EQ(message(), "dependencies[0] is NULL");
  EXPECT_EQ(weld_object_new("1", &some, &no_name, 1, nullptr, error.get()), nullptr);
  EXPECT_EQ(message(), "names[0] is NULL");
  EXPECT_EQ(weld_object_new("1", nullptr, nullptr, 1, nullptr, error.get()), nullptr);
  EXPECT_EQ(weld_object_new("1", nullptr, nullptr, -1, nullptr, error.get()), nullptr);
  EXPECT_EQ(weld_object_new_data(nullptr, "i64", nullptr, nullptr, nullptr, error.get()), nullptr);
  EXPECT_EQ(weld_object_new_data(&vec, nullptr, nullptr, nullptr, nullptr, error.get()), nullptr);
  EXPECT_EQ(weld_object_new_copy(nullptr, "i64", nullptr, error.get()), nullptr);
  EXPECT_EQ(weld_object_evaluate(nullptr, context.get(), error.get()), nullptr);
  EXPECT_EQ(weld_object_evaluate(some, nullptr, error.get()), nullptr);
  EXPECT_EQ(code(), uint64_t{WELD_ERROR_CONFIGURATION});
  weld_value_t value = nullptr;
  EXPECT_EQ(weld_objects_evaluate(&none, 1, context.get(), &value, error.get()), -1);
  EXPECT_EQ(message(), "objects[0] is NULL");
  EXPECT_EQ(weld_object_type(nullptr), nullptr);
  weld_object_free(nullptr);
}

TEST_F(ObjectTest, ManyThreadsEvaluateOneGraph) {
  const Object v = data(&vec, "vec[i64]");
  for (int round = 0; round < 20; round++) {
    const Object sum = fragment("sum(v)", {{"v", &v}});
    const Object more = fragment("s * s", {{"s", &sum}});
    std::vector<std::thread> threads;
    std::vector<int64_t> found(4);
    for (size_t i = 0; i < found.size(); i++) {
      threads.emplace_back([&, i] {
        const Value value(weld_object_evaluate(i % 2 == 0 ? more.get() : sum.get(), context.get(), nullptr));
        found[i] = *static_cast<int64_t*>(weld_value_data(value.get()));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(found, (std::vector<int64_t>{289, 17, 289, 17}));
  }
}

}  // namespace
}  // namespace weld::test
