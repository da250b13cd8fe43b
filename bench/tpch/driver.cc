// weld-tpch: compiles the queries, makes or reads the columns that they take, runs them, prints answers and times. Queries are
// compiled before there is data, so that an error in one is seen at once and no column is made that none reads.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/tpch/generate.h"
#include "bench/tpch/options.h"
#include "bench/tpch/prepared.h"
#include "bench/tpch/report.h"
#include "bench/tpch/tbl.h"
#include "bench/tpch/threads.h"

namespace weld::tpch {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void print_errors(const Diagnostics& errors) {
  for (const Diagnostic& error : errors) fmt::print(stderr, "weld-tpch: {}\n", error.message);
}

// A line on stderr that tells how far something is; only its end where stderr is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what)
      : what_(std::move(what)), started_(seconds_now()), terminal_(isatty(STDERR_FILENO) != 0) {
    update(0);
  }
  void update(double fraction) const {
    if (terminal_) fmt::print(stderr, "\r{} {:3.0f} %", what_, fraction * 100);
  }
  void finish(const std::string& outcome) const {
    fmt::print(stderr, "{}{}: {} ({:.2f} s)\n", terminal_ ? "\r\033[K" : "", what_, outcome, seconds_now() - started_);
  }
  // Before an error is printed.
  void abandon() const {
    if (terminal_) fmt::print(stderr, "\r\033[K");
  }

 private:
  std::string what_;
  double started_;
  bool terminal_;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Diagnostic{fmt::format("{}: cannot be read", path), {}};
  return text.str();
}

class Driver {
 public:
  explicit Driver(const DriverOptions& options) : options_(options) {}

  int run() {
    if (!compile_queries() || !get_data() || !write_data() || !run_queries()) return kExitFailure;
    fmt::print("{}", times_table(reports_));
    return write_json() ? 0 : kExitFailure;
  }

 private:
  bool compile_queries() {
    std::vector<int> numbers = options_.queries;
    if (numbers.empty()) {
      for (const Query& query : queries()) numbers.push_back(query.number);
    }
    bool good = true;
    for (int number : numbers) good = compile_query(*query_numbered(number)) && good;
    return good;
  }

  bool compile_query(const Query& query) {
    std::string source(query_text(query.file));
    std::string name(query.file);
    if (!options_.queries_from.empty()) {
      name = (std::filesystem::path(options_.queries_from) / query.file).string();
      Result<std::string> text = read_file(name);
      if (!text.ok()) return report_errors(text.diagnostics());
      source = text.value();
    }
    CompileOptions compile_options;
    compile_options.llvm_level = options_.llvm_level;
    Result<PreparedQuery> prepared = PreparedQuery::compile(query, source, name, compile_options);
    if (!prepared.ok()) return report_errors(prepared.diagnostics());
    prepared_.push_back(std::move(prepared).value());
    return true;
  }

  static bool report_errors(const Diagnostics& errors) {
    print_errors(errors);
    return errors.empty();
  }

  ColumnSet needed_columns() const {
    if (!options_.write.empty()) return ColumnSet::all();
    ColumnSet columns;
    for (const PreparedQuery& query : prepared_) {
      for (ColumnId id : query.parameters()) columns.add(id);
    }
    return columns;
  }

  bool get_data() {
    bool generating = options_.data.empty();
    if (!generating && !has_tables(options_.data))
      return report_errors({{fmt::format("{}: no .tbl files there", options_.data), {}}});
    ProgressLine line(generating ? fmt::format("generating scale factor {}", options_.scale_factor)
                                 : fmt::format("reading {}", options_.data));
    Progress progress = [&](double fraction) { line.update(fraction); };
    Result<Database> data =
        generating
            ? generate({.scale_factor = options_.scale_factor,
                        .seed = options_.seed,
                        .threads = options_.threads,
                        .columns = needed_columns(),
                        .progress = progress})
            : load({.directory = options_.data, .columns = needed_columns(), .threads = options_.threads, .progress = progress});
    if (!data.ok()) {
      line.abandon();
      return report_errors(data.diagnostics());
    }
    database_ = std::move(data).value();
    std::string outcome;
    for (const auto& [table, rows] : table_rows()) outcome += fmt::format("{}{} {}", outcome.empty() ? "" : ", ", rows, table);
    line.finish(outcome);
    return true;
  }

  // Of the tables that have a column, by name.
  std::vector<std::pair<std::string, int64_t>> table_rows() const {
    std::vector<std::pair<std::string, int64_t>> rows;
    ColumnSet columns = needed_columns();
    for (int index = 0; index < kTableCount; ++index) {
      Table table = static_cast<Table>(index);
      if (columns.has_any(table)) rows.emplace_back(table_name(table), database_.rows(table));
    }
    return rows;
  }

  bool write_data() {
    if (options_.write.empty()) return true;
    ProgressLine line(fmt::format("writing {}", options_.write));
    Diagnostics errors = write(database_, options_.write, options_.threads, [&](double fraction) { line.update(fraction); });
    if (!errors.empty()) {
      line.abandon();
      return report_errors(errors);
    }
    line.finish(fmt::format("{} tables", kTableCount));
    return true;
  }

  bool run_queries() {
    std::shared_ptr<runtime::Engine> engine = runtime::Engine::create({.threads = resolve_threads(options_.threads)});
    for (const PreparedQuery& query : prepared_) {
      QueryReport report{&query.query(), query.module().compile_times(), {}, {}};
      for (int run = 0; run <= options_.runs; ++run) {  // the first is the warm-up
        double begin = seconds_now();
        Value value = query.run(engine, database_);
        double milliseconds = (seconds_now() - begin) * 1000;
        if (!value.ok()) return report_errors({{fmt::format("Q{}: {}", query.query().number, value.error_message()), {}}});
        if (run > 0) report.run_times.push_back(milliseconds);
        if (run == options_.runs) report.rows = query.rows(value);
      }
      fmt::print("{}\n", answer_table(report));
      std::fflush(stdout);
      reports_.push_back(std::move(report));
    }
    return true;
  }

  bool write_json() const {
    if (options_.json.empty()) return true;
    std::ofstream file(options_.json);
    file << json_report(options_, table_rows(), reports_);
    file.close();
    return file.good() || report_errors({{fmt::format("{}: cannot be written", options_.json), {}}});
  }

  const DriverOptions& options_;
  std::vector<PreparedQuery> prepared_;
  Database database_;
  std::vector<QueryReport> reports_;
};

int run_driver(const std::vector<std::string>& arguments) {
  Result<DriverOptions> options = parse_options(arguments);
  if (!options.ok()) {
    print_errors(options.diagnostics());
    fmt::print(stderr, "weld-tpch --help lists the options\n");
    return kExitUsage;
  }
  if (options.value().help) {
    fmt::print("{}", help_text());
    return 0;
  }
  return Driver(options.value()).run();
}

}  // namespace
}  // namespace weld::tpch

int main(int argc, char** argv) { return weld::tpch::run_driver({argv + 1, argv + argc}); }
