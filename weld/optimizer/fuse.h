// Vertical fusion of loops, for the passes that use it; what it does is described in fuse_maps.cc.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "weld/optimizer/rewriting.h"

namespace weld {

// A For whose function is a lambda |b, i, e|: what the passes look at.
bool is_plain_loop(const ExprPtr& expr);

// The parts of a For whose function is a lambda |b, i, e|.
struct Loop {
  explicit Loop(const ExprPtr& loop) : node(loop), body(loop->function()->body()) {}
  const Parameter& parameter(size_t index) const { return node->function()->parameters()[index]; }
  const Name& builder_name() const { return parameter(0).name; }
  const Name& index_name() const { return parameter(1).name; }
  const Name& element_name() const { return parameter(2).name; }
  bool reads(IterKind kind) const;  // through any of its iterators
  // The loop with other parts; span and annotations stay.
  ExprPtr with_parts(std::vector<ExprPtr> iterators, ExprPtr builder, Parameters parameters, ExprPtr new_body) const;
  bool reads_simd() const { return reads(IterKind::kSimd) || reads(IterKind::kFringe); }

  ExprPtr node;
  ExprPtr body;
};

// The loop that makes a vector, when data is `result(for(…, appender, …))` over an empty appender and reads scalars.
std::optional<Loop> producer_of(const ExprPtr& data);

// Whether a producer merges one element in each iteration, without a condition.
bool is_plain_map(const Loop& producer);

// Why fuse-horizontal leaves a loop alone wherever it stands; null when it does not.
const char* why_not_beside_others(const Loop& loop);

// A loop on its way into one with others.
struct LoopPart {
  ExprPtr loop;
  std::vector<size_t> places;  // of its iterators, among those of the loop that it becomes a part of
};
// One loop over all of the iterators with a struct of the parts' builders, or the builder of the only one, and the parts' bodies
// over its own parameters.
ExprPtr joined_loop(const std::vector<LoopPart>& parts, std::vector<ExprPtr> iterators, NameSupply& supply);

class LoopFuser {
 public:
  explicit LoopFuser(const ExprPtr& program);

  // Lets around what fuse() is given: a vector that one of them binds, and that only a loop in the same lambda reads, is a
  // producer like one that stands in the loop's iterator. The lets are of the program, and taken off by the caller.
  void declare(const ExprPtr& let);
  bool has_taken(const ExprPtr& let) const { return taken_.contains(let->name()); }
  uint32_t enter_lambda() { return std::exchange(lambda_, ++lambdas_); }
  void leave_lambda(uint32_t outer) { lambda_ = outer; }

  // Fuses producers into a loop, and theirs in turn, until none is left; any other expression, and a loop without producers, is
  // returned as it is. The expression is of the program, or made of its parts under names from supply(), and stands at the given
  // depth; the result is not deeper than kMaximumDepth. Takes time linear in the length of a chain of loops.
  ExprPtr fuse(const ExprPtr& expr, uint32_t depth);

  // What a producer merges in an iteration, when it is a map: merges exactly once along every path. Null otherwise.
  ExprPtr merged_value(const Loop& producer) const;

  // How often a name is used. A name that the caller made has no uses until it says so.
  int uses_of(const Name& name) const;
  void set_uses(const Name& name, int count);

  // Names that the program does not have.
  NameSupply& supply();

 private:
  // The loop that makes what an iterator reads, and the let that it is the value of, if any.
  struct Producer {
    Loop loop;
    Name let;  // its name
  };
  // A zipped iterator of a consumer: a map to be fused, or an iterator that stays.
  struct Source {
    std::optional<Producer> map;
    ExprPtr value;               // of the map
    std::vector<size_t> places;  // of the map's iterators, or of the iterator, in the fused loop
  };
  // The iterators of a fused loop; its element is the struct of theirs, or that of the only one.
  struct FusedIterators {
    size_t add(const ExprPtr& iterator);  // or finds that of the same name
    ExprPtr element(const ExprPtr& all, size_t place) const;
    // What a producer reads, as its own loop gives it.
    ExprPtr row(const ExprPtr& all, const std::vector<size_t>& places) const;

    std::vector<ExprPtr> iterators;
    NameMap<size_t> places;      // of those that are just a name
    std::vector<Name> repeated;  // names that were found, once for each time
  };
  // What becomes of names when the expression that a form returns takes the place of the one that it was given.
  struct Step {
    std::vector<Name> taken;
    std::vector<Name> repeated;
  };
  // What turns an expression over the producer's appender into one over the consumer's builder.
  struct Retargeting {
    const Loop& consumer;
    NameSet builders;       // the names that stand for the producer's builder
    int seen_uses = 0;      // of these names, where retarget() finds them
    int expected_uses = 0;  // of these names, anywhere
    size_t merges = 0;
  };

  UseCounts& uses() const;
  std::optional<Producer> producer_of_iterator(const ExprPtr& iterator) const;
  void take(const Producer& producer);
  void finish_step();

  // Form 1.
  ExprPtr fuse_maps_of(const ExprPtr& node);
  Source source_of(const ExprPtr& iterator, bool zipped) const;
  ExprPtr fuse_single_map(const Loop& consumer, const Source& source);
  ExprPtr fuse_zipped_maps(const Loop& consumer, FusedIterators fused, const std::vector<Source>& sources);
  ExprPtr bind_index(const Loop& consumer, const Loop& map, ExprPtr body);

  // Form 2.
  ExprPtr fuse_only_producer(const ExprPtr& node);
  bool can_retarget(const ExprPtr& expr, Retargeting& state) const;
  void add_builder(const Name& name, Retargeting& state) const;
  ExprPtr retarget(const ExprPtr& expr, Retargeting& state);
  ExprPtr consume(ExprPtr builder, ExprPtr value, Retargeting& state);
  ExprPtr copy_consumer(const ExprPtr& lets);

  // Form 3, in fuse_filters.cc.
  ExprPtr zip_filters(const ExprPtr& node);

  ExprPtr program_;
  mutable std::optional<UseCounts> uses_;  // counted when first asked for: many programs have no producer
  NoteSet<Name> names_;                    // holds the keys of uses_ that no identifier of the program does
  std::optional<NameSupply> supply_;

  struct Declared {
    ExprPtr value;
    uint32_t lambda;
  };
  NameMap<Declared> declared_;
  NameSet taken_;
  uint32_t lambda_ = 0;  // the number of the lambda around this point of the caller's traversal
  uint32_t lambdas_ = 0;
  Step step_;
};

}  // namespace weld
