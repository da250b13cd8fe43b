// The specification's pseudo text (clause 4.2.2.14): a pool of grammatical sentences from which every comment is a random
// substring (clause 4.2.2.10).
#pragma once

#include <cstdint>
#include <string_view>

#include "bench/tpch/database.h"
#include "bench/tpch/random.h"

namespace weld::tpch {

class TextPool {
 public:
  // The specification's pool is 300 MB at any scale factor; smaller data gets a proportionally smaller one, so that making it
  // does not take longer than making the data.
  static int64_t size_for(double scale_factor);

  // Writes the pool, in blocks that each depend on the seed and their number alone, on up to threads threads.
  TextPool(uint64_t seed, int64_t bytes, int threads);

  // A substring of random place and of a length uniform in [shortest, longest]. Valid while the pool lives.
  std::string_view substring(Random& random, int64_t shortest, int64_t longest) const;
  std::string_view text() const { return {buffer_.data(), static_cast<size_t>(bytes_)}; }

 private:
  int64_t bytes_;
  Buffer buffer_;
};

}  // namespace weld::tpch
