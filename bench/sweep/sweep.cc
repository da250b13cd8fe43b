#include "bench/sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "weld/ir/type.h"

namespace weld::bench {
namespace {

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "weld-sweep: {}\n", message);
  std::exit(1);
}

uint64_t mixed(uint64_t hash, const uint8_t* bytes, int64_t count) {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15ULL;
  for (int64_t i = 0; i < count; i += static_cast<int64_t>(sizeof(uint64_t))) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i, static_cast<size_t>(std::min<int64_t>(count - i, sizeof word)));
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
  }
  return hash;
}

uint64_t digest_of(Type type, const uint8_t* at, uint64_t hash) {
  if (type.is_vec()) {
    int64_t words[2];
    std::memcpy(words, at, sizeof words);
    const auto* elements = reinterpret_cast<const uint8_t*>(words[0]);
    const int64_t bytes = words[1] * layout_of(type.child(0)).size;
    return mixed(mixed(hash, at + sizeof(int64_t), sizeof(int64_t)), elements, bytes);
  }
  if (!type.is_struct()) return mixed(hash, at, layout_of(type).size);
  const std::vector<int64_t> offsets = field_offsets(type);
  for (size_t i = 0; i < offsets.size(); ++i) hash = digest_of(type.child(i), at + offsets[i], hash);
  return hash;
}

}  // namespace

SweepProgram::SweepProgram(std::string_view text, const std::vector<std::string>& strategies, const SweepOptions& options,
                           const std::function<void(const std::string&, runtime::EngineOptions*)>& engine_of)
    : strategies_(strategies) {
  auto module = Module::compile(text);
  if (!module.ok()) fail(format_diagnostics("program", text, module.diagnostics()));
  module_ = *module;
  for (const std::string& strategy : strategies) {
    runtime::EngineOptions engine;
    engine.threads = options.threads;
    engine_of(strategy, &engine);
    engines_.push_back(runtime::Engine::create(engine));
  }
}

Value SweepProgram::run(const std::string& strategy, const std::vector<int64_t>& arguments) const {
  const auto place = std::find(strategies_.begin(), strategies_.end(), strategy);
  if (place == strategies_.end()) fail("no strategy " + strategy);
  Value value = module_->run(engines_[static_cast<size_t>(place - strategies_.begin())], arguments.data());
  if (!value.ok()) fail(value.error_message());
  return value;
}

uint64_t digest(const Value& value) { return digest_of(value.type(), static_cast<const uint8_t*>(value.data()), 0); }

std::vector<Sweep> all_sweeps(const SweepOptions& options) {
  std::vector<Sweep> sweeps = filter_sweeps(options);
  for (Sweep& sweep : dictionary_sweeps(options)) sweeps.push_back(std::move(sweep));
  return sweeps;
}

}  // namespace weld::bench
