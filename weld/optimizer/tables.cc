// Two traversals: one finds lets that may bind a table and follows its builder through the loop, the other finds the uses of
// their names. A name for a row is an element of a loop over the table, or a let of a row; of a zip's element, a field is a row.
#include "weld/optimizer/tables.h"

#include <algorithm>

namespace weld {
namespace {

// May be evaluated several times.
bool is_repeatable(const ExprPtr& hint) {
  constexpr size_t kLimit = 16;
  return node_count(hint, kLimit) < kLimit && !may_fail(hint) && !may_allocate(hint);
}

bool is_appender_of_structs(const ExprPtr& expr) {
  if (!expr->is(NodeKind::kNewBuilder) || expr->operand_type().kind() != TypeKind::kAppender) return false;
  Type row = expr->operand_type().child(0);
  return row.is_struct() && row.children().size() > 1;
}

// Where a builder is in what an expression gives: it is that, or a field of it.
using Place = std::optional<uint32_t>;
constexpr Place kItself = std::nullopt;

// Follows a builder from where it is made to what a loop gives.
class BuilderFollower {
 public:
  BuilderFollower(Type builder, const FieldUses& uses) : builder_(builder), uses_(uses) {}

  // Whether every use of it is known and it is, along every path, where it was.
  bool follow_loop(const ExprPtr& loop, Place place) {
    add_name(Loop(loop).builder_name(), place);
    return follow(Loop(loop).body, place) && state_.seen_uses == state_.expected_uses;
  }

  std::vector<const Expr*> take_merges() { return std::move(state_.merges); }

 private:
  struct State {
    NameMap<Place> names;  // of what it is in
    std::vector<const Expr*> merges;
    int seen_uses = 0;
    int expected_uses = 0;  // of it under these names
  };

  bool follow(const ExprPtr& expr, Place place) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        return see_use(expr, place);
      case NodeKind::kGetField:
        return place == kItself && expr->child(0)->is(NodeKind::kIdentifier) && see_use(expr->child(0), expr->index());
      case NodeKind::kMerge:
        if (place != kItself || !may_drop(expr->child(1)) || !follow(expr->child(0), kItself)) return false;
        state_.merges.push_back(expr.get());
        return true;
      case NodeKind::kIf:
        return follow(expr->child(1), place) && follow(expr->child(2), place);
      case NodeKind::kLet:
        if (expr->child(0)->type().contains_builder()) follow_value(expr);
        return follow(expr->body(), place);
      case NodeKind::kFor:
        if (!is_plain_loop(expr) || !follow(expr->builder(), place)) return false;
        add_name(Loop(expr).builder_name(), place);
        return follow(Loop(expr).body, place);
      case NodeKind::kMakeStruct:
        return place != kItself && follow(expr->child(*place), kItself);
      default:
        return false;
    }
  }

  // Where in the value of a let the builder is, if anywhere. Were it somewhere else, there would be a use that is not seen.
  void follow_value(const ExprPtr& let) {
    const ExprPtr& value = let->child(0);
    std::vector<Place> places;
    if (value->type() == builder_) places.emplace_back(kItself);
    if (value->type().is_struct()) {
      for (uint32_t i = 0; i < value->type().children().size(); ++i) {
        if (value->type().child(i) == builder_) places.emplace_back(i);
      }
    }
    for (Place place : places) {
      State before = state_;
      if (follow(value, place)) return add_name(let->name(), place);
      state_ = std::move(before);
    }
  }

  void add_name(const Name& name, Place place) {
    state_.names.insert_or_assign(name, place);
    state_.expected_uses += place == kItself ? uses_.count(name) : uses_.count(name, *place) + uses_.count_whole(name);
  }

  bool see_use(const ExprPtr& name, Place place) {
    auto known = state_.names.find(name->name());
    if (known == state_.names.end() || known->second != place) return false;
    ++state_.seen_uses;
    return true;
  }

  Type builder_;
  const FieldUses& uses_;
  State state_;
};

class TableFinder {
 public:
  explicit TableFinder(const ExprPtr& program) : uses_(program) {
    find(program);
    read(program);
  }

  std::vector<Table> take_tables() {
    std::vector<Table> known;
    for (size_t i = 0; i < tables_.size(); ++i) {
      if (!escaped_[i] && builders_[tables_[i].builder.get()] == 1) known.push_back(std::move(tables_[i]));
    }
    return known;
  }

 private:
  // A row of a table, as one of its readers sees it.
  struct Row {
    size_t table;
    size_t reader;
  };

  // The first traversal.

