#include "tests/matrix/matrix.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "weld/ir/deep_stack.h"
#include "weld/ir/frontend.h"
#include "weld/optimizer/pass.h"

namespace weld::matrix {
namespace {

struct Shape {
  int threads;
  int64_t morsel_rows;
  Reach reach;
};
constexpr Shape kShapes[] = {{1, 0, Reach::kFew},  {2, 1, Reach::kFew},  {7, 3, Reach::kFew},     {2, 1024, Reach::kSome},
                             {1, 3, Reach::kSome}, {7, 0, Reach::kSome}, {1, 1024, Reach::kSome}, {1, 1, Reach::kSome},
                             {2, 0, Reach::kAll},  {2, 3, Reach::kAll},  {7, 1, Reach::kAll},     {7, 1024, Reach::kAll}};

std::string optimized_text(const ExprPtr& program, std::optional<std::vector<std::string>> passes,
                           std::vector<PassTiming>* timings = nullptr) {
  OptimizerOptions options;
  options.passes = std::move(passes);
  return print(optimize(program, options, timings));
}

Way make_way(std::string name, std::optional<std::vector<std::string>> passes, int llvm_level, Reach reach) {
  Way way;
  way.name = std::move(name) + ", LLVM level " + std::to_string(llvm_level);
  way.options.passes = std::move(passes);
  way.options.llvm_level = llvm_level;
  way.options.verify_each_pass = true;
  way.reach = reach;
  return way;
}

constexpr size_t kPassesDrawn = 2;

// The passes that change the program, those first that the number chooses.
std::vector<std::string> changing_passes(const std::vector<PassTiming>& timings, std::optional<uint64_t> draw) {
  std::set<std::string> changing;
  for (const PassTiming& timing : timings) {
    if (timing.changed) changing.insert(timing.name);
  }
  std::vector<std::string> names(changing.begin(), changing.end());
  if (draw && !names.empty()) {
    std::rotate(names.begin(), names.begin() + static_cast<ptrdiff_t>(*draw % names.size()), names.end());
  }
  return names;
}

std::vector<Way> ways_without_a_pass(const ExprPtr& program, std::optional<uint64_t> draw) {
  std::vector<Way> ways;
  std::vector<PassTiming> timings;
  std::set<std::string> known = {optimized_text(program, std::nullopt, &timings), print(program)};
  for (const std::string& name : changing_passes(timings, draw)) {
    if (draw && ways.size() == kPassesDrawn) break;
    std::vector<std::string> passes = {"-" + name};
    if (!known.insert(optimized_text(program, passes)).second) continue;
    ways.push_back(make_way("passes without " + name, std::move(passes), 0, Reach::kFew));
  }
  return ways;
}

// By the size of morsels, so that machines whose floats must be the same to the bit do the same.
runtime::FilterStrategy filter_strategy(int64_t morsel_rows) {
  if (morsel_rows == 3) return runtime::FilterStrategy::kBranch;
  return morsel_rows == 1024 ? runtime::FilterStrategy::kCompress : runtime::FilterStrategy::kAuto;
}

std::vector<Machine> make_machines(uint64_t memory_limit) {
  std::vector<Machine> machines;
  for (const Shape& shape : kShapes) {
    runtime::EngineOptions options;
    options.threads = shape.threads;
    options.morsel_rows = shape.morsel_rows;
    options.memory_limit = memory_limit;
    options.strategies.filter = filter_strategy(shape.morsel_rows);
    const std::string rows = shape.morsel_rows == 0 ? "any" : std::to_string(shape.morsel_rows);
    machines.push_back({std::to_string(shape.threads) + " threads, morsels of " + rows + " rows", shape.threads,
                        shape.morsel_rows, shape.reach, runtime::Engine::create(options)});
  }
  return machines;
}

}  // namespace

std::vector<Way> ways_for(const ExprPtr& program, bool llvm_levels, std::optional<uint64_t> draw) {
  const std::vector<std::string> none;
  std::vector<Way> ways = {make_way("no passes", none, 0, Reach::kSome), make_way("passes", std::nullopt, 0, Reach::kAll)};
  run_on_deep_stack([&] {
    for (Way& way : ways_without_a_pass(program, draw)) ways.push_back(std::move(way));
  });
  if (llvm_levels) {
    ways.push_back(make_way("passes", std::nullopt, 2, Reach::kAll));
    ways.push_back(make_way("passes", std::nullopt, 1, Reach::kFew));
    ways.push_back(make_way("no passes", none, 2, Reach::kFew));
  }
  return ways;
}

const std::vector<Machine>& machines(uint64_t memory_limit) {
  static std::map<uint64_t, std::vector<Machine>> all;
  auto [at, is_new] = all.try_emplace(memory_limit);
  if (is_new) at->second = make_machines(memory_limit);
  return at->second;
}

}  // namespace weld::matrix
