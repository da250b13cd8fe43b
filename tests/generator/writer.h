// The generator's parts: the names in scope, and one function for each kind of thing that is written. See random.h for the rule
// that keeps the order of choices fixed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/generator/random.h"
#include "weld/ir/type.h"

namespace weld::generator {

// True for what a merger, dictmerger or vecmerger combines here: numbers and structs of numbers.
bool is_reducible(Type type);

// Which functions whose last bits differ between scalar and vector code may be written.
enum class Functions { kNone, kAll };

// Writes expressions as Weld text.
class Writer {
 public:
  Writer(uint64_t seed, bool may_fail, Functions functions) : random_(seed), may_fail_(may_fail), functions_(functions) {}

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
  // One that may be combined by op in any order with the same result.
  std::string reduced(Type type, MergeOp op, int depth);
  // Functions of the numbers of a vec[f32] or vec[f64], whose values go straight into the result.
  std::string functions_of_numbers(Type type, int depth);
  // An expression whose evaluation ends in an error, and its type (writer_failures.cc).
  std::string failure(Type* type);

  // A builder being made, and the type of its result.
  struct Builder {
    Type type;
    std::string text;
    int64_t base_length = 0;           // of a vecmerger's start
    Numbers keys = Numbers::kOrdered;  // of a dictmerger or groupmerger
  };

  // writer_builders.cc
  // What a program gives and another one takes: a builder, or a struct of some.
  struct Builders {
    std::vector<Builder> all;
    bool is_struct = false;
    Type type() const;
  };
  // Made where no names are in scope, so that their texts may stand anywhere.
  Builders new_builders();
  // The new builders, merged into.
  std::string filled(const Builders& builders, int depth);
  // Uses the builders that a name stands for once, and gives them back or their results.
  std::string taken(const std::string& name, const Builders& builders, int depth);

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
  std::string fresh(const char* base) { return base + std::to_string(++counter_); }
  std::optional<std::string> named(Type type);

  std::string leaf(Type type, Numbers numbers = Numbers::kAll);
  std::string common(Type type, int depth);
  std::string let(Type type, int depth);
  std::string call(Type type, int depth);
  std::string lookup(Type type, int depth);
  std::string iterate(Type type, int depth);
  std::string asserted(Type type, int depth);
  std::string structure(Type type, int depth);

  // writer_scalars.cc
  std::string scalar(Type type, int depth);
  std::string boolean(int depth);
  std::string number(ScalarKind kind, int depth);
  std::string integer_division(Type type, int depth);
  std::string function_of_float(Type type, int depth);
  // One whose value may be a key.
  std::string key(Type type, int depth, Numbers numbers);

  // writer_loops.cc
  // A vec, short where loops nest.
  std::string any_vec(Type type, int depth);
  Iterators iterators(int depth);
  std::string one_iterator(const std::string& vec);
  std::string second_iterator(const std::string& vec, Type element, int depth, Iterators* made);
  // One expression, of simd values and of the scalars in their lanes.
  struct Twin {
    std::string simd;
    std::string scalar;
  };
  Twin twin(ScalarKind kind, int depth, const std::vector<ScalarKind>& elements);
  Twin twin_truth(int depth, const std::vector<ScalarKind>& elements);
  // A loop over simd values and one over what they leave, into the new builder, that merge the same.
  std::string simd_loops(const Builder& builder, int depth);
  std::vector<std::string> nd_views(const std::string& vec, int count);  // of equally many rows
  // for(iterators, builder, …) that merges what fits the builders; builder: one that is new, or the state of a loop around.
  std::string loop(const std::string& builder, const std::vector<Builder>& builders, int depth, bool is_struct);
  std::string merges(const std::string& state, const std::vector<Builder>& builders, int depth);
  std::string merge_one(const std::string& state, const Builder& builder, int depth);
  std::string merge_value(const Builder& builder, int depth);
  Builder builder_for_vec(Type type, int depth);
  Builder builder_for_dict(Type type, Numbers keys);
  Builder merger(Type type, int depth);
  MergeOp any_op();
  std::string reduction(Type type, int depth);

  // writer_pipelines.cc
  struct Column {
    std::string name;
    Type element;
  };
  std::string pipeline(Type type, int depth);
  Column column(Type element, const std::string& text, std::string* lets);
  void pipeline_step(std::vector<Column>* rows, std::string* lets);
  void filter_step(const std::vector<Column>& read, std::vector<Column>* rows, std::string* lets);
  std::string loop_over(const std::vector<Column>& read, const Builder& builder);

  // writer_collections.cc
  // keys: kOrdered where the dictionary's entries are sorted.
  std::string dict(Type type, int depth, Numbers keys);
  std::string vec(Type type, int depth);
  std::string slice(Type type, int depth);
  std::string sort(Type type, int depth);
  std::string vec_from_dict(Type type, int depth);
  std::string with_dict(Type type, int depth);

  // writer_bytes.cc
  std::string packed(int depth);               // a vec[u8]
  std::string unpacked(Type type, int depth);  // what was packed; perhaps damaged where it may fail
  std::string unreadable(Type type, int depth);
  std::optional<std::string> client_call(Type type, int depth);  // of a C function, where there is one with such a result

  Random random_;
  bool may_fail_;
  Functions functions_;
  std::vector<Name> names_;
  int counter_ = 0;
  int loops_ = 0;  // how many surround what is written
  int written_ = 0;
};

}  // namespace weld::generator
