// split-columns: keeps the fields of a vector of structs, which the program only takes apart, in vectors of their own.
//
//   before   let t = result(for(v, appender[{A,B,C}], |b, i, e| if(p(e), merge(b, {f(e), g(e), h(e)}), b)));
//            for(t, D, |b, i, r| … r.$0 …); for(zip(t, w), E, |b, i, r| … r.$0.$0 … r.$0.$2 … r.$1 …); len(t)
//   after    let columns = for(v, {appender[A], appender[C]}, |b, i, e| if(p(e), {merge(b.$0, f(e)), merge(b.$1, h(e))}, b));
//            let t_1 = result(columns.$0); let t_2 = result(columns.$1);
//            for(t_1, D, |b, i, r| … r …); for(zip(t_1, t_2, w), E, |b, i, r| … r.$0 … r.$1 … r.$2 …); len(t_1)
//
// A field that nothing reads is neither computed nor kept, and a loop reads only the columns that it needs; numbers that lie side
// by side are loaded into vector registers as they are. A row that is looked up, on the other hand, is in one place of memory
// when it is kept whole, and in several as columns; so a table stays whole when its rows are looked up for more than that saves.
//
// Every use of the vector has to be known (tables.h): one that leaves the program, is sorted, sliced, compared or kept in another
// value stays as it is. A loop that needs whole rows puts them together.
//
// Requires what fuses loops before it, and fuses nothing itself: a loop that makes several columns is no producer for fuse-maps.
#include <optional>

#include "weld/optimizer/cost.h"
#include "weld/optimizer/cost_table.h"
#include "weld/optimizer/passes.h"
#include "weld/optimizer/retyper.h"
#include "weld/optimizer/tables.h"

namespace weld {
namespace {

int64_t size_of(Type type) { return layout_of(type).size; }

// Whether what columns save of writing and reading exceeds what lookups of several fields lose, for a row that each reader reads
// once.
bool pays(const Table& table) {
  const CostTable& costs = cost_table();
  const int64_t whole = size_of(table.row());
  auto bytes_of = [&](const std::set<uint32_t>& fields) {
    int64_t bytes = 0;
    for (uint32_t field : fields) bytes += size_of(table.row().child(field));
    return bytes;
  };
  const std::set<uint32_t> kept = table.fields_read();
  if (kept.empty()) return false;
  int64_t saved = kept_cost(whole - bytes_of(kept));
  int64_t lost = 0;
  for (const TableReader& reader : table.readers) {
    const auto fields = static_cast<int64_t>(reader.fields.size());
    if (!reader.node->is(NodeKind::kFor)) {
      lost += (fields - 1) * costs.dictionary_lookup;
      continue;
    }
    // Reading costs about half of writing to memory that is in use already.
    saved += kept_cost(whole - bytes_of(reader.fields)) / 4;
    const LoopForm form = loop_form(reader.node);
    if (form == LoopForm::kLight || form == LoopForm::kVector) saved += fields * costs.arithmetic;
  }
  return saved > lost;
}

class ColumnSplitter : public Retyper {
 public:
  // The tables point into the program, and are not empty.
  ColumnSplitter(const ExprPtr& program, const std::vector<Table>& tables) : supply_(program) {
    for (const Table& table : tables) {
      const std::set<uint32_t> read = table.fields_read();
      Columns& columns = columns_[table.let->name()];
      columns.fields.assign(read.begin(), read.end());
      columns.count = table.row().children().size();
      builders_[table.builder.get()] = &columns;
      for (const Expr* merge : table.merges) merges_[merge] = &columns;
      for (const TableReader& reader : table.readers) {
        readings_[reader.node.get()][table.let->name()].insert(reader.fields.begin(), reader.fields.end());
      }
    }
  }

 protected:
  ExprPtr replace(const ExprPtr& expr) override {
    switch (expr->kind()) {
      case NodeKind::kNewBuilder: {
        auto columns = builders_.find(expr.get());
        return columns == builders_.end() ? nullptr : new_builders(expr, *columns->second);
      }
      case NodeKind::kMerge: {
        auto columns = merges_.find(expr.get());
        return columns == merges_.end() ? nullptr : merges(expr, *columns->second);
      }
      case NodeKind::kLet:
        return replace_let(expr);
      case NodeKind::kFor:
        return readings_.contains(expr.get()) ? loop(expr) : nullptr;
      case NodeKind::kLen: {
        const Columns* columns = columns_named(expr->child(0));
        return columns == nullptr ? nullptr : make_len(columns->vectors[columns->fields[0]], expr->span());
      }
      case NodeKind::kGetField:
        return replace_field(expr);
      case NodeKind::kIdentifier:
        if (auto zip = zips_.find(expr->name()); zip != zips_.end()) return whole(zip->second);
        break;
      default:
        break;
    }
    Lets lets;
    std::optional<Row> row = row_of(expr, &lets);
    return row ? with_lets(lets, make_struct(*row)) : nullptr;
  }

