// weld_fuzz: generated programs through the matrix, for a time or over a range of seeds (scripts/fuzz.sh).
//
// Programs run in child processes, a batch of seeds in each, so that a crash or a hang is a finding like another. A child writes
// a line for each thing that it has to tell:
//   s SEED                 begins with this seed
//   d SEED LIST WHERE      a difference (Comparison::list, where)
//   g LISTS                lists that the interpreter gave up
//   c COUNT CONSTRUCT      at its end: coverage
// A finding is made small in this process, every question in a child of its own.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/generator/generator.h"
#include "tests/reference/coverage.h"
#include "tests/reference/differential.h"
#include "tests/reference/reduce.h"

namespace weld::reference {
namespace {

constexpr uint64_t kBatch = 50;
constexpr unsigned kSecondsForAProgram = 120;
constexpr size_t kMostFindings = 5;

struct Options {
  double seconds = 0;  // 0: until the seeds end
  uint64_t begin = 0;
  uint64_t end = ~uint64_t{0};
  int jobs = 1;
  bool levels = false;  // for all programs
  bool reduce = true;
  bool digest = false;
};

bool wants_levels(uint64_t seed, const Options& options) { return options.levels || seed % kSeedsForLevels == 0; }

// --- children ---

struct Child {
  pid_t process = -1;
  int pipe = -1;
  uint64_t end = 0;      // of its batch
  uint64_t at = 0;       // the seed it is at
  std::string unread;    // the beginning of a line
  bool started = false;  // at is meant
};

void run_batch(uint64_t begin, uint64_t end, const Options& options, FILE* out) {
  Coverage coverage;
  for (uint64_t seed = begin; seed < end; seed++) {
    std::fprintf(out, "s %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(out);
    alarm(kSecondsForAProgram);
    const generator::Program program = generator::generate(seed);
    const Comparison comparison = compare_runs(program.text, program.arguments, demand_for(program, wants_levels(seed, options)));
    count_program(program, comparison.codes, &coverage);
    const std::string where =
        comparison.verdict == Verdict::kNotRunnable ? "not runnable: " + comparison.report : comparison.where;
    if (comparison.verdict != Verdict::kAgree) {
      std::fprintf(out, "d %llu %zu %s\n", static_cast<unsigned long long>(seed), comparison.list,
                   where.substr(0, where.find('\n')).c_str());
    }
    if (comparison.given_up > 0) std::fprintf(out, "g %d\n", comparison.given_up);
  }
  for (const auto& [construct, count] : coverage)
    std::fprintf(out, "c %lld %s\n", static_cast<long long>(count), construct.c_str());
  std::fflush(out);
}

Child start_child(uint64_t begin, uint64_t end, const Options& options) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(2);
  std::fflush(nullptr);
  Child child;
  child.process = fork();
  if (child.process == 0) {
    close(ends[0]);
    FILE* out = fdopen(ends[1], "w");
    run_batch(begin, end, options, out);
    _exit(0);
  }
  close(ends[1]);
  child.pipe = ends[0];
  child.at = begin;
  child.end = end;
  return child;
}

// --- findings ---

struct Finding {
  uint64_t seed = 0;
  std::optional<size_t> list;  // absent: a crash
  std::string where;
};

enum class Answer { kFine, kDiffers, kCrashes };

// Compares in a child process. only: as in Demand.
Answer ask(const generator::Program& kind, const std::string& text, const std::vector<std::string>& lists, bool levels,
           const std::string& only) {
  constexpr int kDiffersExit = 42;
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process == 0) {
    // What a crash says is said once, not for each question.
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(0);
    alarm(kSecondsForAProgram);
    Demand demand = demand_for(kind, levels);
    demand.only = only;
    _exit(compare_runs(text, lists, demand).verdict == Verdict::kDiffer ? kDiffersExit : 0);
  }
  int status = 0;
  waitpid(process, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Answer::kFine;
  return WIFEXITED(status) && WEXITSTATUS(status) == kDiffersExit ? Answer::kDiffers : Answer::kCrashes;
}

void report(const Finding& finding, const Options& options) {
  const generator::Program program = generator::generate(finding.seed);
  const bool levels = wants_levels(finding.seed, options);
  std::printf("\nseed %llu: %s\n%s\n", static_cast<unsigned long long>(finding.seed),
              finding.list ? finding.where.c_str() : "crashes or hangs", program.text.c_str());
  const Answer wanted = finding.list ? Answer::kDiffers : Answer::kCrashes;
  size_t list = finding.list.value_or(0);
  while (!finding.list && list + 1 < program.arguments.size() &&
         ask(program, program.text, {program.arguments[list]}, levels, "") != wanted) {
    list++;
  }
  std::printf("arguments: %s\n", program.arguments[list].c_str());
  std::fflush(stdout);
  if (!options.reduce || finding.where.starts_with("not runnable")) return;
  const Specimen reduced = reduce({program.text, program.arguments[list]}, [&](const Specimen& each) {
    return ask(program, each.program, {each.arguments}, levels, finding.where) == wanted;
  });
  const std::string expected = expected_of(reduced.program, reduced.arguments);
  std::printf("--- reduced:\n%s", as_text_case(reduced, "seed " + std::to_string(finding.seed), expected).c_str());
  std::fflush(stdout);
}

// --- the whole ---

class Fuzzer {
 public:
  explicit Fuzzer(const Options& options) : options_(options), next_(options.begin) {}

  int run() {
    while (true) {
      while (children_.size() < static_cast<size_t>(options_.jobs) && more()) {
        const uint64_t end = std::min(next_ + kBatch, options_.end);
        children_.push_back(start_child(next_, end, options_));
        next_ = end;
      }
      if (children_.empty()) break;
      wait_for_news();
    }
    return summarize();
  }

