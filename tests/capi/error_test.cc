// Each kind of error comes out with its number and a message; configurations; dumped code.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

struct Outcome {
  uint64_t code;
  std::string message;
};
Outcome outcome_of(const Error& error) { return {weld_error_code(error.get()), weld_error_message(error.get())}; }

// Compiles and runs a program whose arguments are the fields of the given struct.
Outcome run(const char* code, const void* arguments, weld_conf_t conf = nullptr) {
  const Error error(weld_error_new());
  const Module module(weld_module_compile(code, conf, error.get()));
  if (module == nullptr) return outcome_of(error);
  const Context context(weld_context_new(conf));
  const Value argument(weld_value_new(arguments));
  const Value result(weld_module_run(module.get(), context.get(), argument.get(), error.get()));
  EXPECT_EQ(result == nullptr, weld_error_code(error.get()) != WELD_ERROR_NONE);
  EXPECT_EQ(weld_context_memory_usage(context.get()) > 0, result != nullptr);
  return outcome_of(error);
}

Conf configuration(std::initializer_list<std::pair<const char*, const char*>> settings) {
  Conf conf(weld_conf_new());
  for (const auto& [key, value] : settings) weld_conf_set(conf.get(), key, value);
  return conf;
}

TEST(RunTimeErrors, EachHasItsNumber) {
  const std::vector<int64_t> numbers = {1, 2, 3};
  struct {
    Vec v;
    int64_t x;
  } arguments = {{numbers.data(), 3}, 0};
  struct Case {
    const char* code;
    uint64_t number;
    const char* name;
  };
  const Case cases[] = {
      {"|v: vec[i64], x: i64| lookup(v, x - 1L)", WELD_ERROR_ARRAY_OUT_OF_BOUNDS, "ArrayOutOfBounds"},
      {"|v: vec[i64], x: i64| result(for(iter(v, 0L, 4L, 1L), merger[i64,+], |b, i, e| merge(b, e)))",
       WELD_ERROR_BAD_ITERATOR_LENGTH, "BadIteratorLength"},
      {"|v: vec[i64], x: i64| result(for(zip(v, [1L, 2L]), merger[i64,+], |b, i, e| merge(b, e.$0 + e.$1)))",
       WELD_ERROR_MISMATCHED_ZIP_SIZE, "MismatchedZipSize"},
      {"|v: vec[i64], x: i64| lookup(result(for(v, dictmerger[i64,i64,+], |b, i, e| merge(b, {e, e}))), x)",
       WELD_ERROR_KEY_NOT_FOUND, "KeyNotFound"},
      {"|v: vec[i64], x: i64| if(assert(x == 1L), 1L, 2L)", WELD_ERROR_ASSERTION, "AssertionError"},
      {"|v: vec[i64], x: i64| deserialize[i32](serialize(x))", WELD_ERROR_DESERIALIZATION, "DeserializationError"},
      {"|v: vec[i64], x: i64| deserialize[vec[i64]](serialize({v, x}))", WELD_ERROR_DESERIALIZATION, "DeserializationError"},
      {"|v: vec[i64], x: i64| 5L / x", WELD_ERROR_DIVISION_BY_ZERO, "DivisionByZero"},
      {"|v: vec[i64], x: i64| deserialize[vec[vec[i64]]](serialize(v))", WELD_ERROR_DESERIALIZATION, "DeserializationError"},
      {"|v: vec[i64], x: i64| map(v, |y| result(for(v, merger[i64,+], |b, i, z| merge(b, z / (y - 2L)))))",
       WELD_ERROR_DIVISION_BY_ZERO, "DivisionByZero"},
  };
  for (const Case& test : cases) {
    const Outcome outcome = run(test.code, &arguments);
    EXPECT_EQ(outcome.code, test.number) << test.code << "\n" << outcome.message;
    EXPECT_EQ(outcome.message.rfind(std::string(test.name) + " at line 1, column ", 0), 0u) << outcome.message;
  }
}

TEST(RunTimeErrors, TheMemoryLimit) {
  const std::vector<int64_t> numbers(1 << 20, 1);
  const Vec v = {numbers.data(), 1 << 20};
  const Conf conf = configuration({{"weld.memory.limit", "1000000"}});
  const Outcome outcome = run("|v: vec[i64]| map(v, |x| x + 1L)", &v, conf.get());
  EXPECT_EQ(outcome.code, uint64_t{WELD_ERROR_OUT_OF_MEMORY}) << outcome.message;
  const Conf roomy = configuration({{"weld.memory.limit", "100000000"}});
  EXPECT_EQ(run("|v: vec[i64]| map(v, |x| x + 1L)", &v, roomy.get()).code, uint64_t{WELD_ERROR_NONE});
}