 private:
  // For each field of a row what it is; null where it is not read.
  using Row = std::vector<ExprPtr>;
  struct Columns {
    std::vector<uint32_t> fields;  // that are kept, in order
    size_t count = 0;              // of all fields
    Row vectors = {};
  };
  // Of each iterator of a zip a row, or one thing.
  struct Part {
    bool is_row = false;
    Row values = {};
  };
  using Zip = std::vector<Part>;

  static ExprPtr whole(const Part& part) { return part.is_row ? make_struct(part.values) : part.values[0]; }
  static ExprPtr whole(const Zip& zip) {
    std::vector<ExprPtr> parts;
    for (const Part& part : zip) parts.push_back(whole(part));
    return make_struct(std::move(parts));
  }

  const Columns* columns_named(const ExprPtr& expr) const {
    if (!expr->is(NodeKind::kIdentifier)) return nullptr;
    auto columns = columns_.find(expr->name());
    return columns == columns_.end() ? nullptr : &columns->second;
  }

  ExprPtr new_builders(const ExprPtr& builder, const Columns& columns) {
    std::vector<ExprPtr> builders;
    for (uint32_t field : columns.fields) {
      ExprPtr hint = builder->children().empty() ? nullptr : rewrite(builder->child(0));
      Type type = Type::appender(builder->operand_type().child(0).child(field));
      builders.push_back(make_new_builder(type, std::move(hint), builder->span()));
      if (!builder->annotations().empty()) builders.back() = with_annotations(builders.back(), builder->annotations());
    }
    return struct_of(std::move(builders));
  }

  ExprPtr merges(const ExprPtr& merge, const Columns& columns) {
    Lets lets;
    ExprPtr builder = named(rewrite(merge->child(0)), "b", supply_, lets);
    ExprPtr row = rewrite(merge->child(1));
    if (!row->is(NodeKind::kMakeStruct)) row = named(row, "row", supply_, lets);
    const std::vector<ExprPtr> builders = fields_of(builder, columns.fields.size());
    const std::vector<ExprPtr> values = fields_of(row, columns.count);
    std::vector<ExprPtr> merged;
    for (size_t i = 0; i < builders.size(); ++i) {
      merged.push_back(make_merge(builders[i], values[columns.fields[i]], merge->span()));
    }
    return with_lets(lets, struct_of(std::move(merged)));
  }

  ExprPtr replace_let(const ExprPtr& let) {
    Lets lets;
    if (auto columns = columns_.find(let->name()); columns != columns_.end()) {
      bind_columns(let, &columns.value(), &lets);
      return with_lets(lets, rewrite(let->body()));
    }
    std::optional<Row> row = row_of(let->child(0), &lets);
    if (!row) return nullptr;
    rows_.emplace(let->name(), *std::move(row));
    return with_lets(lets, rewrite(let->body()));
  }

  void bind_columns(const ExprPtr& let, Columns* columns, Lets* lets) {
    ExprPtr made = rewrite(let->child(0)->child(0));
    if (columns->fields.size() > 1) made = named(made, "columns", supply_, *lets);
    const std::vector<ExprPtr> builders = fields_of(made, columns->fields.size());
    columns->vectors.resize(columns->count);
    for (size_t i = 0; i < builders.size(); ++i) {
      ExprPtr vector = make_result(builders[i], let->child(0)->span());
      columns->vectors[columns->fields[i]] = named(vector, let->name(), supply_, *lets);
    }
  }

  ExprPtr replace_field(const ExprPtr& expr) {
    const ExprPtr& of = expr->child(0);
    if (of->is(NodeKind::kIdentifier)) {
      auto zip = zips_.find(of->name());
      if (zip != zips_.end()) return whole(zip->second[expr->index()]);
    }
    if (of->is(NodeKind::kLookup)) {
      const Columns* columns = columns_named(of->child(0));
      if (columns == nullptr) return nullptr;
      return make_lookup(columns->vectors[expr->index()], rewrite(of->child(1)), of->span());
    }
    Lets none;
    std::optional<Row> row = row_of(of, &none);
    return row ? (*row)[expr->index()] : nullptr;
  }

