// remove-unused: drops lets that nothing needs, and those that only dropped ones needed.
//
//   before   let a = lookup(v, 7L); let b = a + 1L; let c = assert(x > 0L); x
//   after    let c = assert(x > 0L); x
//
// A value that nothing needs is not evaluated, so neither does its error happen; only asserts stay. Calls of C functions (cudf)
// are taken to be functions of their arguments, and go. Columns of a zip stay, since a loop always checks that they are of one
// length.
//
// Requires nothing.
#include "weld/optimizer/passes.h"
#include "weld/optimizer/rewriting.h"

namespace weld {
namespace {

// Visits the body of a let before its value, so that the uses in a dropped value never count.
class UnusedRemover {
 public:
  explicit UnusedRemover(const ExprPtr& program) : asserts_(program) {}

  ExprPtr rewrite(const ExprPtr& expr) {
    if (expr->is(NodeKind::kIdentifier)) used_.insert(expr->name());
    if (!expr->is(NodeKind::kLet)) return map_children(expr, [this](const ExprPtr& child) { return rewrite(child); });
    ExprPtr body = rewrite(expr->body());
    const ExprPtr& value = expr->child(0);
    bool needed = used_.contains(expr->name()) || asserts_.contains(value) || consumes_outer_builder(value);
    return needed ? with_children(expr, {rewrite(value), std::move(body)}) : body;
  }

 private:
  AssertIndex asserts_;
  std::unordered_set<std::string_view> used_;
};

}  // namespace

ExprPtr remove_unused(const ExprPtr& program) { return UnusedRemover(program).rewrite(program); }

}  // namespace weld
