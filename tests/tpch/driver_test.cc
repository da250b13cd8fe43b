// The command line of weld-tpch, its reports, and the program itself.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/tpch/options.h"
#include "bench/tpch/report.h"

namespace weld::tpch {
namespace {

std::string error_of(const std::vector<std::string>& arguments) {
  auto options = parse_options(arguments);
  return options.ok() ? "no error" : options.diagnostics().front().message;
}

TEST(Options, Values) {
  auto options = parse_options({"--sf", "0.5", "--query=1,6", "--threads", "2", "--runs", "9", "--seed", "42", "--data", "a",
                                "--write", "b", "--json", "c", "--queries", "d"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->scale_factor, 0.5);
  EXPECT_EQ(options->queries, (std::vector<int>{1, 6}));
  EXPECT_EQ(options->threads, 2);
  EXPECT_EQ(options->runs, 9);
  EXPECT_EQ(options->seed, 42u);
  EXPECT_EQ(options->data + options->write + options->json + options->queries_from, "abcd");
}

TEST(Options, LaterOnesOverride) {
  auto options = parse_options({"--sf", "1", "--query", "1,3", "--sf", "10", "--query", "6"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->scale_factor, 10);
  EXPECT_EQ(options->queries, std::vector<int>{6});
}

TEST(Options, Errors) {
  EXPECT_EQ(error_of({"--sf"}), "--sf wants a value");
  EXPECT_EQ(error_of({"--sf", "0"}), "--sf wants a number from 0.001 to 10000, not '0'");
  EXPECT_EQ(error_of({"--sf", "1x"}), "--sf wants a number from 0.001 to 10000, not '1x'");
  EXPECT_EQ(error_of({"--sf", "nan"}), "--sf wants a number from 0.001 to 10000, not 'nan'");
  EXPECT_EQ(error_of({"--threads", "-1"}), "--threads wants a number from 1 to 1024, not '-1'");
  EXPECT_EQ(error_of({"--llvm-level", "3"}), "--llvm-level wants a number from 0 to 2, not '3'");
  EXPECT_EQ(error_of({"--data", ""}), "--data wants a directory, not ''");
  EXPECT_EQ(error_of({"--color", "x"}), "unknown option '--color'");
  EXPECT_EQ(error_of({"7"}), "unexpected argument '7'");
  for (const char* list : {"", "2", "1,", "1,,3", "x", "1;3", "23"}) {
    EXPECT_NE(error_of({"--query", list}).find("--query wants numbers out of 1, 3, 6"), std::string::npos) << list;
  }
}

TEST(Options, TheHelpNamesEveryOption) {
  for (const char* name : {"--sf", "--query", "--threads", "--runs", "--seed", "--llvm-level", "--data", "--write", "--queries",
                           "--json", "--help"}) {
    EXPECT_NE(help_text().find(name), std::string::npos) << name;
  }
}

TEST(Report, Medians) {
  EXPECT_EQ(median_of({3}), 3);
  EXPECT_EQ(median_of({9, 1, 3}), 3);
  EXPECT_EQ(median_of({9, 1, 3, 5}), 4);
}

QueryReport sample() {
  return {query_numbered(3),
          {{"parse", 0.25}, {"infer", 0.5}, {"fold", 1}, {"codegen", 2}, {"llvm-optimize", 4}, {"llvm-emit", 8}},
          {30, 10, 20},
          {{"1", "12.3400", "1995-03-05", "0"}, {"1234567", "2.0000", "1995-03-05", "0"}}};
}

TEST(Report, Tables) {
  EXPECT_EQ(answer_table(sample()),
            "Q3, shipping priority\n"
            "  l_orderkey  revenue  o_orderdate  o_shippriority\n"
            "           1  12.3400  1995-03-05                0\n"
            "     1234567   2.0000  1995-03-05                0\n");
  std::string times = times_table({sample()});
  EXPECT_NE(times.find("Q3"), std::string::npos);
  for (const char* number : {"15.75", "0.75", "1.00", "2.00", "12.00", "20.00", "10.00"})
    EXPECT_NE(times.find(number), std::string::npos);
}

TEST(Report, Json) {
  DriverOptions options;
  options.data = "a\"b";
  std::string json = json_report(options, {{"orders", 15}}, {sample(), sample()});
  EXPECT_NE(json.find("\"data\": \"a\\\"b\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"tables\": {\"orders\": 15}"), std::string::npos) << json;
  EXPECT_NE(json.find("\"run_ms\": [30.000, 10.000, 20.000]"), std::string::npos) << json;
  EXPECT_NE(json.find("[\"1\", \"12.3400\", \"1995-03-05\", \"0\"], [\"1234567\""), std::string::npos) << json;
}

struct Ran {
  int status;
  std::string output;
};

// Runs weld-tpch with standard error joined to its output.
Ran run_driver(const std::string& arguments) {
  std::FILE* pipe = popen((std::string(WELD_TPCH_DRIVER) + " " + arguments + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  for (size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) output.append(buffer.data(), got);
  int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

TEST(Driver, HelpAndBadCommandLines) {
  EXPECT_EQ(run_driver("--help").status, 0);
  EXPECT_EQ(run_driver("--help").output, help_text());
  Ran bad = run_driver("--sf many");
  EXPECT_EQ(bad.status, 2);
  EXPECT_EQ(bad.output, "weld-tpch: --sf wants a number from 0.001 to 10000, not 'many'\nweld-tpch --help lists the options\n");
}

TEST(Driver, Failures) {
  Ran no_data = run_driver("--data /nonexistent");
  EXPECT_EQ(no_data.status, 1);
  EXPECT_EQ(no_data.output, "weld-tpch: /nonexistent: no .tbl files there\n");
  Ran no_programs = run_driver("--query 6 --queries /nonexistent");
  EXPECT_EQ(no_programs.status, 1);
  EXPECT_EQ(no_programs.output, "weld-tpch: /nonexistent/q06.weld: cannot be read\n");
}

TEST(Driver, AnswersTheSameFromFilesAsFromMemory) {
  std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("weld_tpch_driver_test_" + std::to_string(getpid()));
  auto answers = [](const std::string& output) {
    return output.substr(output.find("Q1,"), output.find("  query ") - output.find("Q1,"));
  };
  Ran made = run_driver("--sf 0.01 --runs 1 --threads 2 --write " + directory.string() + " --json " +
                        (directory / "report.json").string());
  EXPECT_EQ(made.status, 0) << made.output;
  ASSERT_NE(made.output.find("Q1,"), std::string::npos) << made.output;
  Ran read = run_driver("--runs 2 --data " + directory.string());
  EXPECT_EQ(read.status, 0) << read.output;
  EXPECT_EQ(answers(made.output), answers(read.output));
  EXPECT_NE(made.output.find("avg_disc"), std::string::npos);
  std::ostringstream json;
  json << std::ifstream(directory / "report.json").rdbuf();
  EXPECT_NE(json.str().find("\"query\": 6"), std::string::npos);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace weld::tpch
