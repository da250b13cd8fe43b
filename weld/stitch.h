// Graphs of fragments made into programs. For the sources of weld/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"
#include "weld/ir/type.h"

namespace weld {

// A compiled fragment, shared by all objects of the same text over dependencies of the same types.
struct Fragment {
  std::string text;
  ExprPtr function;                    // a Lambda over the dependencies
  uint64_t shape = 0;                  // the same for fragments whose functions are equal but for names and places
  std::vector<Span> places;            // in text, of the nodes of the function's body, in pre-order
  std::vector<std::string> functions;  // the C functions that it calls
};
using FragmentPtr = std::shared_ptr<const Fragment>;

// From a cache, or compiled. Thread-safe.
Result<FragmentPtr> find_fragment(std::string_view text, const Parameters& parameters);

// Inputs, steps over inputs and earlier steps, and which of them are the results.
struct FragmentGraph {
  struct Operand {
    bool is_input = false;
    uint32_t index = 0;
  };
  struct Input {
    Type type;
    std::string_view label;
  };
  struct Step {
    FragmentPtr fragment;
    std::string_view label;
    std::vector<Operand> operands;
  };

  std::vector<Input> inputs;
  std::vector<Step> steps;
  std::vector<Operand> results;

  Type type_of(const Operand& operand) const;
  // Equal for graphs whose stitched programs are equal but for names and places.
  std::string key() const;
};

// Tells which step of a graph, which must outlive it, a node of the stitched program comes from.
class NodePlaces {
 public:
  explicit NodePlaces(const FragmentGraph& graph);

  struct Place {
    const FragmentGraph::Step* step = nullptr;  // null: none, the node joins steps
    Span span;                                  // in the text of the step's fragment
  };
  // Of a node by its number in pre-order, from 1. Takes time logarithmic in the number of steps.
  Place operator()(uint32_t number) const;

 private:
  const FragmentGraph& graph_;
  std::vector<uint32_t> lets_;  // the number of each step's let
};

// A stretch of a graph's steps as a graph of its own.
struct GraphPart {
  FragmentGraph graph;
  std::vector<FragmentGraph::Operand> inputs;  // of the part, as operands of the whole graph
  std::vector<uint32_t> outputs;               // the steps of the whole graph that are the part's results, ascending
};

// Cuts a graph into parts of at most so many steps that are no deeper than kMaximumDepth, in an order in which each stands behind
// what it takes. Their results are the whole graph's and what later parts take. The labels are those of the graph.
std::vector<GraphPart> cut(const FragmentGraph& graph, size_t largest);

// A Lambda over the inputs: a let for each step, in order, around the result, or the struct of the results where there are
// several.
ExprPtr stitch(const FragmentGraph& graph);

}  // namespace weld
