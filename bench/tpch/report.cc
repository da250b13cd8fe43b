#include "bench/tpch/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/tpch/threads.h"

namespace weld::tpch {
namespace {

// The parts that the times table sums compile stages into; stages in none of the other lists are optimizer passes.
struct CompileParts {
  double front = 0;
  double passes = 0;
  double codegen = 0;
  double llvm = 0;
  double total() const { return front + passes + codegen + llvm; }
};

CompileParts parts_of(const StageTimes& times) {
  constexpr std::array<std::string_view, 4> kFront = {"parse", "expand", "infer", "verify"};
  constexpr std::array<std::string_view, 3> kLlvm = {"llvm-optimize", "llvm-emit", "link"};
  CompileParts parts;
  for (const auto& [stage, milliseconds] : times) {
    if (std::find(kFront.begin(), kFront.end(), stage) != kFront.end()) {
      parts.front += milliseconds;
    } else if (std::find(kLlvm.begin(), kLlvm.end(), stage) != kLlvm.end()) {
      parts.llvm += milliseconds;
    } else if (stage == "codegen") {
      parts.codegen += milliseconds;
    } else {
      parts.passes += milliseconds;
    }
  }
  return parts;
}

// Rows of text under a heading, in columns as wide as they need to be. left[i]: column i is aligned to the left.
std::string align(const std::vector<TextRow>& rows, const std::vector<bool>& left) {
  std::vector<size_t> widths(left.size(), 0);
  for (const TextRow& row : rows) {
    for (size_t column = 0; column < row.size(); ++column) widths[column] = std::max(widths[column], row[column].size());
  }
  std::string text;
  for (const TextRow& row : rows) {
    std::string line = " ";
    for (size_t column = 0; column < row.size(); ++column) {
      line += left[column] ? fmt::format(" {:<{}}", row[column], widths[column])
                           : fmt::format(" {:>{}}", row[column], widths[column]);
      line += ' ';
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      quoted += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

template <class Range, class F>
std::string json_list(const Range& range, F item) {
  std::string list;
  for (const auto& element : range) list += (list.empty() ? "" : ", ") + item(element);
  return list;
}

std::string json_query(const QueryReport& report) {
  auto quoted = [](const auto& text) { return json_string(text); };
  auto stage = [](const auto& entry) { return fmt::format("{}: {:.3f}", json_string(entry.first), entry.second); };
  auto row = [&](const TextRow& values) { return "[" + json_list(values, quoted) + "]"; };
  return fmt::format(
      "\n    {{\"query\": {}, \"compile_ms\": {:.3f}, \"run_median_ms\": {:.3f}, \"run_min_ms\": {:.3f},\n"
      "     \"compile_stages_ms\": {{{}}},\n     \"run_ms\": [{}],\n     \"columns\": [{}],\n     \"rows\": [{}]}}",
      report.query->number, parts_of(report.compile_times).total(), median_of(report.run_times),
      *std::min_element(report.run_times.begin(), report.run_times.end()), json_list(report.compile_times, stage),
      json_list(report.run_times, [](double value) { return fmt::format("{:.3f}", value); }),
      json_list(report.query->columns, [](const ResultColumn& column) { return json_string(column.name); }),
      json_list(report.rows, row));
}

}  // namespace

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string answer_table(const QueryReport& report) {
  std::vector<TextRow> rows(1);
  std::vector<bool> left;
  for (const ResultColumn& column : report.query->columns) {
    rows[0].emplace_back(column.name);
    left.push_back(column.format == ResultFormat::kText || column.format == ResultFormat::kFlag ||
                   column.format == ResultFormat::kDate);
  }
  rows.insert(rows.end(), report.rows.begin(), report.rows.end());
  return fmt::format("Q{}, {}\n{}", report.query->number, report.query->title, align(rows, left));
}

std::string times_table(const std::vector<QueryReport>& reports) {
  std::vector<TextRow> rows = {
      {"query", "compile ms", "front end", "passes", "codegen", "llvm", "run ms: median", "min", "rows"}};
  for (const QueryReport& report : reports) {
    CompileParts parts = parts_of(report.compile_times);
    auto milliseconds = [](double value) { return fmt::format("{:.2f}", value); };
    rows.push_back({fmt::format("Q{}", report.query->number), milliseconds(parts.total()), milliseconds(parts.front),
                    milliseconds(parts.passes), milliseconds(parts.codegen), milliseconds(parts.llvm),
                    milliseconds(median_of(report.run_times)),
                    milliseconds(*std::min_element(report.run_times.begin(), report.run_times.end())),
                    std::to_string(report.rows.size())});
  }
  std::vector<bool> left(rows[0].size(), false);
  left[0] = true;
  return align(rows, left);
}

std::string json_report(const DriverOptions& options, const std::vector<std::pair<std::string, int64_t>>& table_rows,
                        const std::vector<QueryReport>& reports) {
  std::string origin = options.data.empty()
                           ? fmt::format("\"scale_factor\": {}, \"seed\": {}", options.scale_factor, options.seed)
                           : fmt::format("\"data\": {}", json_string(options.data));
  return fmt::format(
      "{{\n  {}, \"threads\": {}, \"runs\": {},\n  \"tables\": {{{}}},\n  \"queries\": [{}\n  ]\n}}\n", origin,
      resolve_threads(options.threads), options.runs,
      json_list(table_rows, [](const auto& entry) { return fmt::format("{}: {}", json_string(entry.first), entry.second); }),
      json_list(reports, json_query));
}

}  // namespace weld::tpch
