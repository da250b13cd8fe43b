// Programs under memory limits that grow from nothing: each gives its answer or OutOfMemory with a place, and keeps nothing.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

constexpr int64_t kRows = 20'000;

// Each gives an i64: that of the same program without a limit is the right one.
constexpr const char* kLimitedPrograms[] = {
    "|v: vec[i64], n: i64| sum(let w = map(v, |x| x * n); result(for(w, appender, |b, i, x| if(x % 3L == 0L, merge(b, x + "
    "len(w)), b))))",
    "|v: vec[i64], n: i64| len(result(for(v, dictmerger[i64,i64,+], |b, i, x| merge(b, {x * n, 1L}))))",
    "|v: vec[i64], n: i64| len(result(for(v, dictmerger[u8,i64,+], |b, i, x| merge(b, {u8(x), 1L}))))",
    "|v: vec[i64], n: i64| len(lookup(result(for(v, groupmerger[i64,i64], |b, i, x| merge(b, {x % 77L, x}))), 5L))",
    "|v: vec[i64], n: i64| lookup(result(for(v, vecmerger[i64,+](v), |b, i, x| merge(b, {x, n}))), 9L)",
    "|v: vec[i64], n: i64| lookup(sort(v, |x| -x), 5L)",
    "|v: vec[i64], n: i64| lookup(sort(map(v, |x| {x, x, x, x, x}), |x, y| i32(y.$0 - x.$0)), 5L).$0",
    "|v: vec[i64], n: i64| len(deserialize[vec[{i64,vec[i64]}]](serialize(map(v, |x| {x, [x, n]}))))",
    "|v: vec[i64], n: i64| sum(map(v, |x| len(map(rangeiter(0L, x % 50L, 1L), |y| [y, n]))))",
    "|v: vec[i64], n: i64| result(for(v, merger[i64,+], |b, i, x| merge(b, lookup(result(for([x, n], dictmerger[i64,i64,+], "
    "|d, j, y| merge(d, {y, j}))), n))))",
    "|v: vec[i64], n: i64| len(result(for([1L, 2L], appender, |b, i, y| for(v, b, |c, j, x| if(x > n, merge(c, [x, y]), c)))))",
    "|v: vec[i64], n: i64| len(flatten(map(v, |x| slice(v, x, x % 9L))))",
};

// OutOfMemory is -1.
int64_t answer(const char* code, const char* threads, const std::string& limit) {
  static const std::vector<int64_t> numbers = [] {
    std::vector<int64_t> values(kRows);
    std::iota(values.begin(), values.end(), 0);
    return values;
  }();
  const Conf conf(weld_conf_new());
  weld_conf_set(conf.get(), "weld.threads", threads);
  weld_conf_set(conf.get(), "weld.memory.limit", limit.c_str());
  static std::map<std::string, Module> modules;
  Module& module = modules[code];
  const Error error(weld_error_new());
  if (module == nullptr) module.reset(weld_module_compile(code, nullptr, error.get()));
  EXPECT_NE(module, nullptr) << weld_error_message(error.get());
  const Context context(weld_context_new(conf.get()));
  const VecAndNumber arguments = {{numbers.data(), kRows}, 7};
  const Value argument(weld_value_new(&arguments));
  Value result(weld_module_run(module.get(), context.get(), argument.get(), error.get()));
  int64_t number = -1;
  if (result != nullptr) {
    number = *static_cast<const int64_t*>(weld_value_data(result.get()));
  } else {
    EXPECT_EQ(weld_error_code(error.get()), uint64_t{WELD_ERROR_OUT_OF_MEMORY});
    const std::string message = weld_error_message(error.get());
    // Not even the room for the result has a place in the program.
    if (std::stoll(limit) > 64 << 10) {
      EXPECT_EQ(message.rfind("OutOfMemory at line 1, column ", 0), 0u) << message;
    }
  }
  result.reset();
  EXPECT_EQ(weld_context_memory_usage(context.get()), 0);
  return number;
}

class MemoryLimit : public testing::TestWithParam<const char*> {};

TEST_P(MemoryLimit, AnswerOrOutOfMemory) {
  for (const char* code : kLimitedPrograms) {
    const int64_t expected = answer(code, GetParam(), "0");
    EXPECT_GE(expected, 0) << code;
    int refusals = 0;
    int answers = 0;
    for (int64_t limit = 1; limit < 256 << 20; limit = limit * 3 / 2 + 1) {
      const int64_t number = answer(code, GetParam(), std::to_string(limit));
      if (number == -1) {
        ++refusals;
      } else {
        ++answers;
        EXPECT_EQ(number, expected) << code << " with " << limit;
      }
    }
    EXPECT_GT(refusals, 3) << code;
    EXPECT_GT(answers, 3) << code;
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, MemoryLimit, testing::Values("1", "2", "5"));

}  // namespace
}  // namespace weld::test
