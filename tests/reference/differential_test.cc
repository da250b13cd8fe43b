// The interpreter against compiled code, over the text cases and over generated programs.
//
// WELD_FUZZ_SEEDS=begin:end in the environment compares other programs than the fixed ones; WELD_FUZZ_LEVELS=1 also compiles them
// at LLVM's higher levels.
#include "tests/reference/differential.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/cases/case_file.h"
#include "tests/generator/generator.h"
#include "tests/reference/coverage.h"

namespace weld::reference {
namespace {

const std::string kCases = std::string(WELD_SOURCE_DIR) + "/tests/cases/";

// Files with programs that run, as "run/appender".
std::vector<std::string> case_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kCases)) {
    const std::string folder = entry.path().parent_path().filename().string();
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".weld" || name.starts_with("bad-") || folder == "runner") continue;
    cases::CaseFile file;
    std::string error;
    EXPECT_TRUE(cases::read_case_file(entry.path().string(), &file, &error)) << name << ": " << error;
    const bool runs = std::any_of(file.cases.begin(), file.cases.end(), [](const cases::Case& each) {
      return std::any_of(each.commands.begin(), each.commands.end(),
                         [](const cases::Command& command) { return command.text.starts_with("run"); });
    });
    if (runs) files.push_back(folder + "/" + entry.path().stem().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Cases : public testing::TestWithParam<std::string> {};

// Cases with a memory limit are about memory, which the interpreter does not count; few others may be skipped.
TEST_P(Cases, Agree) {
  cases::CaseFile file;
  std::string error;
  ASSERT_TRUE(cases::read_case_file(kCases + GetParam() + ".weld", &file, &error)) << error;
  int compared = 0;
  for (const cases::Case& each : file.cases) {
    for (const cases::Command& command : each.commands) {
      if (!command.text.starts_with("run")) continue;
      const std::string arguments = command.text.substr(3);
      if (arguments.find("--limit") != std::string::npos) continue;
      const Comparison comparison = compare_runs(each.program, {arguments}, {});
      EXPECT_EQ(comparison.verdict, Verdict::kAgree) << "line " << command.line << ", " << each.name << "\n" << comparison.report;
      compared++;
      const bool expects_error = command.expected.starts_with("error: ");
      EXPECT_EQ(comparison.failed, expects_error ? 1 : 0) << "line " << command.line << ", " << each.name;
    }
  }
  EXPECT_GT(compared, 0);
}

INSTANTIATE_TEST_SUITE_P(Run, Cases, testing::ValuesIn(case_files()), [](const auto& info) {
  std::string name = info.param;
  std::replace_if(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

// What is only merged into a builder whose result nothing takes may be left out, and its failure with it.
TEST(Readings, BuildersThatNothingNeeds) {
  const std::string code =
      "|bytes: vec[u8]| let given = deserialize[{i64,i64}](bytes); "
      "let built = for([1L, 2L], {merger[i64,+], merger[i64,+](given.$0)}, |b, i, x| {merge(b.$0, x), merge(b.$1, given.$1)}); ";
  EXPECT_EQ(compare_runs(code + "result(built.$0)", {"[]"}, {}).verdict, Verdict::kAgree);
  const std::string loop = "|| let built = for(rangeiter(0L, 0L, 0L), merger[i64,+], |b, i, x| merge(b, x)); ";
  EXPECT_EQ(compare_runs(loop + "1", {""}, {}).verdict, Verdict::kAgree);
  EXPECT_EQ(compare_runs(loop + "result(built)", {""}, {}).failed, 1);
  const Comparison needed = compare_runs(code + "{result(built.$0), result(built.$1)}", {"[]"}, {});
  EXPECT_EQ(needed.verdict, Verdict::kAgree) << needed.report;
  EXPECT_EQ(needed.failed, 1);
}

// Seeds in [first, second).
class Generated : public testing::TestWithParam<std::pair<uint64_t, uint64_t>> {};

constexpr uint64_t kSeedsOfATest = 50;
constexpr uint64_t kFixedSeeds = 600;  // for what they cover
// For what they give.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeedsToRun = 250;
#elif defined(__has_feature)
constexpr uint64_t kSeedsToRun = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ? 250 : 1500;
#else
constexpr uint64_t kSeedsToRun = 1500;
#endif

std::vector<std::pair<uint64_t, uint64_t>> seed_ranges() {
  uint64_t begin = 0;
  uint64_t end = kSeedsToRun;
  if (const char* text = std::getenv("WELD_FUZZ_SEEDS")) {
    char* rest = nullptr;
    begin = std::strtoull(text, &rest, 10);
    end = *rest == ':' ? std::strtoull(rest + 1, nullptr, 10) : begin + 1;
  }
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (uint64_t at = begin; at < end; at += kSeedsOfATest) ranges.emplace_back(at, std::min(at + kSeedsOfATest, end));
  return ranges;
}

// The fixed seeds hold everything that the language has, and end in every error.
TEST(Coverage, OfTheFixedSeeds) {
  Coverage coverage;
  for (uint64_t seed = 0; seed < kFixedSeeds; seed++) {
    const generator::Program program = generator::generate(seed);
    std::set<int> codes;
    if (program.must_fail || program.memory_limit != 0) {
      Demand demand = demand_for(program, false);
      demand.only = "passes, LLVM level 0, 1 threads, morsels of any rows";
      codes = compare_runs(program.text, {program.arguments[0]}, demand).codes;
    }
    count_program(program, codes, &coverage);
  }
  EXPECT_EQ(missing(coverage), std::vector<std::string>());
  for (const auto& [construct, reason] : not_generated()) {
    EXPECT_FALSE(coverage.contains(construct)) << construct << " is generated after all";
  }
}

TEST_P(Generated, Agree) {
  int failed = 0;
  int lists = 0;
  for (uint64_t seed = GetParam().first; seed < GetParam().second; seed++) {
    const generator::Program program = generator::generate(seed);
    const bool llvm_levels = std::getenv("WELD_FUZZ_LEVELS") != nullptr || seed % kSeedsForLevels == 0;
    const Comparison comparison = compare_runs(program.text, program.arguments, demand_for(program, llvm_levels));
    EXPECT_EQ(comparison.verdict, Verdict::kAgree) << "seed " << seed << ": " << comparison.report;
    const auto judged = static_cast<int>(program.arguments.size()) - comparison.given_up;
    if (program.must_fail || program.memory_limit != 0) {
      EXPECT_EQ(comparison.failed, judged) << "seed " << seed << "\n" << program.text;
    } else if (!program.may_fail) {
      EXPECT_EQ(comparison.failed, 0) << "seed " << seed << "\n" << program.text;
    }
    failed += comparison.failed;
    lists += judged;
  }
  // Most runs end in a value.
  EXPECT_LT(failed, lists);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Generated, testing::ValuesIn(seed_ranges()),
                         [](const auto& info) { return std::to_string(info.param.first); });

}  // namespace
}  // namespace weld::reference
