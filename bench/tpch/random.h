// Random numbers addressed by (stream, index) rather than drawn in sequence, so that any cell of any table can be computed alone,
// on any thread and in any order, with the same outcome. The function is SplitMix64 (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, OOPSLA 2014) entered at the index-th step.
#pragma once

#include <cstdint>

namespace weld::tpch {

inline uint64_t mix_bits(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return bits ^ (bits >> 31);
}

// Draws one after another from a starting state.
class Random {
 public:
  explicit Random(uint64_t state) : state_(state) {}
  uint64_t next() { return mix_bits(state_ += kGolden); }
  // Uniform in [low, high]; the bias is below (high - low) / 2^64.
  int64_t between(int64_t low, int64_t high) { return bounded(next(), low, high); }

  static int64_t bounded(uint64_t bits, int64_t low, int64_t high) {
    __extension__ using Wide = unsigned __int128;
    return low + static_cast<int64_t>((static_cast<Wide>(bits) * static_cast<uint64_t>(high - low + 1)) >> 64);
  }

 private:
  friend class RandomStream;
  static constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;
  uint64_t state_;
};

// The random numbers of one column.
class RandomStream {
 public:
  RandomStream() = default;
  RandomStream(uint64_t seed, uint64_t stream)
      : base_(mix_bits(mix_bits(seed + Random::kGolden) ^ (stream * 0xd1342543de82ef95u))) {}

  uint64_t bits(int64_t index) const { return mix_bits(base_ + static_cast<uint64_t>(index) * Random::kGolden); }
  int64_t between(int64_t index, int64_t low, int64_t high) const { return Random::bounded(bits(index), low, high); }
  // For a cell that needs several draws.
  Random at(int64_t index) const { return Random(bits(index)); }

 private:
  uint64_t base_ = 0;
};

}  // namespace weld::tpch
