// remove-unused-columns: a loop does not go over vectors whose elements it does not read.
//
//   before   let p = map(v, f); for(zip(v, p, w), B, |b, i, e| … e.$0 … e.$2 …)
//   after    let p = map(v, f); for(zip(v, w), B, |b, i, e| … e.$0 … e.$1 …)
//
//   before   for(zip(v, sort(w, f)), B, |b, i, e| … e.$0 …)
//   after    for(zip(v, w), B, |b, i, e| … e.$0 …)
//
// What makes such a vector is then not run for it. A loop fails when its columns differ in length, and it still must: a column
// goes when it is certainly as long as others that stay (lengths.h); else what it is as long as takes its place, down to what is
// at hand. The measures of a column fail where making it fails for lengths or bounds; other errors in it are those of elements
// that nothing needs. Where its length is not known, or it has an assert in it, it stays.
//
// Loops over simd values and nditers stay as they are. So does the element as a whole, when anything uses it.
//
// Requires inline-lets and split-structs before it, which drop uses that nothing needs and leave fields of elements.
#include <algorithm>
#include <optional>

#include "weld/optimizer/fuse.h"
#include "weld/optimizer/lengths.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

bool is_zip(const ExprPtr& expr) { return is_plain_loop(expr) && expr->iterators().size() > 1; }

void add_zips(const ExprPtr& expr, std::vector<ExprPtr>* zips) {
  if (!expr->contains(NodeKind::kFor)) return;
  if (is_zip(expr)) zips->push_back(expr);
  for (const ExprPtr& child : expr->children()) add_zips(child, zips);
}

class ColumnRemover {
 public:
  explicit ColumnRemover(const ExprPtr& program) : fuser_(program), lengths_(fuser_), uses_(program) {}

  bool has_unread(const ExprPtr& zip) const {
    for (size_t i = 0; i < zip->iterators().size(); ++i) {
      if (!is_read(Loop(zip), i)) return true;
    }
    return false;
  }

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kFor, NodeKind::kGetField)) return expr;
    if (expr->is(NodeKind::kLet)) {
      for (const ExprPtr* let = &expr; (*let)->is(NodeKind::kLet); let = &(*let)->body()) lengths_.note(*let);
      return map_lets(expr, [this](const ExprPtr& part) { return rewrite(part); });
    }
    if (is_field_of_name(expr)) {
      auto columns = kept_.find(expr->child(0)->name());
      return columns == kept_.end() ? expr : columns->second.field(expr->child(0)->name(), expr->index());
    }
    if (is_zip(expr)) {
      if (std::optional<Columns> columns = columns_of(Loop(expr))) return with_columns(Loop(expr), *std::move(columns));
    }
    return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
  }

 private:
  // What a loop is to go over.
  struct Columns {
    std::vector<ExprPtr> iterators;
    std::vector<size_t> places;  // of the columns that are read, by what their places were
    Type element;

    ExprPtr field(const Name& name, size_t was) const {
      ExprPtr whole = make_identifier(name, element);
      return iterators.size() == 1 ? whole : make_get_field(whole, static_cast<uint32_t>(places[was]));
    }
  };

  bool is_read(const Loop& loop, size_t column) const {
    return !uses_.only_fields(loop.element_name()) || uses_.count(loop.element_name(), column) > 0;
  }

  // Nullopt when they are what they were.
  std::optional<Columns> columns_of(const Loop& loop) const {
    if (!has_unread(loop.node) || loop.reads_simd() || loop.reads(IterKind::kNd)) return std::nullopt;
    const std::span<const ExprPtr> iterators = loop.node->iterators();
    std::vector<bool> read(iterators.size());
    for (size_t i = 0; i < read.size(); ++i) read[i] = is_read(loop, i);
    Measures measured = measures_of_read(iterators, read);
    Columns columns;
    bool changed = false;
    for (size_t i = 0; i < iterators.size(); ++i) {
      columns.places.push_back(columns.iterators.size());
      if (read[i]) {
        columns.iterators.push_back(iterators[i]);
      } else {
        changed |= add_unread(iterators[i], &measured, &columns.iterators);
      }
    }
    if (!changed) return std::nullopt;
    columns.element = element_type(columns.iterators);
    return columns;
  }

  // When the columns that are read could be made, all of these are as long as they are.
  Measures measures_of_read(std::span<const ExprPtr> iterators, const std::vector<bool>& read) const {
    Measures measured;
    for (size_t i = 0; i < iterators.size(); ++i) {
      if (!read[i]) continue;
      for (ExprPtr& measure : lengths_.measures_of_iterator(iterators[i])) {
        if (!contains_measure(measured, measure)) measured.push_back(std::move(measure));
      }
    }
    return measured;
  }

  // Adds what still has to be gone over for the sake of the column's length. Whether that is not the column itself.
  bool add_unread(const ExprPtr& column, Measures* measured, std::vector<ExprPtr>* iterators) const {
    Measures measures = may_drop(column) ? lengths_.measures_of_iterator(column) : Measures{};
    if (measures.empty()) {
      iterators->push_back(column);
      return false;
    }
    bool changed = true;
    for (ExprPtr& measure : measures) {
      if (contains_measure(*measured, measure)) continue;
      changed &= measures.size() > 1 || !equal(measure, column);
      iterators->push_back(measure);
      measured->push_back(std::move(measure));
    }
    return changed;
  }

  ExprPtr with_columns(const Loop& loop, Columns columns) {
    for (ExprPtr& iterator : columns.iterators) iterator = rewrite(iterator);
    ExprPtr builder = rewrite(loop.node->builder());
    Parameter element{loop.element_name(), columns.element};
    std::vector<ExprPtr> iterators = columns.iterators;
    kept_.emplace(loop.element_name(), std::move(columns));
    return loop.with_parts(std::move(iterators), std::move(builder), {loop.parameter(0), loop.parameter(1), std::move(element)},
                           rewrite(loop.body));
  }

  LoopFuser fuser_;
  Lengths lengths_;
  FieldUses uses_;
  NoteMap<Name, Columns> kept_;  // by the name of the element
};

}  // namespace

ExprPtr remove_unused_columns(const ExprPtr& program) {
  std::vector<ExprPtr> zips;
  add_zips(program, &zips);
  if (zips.empty()) return program;
  ColumnRemover remover(program);
  bool any = std::any_of(zips.begin(), zips.end(), [&](const ExprPtr& zip) { return remover.has_unread(zip); });
  return any ? remover.rewrite(program) : program;
}

}  // namespace weld