TEST(CompileErrors, NameTheirPlace) {
  const int64_t x = 1;
  const Outcome outcome = run("|x: i64|\n  x + y", &x);
  EXPECT_EQ(outcome.code, uint64_t{WELD_ERROR_COMPILE});
  EXPECT_NE(outcome.message.find("program:2:7: error: "), std::string::npos) << outcome.message;
  EXPECT_NE(outcome.message.find("  x + y\n      ^\n"), std::string::npos) << outcome.message;
}

TEST(Configuration, BadValuesAreReportedByCompile) {
  const std::pair<const char*, const char*> bad[] = {
      {"weld.threads", "many"},
      {"weld.threads", "-1"},
      {"weld.threads", ""},
      {"weld.threads", "2 "},
      {"weld.threads", "99999999999999999999999"},
      {"weld.memory.limit", "1e9"},
      {"weld.memory.limit", "-5"},
      {"weld.timeout.ms", "0.5"},
      {"weld.timeout.ms", "-1"},
      {"weld.timeout.ms", "1000000000001"},
      {"weld.optimization.passes", "no-such-pass"},
      {"weld.optimization.passes", "-fuse-maps,inline-lets"},
      {"weld.strategy.filter", "fast"},
      {"weld.strategy.filter", ""},
      {"weld.strategy.dictionary", "select"},
      {"weld.compile.dumpCode", "perhaps"},
      {"weld.compile.dumpCodeFormats", "weld,pdf"},
  };
  for (const auto& [key, value] : bad) {
    const Conf conf = configuration({{key, value}});
    const Error error(weld_error_new());
    const Module module(weld_module_compile("|| 1", conf.get(), error.get()));
    EXPECT_EQ(module, nullptr);
    EXPECT_EQ(weld_error_code(error.get()), uint64_t{WELD_ERROR_CONFIGURATION}) << key << " = " << value;
    EXPECT_NE(std::string(weld_error_message(error.get())).find(key), std::string::npos) << weld_error_message(error.get());
    const Context context(weld_context_new(conf.get()));
    EXPECT_EQ(context, nullptr) << key << " = " << value;
  }
}

TEST(Configuration, GoodValues) {
  const int64_t x = 1;
  const Conf conf = configuration({{"weld.threads", "3"},
                                   {"weld.memory.limit", "0"},
                                   {"weld.timeout.ms", "1000000000000"},
                                   {"weld.optimization.passes", ""},
                                   {"weld.strategy.filter", "compress"},
                                   {"weld.strategy.dictionary", "dense"},
                                   {"weld.compile.dumpCode", "false"},
                                   {"weld.llvm.optimization.level", "3"},
                                   {"weld.some.future.key", "?"}});
  const Outcome outcome = run("|x: i64| x + 1L", &x, conf.get());
  EXPECT_EQ(outcome.code, uint64_t{WELD_ERROR_NONE}) << outcome.message;
  EXPECT_STREQ(weld_conf_get(conf.get(), "weld.some.future.key"), "?");
}

TEST(Configuration, DumpsCode) {
  char folder[] = "/tmp/weld-dump-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const Conf conf = configuration(
      {{"weld.compile.dumpCode", "true"}, {"weld.compile.dumpCodeDir", folder}, {"weld.compile.dumpCodeFilename", "program"}});
  const int64_t x = 1;
  EXPECT_EQ(run("|x: i64| x + 1L", &x, conf.get()).code, uint64_t{WELD_ERROR_NONE});
  for (const char* extension : {".weld", ".opt.weld", ".ll", ".opt.ll", ".s"}) {
    std::ifstream file(std::string(folder) + "/program" + extension);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_FALSE(text.empty()) << extension;
  }
  std::filesystem::remove_all(folder);
}

TEST(Logging, WritesToTheStandardErrorOutput) {
  weld_set_log_level(WELD_LOG_ERROR);
  testing::internal::CaptureStderr();
  const Module none(weld_module_compile("|| oops", nullptr, nullptr));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("weld: error: "), std::string::npos);
  weld_set_log_level(WELD_LOG_OFF);
  testing::internal::CaptureStderr();
  const Module still_none(weld_module_compile("|| oops", nullptr, nullptr));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace weld::test
