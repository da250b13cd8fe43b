// remove-unused-builders: takes builders whose results nothing needs out of a loop's struct of builders.
//
//   before   let r = for(v, {A, C}, |b, i, e| {merge(b.$0, f(e)), merge(b.$1, g(e))}); result(r.$0)
//   after    let r = for(v, A, |b, i, e| merge(b, f(e))); result(r)
//
//   before   result(for(v, {A, C}, |b, i, e| {merge(b.$0, f(e)), merge(b.$1, g(e))}).$0)
//   after    result(for(v, A, |b, i, e| merge(b, f(e))))
//
// What is merged into them goes too, unless it can fail: a loop's errors are those of its whole body. Where the body does not end
// in a struct, also under lets and in branches, the builders stay.
//
// Requires inline-lets before it, for uses in lets that nothing needs. Leaves lets behind that only the removed merges used.
#include <optional>

#include "weld/optimizer/fuse.h"
#include "weld/optimizer/passes.h"

namespace weld {
namespace {

// Which fields of a struct stay, and as what: the fields of a smaller struct, or the whole when there is one.
class Selection {
 public:
  Selection(Name name, std::vector<bool> kept) : name_(std::move(name)), kept_(std::move(kept)) {}

  bool keeps(size_t field) const { return kept_[field]; }
  const Name& name() const { return name_; }

  ExprPtr struct_of(std::span<const ExprPtr> fields) const {
    std::vector<ExprPtr> some;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (kept_[i]) some.push_back(fields[i]);
    }
    return some.size() == 1 ? some[0] : make_struct(std::move(some));
  }

  // The name, which now stands for a value of this type, in place of a field of it, or of all.
  ExprPtr whole(Type type) const { return make_identifier(name_, type); }
  ExprPtr field(size_t index, Type type) const {
    uint32_t place = 0;
    uint32_t count = 0;
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (i < index && kept_[i]) ++place;
      if (kept_[i]) ++count;
    }
    return count == 1 ? whole(type) : make_get_field(whole(type), place);
  }

 private:
  Name name_;
  std::vector<bool> kept_;
};

class BuilderRemover {
 public:
  explicit BuilderRemover(const ExprPtr& program) : uses_(program) {}

  ExprPtr rewrite(const ExprPtr& expr) {
    if (!expr->contains(NodeKind::kGetField)) return expr;
    if (expr->is(NodeKind::kLet)) return rewrite_let(expr);
    if (is_field_of_name(expr)) {
      auto selected = selected_.find(expr->child(0)->name());
      return selected == selected_.end() ? expr : selected->second.selection.field(expr->index(), selected->second.type);
    }
    if (expr->is(NodeKind::kGetField)) {
      if (ExprPtr loop = loop_of_field(expr)) return rewrite(loop);
    }
    return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
  }

 private:
  struct Selected {
    Selection selection;
    Type type;  // of what is left
  };

  ExprPtr rewrite_let(const ExprPtr& let) {
    std::optional<Selection> selection = selection_of(let);
    ExprPtr loop = selection ? with_selected(Loop(let->child(0)), *selection) : nullptr;
    if (loop == nullptr) return map_children(let, [this](const ExprPtr& child) { return rewrite(child); });
    selected_.emplace(let->name(), Selected{*selection, loop->type()});
    ExprPtr value = rewrite(loop);
    return make_let(let->name(), std::move(value), rewrite(let->body()), let->span());
  }

  // Of the builders that a let's loop fills, when only some of them are used, and each by itself.
  std::optional<Selection> selection_of(const ExprPtr& let) const {
    if (!uses_.any_field(let->name()) || !uses_.only_fields(let->name())) return std::nullopt;
    if (!has_struct_of_builders(let->child(0))) return std::nullopt;
    std::vector<bool> kept(let->child(0)->builder()->children().size());
    for (size_t i = 0; i < kept.size(); ++i) kept[i] = uses_.count(let->name(), i) > 0;
    if (!may_select(let->child(0), kept)) return std::nullopt;
    return Selection(let->name(), std::move(kept));
  }

  // The loop that fills only the builder that is taken of what a loop gives; null when there is none.
  static ExprPtr loop_of_field(const ExprPtr& field) {
    const ExprPtr& loop = field->child(0);
    if (!has_struct_of_builders(loop)) return nullptr;
    std::vector<bool> kept(loop->builder()->children().size());
    kept[field->index()] = true;
    return may_select(loop, kept) ? with_selected(Loop(loop), Selection("", std::move(kept))) : nullptr;
  }

