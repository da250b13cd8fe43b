// A sweep: one program, run over data that goes from one extreme to the other, under every strategy for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weld/module.h"

namespace weld::bench {

struct SweepOptions {
  int64_t rows = 1 << 19;
  int threads = 1;
};

// What a run gives, in short.
struct Answer {
  uint64_t digest = 0;  // of all but the floats
  double floats = 0;    // a weighted sum of those

  // Digests are the same, and so are the sums to nine places: a function of the C library gives its last bits for eight numbers
  // in vector registers not as it does for one.
  bool agrees_with(const Answer& other) const;
};

struct Sweep {
  std::string name;  // also of the files with its numbers and its plot
  std::string x_label;
  bool log_x = false;
  std::vector<std::string> strategies;  // the first is "auto", which chooses among the others
  std::vector<double> points;           // ascending
  // Gives what is timed at a point under a strategy: one run, whose result is thrown away.
  std::function<std::function<void()>(double point, const std::string& strategy)> prepare;
  int64_t rows = 0;                                                         // that a run goes through
  std::function<Answer(double point, const std::string& strategy)> answer;  // the same under every strategy
};

// Selectivities from 0 to 100 %.
std::vector<Sweep> filter_sweeps(const SweepOptions& options);

// Sums by key and probes, over numbers of keys and shares of keys that are found.
std::vector<Sweep> dictionary_sweeps(const SweepOptions& options);

// Of every family, in the order in which they are run.
std::vector<Sweep> all_sweeps(const SweepOptions& options);

// A program with an engine for each strategy. Fails by WELD_CHECK when it does not compile.
class SweepProgram {
 public:
  // text_of: the program for a strategy; engine_of: what is special of the engine for it.
  SweepProgram(const std::function<std::string(const std::string& strategy)>& text_of, const std::vector<std::string>& strategies,
               const SweepOptions& options,
               const std::function<void(const std::string& strategy, runtime::EngineOptions* engine)>& engine_of);

  // Runs it. arguments: its struct of parameters, of which every one is a vec or a number of 8 bytes. An error ends the process.
  Value run(const std::string& strategy, const std::vector<int64_t>& arguments) const;

 private:
  std::vector<std::string> strategies_;
  std::vector<std::shared_ptr<const Module>> modules_;  // by strategy
  std::vector<std::shared_ptr<runtime::Engine>> engines_;
};

// Of a value of scalars, structs and vecs.
Answer answer_of(const Value& value);

// The two words of a vec in a struct of parameters.
template <class T>
void add_vector(const std::vector<T>& data, std::vector<int64_t>* arguments) {
  arguments->push_back(reinterpret_cast<int64_t>(data.data()));
  arguments->push_back(static_cast<int64_t>(data.size()));
}

}  // namespace weld::bench
