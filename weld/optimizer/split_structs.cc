// split-structs: binds the fields of a struct that is only taken apart, so that they are lets like any other.
//
//   before   let s = {x * 2L, y}; s.$0 + s.$0 + s.$1
//   after    let s_1 = x * 2L; s_1 + s_1 + y
//
// Lets around the struct, as macros leave them, come before the fields. Where the struct is also used as a whole it stays, and
// only its fields that are atoms are taken from it directly. Nested structs are taken apart from the outside in, a level each
// time the pass runs.
//
// Requires nothing; the lets that it leaves are for inline-lets.
#include <optional>

#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

class StructSplitter {
 public:
  explicit StructSplitter(const ExprPtr& program) : program_(program), uses_(program) {}

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kGetField)) return expr;
    if (is_field_of_name(expr)) {
      auto fields = fields_.find(expr->child(0)->name());
      if (fields == fields_.end() || fields->second[expr->index()] == nullptr) return expr;
      return fields->second[expr->index()];
    }
    if (expr->is(NodeKind::kLet) && within_lets(expr->child(0))->is(NodeKind::kMakeStruct) && uses_.any_field(expr->name()))
      return rewrite_struct(expr);
    return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
  }

 private:
  ExprPtr rewrite_struct(const ExprPtr& let) {
    ExprPtr structure = rewrite(let->child(0));
    std::vector<ExprPtr> outer;
    for (; structure->is(NodeKind::kLet); structure = structure->body()) outer.push_back(structure);
    bool split = uses_.only_fields(let->name());
    std::vector<std::pair<std::string, ExprPtr>> bound;
    std::vector<ExprPtr>& fields = fields_[let->name()];
    for (const ExprPtr& field : structure->children()) {
      if (is_atom(field)) {
        fields.push_back(field);
      } else if (split) {
        bound.emplace_back(supply().fresh(let->name()), field);
        fields.push_back(make_identifier(bound.back().first, field->type(), field->span()));
      } else {
        fields.push_back(nullptr);
      }
    }
    ExprPtr body = rewrite(let->body());
    if (!split) body = with_children(let, {std::move(structure), std::move(body)});
    for (size_t i = bound.size(); i-- > 0;) body = make_let(bound[i].first, bound[i].second, std::move(body), let->span());
    for (size_t i = outer.size(); i-- > 0;) body = with_children(outer[i], {outer[i]->child(0), std::move(body)});
    return body;
  }

  NameSupply& supply() {
    if (!supply_) supply_.emplace(program_);
    return *supply_;
  }

  ExprPtr program_;
  FieldUses uses_;
  NoteMap<std::string_view, std::vector<ExprPtr>> fields_;  // null where a field is to be taken from the struct
  std::optional<NameSupply> supply_;
};

}  // namespace

ExprPtr split_structs(const ExprPtr& program) {
  bool may_have_any = program->contains(NodeKind::kLet) && program->contains(NodeKind::kGetField);
  return may_have_any && program->contains(NodeKind::kMakeStruct) ? StructSplitter(program).rewrite(program) : program;
}

}  // namespace weld