  static bool has_struct_of_builders(const ExprPtr& expr) {
    return is_plain_loop(expr) && expr->builder()->is(NodeKind::kMakeStruct);
  }

  // Whether some builders stay, and the others are new ones, which nothing happened to before.
  static bool may_select(const ExprPtr& loop, const std::vector<bool>& kept) {
    const std::span<const ExprPtr> builders = loop->builder()->children();
    size_t count = 0;
    for (size_t i = 0; i < builders.size(); ++i) {
      count += kept[i] ? 1 : 0;
      if (!kept[i] && (!builders[i]->is(NodeKind::kNewBuilder) || may_fail(builders[i]))) return false;
    }
    return count > 0 && count < builders.size();
  }

  // Null when the other builders cannot be taken out.
  static ExprPtr with_selected(const Loop& loop, const Selection& selection) {
    ExprPtr builder = selection.struct_of(loop.node->builder()->children());
    BodyRewriter rewriter(loop, selection, builder->type());
    ExprPtr body = rewriter.end_of(loop.body);
    if (body == nullptr || rewriter.failed()) return nullptr;
    std::vector<ExprPtr> iterators(loop.node->iterators().begin(), loop.node->iterators().end());
    return loop.with_parts(std::move(iterators), builder,
                           {{loop.builder_name(), builder->type()}, loop.parameter(1), loop.parameter(2)}, std::move(body));
  }

  class BodyRewriter {
   public:
    BodyRewriter(const Loop& loop, const Selection& selection, Type type)
        : state_(loop.builder_name(), kept_of(loop, selection)), type_(type) {}

    bool failed() const { return failed_; }

    // What a body ends in, without the other fields; null when it is no struct.
    ExprPtr end_of(const ExprPtr& expr) {
      switch (expr->kind()) {
        case NodeKind::kIdentifier:
          return expr->name() == state_.name() ? state_.whole(type_) : nullptr;
        case NodeKind::kMakeStruct: {
          std::vector<ExprPtr> fields;
          for (size_t i = 0; i < expr->children().size(); ++i) {
            if (!state_.keeps(i) && may_fail(expr->child(i))) return nullptr;
            fields.push_back(state_.keeps(i) ? part(expr->child(i)) : expr->child(i));
          }
          return state_.struct_of(fields);
        }
        case NodeKind::kIf: {
          ExprPtr then_end = end_of(expr->child(1));
          ExprPtr else_end = then_end == nullptr ? nullptr : end_of(expr->child(2));
          if (else_end == nullptr) return nullptr;
          return with_children(expr, {part(expr->child(0)), std::move(then_end), std::move(else_end)});
        }
        case NodeKind::kLet: {
          if (expr->child(0)->type().contains_builder()) return nullptr;
          ExprPtr end = end_of(expr->body());
          return end == nullptr ? nullptr : with_children(expr, {part(expr->child(0)), std::move(end)});
        }
        default:
          return nullptr;
      }
    }

   private:
    static std::vector<bool> kept_of(const Loop& loop, const Selection& selection) {
      std::vector<bool> kept;
      for (size_t i = 0; i < loop.node->builder()->children().size(); ++i) kept.push_back(selection.keeps(i));
      return kept;
    }

    // A part of what stays, over the smaller state.
    ExprPtr part(const ExprPtr& expr) {
      if (is_field_of_name(expr) && expr->child(0)->name() == state_.name()) {
        failed_ |= !state_.keeps(expr->index());
        return failed_ ? expr : state_.field(expr->index(), type_);
      }
      if (expr->is(NodeKind::kIdentifier)) {
        failed_ |= expr->name() == state_.name();
        return expr;
      }
      return map_children(expr, [this](const ExprPtr& child) { return part(child); });
    }

    Selection state_;
    Type type_;
    bool failed_ = false;  // something of the state is used that does not stay, or otherwise than field by field
  };

  FieldUses uses_;
  NoteMap<Name, Selected> selected_;
};

}  // namespace

ExprPtr remove_unused_builders(const ExprPtr& program) {
  bool may_have_any = program->contains(NodeKind::kFor) && program->contains(NodeKind::kGetField);
  return may_have_any && program->contains(NodeKind::kMakeStruct) ? BuilderRemover(program).rewrite(program) : program;
}

}  // namespace weld