  void find(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kNewBuilder)) return;
    if (expr->is(NodeKind::kNewBuilder)) ++builders_[expr.get()];
    if (expr->is(NodeKind::kLet)) {
      if (is_plain_loop(expr->child(0))) loops_[expr->name()] = expr->child(0);
      if (expr->child(0)->is(NodeKind::kRes)) add_table(expr);
    }
    for (const ExprPtr& child : expr->children()) find(child);
  }

  void add_table(const ExprPtr& let) {
    ExprPtr loop = let->child(0)->child(0);
    Place place;
    if (loop->is(NodeKind::kGetField)) {
      place = loop->index();
      loop = loop->child(0);
      if (loop->is(NodeKind::kIdentifier)) {
        auto known = loops_.find(loop->name());
        if (known == loops_.end() || !uses_.only_fields(loop->name()) || uses_.count(loop->name(), *place) != 1) return;
        loop = known->second;
      }
    }
    if (!is_plain_loop(loop)) return;
    ExprPtr builder = loop->builder();
    if (place != kItself) builder = builder->is(NodeKind::kMakeStruct) ? builder->child(*place) : nullptr;
    if (builder == nullptr || !is_appender_of_structs(builder)) return;
    if (!builder->children().empty() && !is_repeatable(builder->child(0))) return;
    BuilderFollower follower(builder->type(), uses_);
    if (!follower.follow_loop(loop, place)) return;
    names_[let->name()] = tables_.size();
    tables_.push_back({let, std::move(builder), follower.take_merges()});
    escaped_.push_back(false);
  }

  // The second one.

  void read(const ExprPtr& expr) {
    if (std::optional<Row> row = row_of(expr)) return read_all_fields(*row);
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        return read_name(expr->name());
      case NodeKind::kLen:
        if (table_named(expr->child(0)) != nullptr) return;
        break;
      case NodeKind::kGetField:
        if (std::optional<Row> row = row_of(expr->child(0))) {
          tables_[row->table].readers[row->reader].fields.insert(expr->index());
          return;
        }
        if (expr->child(0)->is(NodeKind::kIdentifier) && zips_.contains(expr->child(0)->name())) return;
        break;
      case NodeKind::kLet:
        if (std::optional<Row> row = row_of(expr->child(0))) {
          rows_.emplace(expr->name(), *row);
          return read(expr->body());
        }
        break;
      case NodeKind::kFor:
        return read_loop(expr);
      default:
        break;
    }
    for (const ExprPtr& child : expr->children()) read(child);
  }

  void read_name(const Name& name) {
    if (auto table = names_.find(name); table != names_.end()) escaped_[table->second] = true;
    if (auto zip = zips_.find(name); zip != zips_.end()) {
      for (const std::optional<Row>& row : zip->second) {
        if (row) read_all_fields(*row);
      }
    }
  }

  void read_loop(const ExprPtr& loop) {
    std::vector<std::optional<Row>> rows;
    bool any = false;
    for (const ExprPtr& iterator : loop->iterators()) {
      rows.push_back(is_plain_loop(loop) ? row_of_iterator(iterator, loop) : std::nullopt);
      any |= rows.back().has_value();
      for (size_t i = rows.back() ? 1 : 0; i < iterator->children().size(); ++i) read(iterator->child(i));
    }
    if (any && rows.size() == 1) rows_.emplace(Loop(loop).element_name(), *rows[0]);
    if (any && rows.size() > 1) zips_.emplace(Loop(loop).element_name(), std::move(rows));
    read(loop->builder());
    read(loop->function());
  }

  std::optional<Row> row_of_iterator(const ExprPtr& iterator, const ExprPtr& loop) {
    const Name* name = name_of_vector(iterator);
    auto table = name == nullptr ? names_.end() : names_.find(*name);
    if (table == names_.end()) return std::nullopt;
    bool may_repeat = std::all_of(iterator->children().begin(), iterator->children().end(), [](const ExprPtr& child) {
      return is_at_hand(child) || (child->is(NodeKind::kLen) && is_at_hand(child->child(0)));
    });
    return may_repeat ? std::optional(add_reader(table->second, loop)) : std::nullopt;
  }

  Row add_reader(size_t table, const ExprPtr& node) {
    tables_[table].readers.push_back({node});
    return {table, tables_[table].readers.size() - 1};
  }

  // A lookup becomes a reader.
  std::optional<Row> row_of(const ExprPtr& expr) {
    switch (expr->kind()) {
      case NodeKind::kIdentifier: {
        auto row = rows_.find(expr->name());
        return row == rows_.end() ? std::nullopt : std::optional(row->second);
      }
      case NodeKind::kGetField: {
        if (!expr->child(0)->is(NodeKind::kIdentifier)) return std::nullopt;
        auto zip = zips_.find(expr->child(0)->name());
        return zip == zips_.end() ? std::nullopt : zip->second[expr->index()];
      }
      case NodeKind::kLookup: {
        const size_t* table = table_named(expr->child(0));
        if (table == nullptr) return std::nullopt;
        read(expr->child(1));
        return add_reader(*table, expr);
      }
      default:
        return std::nullopt;
    }
  }

  const size_t* table_named(const ExprPtr& expr) const {
    if (!expr->is(NodeKind::kIdentifier)) return nullptr;
    auto table = names_.find(expr->name());
    return table == names_.end() ? nullptr : &table->second;
  }

  void read_all_fields(const Row& row) {
    const auto fields = static_cast<uint32_t>(tables_[row.table].row().children().size());
    for (uint32_t i = 0; i < fields; ++i) tables_[row.table].readers[row.reader].fields.insert(i);
  }

  FieldUses uses_;
  std::unordered_map<const Expr*, int> builders_;  // how often each of them stands in the program
  NameMap<ExprPtr> loops_;                         // bound by lets
  std::vector<Table> tables_;
  std::vector<bool> escaped_;                      // tables that have another use
  NameMap<size_t> names_;                          // of tables
  NameMap<Row> rows_;                              // by name
  NameMap<std::vector<std::optional<Row>>> zips_;  // by the name of the element
};

}  // namespace

std::set<uint32_t> Table::fields_read() const {
  std::set<uint32_t> fields;
  for (const TableReader& reader : readers) fields.insert(reader.fields.begin(), reader.fields.end());
  return fields;
}

bool appends_structs(const ExprPtr& program) {
  bool found = false;
  walk(program, [&](const ExprPtr& expr) {
    found = found || is_appender_of_structs(expr);
    return !found && expr->contains(NodeKind::kNewBuilder);
  });
  return found && program->contains(NodeKind::kLet);
}

std::vector<Table> tables_of(const ExprPtr& program) { return TableFinder(program).take_tables(); }

const Name* name_of_vector(const ExprPtr& iterator) {
  bool is_vector = iterator->iter_kind() == IterKind::kVector && iterator->child(0)->is(NodeKind::kIdentifier);
  return is_vector ? &iterator->child(0)->name() : nullptr;
}

}  // namespace weld
