// Builders that leave a program as its result and enter another as an argument.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

// Programs run under one context with a number of threads.
class BuilderValues : public testing::TestWithParam<const char*> {
 protected:
  BuilderValues() {
    const Conf conf(weld_conf_new());
    weld_conf_set(conf.get(), "weld.threads", GetParam());
    context_.reset(weld_context_new(conf.get()));
  }

  Value run(const char* code, const void* arguments) {
    const Error error(weld_error_new());
    const Module module(weld_module_compile(code, nullptr, error.get()));
    EXPECT_EQ(weld_error_code(error.get()), WELD_ERROR_NONE) << weld_error_message(error.get());
    if (module == nullptr) return nullptr;
    const Value argument(weld_value_new(arguments));
    Value result(weld_module_run(module.get(), context_.get(), argument.get(), error.get()));
    EXPECT_EQ(weld_error_code(error.get()), WELD_ERROR_NONE) << weld_error_message(error.get());
    return result;
  }

  template <class T>
  T get(const Value& value) {
    T data;
    std::memcpy(&data, weld_value_data(value.get()), sizeof data);
    return data;
  }

  std::vector<int64_t> numbers(int64_t count) {
    std::vector<int64_t> values(count);
    std::iota(values.begin(), values.end(), 0);
    return values;
  }

  Context context_;
};

struct AppenderState {
  int64_t words[3];
};
struct VecMergerState {
  int64_t words[2];
};

template <class T>
std::vector<T> elements(const Vec& vec) {
  const auto* data = static_cast<const T*>(vec.data);
  return {data, data + vec.length};
}

