#include "bench/tpch/prepared.h"

#include <fmt/format.h>

#include <cstring>

#include "bench/tpch/format.h"

namespace weld::tpch {
namespace {

// The C layout of a vec, of a parameter and of a result.
struct VecRef {
  const void* data;
  int64_t length;
};

// Whether a leaf of this type can be shown in a format.
bool fits(ResultFormat format, Type type) {
  switch (format) {
    case ResultFormat::kInteger:
      return type.is_scalar(ScalarKind::kI64) || type.is_scalar(ScalarKind::kI32);
    case ResultFormat::kDecimal:
    case ResultFormat::kAverage:
      return type.is_scalar(ScalarKind::kI64);
    case ResultFormat::kDate:
      return type.is_scalar(ScalarKind::kI32);
    case ResultFormat::kFlag:
      return type.is_scalar(ScalarKind::kI8);
    case ResultFormat::kText:
      return type == Type::vec(Type::i8());
  }
  return false;
}

}  // namespace

Result<PreparedQuery> PreparedQuery::compile(const Query& query, std::string_view source, const std::string& source_name,
                                             const CompileOptions& options) {
  auto compiled = Module::compile(source, options);
  if (!compiled.ok()) {
    std::string text = format_diagnostics(source_name, source, compiled.diagnostics());
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return Diagnostic{text, {}};
  }
  PreparedQuery prepared;
  prepared.query_ = &query;
  prepared.module_ = std::move(compiled).value();
  std::string problem = prepared.bind_parameters();
  if (problem.empty()) problem = prepared.check_result();
  if (!problem.empty()) return Diagnostic{fmt::format("{}: {}", source_name, problem), {}};
  return prepared;
}

std::string PreparedQuery::bind_parameters() {
  for (const Parameter& parameter : module_->parameters()) {
    std::optional<ColumnId> column = column_named(parameter.name.text());
    if (!column) return fmt::format("parameter {} is named as no column of TPC-H is", parameter.name.text());
    std::string_view wanted = weld_type(spec(*column).kind);
    std::string given = parameter.type.to_string();
    if (given != wanted)
      return fmt::format("parameter {} has type {}, but the column has {}", parameter.name.text(), given, wanted);
    parameters_.push_back(*column);
  }
  return {};
}

void PreparedQuery::add_leaves(Type type, int64_t offset, std::vector<Leaf>* leaves) {
  if (!type.is_struct()) {
    leaves->push_back({type, offset});
    return;
  }
  std::vector<int64_t> offsets = field_offsets(type);
  for (size_t field = 0; field < offsets.size(); ++field) add_leaves(type.child(field), offset + offsets[field], leaves);
}

std::string PreparedQuery::check_result() {
  Type result = module_->return_type();
  is_vector_ = result.is_vec() && result.child(0) != Type::i8();
  row_type_ = is_vector_ ? result.child(0) : result;
  add_leaves(row_type_, 0, &leaves_);
  for (const ResultColumn& column : query_->columns) {
    auto leaf_fits = [&](int leaf, ResultFormat format) {
      return leaf < static_cast<int>(leaves_.size()) && fits(format, leaves_[static_cast<size_t>(leaf)].type);
    };
    bool good = leaf_fits(column.leaf, column.format) &&
                (column.format != ResultFormat::kAverage || leaf_fits(column.count, ResultFormat::kInteger));
    if (!good) return fmt::format("the result has type {}, in which column {} is not found", result.to_string(), column.name);
  }
  return {};
}

Value PreparedQuery::run(const std::shared_ptr<runtime::Engine>& engine, const Database& database) const {
  std::vector<VecRef> arguments;
  for (ColumnId id : parameters_) arguments.push_back({database.column(id).data(), database.column(id).rows()});
  return module_->run(engine, arguments.data());
}

std::vector<TextRow> PreparedQuery::rows(const Value& value) const {
  VecRef rows{value.data(), 1};
  if (is_vector_) std::memcpy(&rows, value.data(), sizeof(rows));
  int64_t size = layout_of(row_type_).size;
  std::vector<TextRow> texts;
  for (int64_t index = 0; index < rows.length; ++index) {
    const char* row = static_cast<const char*>(rows.data) + index * size;
    TextRow text;
    for (const ResultColumn& column : query_->columns) text.push_back(text_of(column, row));
    texts.push_back(std::move(text));
  }
  return texts;
}

int64_t PreparedQuery::integer_at(int leaf, const char* row) const {
  const Leaf& place = leaves_[static_cast<size_t>(leaf)];
  if (place.type.is_scalar(ScalarKind::kI32)) {
    int32_t value = 0;
    std::memcpy(&value, row + place.offset, sizeof(value));
    return value;
  }
  int64_t value = 0;
  std::memcpy(&value, row + place.offset, sizeof(value));
  return value;
}

std::string PreparedQuery::text_of(const ResultColumn& column, const char* row) const {
  const char* data = row + leaves_[static_cast<size_t>(column.leaf)].offset;
  switch (column.format) {
    case ResultFormat::kInteger:
      return std::to_string(integer_at(column.leaf, row));
    case ResultFormat::kDecimal:
      return format_decimal(integer_at(column.leaf, row), column.scale);
    case ResultFormat::kAverage: {
      int64_t count = integer_at(column.count, row);
      return count > 0 ? format_average(integer_at(column.leaf, row), count, 2, column.scale) : "";
    }
    case ResultFormat::kDate:
      return format_date(static_cast<int32_t>(integer_at(column.leaf, row)));
    case ResultFormat::kFlag:
      return std::string(1, *data);
    case ResultFormat::kText: {
      VecRef text{};
      std::memcpy(&text, data, sizeof(text));
      return {static_cast<const char*>(text.data), static_cast<size_t>(text.length)};
    }
  }
  return {};
}

}  // namespace weld::tpch
