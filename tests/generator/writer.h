// The generator's parts: random choices, the names in scope, and one function for each kind of thing that is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weld/ir/type.h"

namespace weld::generator {

// splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  int64_t below(int64_t bound) { return static_cast<int64_t>(next() % static_cast<uint64_t>(bound)); }
  int64_t between(int64_t first, int64_t last) { return first + below(last - first + 1); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& of) {
    return of[static_cast<size_t>(below(static_cast<int64_t>(of.size())))];
  }

 private:
  uint64_t state_;
};

// A scalar literal, edge values often. ordered: not NaN and not -0.0.
std::string scalar_literal(Random& random, ScalarKind kind, bool ordered);

// Writes expressions as Weld text.
class Writer {
 public:
  Writer(uint64_t seed, bool may_fail) : random_(seed), may_fail_(may_fail) {}

  Random& random() { return random_; }
  // A struct's fields become names too.
  void add_name(const std::string& name, Type type);

  // Types of what is computed. depth: how far vecs and structs may nest.
  Type any_type(int depth);
  Type scalar_type();
  Type element_type(int depth);
  Type key_type(int depth);      // of a dictionary, or to sort by
  Type reduced_type(int depth);  // of a merger: a scalar or a struct of scalars

  // An expression of the type. depth: how far it may nest.
  std::string expr(Type type, int depth);
  // One whose value may be a key: no NaN, no -0.0.
  std::string key(Type type, int depth);
  // One that may be combined by op in any order with the same result.
  std::string reduced(Type type, MergeOp op, int depth);
  // An expression of dictionary type.
  std::string dict(Type type, int depth);

 private:
  struct Name {
    std::string name;
    Type type;
  };
  // Names that go out of scope with it.
  class Scope {
   public:
    explicit Scope(Writer& writer) : writer_(writer), count_(writer.names_.size()) {}
    ~Scope() { writer_.names_.resize(count_); }

   private:
    Writer& writer_;
    size_t count_;
  };
  // One loop's iterators, and the type of their element.
  struct Iterators {
    std::string lets;  // of the names in text
    std::string text;
    Type element;
  };
  // A builder being made, and the type of its result.
  struct Builder {
    Type type;
    std::string text;
    int64_t base_length = 0;  // of a vecmerger's start
  };

  std::string fresh(const char* base) { return base + std::to_string(++counter_); }
  std::optional<std::string> named(Type type);

  std::string leaf(Type type, bool ordered = false);
  std::string common(Type type, int depth);
  std::string scalar(Type type, int depth);
  std::string boolean(int depth);
  std::string number(ScalarKind kind, int depth);
  std::string integer_division(Type type, int depth);
  std::string reduction(Type type, int depth);
  std::string vec(Type type, int depth);
  std::string sort(Type type, int depth);
  std::string vec_from_dict(Type type, int depth);
  std::string structure(Type type, int depth);
  std::string let(Type type, int depth);
  std::string with_dict(Type type, int depth);
  std::string lookup(Type type, int depth);
  std::string iterate(Type type, int depth);

  // A vec, short where loops nest.
  std::string any_vec(Type type, int depth);
  Iterators iterators(int depth);
  std::string one_iterator(const std::string& vec);
  // for(iterators, builder, …) that merges what fits the builders; builder: one that is new, or the state of a loop around.
  std::string loop(const std::string& builder, const std::vector<Builder>& builders, int depth, bool is_struct);
  std::string merges(const std::string& state, const std::vector<Builder>& builders, int depth);
  std::string merge_one(const std::string& state, const Builder& builder, int depth);
  std::string merge_value(const Builder& builder, int depth);
  Builder builder_for_vec(Type type, int depth);
  Builder builder_for_dict(Type type);
  Builder merger(Type type, int depth);
  MergeOp any_op();

  Random random_;
  bool may_fail_;
  std::vector<Name> names_;
  int counter_ = 0;
  int loops_ = 0;  // how many surround what is written
  int written_ = 0;
};

}  // namespace weld::generator
