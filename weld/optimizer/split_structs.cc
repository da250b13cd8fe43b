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
    if (expr->is(NodeKind::kLet)) return rewrite_lets(expr);
    return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
  }

 private:
  ExprPtr rewrite_lets(ExprPtr expr) {
    std::vector<BoundValue> lets;
    for (; expr->is(NodeKind::kLet); expr = expr->body()) {
      const bool is_taken_apart = within_lets(expr->child(0))->is(NodeKind::kMakeStruct) && uses_.any_field(expr->name());
      ExprPtr value = rewrite(expr->child(0));
      if (is_taken_apart) {
        add_struct(expr, std::move(value), lets);
      } else {
        lets.push_back({expr, std::move(value)});
      }
    }
    return around(std::move(lets), rewrite(expr));
  }

  // What takes the place of a let of a struct.
  void add_struct(const ExprPtr& let, ExprPtr structure, std::vector<BoundValue>& lets) {
    for (; structure->is(NodeKind::kLet); structure = structure->body()) lets.push_back({structure, structure->child(0)});
    const bool split = uses_.only_fields(let->name());
    std::vector<ExprPtr>& fields = fields_[let->name()];
    for (const ExprPtr& field : structure->children()) {
      if (is_atom(field)) {
        fields.push_back(field);
      } else if (split) {
        Name name = supply().fresh(let->name());
        fields.push_back(make_identifier(name, field->type(), field->span()));
        lets.push_back({nullptr, field, std::move(name), let->span()});
      } else {
        fields.push_back(nullptr);
      }
    }
    if (!split) lets.push_back({let, std::move(structure)});
  }

  NameSupply& supply() {
    if (!supply_) supply_.emplace(program_);
    return *supply_;
  }

  ExprPtr program_;
  FieldUses uses_;
  NameMap<std::vector<ExprPtr>> fields_;  // null where a field is to be taken from the struct
  std::optional<NameSupply> supply_;
};

}  // namespace

ExprPtr split_structs(const ExprPtr& program) {
  bool may_have_any = program->contains(NodeKind::kLet) && program->contains(NodeKind::kGetField);
  return may_have_any && program->contains(NodeKind::kMakeStruct) ? StructSplitter(program).rewrite(program) : program;
}

}  // namespace weld
