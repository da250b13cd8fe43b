#include "bench/sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

class Summary {
 public:
  void add(Type type, const uint8_t* at) {
    if (type.is_vec()) return add_vec(type, at);
    if (type.is_scalar()) return add_scalar(type, at);
    const std::vector<int64_t> offsets = field_offsets(type);
    for (size_t i = 0; i < offsets.size(); ++i) add(type.child(i), at + offsets[i]);
  }

  Answer answer;

 private:
  void add_vec(Type type, const uint8_t* at) {
    int64_t words[2];
    std::memcpy(words, at, sizeof words);
    mix(static_cast<uint64_t>(words[1]));
    const int64_t size = layout_of(type.child(0)).size;
    for (int64_t i = 0; i < words[1]; ++i) add(type.child(0), reinterpret_cast<const uint8_t*>(words[0]) + i * size);
  }

  void add_scalar(Type type, const uint8_t* at) {
    constexpr uint64_t kWeights = 7;
    const double weight = static_cast<double>(floats_ % kWeights + 1);
    if (type.scalar_kind() == ScalarKind::kF64) {
      double number = 0;
      std::memcpy(&number, at, sizeof number);
      answer.floats += weight * number;
      ++floats_;
    } else {
      uint64_t word = 0;
      std::memcpy(&word, at, static_cast<size_t>(layout_of(type).size));
      mix(word);
    }
  }

  void mix(uint64_t word) {
    constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15ULL;
    answer.digest = (answer.digest ^ word) * kMultiplier;
    answer.digest ^= answer.digest >> 32;
  }

  uint64_t floats_ = 0;
};

}  // namespace

SweepProgram::SweepProgram(const std::function<std::string(const std::string&)>& text_of,
                           const std::vector<std::string>& strategies, const SweepOptions& options,
                           const std::function<void(const std::string&, runtime::EngineOptions*)>& engine_of)
    : strategies_(strategies) {
  for (const std::string& strategy : strategies) {
    const std::string text = text_of(strategy);
    auto module = Module::compile(text);
    if (!module.ok()) fail(format_diagnostics("program", text, module.diagnostics()));
    modules_.push_back(*module);
    runtime::EngineOptions engine;
    engine.threads = options.threads;
    engine_of(strategy, &engine);
    engines_.push_back(runtime::Engine::create(engine));
  }
}

Value SweepProgram::run(const std::string& strategy, const std::vector<int64_t>& arguments) const {
  const auto place = std::find(strategies_.begin(), strategies_.end(), strategy);
  if (place == strategies_.end()) fail("no strategy " + strategy);
  const auto number = static_cast<size_t>(place - strategies_.begin());
  Value value = modules_[number]->run(engines_[number], arguments.data());
  if (!value.ok()) fail(value.error_message());
  return value;
}

bool Answer::agrees_with(const Answer& other) const {
  constexpr double kTolerance = 1e-9;
  return digest == other.digest && std::abs(floats - other.floats) <= kTolerance * std::max(1.0, std::abs(floats));
}

Answer answer_of(const Value& value) {
  Summary summary;
  summary.add(value.type(), static_cast<const uint8_t*>(value.data()));
  return summary.answer;
}

std::vector<Sweep> all_sweeps(const SweepOptions& options) {
  std::vector<Sweep> sweeps = filter_sweeps(options);
  for (Sweep& sweep : dictionary_sweeps(options)) sweeps.push_back(std::move(sweep));
  return sweeps;
}

}  // namespace weld::bench
