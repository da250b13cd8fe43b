// weld-sweep: how well the strategy that is chosen at run time does beside each fixed one, over data of every kind.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "bench/number_option.h"
#include "bench/sweep/measure.h"

namespace weld::bench {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr const char* kUsage =
    "usage: weld-sweep [--rows=N] [--threads=N] [--repetitions=N] [--points=N] [--from=X] [--to=X] [--out=FOLDER] [--list]\n"
    "                  [NAME...]\n"
    "Times every strategy at every point of the sweeps whose names begin with one of those given (all without any), after\n"
    "checking that the answers are the same, and prints nanoseconds per row and how auto does against the best fixed strategy.\n"
    "  --rows=N         rows of a run (default: 524288)\n"
    "  --threads=N      threads of a run (default: 1)\n"
    "  --repetitions=N  of each run, of which the least counts (default: 25); up to six times as many where auto does worse\n"
    "  --points=N       at most so many points of each sweep\n"
    "  --from=X --to=X  only points that are not below or above these\n"
    "  --out=FOLDER     writes NAME.csv for each sweep, and plot.gp, which draws them with gnuplot\n"
    "  --list           prints the names only\n";

struct Options {
  SweepOptions sweep;
  int repetitions = 25;
  size_t points = 1000;
  int64_t from = 0;
  int64_t to = std::numeric_limits<int64_t>::max();
  std::string folder;
  bool list = false;
  std::vector<std::string> names;
};

bool read_options(int argc, char** argv, Options* options) {
  constexpr std::string_view kOut = "--out=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--list") {
      options->list = true;
    } else if (option.starts_with(kOut)) {
      options->folder = option.substr(kOut.size());
    } else if (!option.starts_with("-")) {
      options->names.emplace_back(option);
    } else if (!read_number(option, "--rows=", &options->sweep.rows) &&
               !read_number(option, "--threads=", &options->sweep.threads) &&
               !read_number(option, "--repetitions=", &options->repetitions) &&
               !read_number(option, "--points=", &options->points) &&
               !read_number(option, "--from=", int64_t{0}, &options->from) &&
               !read_number(option, "--to=", int64_t{0}, &options->to)) {
      return false;
    }
  }
  return true;
}

bool is_wanted(const Sweep& sweep, const Options& options) {
  return options.names.empty() || std::any_of(options.names.begin(), options.names.end(),
                                              [&](const std::string& name) { return sweep.name.starts_with(name); });
}

// Leaves points out: those outside the bounds, and of the rest some evenly; the first and the last stay.
void thin_out(const Options& options, Sweep* sweep) {
  const size_t most = options.points;
  std::erase_if(sweep->points, [&](double point) {
    return point < static_cast<double>(options.from) || point > static_cast<double>(options.to);
  });
  if (most >= sweep->points.size()) return;
  std::vector<double> kept;
  for (size_t i = 0; i < most; ++i) kept.push_back(sweep->points[most == 1 ? 0 : i * (sweep->points.size() - 1) / (most - 1)]);
  sweep->points = std::move(kept);
}

bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) fmt::print(stderr, "weld-sweep: cannot write {}\n", path.string());
  return file.good();
}

// What gnuplot does for a sweep: the times of each strategy, and below them how auto does.
std::string plot_of(const Sweep& sweep) {
  std::string text = fmt::format("set output '{0}.png'\n{1}set multiplot layout 2,1 title '{0}' noenhanced\n", sweep.name,
                                 sweep.log_x ? "set logscale x\n" : "unset logscale x\n");
  text += "unset xlabel\nset ylabel 'ns per row'\nset yrange [0:*]\nplot ";
  for (size_t i = 0; i < sweep.strategies.size(); ++i) {
    text += fmt::format("{}'{}.csv' skip 1 using 1:{} with linespoints linewidth {} title '{}'", i == 0 ? "" : ", ", sweep.name,
                        i + 2, i == 0 ? 3 : 1, sweep.strategies[i]);
  }
  text += fmt::format("\nset xlabel '{}'\nset ylabel 'auto / best fixed'\nset yrange [0.8:1.6]\n", sweep.x_label);
  text += fmt::format("plot '{}.csv' skip 1 using 1:{} with linespoints linewidth 3 notitle, 1.15 dashtype 2 title '1.15'\n",
                      sweep.name, sweep.strategies.size() + 2);
  return text + "unset multiplot\n";
}

int run(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, &options)) {
    fmt::print(stderr, "{}", kUsage);
    return kExitUsage;
  }
  std::string plot = "set terminal pngcairo size 900,900\nset datafile separator ','\nset grid\nset key outside right\n";
  std::string worst;
  for (Sweep& sweep : all_sweeps(options.sweep)) {
    if (!is_wanted(sweep, options)) continue;
    if (options.list) {
      fmt::print("{}\n", sweep.name);
      continue;
    }
    thin_out(options, &sweep);
    if (sweep.points.empty()) continue;
    const std::vector<std::string> different = differences(sweep);
    for (const std::string& line : different) fmt::print(stderr, "weld-sweep: {}\n", line);
    if (!different.empty()) return kExitFailure;
    const std::vector<SweepPoint> points = measure(sweep, options.repetitions);
    fmt::print("{}\n", table_of(sweep, points));
    std::fflush(stdout);
    const auto most = std::max_element(points.begin(), points.end(), [](const SweepPoint& left, const SweepPoint& right) {
      return left.ratio() < right.ratio();
    });
    worst += fmt::format("{:<40}{:>8.2f} at {}\n", sweep.name, most->ratio(), most->x);
    plot += plot_of(sweep);
    if (options.folder.empty()) continue;
    std::filesystem::create_directories(options.folder);
    if (!write_file(std::filesystem::path(options.folder) / (sweep.name + ".csv"), numbers_of(sweep, points)))
      return kExitFailure;
  }
  if (!worst.empty()) fmt::print("auto against the best fixed strategy, at its worst point:\n{}", worst);
  if (options.folder.empty() || options.list) return 0;
  return write_file(std::filesystem::path(options.folder) / "plot.gp", plot) ? 0 : kExitFailure;
}

}  // namespace
}  // namespace weld::bench

int main(int argc, char** argv) { return weld::bench::run(argc, argv); }
