// A 64-bit hash of bytes by multiply and fold, after the idea of Wang Yi's wyhash: two 8-byte words, each mixed with a secret,
// are multiplied to 128 bits and the halves combined, so every input bit reaches every output bit within two rounds. Three
// independent lanes carry long inputs.
#include <cstring>

#include "weld/runtime/runtime.h"

namespace {

// Odd, with as many ones as zeros: digits of pi, e, sqrt 2 and sqrt 3.
constexpr uint64_t kSecret[4] = {0x243f6a8885a308d3, 0xb7e151628aed2a6b, 0x6a09e667f3bcc909, 0xbb67ae8584caa73b};

uint64_t fold(uint64_t left, uint64_t right) {
  const auto product = static_cast<unsigned __int128>(left) * right;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t read8(const uint8_t* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

uint64_t read4(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

}  // namespace

uint64_t weld_rt_hash_bytes(const void* bytes, int64_t size) {
  const auto* at = static_cast<const uint8_t*>(bytes);
  uint64_t seed = kSecret[0];
  uint64_t low = 0;
  uint64_t high = 0;
  if (size > 16) {
    int64_t left = size;
    if (left > 48) {
      uint64_t second = seed;
      uint64_t third = seed;
      for (; left > 48; left -= 48, at += 48) {
        seed = fold(read8(at) ^ kSecret[1], read8(at + 8) ^ seed);
        second = fold(read8(at + 16) ^ kSecret[2], read8(at + 24) ^ second);
        third = fold(read8(at + 32) ^ kSecret[3], read8(at + 40) ^ third);
      }
      seed ^= second ^ third;
    }
    for (; left > 16; left -= 16, at += 16) seed = fold(read8(at) ^ kSecret[1], read8(at + 8) ^ seed);
    low = read8(at + left - 16);
    high = read8(at + left - 8);
  } else if (size >= 8) {
    low = read8(at);
    high = read8(at + size - 8);
  } else if (size >= 4) {
    low = read4(at);
    high = read4(at + size - 4);
  } else if (size > 0) {
    low = static_cast<uint64_t>(at[0]) << 16 | static_cast<uint64_t>(at[size / 2]) << 8 | at[size - 1];
  }
  const uint64_t mixed = fold(low ^ kSecret[1], high ^ seed);
  return fold(mixed ^ kSecret[2] ^ static_cast<uint64_t>(size), kSecret[3] ^ seed);
}