TEST_P(BuilderValues, AnAppenderGoesOnWhereItStopped) {
  const std::vector<int64_t> first = numbers(100'000);
  const Vec argument = {first.data(), 100'000};
  const Value builder = run("|v: vec[i64]| for(v, appender[i64], |b, i, e| merge(b, e))", &argument);
  struct {
    AppenderState state;
    Vec more;
  } next = {get<AppenderState>(builder), {first.data(), 70'000}};
  const char* code = "|b: appender[i64], v: vec[i64]| result(for(v, b, |b, i, e| if(e % 2L == 0L, merge(b, -e), b)))";
  std::vector<int64_t> expected = first;
  for (int64_t e = 0; e < 70'000; e += 2) expected.push_back(-e);
  const Value whole = run(code, &next);
  EXPECT_EQ(elements<int64_t>(get<Vec>(whole)), expected);
  // The argument is as it was, and what came of it does not need it.
  const Value again = run(code, &next);
  const Value untouched = run("|b: appender[i64]| result(b)", weld_value_data(builder.get()));
  EXPECT_EQ(elements<int64_t>(get<Vec>(untouched)), first);
  weld_value_free(const_cast<Value&>(builder).release());
  EXPECT_EQ(elements<int64_t>(get<Vec>(again)), expected);
}

TEST_P(BuilderValues, AMergerKeepsItsSum) {
  const std::vector<int64_t> values = numbers(50'000);
  const Vec argument = {values.data(), 50'000};
  const Value builder = run("|v: vec[i64]| for(v, merger[{i64,i64},max]({3L, 70000L}), |b, i, e| merge(b, {e, e}))", &argument);
  const Value result = run("|b: merger[{i64,i64},max]| result(merge(b, {5L, 80000L}))", weld_value_data(builder.get()));
  const auto* fields = static_cast<const int64_t*>(weld_value_data(result.get()));
  EXPECT_EQ(fields[0], 49'999);
  EXPECT_EQ(fields[1], 80'000);
}

TEST_P(BuilderValues, ADictMergerKeepsItsEntries) {
  const std::vector<int64_t> values = numbers(60'000);
  const Vec argument = {values.data(), 60'000};
  const Value builder = run("|v: vec[i64]| for(v, dictmerger[i64,i64,+], |b, i, e| merge(b, {e % 1000L, 1L}))", &argument);
  struct {
    void* state;
    Vec more;
  } next = {get<void*>(builder), {values.data(), 3'000}};
  const char* code =
      "|b: dictmerger[i64,i64,+], v: vec[i64]| let d = result(for(v, b, |b, i, e| merge(b, {e, 1L})));"
      "{len(d), lookup(d, 7L), lookup(d, 1500L)}";
  for (int time = 0; time < 2; ++time) {
    const Value result = run(code, &next);
    const auto* fields = static_cast<const int64_t*>(weld_value_data(result.get()));
    EXPECT_EQ(fields[0], 3'000);
    EXPECT_EQ(fields[1], 61);
    EXPECT_EQ(fields[2], 1);
  }
}

// Keys of 16 bits have another index.
TEST_P(BuilderValues, ADictMergerWithSmallKeysKeepsItsEntries) {
  const std::vector<int64_t> values = numbers(60'000);
  const Vec argument = {values.data(), 60'000};
  const Value builder = run("|v: vec[i64]| for(v, dictmerger[u8,i64,+], |b, i, e| merge(b, {u8(e), e}))", &argument);
  const Value result = run("|b: dictmerger[u8,i64,+]| let d = result(merge(b, {u8(3), 1000000000L})); {len(d), lookup(d, 3u8)}",
                           weld_value_data(builder.get()));
  int64_t sum = 1'000'000'000;
  for (int64_t e = 3; e < 60'000; e += 256) sum += e;
  const auto* fields = static_cast<const int64_t*>(weld_value_data(result.get()));
  EXPECT_EQ(fields[0], 256);
  EXPECT_EQ(fields[1], sum);
}

TEST_P(BuilderValues, AGroupMergerKeepsItsGroupsInOrder) {
  const std::vector<int64_t> values = numbers(60'000);
  const Vec argument = {values.data(), 60'000};
  const Value builder = run("|v: vec[i64]| for(v, groupmerger[i64,i64], |b, i, e| merge(b, {e % 7L, e}))", &argument);
  struct {
    void* state;
    Vec more;
  } next = {get<void*>(builder), {values.data(), 20'000}};
  const char* code = "|b: groupmerger[i64,i64], v: vec[i64]| lookup(result(for(v, b, |b, i, e| merge(b, {e % 7L, -e}))), 5L)";
  std::vector<int64_t> expected;
  for (int64_t e = 5; e < 60'000; e += 7) expected.push_back(e);
  for (int64_t e = 5; e < 20'000; e += 7) expected.push_back(-e);
  for (int time = 0; time < 2; ++time) EXPECT_EQ(elements<int64_t>(get<Vec>(run(code, &next))), expected);
}

TEST_P(BuilderValues, AVecMergerKeepsItsElements) {
  const std::vector<int64_t> values = numbers(60'000);
  const Vec argument = {values.data(), 60'000};
  const Value builder =
      run("|v: vec[i64]| for(v, vecmerger[i64,+]([0L, 100L, 0L]), |b, i, e| merge(b, {e % 3L, 1L}))", &argument);
  const char* code = "|b: vecmerger[i64,+]| result(merge(b, {1L, 5L}))";
  const Value result = run(code, weld_value_data(builder.get()));
  EXPECT_EQ(elements<int64_t>(get<Vec>(result)), (std::vector<int64_t>{20'000, 20'105, 20'000}));
  const Value again = run(code, weld_value_data(builder.get()));
  EXPECT_EQ(elements<int64_t>(get<Vec>(again)), (std::vector<int64_t>{20'000, 20'105, 20'000}));
}

std::vector<std::string> texts(const Vec& vec) {
  std::vector<std::string> all;
  for (const Vec& text : elements<Vec>(vec)) all.emplace_back(static_cast<const char*>(text.data), text.length);
  return all;
}

// The strings of the first program's argument are gone before the second one runs.
TEST_P(BuilderValues, WhatIsInThemIsTheirOwn) {
  Value builders;
  {
    std::string bytes = "one two three";
    const Vec strings[] = {{bytes.data(), 3}, {bytes.data() + 4, 3}, {bytes.data() + 8, 5}, {bytes.data(), 3}};
    const Vec argument = {strings, 4};
    builders =
        run("|v: vec[vec[i8]]| let all = for(v, {appender[vec[i8]], {dictmerger[vec[i8],i64,+], groupmerger[i64,vec[i8]]}},"
            "|b, i, e| {merge(b.$0, e), {merge(b.$1.$0, {e, 1L}), merge(b.$1.$1, {len(e), e})}}); {7L, all}",
            &argument);
    bytes.assign(bytes.size(), '?');
  }
  struct Both {
    int64_t number;
    AppenderState strings;
    void* counts;
    void* groups;
  };
  struct Parts {
    int64_t number;
    Vec strings;
    int64_t count;
    Vec group;
  };
  const char* code =
      "|n: i64, b: {appender[vec[i8]], {dictmerger[vec[i8],i64,+], groupmerger[i64,vec[i8]]}}|"
      "{n, result(merge(b.$0, \"four\")), lookup(result(merge(b.$1.$0, {\"one\", 1L})), \"one\"),"
      "lookup(result(merge(b.$1.$1, {3L, \"six\"})), 3L)}";
  const auto state = get<Both>(builders);
  const Value result = run(code, &state);
  builders.reset();
  const auto parts = get<Parts>(result);
  EXPECT_EQ(parts.number, 7);
  EXPECT_EQ(texts(parts.strings), (std::vector<std::string>{"one", "two", "three", "one", "four"}));
  EXPECT_EQ(parts.count, 3);
  EXPECT_EQ(texts(parts.group), (std::vector<std::string>{"one", "two", "one", "six"}));
}

// A dict is an argument that a result may be, and then is a copy.
TEST_P(BuilderValues, ADictGivenBackIsACopy) {
  Value dict;
  {
    std::string bytes = "key";
    const Vec key = {bytes.data(), 3};
    const Vec argument = {&key, 1};
    dict = run("|v: vec[vec[i8]]| result(for(v, dictmerger[vec[i8],i64,+], |b, i, e| merge(b, {e, 9L})))", &argument);
    bytes = "???";
  }
  Value same = run("|d: dict[vec[i8],i64]| d", weld_value_data(dict.get()));
  dict.reset();
  EXPECT_EQ(get<int64_t>(run("|d: dict[vec[i8],i64]| lookup(d, \"key\")", weld_value_data(same.get()))), 9);
}

TEST_P(BuilderValues, EmptyOnesToo) {
  const Value builders = run(
      "|| {appender[i64], dictmerger[i64,i64,+], groupmerger[i8,i64], vecmerger[i64,+]([]: vec[i64]), merger[i64,*]}", nullptr);
  const Value result =
      run("|b: {appender[i64], dictmerger[i64,i64,+], groupmerger[i8,i64], vecmerger[i64,+], merger[i64,*]}|"
          "{len(result(b.$0)), len(result(merge(b.$1, {1L, 2L}))), len(result(merge(b.$2, {1c, 2L}))), len(result(b.$3)), "
          "result(b.$4)}",
          weld_value_data(builders.get()));
  const auto* fields = static_cast<const int64_t*>(weld_value_data(result.get()));
  EXPECT_EQ(std::vector<int64_t>(fields, fields + 5), (std::vector<int64_t>{0, 1, 1, 0, 1}));
}

TEST_P(BuilderValues, NothingIsKept) {
  const std::vector<int64_t> values = numbers(1'000);
  const Vec argument = {values.data(), 1'000};
  {
    const Value builder = run("|v: vec[i64]| for(v, groupmerger[i64,i64], |b, i, e| merge(b, {e % 7L, e}))", &argument);
    const Value result = run("|b: groupmerger[i64,i64]| merge(b, {1L, 1L})", weld_value_data(builder.get()));
    EXPECT_GT(weld_context_memory_usage(context_.get()), 0);
  }
  EXPECT_EQ(weld_context_memory_usage(context_.get()), 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, BuilderValues, testing::Values("1", "4"));

}  // namespace
}  // namespace weld::test
