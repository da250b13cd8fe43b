// The C API's settings, fed with any strings: lines of a key and its value, which weld_context_new takes or refuses. A key's
// number stands for one that has a meaning, so that most lines have one.
#include <cstdint>
#include <string>
#include <string_view>

#include "bindings/c/weld.h"
#include "tests/capi/handles.h"
#include "weld/ir/diagnostic.h"

namespace {

constexpr const char* kKeys[] = {"weld.threads",
                                 "weld.memory.limit",
                                 "weld.optimization.passes",
                                 "weld.compile.dumpCode",
                                 "weld.compile.dumpCodeDir",
                                 "weld.compile.dumpCodeFilename",
                                 "weld.compile.dumpCodeFormats",
                                 "weld.timeout.ms",
                                 "weld.strategy.filter",
                                 "weld.strategy.dictionary"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const weld::test::Conf conf(weld_conf_new());
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
    const size_t middle = line.find('=');
    if (middle == std::string_view::npos || middle == 0) continue;
    std::string key(line.substr(0, middle));
    if (middle == 1 && key[0] >= '0' && key[0] <= '9') key = kKeys[key[0] - '0'];
    // Both are C strings: they end at a zero.
    const std::string value(line.substr(middle + 1));
    weld_conf_set(conf.get(), key.c_str(), value.c_str());
    const char* kept = weld_conf_get(conf.get(), key.c_str());
    WELD_CHECK(kept != nullptr && std::string_view(kept) == value.c_str(), "a value that is not kept");
  }
  const weld::test::Context context(weld_context_new(conf.get()));
  WELD_CHECK(weld_context_memory_usage(context.get()) == 0 || context == nullptr, "a context that holds memory");
  return 0;
}
