// What weld-tpch prints: tables of answers and times, and a report in JSON.
#pragma once

#include <string>
#include <vector>

#include "bench/tpch/options.h"
#include "bench/tpch/prepared.h"

namespace weld::tpch {

struct QueryReport {
  const Query* query;
  StageTimes compile_times;       // milliseconds
  std::vector<double> run_times;  // milliseconds, in order, without the warm-up
  std::vector<TextRow> rows;
};

double median_of(std::vector<double> values);

// A query's answer: a heading, the names of its columns and its rows; numbers to the right.
std::string answer_table(const QueryReport& report);
// One line a query: compile times by part, run times, rows.
std::string times_table(const std::vector<QueryReport>& reports);
// rows: of the tables that the queries read, by name.
std::string json_report(const DriverOptions& options, const std::vector<std::pair<std::string, int64_t>>& table_rows,
                        const std::vector<QueryReport>& reports);

}  // namespace weld::tpch
