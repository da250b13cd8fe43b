// TPC-H Q1 and Q6: the programs of bench/tpch/queries over data of bench/tpch's generator.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "bench/micro/baseline.h"
#include "bench/micro/workload.h"
#include "bench/tpch/generate.h"
#include "bench/tpch/queries.h"

namespace weld::bench {
namespace {

using enum tpch::ColumnId;

// The columns that either query takes.
constexpr tpch::ColumnId kColumns[] = {l_shipdate, l_returnflag, l_linestatus, l_quantity, l_extendedprice, l_discount, l_tax};

using SharedDatabase = std::shared_ptr<const tpch::Database>;

// The Weld result of Q1: rows of this type.
struct Q1Row {
  int8_t returnflag;
  int8_t linestatus;
  int64_t quantity, base_price, discounted_price, charge, discount, count;
};
struct Q1Rows {
  const Q1Row* data;
  int64_t length;
};

struct Q1Answer {
  static constexpr int64_t kMaximum = 64;
  Q1Group groups[kMaximum];
  int64_t count = 0;
};

std::string compare_groups(const Q1Rows& weld, const Q1Answer& answer) {
  std::string difference = compare_integers("groups", weld.length, answer.count);
  for (int64_t index = 0; difference.empty() && index < std::min(answer.count, Q1Answer::kMaximum); ++index) {
    const Q1Row& row = weld.data[index];
    const Q1Group& group = answer.groups[index];
    const struct {
      const char* what;
      int64_t weld, baseline;
    } fields[] = {
        {"l_returnflag", row.returnflag, group.returnflag},
        {"l_linestatus", row.linestatus, group.linestatus},
        {"sum_qty", row.quantity, group.quantity},
        {"sum_base_price", row.base_price, group.base_price},
        {"sum_disc_price", row.discounted_price, group.discounted_price},
        {"sum_charge", row.charge, group.charge},
        {"sum of l_discount", row.discount, group.discount},
        {"count_order", row.count, group.count},
    };
    for (const auto& field : fields) {
      if (difference.empty())
        difference = compare_integers(fmt::format("group {}: {}", index, field.what), field.weld, field.baseline);
    }
  }
  return difference;
}

template <class T>
const T* array(const SharedDatabase& data, tpch::ColumnId id) {
  return reinterpret_cast<const T*>(data->column(id).data());
}

// The program's parameters are named as the columns that they take; that it takes others is found when it is compiled.
Result<Workload> tpch_workload(const char* name, std::string_view file, const SharedDatabase& data) {
  Workload workload;
  workload.name = name;
  workload.rows = data->rows(tpch::Table::kLineitem);
  workload.program = tpch::query_text(file);
  auto module = Module::compile(workload.program);
  if (!module.ok()) return Diagnostic{format_diagnostics(file, workload.program, module.diagnostics()), {}};
  for (const Parameter& parameter : (*module)->parameters()) {
    std::optional<tpch::ColumnId> column = tpch::column_named(parameter.name.text());
    bool fits = column && data->has(*column) && parameter.type.to_string() == tpch::weld_type(tpch::spec(*column).kind);
    if (!fits)
      return Diagnostic{fmt::format("{}: the benchmark has no column for parameter {}", file, parameter.name.text()), {}};
    workload.arguments.add_vector(data->column(*column).data(), workload.rows);
  }
  return workload;
}

Result<Workload> q1_workload(const SharedDatabase& data) {
  Result<Workload> made = tpch_workload("tpch_q1", "q01.weld", data);
  if (!made.ok()) return made;
  Workload& workload = *made;
  Q1Columns lineitem{array<int32_t>(data, l_shipdate), array<int8_t>(data, l_returnflag),     array<int8_t>(data, l_linestatus),
                     array<int64_t>(data, l_quantity), array<int64_t>(data, l_extendedprice), array<int64_t>(data, l_discount),
                     array<int64_t>(data, l_tax)};
  auto answer = std::make_shared<Q1Answer>();
  workload.baselines.push_back({"c++", [lineitem, answer, data, rows = workload.rows](int threads) {
                                  answer->count = q1(lineitem, rows, threads, answer->groups, Q1Answer::kMaximum);
                                }});
  workload.compare = [answer](const void* weld_result) {
    return compare_groups(*static_cast<const Q1Rows*>(weld_result), *answer);
  };
  return made;
}

Result<Workload> q6_workload(const SharedDatabase& data) {
  Result<Workload> made = tpch_workload("tpch_q6", "q06.weld", data);
  if (!made.ok()) return made;
  Workload& workload = *made;
  Q6Columns lineitem{array<int32_t>(data, l_shipdate), array<int64_t>(data, l_quantity), array<int64_t>(data, l_extendedprice),
                     array<int64_t>(data, l_discount)};
  auto answer = std::make_shared<int64_t>();
  workload.baselines.push_back(
      {"c++", [lineitem, answer, data, rows = workload.rows](int threads) { *answer = q6(lineitem, rows, threads); }});
  workload.compare = [answer](const void* weld_result) {
    return compare_integers("revenue", *static_cast<const int64_t*>(weld_result), *answer);
  };
  return made;
}

}  // namespace

Result<std::vector<Workload>> tpch_workloads(double scale_factor) {
  tpch::GenerateOptions options;
  options.scale_factor = scale_factor;
  options.columns = {};
  for (tpch::ColumnId id : kColumns) options.columns.add(id);
  Result<tpch::Database> generated = tpch::generate(options);
  if (!generated.ok()) return generated.diagnostics();
  auto data = std::make_shared<const tpch::Database>(std::move(generated).value());
  std::vector<Workload> workloads;
  for (Result<Workload>& made : std::array{q1_workload(data), q6_workload(data)}) {
    if (!made.ok()) return made.diagnostics();
    workloads.push_back(std::move(*made));
  }
  return workloads;
}

}  // namespace weld::bench
