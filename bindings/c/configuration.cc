// One table maps each key to the function that reads its value.
#include "bindings/c/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace weld::capi {

namespace {

using runtime::kMaximumTimeoutMs;

std::optional<uint64_t> parse_number(std::string_view text, uint64_t maximum) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > maximum) return std::nullopt;
  return number;
}

// Each reader returns what is wrong with the value, or an empty text.
using Reader = std::string (*)(const std::string& value, Configuration& into);

std::string read_threads(const std::string& value, Configuration& into) {
  constexpr uint64_t kMaximumThreads = 4096;
  const std::optional<uint64_t> threads = parse_number(value, kMaximumThreads);
  if (!threads) return fmt::format("expected a number from 0 to {}", kMaximumThreads);
  into.engine.threads = static_cast<int>(*threads);
  return "";
}

std::string read_memory_limit(const std::string& value, Configuration& into) {
  const std::optional<uint64_t> limit = parse_number(value, std::numeric_limits<int64_t>::max());
  if (!limit) return "expected a number of bytes, 0 for no limit";
  into.engine.memory_limit = *limit;
  return "";
}

std::string read_timeout(const std::string& value, Configuration& into) {
  const std::optional<uint64_t> timeout = parse_number(value, kMaximumTimeoutMs);
  if (!timeout) return fmt::format("expected a number of milliseconds from 0 to {}, 0 for no timeout", kMaximumTimeoutMs);
  into.engine.timeout_ms = static_cast<int64_t>(*timeout);
  return "";
}

std::string read_passes(const std::string& value, Configuration& into) {
  Result<std::vector<std::string>> passes = parse_pass_names(value);
  if (!passes.ok()) return passes.diagnostics().front().message;
  into.compile.passes = std::move(*passes);
  return "";
}

std::string read_dump(const std::string& value, Configuration& into) {
  if (value != "true" && value != "false") return "expected true or false";
  into.dump.enabled = value == "true";
  return "";
}

std::string read_dump_folder(const std::string& value, Configuration& into) {
  into.dump.folder = value;
  return "";
}

std::string read_dump_file_name(const std::string& value, Configuration& into) {
  into.dump.file_name = value;
  return "";
}

std::string read_dump_formats(const std::string& value, Configuration& into) {
  into.dump.formats.clear();
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find(',', begin), value.size());
    const std::string_view format = std::string_view(value).substr(begin, end - begin);
    if (format == "weld") {
      into.dump.formats.push_back(DumpFormat::kWeld);
    } else if (format == "weldopt") {
      into.dump.formats.push_back(DumpFormat::kOptimizedWeld);
    } else if (format == "llvm") {
      into.dump.formats.push_back(DumpFormat::kLlvm);
    } else if (format == "llvmopt") {
      into.dump.formats.push_back(DumpFormat::kOptimizedLlvm);
    } else if (format == "assembly") {
      into.dump.formats.push_back(DumpFormat::kAssembly);
    } else if (format != "sir") {
      return fmt::format("'{}' is not one of weld, weldopt, llvm, llvmopt, sir, assembly", format);
    }
    begin = end + 1;
  }
  return "";
}

std::string read_filter_strategy(const std::string& value, Configuration& into) {
  const std::optional<runtime::FilterStrategy> strategy = runtime::filter_strategy(value);
  if (!strategy) return fmt::format("expected one of {}", runtime::kFilterStrategies);
  into.engine.strategies.filter = *strategy;
  return "";
}

std::string read_dictionary_strategy(const std::string& value, Configuration& into) {
  const std::optional<runtime::DictionaryStrategy> strategy = runtime::dictionary_strategy(value);
  if (!strategy) return fmt::format("expected one of {}", runtime::kDictionaryStrategies);
  into.engine.strategies.dictionary = *strategy;
  return "";
}

struct Key {
  const char* name;
  Reader read;
};
constexpr Key kKeys[] = {
    {"weld.threads", read_threads},
    {"weld.memory.limit", read_memory_limit},
    {"weld.timeout.ms", read_timeout},
    {"weld.optimization.passes", read_passes},
    {"weld.strategy.filter", read_filter_strategy},
    {"weld.strategy.dictionary", read_dictionary_strategy},
    {"weld.compile.dumpCode", read_dump},
    {"weld.compile.dumpCodeDir", read_dump_folder},
    {"weld.compile.dumpCodeFilename", read_dump_file_name},
    {"weld.compile.dumpCodeFormats", read_dump_formats},
};

const Key* find_key(std::string_view name) {
  for (const Key& key : kKeys) {
    if (name == key.name) return &key;
  }
  return nullptr;
}

}  // namespace

Result<Configuration> read_configuration(const Settings& settings) {
  Configuration configuration;
  Diagnostics diagnostics;
  for (const auto& [name, value] : settings) {
    if (const Key* key = find_key(name)) {
      const std::string fault = key->read(value, configuration);
      if (!fault.empty()) diagnostics.push_back({fmt::format("{} = '{}': {}", name, value, fault), {}});
    } else if (name.starts_with("weld.")) {
      configuration.unknown_keys.push_back(name);
    }
  }
  if (!diagnostics.empty()) return diagnostics;
  return configuration;
}

}  // namespace weld::capi