  // Of an expression that is a row, over what the lets bind.
  std::optional<Row> row_of(const ExprPtr& expr, Lets* lets) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier: {
        auto row = rows_.find(expr->name());
        return row == rows_.end() ? std::nullopt : std::optional(row->second);
      }
      case NodeKind::kGetField: {
        if (!expr->child(0)->is(NodeKind::kIdentifier)) return std::nullopt;
        auto zip = zips_.find(expr->child(0)->name());
        if (zip == zips_.end() || !zip->second[expr->index()].is_row) return std::nullopt;
        return zip->second[expr->index()].values;
      }
      case NodeKind::kLookup: {
        const Columns* columns = columns_named(expr->child(0));
        return columns == nullptr ? std::nullopt : std::optional(looked_up(expr, *columns, lets));
      }
      default:
        return std::nullopt;
    }
  }

  Row looked_up(const ExprPtr& lookup, const Columns& columns, Lets* lets) {
    ExprPtr index = named(rewrite(lookup->child(1)), "at", supply_, *lets);
    Row row(columns.count);
    for (uint32_t field : readings_.at(lookup.get()).at(lookup->child(0)->name())) {
      row[field] = named(make_lookup(columns.vectors[field], index, lookup->span()), "field", supply_, *lets);
    }
    return row;
  }

  // A loop over columns in place of tables.
  ExprPtr loop(const ExprPtr& expr) {
    const Loop loop(expr);
    std::vector<ExprPtr> iterators;
    std::vector<std::vector<uint32_t>> fields;  // of each iterator, those that columns take the place of
    for (const ExprPtr& iterator : expr->iterators()) {
      const Columns* columns = iterator->children().empty() ? nullptr : columns_named(iterator->child(0));
      fields.push_back(columns == nullptr ? std::vector<uint32_t>() : fields_for(expr, iterator, *columns));
      for (uint32_t field : fields.back()) {
        std::vector<ExprPtr> children = {columns->vectors[field]};
        for (size_t i = 1; i < iterator->children().size(); ++i) children.push_back(rewrite(iterator->child(i)));
        iterators.push_back(make_iter(IterKind::kVector, std::move(children), iterator->span()));
      }
      if (columns == nullptr) iterators.push_back(rewrite(iterator));
    }
    const Type element = element_type(iterators);
    name_rows(loop, fields, make_identifier(loop.element_name(), element), iterators.size());
    std::vector<ExprPtr> children = std::move(iterators);
    children.push_back(rewrite(expr->builder()));
    children.push_back(rewrite_function(expr->function(), {children.back()->type(), Type::i64(), element}));
    return with_children(expr, std::move(children));
  }

  // One of them, for its length, where the loop reads none.
  std::vector<uint32_t> fields_for(const ExprPtr& loop, const ExprPtr& iterator, const Columns& columns) const {
    const std::set<uint32_t>& read = readings_.at(loop.get()).at(iterator->child(0)->name());
    if (read.empty()) return {columns.fields[0]};
    return {read.begin(), read.end()};
  }

  // What the element of a loop, and of a zip its fields, are now.
  void name_rows(const Loop& loop, const std::vector<std::vector<uint32_t>>& fields, const ExprPtr& element, size_t iterators) {
    uint32_t place = 0;
    auto next = [&] { return iterators == 1 ? element : make_get_field(element, place++); };
    Zip zip;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].empty()) {
        zip.push_back({false, {next()}});
        continue;
      }
      const ExprPtr& table = loop.node->iterators()[i]->child(0);
      zip.push_back({true, Row(columns_.at(table->name()).count)});
      for (uint32_t field : fields[i]) zip.back().values[field] = next();
    }
    if (zip.size() > 1) {
      zips_.emplace(loop.element_name(), std::move(zip));
    } else {
      rows_.emplace(loop.element_name(), std::move(zip[0].values));
    }
  }

  NameSupply supply_;
  NameMap<Columns> columns_;  // by the name of the table
  std::unordered_map<const Expr*, const Columns*> builders_;
  std::unordered_map<const Expr*, const Columns*> merges_;
  // The fields that a loop or lookup reads, by the name of the table.
  std::unordered_map<const Expr*, NameMap<std::set<uint32_t>>> readings_;
  NameMap<Row> rows_;
  NameMap<Zip> zips_;
};

}  // namespace

ExprPtr split_columns(const ExprPtr& program) {
  if (!appends_structs(program)) return program;
  std::vector<Table> tables = tables_of(program);
  std::erase_if(tables, [](const Table& table) { return !pays(table); });
  return tables.empty() ? program : ColumnSplitter(program, tables).rewrite(program);
}

}  // namespace weld
