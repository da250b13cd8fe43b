// serialize and deserialize of what text cases cannot say: bytes in the client's memory, and types too large to read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "tests/capi/handles.h"

namespace weld::test {
namespace {

using Bytes = std::vector<uint8_t>;

struct PackingOutcome {
  uint64_t code = WELD_ERROR_NONE;
  std::string message;
  Bytes bytes;  // of the result, a vec[u8]
};

PackingOutcome run_packing(const std::string& code, const void* arguments) {
  const Error error(weld_error_new());
  const Context context(weld_context_new(nullptr));
  const Module module(weld_module_compile(code.c_str(), nullptr, error.get()));
  EXPECT_NE(module, nullptr) << weld_error_message(error.get());
  PackingOutcome outcome;
  if (module == nullptr) return outcome;
  const Value argument(weld_value_new(arguments));
  const Value result(weld_module_run(module.get(), context.get(), argument.get(), error.get()));
  outcome.code = weld_error_code(error.get());
  outcome.message = weld_error_message(error.get());
  if (result != nullptr) {
    const Vec& vec = *static_cast<const Vec*>(weld_value_data(result.get()));
    const auto* data = static_cast<const uint8_t*>(vec.data);
    outcome.bytes.assign(data, data + vec.length);
  }
  return outcome;
}

PackingOutcome run_packing(const std::string& code, const Bytes& argument) {
  const Vec vec = {argument.data(), static_cast<int64_t>(argument.size())};
  return run_packing(code, &vec);
}

void append(Bytes* bytes, int64_t number) {
  bytes->resize(bytes->size() + sizeof number);
  std::memcpy(bytes->data() + bytes->size() - sizeof number, &number, sizeof number);
}

TEST(Packing, AClientsTrueIsOne) {
  const uint8_t bools[] = {0, 1, 2, 255};
  struct {
    uint8_t one;
    Vec many;
  } arguments = {7, {bools, 4}};
  const PackingOutcome outcome = run_packing("|x: bool, v: vec[bool]| flatten([serialize(x), serialize({x, v})])", &arguments);
  EXPECT_EQ(outcome.bytes, (Bytes{1, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1})) << outcome.message;
}

TEST(Packing, BytesLieAnywhere) {
  Bytes bytes;
  append(&bytes, 2);
  append(&bytes, 10);
  append(&bytes, 20);
  for (size_t shift = 0; shift < 8; shift++) {
    Bytes moved(bytes.size() + shift, 9);
    std::copy(bytes.begin(), bytes.end(), moved.begin() + static_cast<ptrdiff_t>(shift));
    const Vec vec = {moved.data() + shift, static_cast<int64_t>(bytes.size())};
    EXPECT_EQ(run_packing("|b: vec[u8]| serialize(deserialize[vec[i64]](b))", &vec).bytes, bytes) << shift;
    EXPECT_EQ(run_packing("|b: vec[u8]| serialize(deserialize[{i64, {i64, i64}}](b))", &vec).bytes, bytes) << shift;
  }
}

TEST(Packing, ErrorsNameThePlace) {
  const PackingOutcome fixed = run_packing("|b: vec[u8]|\n  serialize(deserialize[i64](b))", Bytes{1, 2});
  EXPECT_EQ(fixed.code, uint64_t{WELD_ERROR_DESERIALIZATION});
  EXPECT_EQ(fixed.message, "DeserializationError at line 2, column 13");
  const PackingOutcome inner =
      run_packing("|b: vec[u8]|\n  flatten(map(b, |x| serialize(deserialize[vec[i64]]([x]))))", Bytes{1, 2});
  EXPECT_EQ(inner.code, uint64_t{WELD_ERROR_DESERIALIZATION});
  EXPECT_EQ(inner.message, "DeserializationError at line 2, column 32");
}

// A vec of elements without bytes is as long as it says, and takes no time to read, compare or look up.
TEST(Packing, ElementsWithoutBytes) {
  Bytes length;
  append(&length, int64_t{1} << 62);
  EXPECT_EQ(run_packing("|b: vec[u8]| serialize(deserialize[vec[{}]](b))", length).bytes, length);
  EXPECT_EQ(
      run_packing("|b: vec[u8]| let v = deserialize[vec[{{}, {}}]](b); serialize({len(v), v == v, v < v})", length).bytes.size(),
      10U);
  Bytes dict;
  append(&dict, 2);
  append(&dict, int64_t{1} << 62);
  append(&dict, int64_t{1} << 61);
  EXPECT_EQ(run_packing("|b: vec[u8]| serialize(deserialize[dict[vec[{}], {}]](b))", dict).bytes, dict);
}

// Types may nest as deep as they can be written.
TEST(Packing, DeepTypes) {
  constexpr int kDepth = 9900;
  std::string type;
  Bytes bytes;
  for (int i = 0; i < kDepth; i++) {
    type += "vec[";
    append(&bytes, 1);
  }
  type += "i8" + std::string(kDepth, ']');
  bytes.push_back(42);
  EXPECT_EQ(run_packing("|b: vec[u8]| serialize(deserialize[" + type + "](b))", bytes).bytes, bytes);
  const std::string in_loop =
      "|b: vec[u8]| lookup(map(rangeiter(0L, 64L, 1L), |i| serialize(deserialize[" + type + "](b))), 63L)";
  EXPECT_EQ(run_packing(in_loop, bytes).bytes, bytes);
  bytes.pop_back();
  EXPECT_EQ(run_packing("|b: vec[u8]| serialize(deserialize[" + type + "](b))", bytes).code,
            uint64_t{WELD_ERROR_DESERIALIZATION});
}

}  // namespace
}  // namespace weld::test