 private:
  bool more() const {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
    if (findings_.size() >= kMostFindings || next_ >= options_.end) return false;
    return options_.seconds == 0 || passed.count() < options_.seconds;
  }

  void wait_for_news() {
    std::vector<pollfd> wanted;
    for (const Child& child : children_) wanted.push_back({child.pipe, POLLIN, 0});
    poll(wanted.data(), wanted.size(), -1);
    for (size_t i = children_.size(); i-- > 0;) {
      if (wanted[i].revents != 0 && !read_from(&children_[i])) end_of(i);
    }
  }

  // False at the end.
  bool read_from(Child* child) {
    char buffer[65536];
    const ssize_t count = read(child->pipe, buffer, sizeof buffer);
    if (count <= 0) return false;
    child->unread.append(buffer, static_cast<size_t>(count));
    for (size_t end = 0; (end = child->unread.find('\n')) != std::string::npos; child->unread.erase(0, end + 1)) {
      hear(child, child->unread.substr(0, end));
    }
    return true;
  }

  void hear(Child* child, const std::string& line) {
    std::istringstream words(line);
    char what = 0;
    words >> what;
    if (what == 's') {
      words >> child->at;
      child->started = true;
      programs_++;
    } else if (what == 'd') {
      Finding finding;
      size_t list = 0;
      words >> finding.seed >> list >> std::ws;
      finding.list = list;
      std::getline(words, finding.where);
      findings_.push_back(finding);
    } else if (what == 'g') {
      int64_t lists = 0;
      words >> lists;
      given_up_ += lists;
    } else if (what == 'c') {
      int64_t count = 0;
      std::string construct;
      words >> count >> std::ws;
      std::getline(words, construct);
      coverage_[construct] += count;
    }
  }

  void end_of(size_t index) {
    const Child child = children_[index];
    children_.erase(children_.begin() + static_cast<ptrdiff_t>(index));
    close(child.pipe);
    int status = 0;
    waitpid(child.process, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    findings_.push_back({child.at, std::nullopt, ""});
    // The rest of its batch.
    if (child.started && child.at + 1 < child.end && findings_.size() < kMostFindings) {
      children_.push_back(start_child(child.at + 1, child.end, options_));
    }
  }

  int summarize() {
    for (const Finding& finding : findings_) report(finding, options_);
    std::printf("%lld programs, seeds %llu to %llu, %lld lists of arguments too long for the interpreter\n",
                static_cast<long long>(programs_), static_cast<unsigned long long>(options_.begin),
                static_cast<unsigned long long>(next_ - 1), static_cast<long long>(given_up_));
    std::printf("coverage, in programs:\n");
    for (const auto& [construct, count] : coverage_) {
      std::printf("%8lld  %s\n", static_cast<long long>(count), construct.c_str());
    }
    for (const std::string& construct : missing(coverage_)) std::printf("       0  %s\n", construct.c_str());
    std::printf("%zu differences or crashes%s\n", findings_.size(), findings_.size() >= kMostFindings ? "; stopped there" : "");
    return findings_.empty() ? 0 : 1;
  }

  const Options& options_;
  uint64_t next_;
  std::vector<Child> children_;
  std::vector<Finding> findings_;
  Coverage coverage_;
  int64_t programs_ = 0;
  int64_t given_up_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A number that every build of the generator has to give for the same seeds.
void print_digest(const Options& options) {
  uint64_t digest = 0xcbf29ce484222325;
  auto add = [&](const std::string& text) {
    for (const char byte : text) digest = (digest ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  };
  for (uint64_t seed = options.begin; seed < options.end; seed++) {
    const generator::Program program = generator::generate(seed);
    add(program.text);
    for (const std::string& list : program.arguments) add(list);
  }
  std::printf("%016llx\n", static_cast<unsigned long long>(digest));
}

uint64_t number(const char* text, const char** rest) {
  uint64_t value = 0;
  const char* end = text + std::strlen(text);
  *rest = std::from_chars(text, end, value).ptr;
  return value;
}

bool read_options(int count, char** arguments, Options* options) {
  for (int i = 1; i < count; i++) {
    const std::string name = arguments[i];
    const char* rest = "";
    if (name == "--levels") {
      options->levels = true;
    } else if (name == "--no-reduce") {
      options->reduce = false;
    } else if (name == "--digest") {
      options->digest = true;
    } else if (i + 1 == count) {
      return false;
    } else if (name == "--seconds") {
      options->seconds = static_cast<double>(number(arguments[++i], &rest));
    } else if (name == "--jobs") {
      options->jobs = static_cast<int>(number(arguments[++i], &rest));
    } else if (name == "--seed") {
      options->begin = number(arguments[++i], &rest);
    } else if (name == "--seeds") {
      options->begin = number(arguments[++i], &rest);
      if (*rest++ != ':') return false;
      options->end = number(rest, &rest);
    } else {
      return false;
    }
    if (*rest != '\0') return false;
  }
  return options->jobs > 0 && options->begin < options->end && (!options->digest || options->end != ~uint64_t{0});
}

}  // namespace
}  // namespace weld::reference

int main(int count, char** arguments) {
  weld::reference::Options options;
  if (!weld::reference::read_options(count, arguments, &options)) {
    std::fprintf(stderr,
                 "usage: weld_fuzz [--seconds N] [--seed FIRST | --seeds FIRST:END] [--jobs N] [--levels] [--no-reduce]\n"
                 "       weld_fuzz --digest --seeds FIRST:END\n");
    return 2;
  }
  if (options.digest) {
    weld::reference::print_digest(options);
    return 0;
  }
  return weld::reference::Fuzzer(options).run();
}
