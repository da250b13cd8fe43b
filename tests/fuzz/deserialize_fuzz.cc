// deserialize, fed with any bytes: the first chooses a type, the others are what is read as a value of it.
//
// Whatever is read is packed again, which gives as many bytes, and those are read and packed to themselves. (They are not the
// first ones where a bool is another byte than 1, or a key NaN or -0.0.) A run ends in a value or in one of two errors, and
// leaves no memory behind. The bytes lie at the very end of their block, so that AddressSanitizer sees a read behind them.
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "weld/module.h"
#include "weld/runtime/run_context.h"
#include "weld/runtime/runtime.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr const char* kTypes[] = {"i64",
                                  "bool",
                                  "{i8, i32, {bool, f64}}",
                                  "vec[i8]",
                                  "vec[bool]",
                                  "vec[{i8, i64, bool}]",
                                  "vec[vec[i8]]",
                                  "vec[{vec[i16], bool, vec[{vec[i8], f32}]}]",
                                  "vec[{}]",
                                  "vec[vec[{{}, {}}]]",
                                  "{{}, vec[i16], {}, vec[vec[vec[u8]]]}",
                                  "dict[i8, i8]",
                                  "dict[{i8, bool}, vec[i8]]",
                                  "dict[i64, f64]",
                                  "dict[{f32, bool}, vec[i8]]",
                                  "dict[vec[f64], {}]",
                                  "dict[{}, {}]",
                                  "dict[vec[{}], i8]",
                                  "dict[vec[vec[i8]], dict[i64, vec[{vec[i8], bool}]]]",
                                  "{vec[i16], dict[u8, vec[vec[f64]]], bool}",
                                  "vec[dict[u32, dict[{i64, vec[bool]}, {}]]]"};

std::shared_ptr<const weld::Module> compile(const std::string& type) {
  auto module = weld::Module::compile("|b: vec[u8]| serialize(deserialize[" + type + "](b))");
  WELD_CHECK(module.ok(), "a type that does not compile");
  return *module;
}

const std::vector<std::shared_ptr<const weld::Module>>& modules() {
  static const auto& all = *[] {
    auto* made = new std::vector<std::shared_ptr<const weld::Module>>;
    for (const char* type : kTypes) made->push_back(compile(type));
    return made;
  }();
  return all;
}

const std::shared_ptr<weld::runtime::Engine>& engine() {
  static const auto& one = *[] {
    weld::runtime::EngineOptions options;
    options.threads = 1;
    options.memory_limit = uint64_t{64} << 20;
    return new std::shared_ptr<weld::runtime::Engine>(weld::runtime::Engine::create(options));
  }();
  return one;
}

// The value that the bytes hold, packed; false where there is none. bytes need not be aligned.
bool repack(const weld::Module& module, const uint8_t* bytes, size_t size, Bytes* packed) {
  const WeldVec argument = {const_cast<uint8_t*>(bytes), static_cast<int64_t>(size)};
  const weld::Value value = module.run(engine(), &argument);
  if (!value.ok()) {
    const uint32_t code = value.error_code();
    WELD_CHECK(code == WELD_DESERIALIZATION_ERROR || code == WELD_OUT_OF_MEMORY, "an error that reading bytes has not");
    WELD_CHECK(value.error_span().end > 0, "an error without a place");
    return false;
  }
  WeldVec result;
  std::memcpy(&result, value.data(), sizeof result);
  packed->assign(result.data, result.data + result.length);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const weld::Module& module = *modules()[data[0] % modules().size()];
  // An odd address, and nothing behind the bytes.
  const auto block = std::make_unique<uint8_t[]>(size);
  std::memcpy(block.get(), data, size);
  Bytes packed;
  if (repack(module, block.get() + 1, size - 1, &packed)) {
    WELD_CHECK(packed.size() == size - 1, "a value that is packed into another number of bytes than it was read from");
    Bytes again;
    WELD_CHECK(repack(module, packed.data(), packed.size(), &again), "packed bytes that are not read");
    WELD_CHECK(again == packed, "packed bytes that are not packed to themselves");
  }
  WELD_CHECK(engine()->memory_usage() == 0, "memory is left behind");
  return 0;
}
