// cudf: functions of a library loaded through the interface.
#include <gtest/gtest.h>

#include <dlfcn.h>

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

// Compiled and run with the library loaded.
class Functions : public testing::Test {
 protected:
  void SetUp() override {
    weld_load_library(WELD_TEST_LIBRARY, error_.get());
    ASSERT_EQ(weld_error_code(error_.get()), uint64_t{WELD_ERROR_NONE}) << weld_error_message(error_.get());
  }

  Module compile(const char* code) {
    Module module(weld_module_compile(code, nullptr, error_.get()));
    EXPECT_NE(module, nullptr) << weld_error_message(error_.get());
    return module;
  }

  Value run(const char* code, const void* arguments) {
    const Module module = compile(code);
    const Value argument(weld_value_new(arguments));
    Value result(weld_module_run(module.get(), context_.get(), argument.get(), error_.get()));
    EXPECT_NE(result, nullptr) << weld_error_message(error_.get());
    return result;
  }

  template <class T>
  static const T& data_of(const Value& value) {
    return *static_cast<const T*>(weld_value_data(value.get()));
  }

  // The calls of weld_test_count since this was last asked.
  static int64_t take_calls() {
    void* take = dlsym(RTLD_DEFAULT, "weld_test_take_calls");
    return take == nullptr ? -1 : reinterpret_cast<int64_t (*)()>(take)();
  }

  Error error_{weld_error_new()};
  Context context_{weld_context_new(nullptr)};
};

TEST(Libraries, LoadMoreThanOnce) {
  const Error error(weld_error_new());
  for (int i = 0; i < 2; i++) {
    weld_load_library(WELD_TEST_LIBRARY, error.get());
    EXPECT_EQ(weld_error_code(error.get()), uint64_t{WELD_ERROR_NONE}) << weld_error_message(error.get());
  }
  weld_load_library("no-such-library.so", error.get());
  EXPECT_EQ(weld_error_code(error.get()), uint64_t{WELD_ERROR_LOAD_LIBRARY});
}

TEST_F(Functions, TakeAndGiveScalars) {
  const int64_t numbers[] = {40, 2};
  EXPECT_EQ(data_of<int64_t>(run("|x: i64, y: i64| cudf[weld_test_add, i64](x, y)", numbers)), 42);
}

TEST_F(Functions, TakeAndGiveStructs) {
  struct {
    int8_t first;
    double second;
    uint8_t third;
  } mixed = {1, 2.5, 7};
  struct Turned {
    uint8_t first;
    int8_t second;
    double third;
  };
  const Value result = run("|x: {i8, f64, bool}| cudf[weld_test_turn, {bool, i8, f64}](x)", &mixed);
  EXPECT_EQ(data_of<Turned>(result).first, 1);
  EXPECT_EQ(data_of<Turned>(result).second, 1);
  EXPECT_EQ(data_of<Turned>(result).third, 2.5);
}

// A result refers to no memory but its own.
TEST_F(Functions, ResultsAreCopiedFromTheLibraryAndTheArguments) {
  const int64_t count = 3;
  const Value primes = run("|n: i64| cudf[weld_test_primes, vec[i64]](n)", &count);
  ASSERT_EQ(data_of<Vec>(primes).length, 3);
  EXPECT_EQ(static_cast<const int64_t*>(data_of<Vec>(primes).data)[2], 5);
  const Value again = run("|n: i64| cudf[weld_test_primes, vec[i64]](n)", &count);
  EXPECT_NE(data_of<Vec>(again).data, data_of<Vec>(primes).data);

  std::vector<char> letters = {'a', 'b', 'c'};
  const Vec texts[] = {{letters.data(), 1}, {letters.data() + 1, 2}};
  const Vec all = {texts, 2};
  const Value longest = run("|v: vec[vec[i8]]| {cudf[weld_test_longest, vec[i8]](v), 1L}", &all);
  letters.assign(3, 'x');
  const auto& text = data_of<Vec>(longest);
  ASSERT_EQ(text.length, 2);
  EXPECT_EQ(std::memcmp(text.data, "bc", 2), 0);
}

TEST_F(Functions, AreCalledAsOftenAsTheProgramSays) {
  std::vector<int64_t> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  const Vec v = {numbers.data(), 1000};
  take_calls();
  EXPECT_EQ(data_of<Vec>(run("|v: vec[i64]| map(v, |x| let y = cudf[weld_test_count, i64](x); y * y + y)", &v)).length, 1000);
  EXPECT_EQ(take_calls(), 1000);
  run("|v: vec[i64]| result(for(v, {merger[i64, +], appender}, |b, i, x| let y = cudf[weld_test_count, i64](x); "
      "if(y % 2L == 0L, {merge(b.$0, y), merge(b.$1, y)}, b)).$1)",
      &v);
  EXPECT_EQ(take_calls(), 1000);
  // Before a loop, once; under a condition, where it holds; twice when it stands there twice.
  run("|v: vec[i64]| let y = cudf[weld_test_count, i64](len(v)); map(v, |x| x + y)", &v);
  EXPECT_EQ(take_calls(), 1);
  run("|v: vec[i64]| map(v, |x| if(x < 10L, cudf[weld_test_count, i64](x), x))", &v);
  EXPECT_EQ(take_calls(), 10);
  run("|v: vec[i64]| cudf[weld_test_count, i64](len(v)) + cudf[weld_test_count, i64](len(v))", &v);
  EXPECT_EQ(take_calls(), 2);
  // A filter's producer feeds one merge or none.
  run("|v: vec[i64]| sum(filter(map(v, |x| cudf[weld_test_count, i64](x)), |x| x > 500L))", &v);
  EXPECT_EQ(take_calls(), 1000);
}

// A check that fails before a call in the same row: the function does not see a made-up value.
TEST_F(Functions, AreNotCalledBehindAFailedCheck) {
  const std::vector<int64_t> numbers(64, 1);
  const Vec v = {numbers.data(), 64};
  const Module module = compile("|v: vec[i64]| map(v, |x| cudf[weld_test_count, i64](lookup(v, x + 100L)))");
  const Value argument(weld_value_new(&v));
  take_calls();
  const Value result(weld_module_run(module.get(), context_.get(), argument.get(), error_.get()));
  EXPECT_EQ(result, nullptr);
  EXPECT_EQ(weld_error_code(error_.get()), uint64_t{WELD_ERROR_ARRAY_OUT_OF_BOUNDS});
  EXPECT_EQ(take_calls(), 0);
}

TEST_F(Functions, UnknownOnesDoNotCompile) {
  const Module module(weld_module_compile("|x: i64|\n  cudf[no_such_function, i64](x)", nullptr, error_.get()));
  EXPECT_EQ(module, nullptr);
  EXPECT_EQ(weld_error_code(error_.get()), uint64_t{WELD_ERROR_COMPILE});
  const std::string message = weld_error_message(error_.get());
  EXPECT_NE(message.find("program:2:3: error: there is no C function `no_such_function`"), std::string::npos) << message;
}

}  // namespace
}  // namespace weld::test
