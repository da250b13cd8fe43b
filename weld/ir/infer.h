// Type inference by unification. Private to the front end.
//
// visit() walks the tree once and gives each node, in pre-order, a type that may hold variables; what cannot be decided on the
// spot (which field, vec or dict, scalar or simd) becomes a Deferred constraint that waits on the variable which decides it and
// is tried again when that is bound. What a type must be able to do (be numeric, be compared) is checked when all are known.
// build() walks the tree again in the same order and makes the typed one. Both run on the deep stack.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "weld/ir/expr.h"
#include "weld/ir/macros.h"
#include "weld/ir/note_map.h"

namespace weld {

class Inference {
 public:
  // The typed expression, or null beside the diagnostics. `found` are those of expansion: with them, nothing is said of what
  // could not be inferred. Requires an expanded body.
  Expansion run(const ExprPtr& body, Diagnostics found);

 private:
  enum class What : uint8_t { kExpression, kParameter, kElements, kWritten, kBuilder };

  struct Variable {
    bool bound = false;
    bool fault = false;  // of a faulty place: fits anything and is never bound
    What what = What::kExpression;
    Type value;
    Span span;                      // where it comes from
    const Name* name = nullptr;     // of the parameter
    std::vector<uint32_t> waiting;  // the constraints to try again when it is bound
  };

  enum class Need : uint8_t { kField, kLookup, kCompare, kCast, kBroadcast, kPow, kSelect, kMerge, kResult, kSimdElement };
  struct Deferred {
    Need need;
    const Expr* expr;
    Type subject;  // what decides it
    Type other;
    Type result;
  };

  enum class Ability : uint8_t { kOperand, kSized, kForBuilder, kSortKey, kSelectSimd };
  struct Check {
    Ability ability;
    const Expr* expr;
    Type type;
  };

  // --- infer_unify.cc
  Type fresh(Span span, What what = What::kExpression, const Name* name = nullptr);
  Type faulty(Span span);
  Type instantiate(Type written, Span span, What what = What::kWritten);
  Type find(Type type);
  bool unify(Type left, Type right);
  bool bind(Type variable, Type type);
  bool occurs(uint32_t variable, Type type);
  Type resolve(Type type);
  std::string describe(Type type);
  void describe(Type type, std::string& text, int depth);

  // --- infer_nodes.cc
  void error(Span span, std::string message);
  Type visit(const ExprPtr& expr);
  Type visit_node(const ExprPtr& expr);
  Type visit_identifier(const ExprPtr& expr);
  Type visit_let(const ExprPtr& expr);
  Type visit_binary(const ExprPtr& expr);
  Type visit_if(const ExprPtr& expr);
  Type visit_select(const ExprPtr& expr);
  Type visit_vector(const ExprPtr& expr);
  Type visit_iter(const ExprPtr& expr);
  Type visit_for(const ExprPtr& expr);
  Type visit_sort(const ExprPtr& expr);
  Type visit_iterate(const ExprPtr& expr);
  Type visit_builder(const ExprPtr& expr);
  Type visit_dict_access(const ExprPtr& expr);
  Type visit_misplaced(const ExprPtr& expr);
  Type visit_program(const ExprPtr& lambda);
  // Visits a lambda to which these types are passed and returns its result's type; nullopt, reported, when it is none or its
  // parameters are not as many.
  std::optional<Type> visit_function(const ExprPtr& lambda, const std::vector<Type>& passed, const char* user, const char* form);
  Type visit_body(const ExprPtr& lambda, const std::vector<Type>& parameters);
  void visit_rest(const ExprPtr& expr, size_t first);
  Type visit_expecting(const ExprPtr& expr, Type expected, const char* what);
  Type visit_vec(const ExprPtr& expr, const char* what);
  Type bounded(Type type, Span span);

  // --- infer_constraints.cc
  void fail(const Deferred& deferred, Span span, std::string message);
  void defer(Need need, const ExprPtr& expr, Type subject, Type other, Type result);
  void attempt(uint32_t constraint, bool last_chance);
  void solve(const Deferred& deferred, Type subject);
  void give(const Deferred& deferred, Type type);
  bool solve_without_subject(const Deferred& deferred);
  void solve_field(const Deferred& deferred, Type subject);
  void solve_lookup(const Deferred& deferred, Type subject);
  void solve_cast(const Deferred& deferred, Type subject);
  void solve_merge(const Deferred& deferred, Type subject);
  void settle();
  // Checks now where the type is known, else at the end. False, reported, when the type cannot do it.
  bool require(Ability ability, const ExprPtr& expr, Type type);
  void check_abilities();
  bool check(const Check& check, Type type);
  void check_type(Type type, Span span);

  // --- infer.cc
  void report_unknown();
  ExprPtr build(const ExprPtr& expr);
  Type next_type();

  std::vector<Type> types_;  // of the nodes in pre-order
  size_t built_ = 0;
  std::vector<Variable> variables_;  // variable id i is at i - 1
  std::vector<Deferred> deferred_;
  std::vector<uint32_t> ready_;    // constraints whose variable has been bound
  std::vector<uint32_t> blocked_;  // constraints that have waited, in their order
  std::vector<bool> solved_;
  std::vector<Check> checks_;
  NameMap<std::vector<Type>> scope_;
  std::unordered_map<Type, Type> resolved_;
  std::unordered_map<Type, bool> checked_types_;
  Diagnostics diagnostics_;
  bool too_large_ = false;
};

}  // namespace weld
