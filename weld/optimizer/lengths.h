// How long vectors are, in terms of others: what is known of it before a program runs.
#pragma once

#include <vector>

#include "weld/optimizer/fuse.h"

namespace weld {

// Measures: iterators that read nothing but what is at hand (names, fields of them, ranges over them). Zipped, they have as
// many iterations as a vector has elements, and their lengths differ or their bounds are wrong exactly where making the vector
// fails for that.
using Measures = std::vector<ExprPtr>;

class Lengths {
 public:
  // Of the program that the fuser is of, which must outlive this.
  explicit Lengths(const LoopFuser& fuser) : fuser_(fuser) {}

  // To be called for each let before its name is asked for.
  void note(const ExprPtr& let);

  // Of what an iterator goes over, or of a vector; empty when nothing is known. All names are visible where the expression
  // stands. Takes about constant time.
  Measures measures_of_iterator(const ExprPtr& iterator) const { return of_iterator(iterator, kMaximumLevels); }
  Measures measures_of(const ExprPtr& vector) const { return of_vector(vector, kMaximumLevels); }

 private:
  // How many makers of makers are looked through.
  static constexpr int kMaximumLevels = 32;

  Measures of_iterator(const ExprPtr& iterator, int levels) const;
  Measures of_vector(const ExprPtr& vector, int levels) const;
  Measures of_map(const Loop& map, int levels) const;

  const LoopFuser& fuser_;
  NameMap<Measures> of_lets_;
};

bool contains_measure(const Measures& measures, const ExprPtr& measure);

// The vector at hand that is all of the measures; null when they are anything else.
ExprPtr only_vector(const Measures& measures);

}  // namespace weld
