// Each operation is a fragment for each column that it makes, over the columns that it reads.
#include <frames.hpp>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace frames {
namespace {

// T of a column of type vec[T].
std::string element_type(const weld::Object& column) {
  const std::string type = column.type();
  const std::string prefix = "vec[";
  if (type.compare(0, prefix.size(), prefix) != 0) throw std::invalid_argument("frames: not a column but " + type);
  return type.substr(prefix.size(), type.size() - prefix.size() - 1);
}

const char* symbol(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess:
      return "<";
    case Comparison::kLessOrEqual:
      return "<=";
    case Comparison::kEqual:
      return "==";
    case Comparison::kNotEqual:
      return "!=";
    case Comparison::kGreaterOrEqual:
      return ">=";
    case Comparison::kGreater:
      return ">";
  }
  throw std::invalid_argument("frames: no such comparison");
}

std::string field(const std::string& value, size_t index) { return value + ".$" + std::to_string(index); }

// The groups under one merge operation: an object of type vec[{K,{V0,V1,…}}], in the order of the keys.
class Groups {
 public:
  Groups(std::string operation, const weld::Object& key) : operation_(std::move(operation)) { dependencies_.push_back(key); }

  // Adds a value for each group; row is the name of a row in its expression, whose field 0 is the key. Returns its number.
  size_t add(const std::string& type, const std::string& expression) {
    types_ += (types_.empty() ? "" : ",") + type;
    values_ += (values_.empty() ? "" : ", ") + expression;
    return count_++;
  }
  // The expression of a row's value in another column.
  std::string read(const weld::Object& column) {
    dependencies_.push_back(column);
    return field("row", dependencies_.size() - 1);
  }

  weld::Object rows() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < dependencies_.size(); i++) names.push_back("column" + std::to_string(i));
    std::vector<weld::Object::Named> named;
    std::string zipped = "column0";
    for (size_t i = 0; i < dependencies_.size(); i++) {
      named.emplace_back(names[i].c_str(), dependencies_[i]);
      if (i > 0) zipped += ", " + names[i];
    }
    const bool only_key = dependencies_.size() == 1;
    const std::string key_type = element_type(dependencies_[0]);
    return weld::Object("sort(tovec(result(for(" + (only_key ? zipped : "zip(" + zipped + ")") + ", dictmerger[" + key_type +
                            ",{" + types_ + "}," + operation_ + "], |groups, i, row| merge(groups, {" +
                            (only_key ? "row" : "row.$0") + ", {" + values_ + "}})))), |group| group.$0)",
                        named, "frames: group_by");
  }

 private:
  std::string operation_;
  std::vector<weld::Object> dependencies_;
  std::string types_, values_;
  size_t count_ = 0;
};

weld::Object column_of(const weld::Object& rows, const std::string& expression) {
  return weld::Object("map(rows, |group| " + expression + ")", {{"rows", rows}}, "frames: group_by");
}

// What an aggregate reads: fields of one of the Groups.
struct Source {
  std::string operation;
  std::vector<size_t> fields;
};

Source add_to(std::map<std::string, Groups>& groups, const weld::Object& key, const Frame& frame, const Aggregate& aggregate) {
  const bool minimum = aggregate.reduction == Reduction::kMinimum;
  const std::string operation = minimum ? "min" : aggregate.reduction == Reduction::kMaximum ? "max" : "+";
  Groups& target = groups.try_emplace(operation, operation, key).first->second;
  if (aggregate.reduction == Reduction::kCount) return {operation, {target.add("i64", "1L")}};
  const weld::Object& column = frame.column(aggregate.column);
  const std::string value = target.read(column);
  if (aggregate.reduction != Reduction::kMean) return {operation, {target.add(element_type(column), value)}};
  const size_t sum = target.add("f64", "f64(" + value + ")");
  return {operation, {sum, target.add("i64", "1L")}};
}

}  // namespace

Frame::Frame(std::vector<Column> columns) : columns_(std::move(columns)) {
  std::set<std::string> names;
  for (const Column& column : columns_) {
    element_type(column.second);
    if (!names.insert(column.first).second) throw std::invalid_argument("frames: two columns are named " + column.first);
  }
}

const weld::Object& Frame::column(const std::string& name) const {
  for (const Column& column : columns_) {
    if (column.first == name) return column.second;
  }
  throw std::invalid_argument("frames: no column is named " + name);
}

Frame Frame::with_column(const std::string& name, weld::Object values) const {
  std::vector<Column> columns = columns_;
  for (Column& column : columns) {
    if (column.first != name) continue;
    column.second = std::move(values);
    return Frame(std::move(columns));
  }
  columns.emplace_back(name, std::move(values));
  return Frame(std::move(columns));
}

Frame Frame::filter(const weld::Object& mask) const {
  std::vector<Column> columns;
  for (const Column& column : columns_) {
    columns.emplace_back(column.first, weld::Object("map(filter(zip(column, mask), |row| row.$1), |row| row.$0)",
                                                    {{"column", column.second}, {"mask", mask}}, "frames: filter"));
  }
  return Frame(std::move(columns));
}

Frame Frame::group_by(const std::string& key, const std::vector<Aggregate>& aggregates) const {
  std::map<std::string, Groups> groups;
  std::vector<Source> sources;
  for (const Aggregate& aggregate : aggregates) sources.push_back(add_to(groups, column(key), *this, aggregate));
  if (groups.empty()) add_to(groups, column(key), *this, {"", Reduction::kCount, ""});

  std::map<std::string, weld::Object> rows;
  for (const auto& [operation, each] : groups) rows.emplace(operation, each.rows());
  std::vector<Column> columns = {{key, column_of(rows.begin()->second, "group.$0")}};
  for (size_t i = 0; i < aggregates.size(); i++) {
    const std::vector<size_t>& fields = sources[i].fields;
    std::string value = field("group.$1", fields[0]);
    if (fields.size() == 2) value += " / f64(" + field("group.$1", fields[1]) + ")";
    columns.emplace_back(aggregates[i].name, column_of(rows.at(sources[i].operation), value));
  }
  return Frame(std::move(columns));
}

Frame Frame::join(const Frame& other, const std::string& key) const {
  const std::string key_type = element_type(column(key));
  const weld::Object pairs("let rows = result(for(other, groupmerger[" + key_type +
                               ",i64], |groups, i, key| merge(groups, {key, i})));"
                               "result(for(keys, appender[{i64,i64}], |pairs, i, key|"
                               "  let found = optlookup(rows, key);"
                               "  if(found.$0, for(found.$1, pairs, |all, k, row| merge(all, {i, row})), pairs)))",
                           {{"keys", column(key)}, {"other", other.column(key)}}, "frames: join");
  std::vector<Column> columns;
  const auto add = [&](const Frame& frame, const char* side) {
    for (const Column& column : frame.columns()) {
      if (&frame == &other && column.first == key) continue;
      columns.emplace_back(column.first, weld::Object("map(pairs, |pair| lookup(column, pair." + std::string(side) + "))",
                                                      {{"column", column.second}, {"pairs", pairs}}, "frames: join"));
    }
  };
  add(*this, "$0");
  add(other, "$1");
  return Frame(std::move(columns));
}

weld::Object compare(const weld::Object& column, Comparison comparison, const weld::Object& scalar) {
  return weld::Object(std::string("map(column, |value| value ") + symbol(comparison) + " scalar)",
                      {{"column", column}, {"scalar", scalar}}, "frames: compare");
}

}  // namespace frames
