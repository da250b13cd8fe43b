// weld_object_explain: what becomes of a graph of objects.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

using Object = Owned<weld_object, weld_object_free>;

struct ExplainTest : testing::Test {
  Object fragment(const char* text, const char* name, const Object& dependency, const char* label = nullptr) {
    weld_object_t handle = dependency.get();
    Object object(weld_object_new(text, &handle, &name, 1, label, error.get()));
    EXPECT_NE(object, nullptr) << message();
    return object;
  }
  // Empty where it fails, which error tells.
  std::string explain(const Object& object, const char* format, bool evaluate = false) {
    const Value value(weld_object_explain(object.get(), context.get(), format, evaluate ? 1 : 0, error.get()));
    return value == nullptr ? std::string() : static_cast<const char*>(weld_value_data(value.get()));
  }
  static void expect_in(const std::string& text, const std::string& words) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\nis not in\n" << text;
  }
  std::string message() const { return weld_error_message(error.get()); }

  std::vector<int64_t> numbers = {5, 3, 8, 1};
  Vec vec{numbers.data(), 4};
  Error error{weld_error_new()};
  Context context{weld_context_new(nullptr)};
  Object data{weld_object_new_data(&vec, "vec[i64]", nullptr, nullptr, nullptr, error.get())};
};

TEST_F(ExplainTest, FragmentsOfTwoLibrariesAreOneLoop) {
  const Object squares = fragment("map(v, |x| x * x)", "v", data, "arrays: square");
  const Object total = fragment("sum(filter(s, |x| x > 5L))", "s", squares, "frames: sum");
  const std::string text = explain(total, "text");
  expect_in(text,
            "loop 0 ('frames: sum')\n  from       fragment 'arrays: square' 1:1\n  from       fragment 'frames: sum' 1:1\n");
  EXPECT_EQ(text.find("loop 1"), std::string::npos) << text;
  expect_in(text, "none: no step reads from memory");
  // Nothing was computed, so the object can still be explained as a program.
  expect_in(explain(total, "text", true), "0 bytes for intermediate values");
  // Now it is data.
  expect_in(explain(total, "text", true), "none: the program has no loop");
}

TEST_F(ExplainTest, LoopsNameTheFragmentsThatTheyRun) {
  const Object squares = fragment("map(v, |x| x * x)", "v", data, "arrays: square");
  const Object sorted = fragment("\n  sort(s, |x| x)", "s", squares, "frames: sort");
  const Object total = fragment("sum(map(t, |x| x + 1L))", "t", sorted, "arrays: total");
  const std::string text = explain(total, "text");
  expect_in(text, "fragment 'arrays: square' 1:1\n  reads");
  expect_in(text, "fragment 'arrays: total' 1:1\n  uses");
  EXPECT_EQ(text.find("fragment 'frames: sort'"), std::string::npos) << text;  // it has no loop
  const std::string json = explain(total, "json");
  expect_in(json, "\"fragments\":[{\"label\":\"arrays: total\",\"line\":1,\"column\":1}]");
  expect_in(json, "\"fragment\":{\"label\":\"frames: sort\",\"line\":2,\"column\":3}");
}

TEST_F(ExplainTest, MeasuresAreTold) {
  const Object sorted = fragment("sort(map(v, |x| x * x), |x| x)", "v", data);
  const std::string json = explain(sorted, "json", true);
  expect_in(json, "\"intermediate_bytes\":32");
  expect_in(json, "\"rows\":4");
  expect_in(json, "a sort needs all of its elements before it begins");
  const Value value(weld_object_evaluate(sorted.get(), context.get(), error.get()));
  EXPECT_EQ(static_cast<const int64_t*>(static_cast<const Vec*>(weld_value_data(value.get()))->data)[0], 1);
}

TEST_F(ExplainTest, APage) {
  const Object total = fragment("sum(v)", "v", data, "</script>");
  const std::string page = explain(total, "html");
  EXPECT_EQ(page.rfind("<!doctype html>", 0), 0U);
  EXPECT_EQ(page.find("</script>\""), std::string::npos);
}

TEST_F(ExplainTest, Faults) {
  EXPECT_EQ(explain(data, "pdf"), "");
  EXPECT_EQ(message(), "format is 'pdf', and none of text, json and html");
  EXPECT_EQ(explain(data, nullptr), "");
  EXPECT_EQ(message(), "format is NULL");
  EXPECT_EQ(weld_object_explain(nullptr, context.get(), "text", 0, error.get()), nullptr);
  EXPECT_EQ(weld_object_explain(data.get(), nullptr, "text", 0, error.get()), nullptr);
  EXPECT_EQ(weld_error_code(error.get()), uint64_t{WELD_ERROR_CONFIGURATION});
  const Object wrong = fragment("map(v, |x| 1L / (x - 5L))", "v", data);
  EXPECT_EQ(explain(wrong, "text", true), "");
  EXPECT_EQ(weld_error_code(error.get()), uint64_t{WELD_ERROR_DIVISION_BY_ZERO});
  EXPECT_NE(explain(wrong, "text"), "");
}

}  // namespace
}  // namespace weld::test
