// Expansion evaluates the program's functions away: a scope maps each name to what stands for it (a fresh name, an argument, a
// lambda), and every expression is rebuilt under its scope. Arguments are expanded before the call, so that what a name stands
// for is already in the names of the output, which are unique; that makes macros hygienic. Each use of a lambda is a copy with
// fresh names, so that it may be used at several types.
#include "weld/ir/macros.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "weld/ir/annotations.h"
#include "weld/ir/deep_stack.h"
#include "weld/ir/lexer.h"
#include "weld/ir/note_map.h"
#include "weld/ir/parser.h"

namespace weld {
namespace {

constexpr int kMaximumCallDepth = 256;       // of macros and lambdas that call each other
constexpr size_t kMaximumNodes = 1'000'000;  // that calls of macros and lambdas add to a program

struct Scope {
  NoteMap<Name, std::vector<ExprPtr>> bindings;
  bool output = false;        // the expression is already expanded: names not bound here are the output's
  std::optional<Span> place;  // the call that the nodes of a standard macro get as their place

  const ExprPtr* find(const Name& name) const {
    auto found = bindings.find(name);
    return found == bindings.end() || found->second.empty() ? nullptr : &found->second.back();
  }
  void bind(const Name& name, ExprPtr value) { bindings[name].push_back(std::move(value)); }
  void unbind(const Name& name) { bindings[name].pop_back(); }
};

// How a macro's body uses a parameter.
struct Use {
  int count = 0;
  bool in_lambda = false;
};

void count_uses(const ExprPtr& expr, const std::vector<Name>& parameters, NoteMap<Name, int>& hidden, bool in_lambda,
                std::vector<Use>& uses) {
  if (expr->is(NodeKind::kIdentifier)) {
    auto found = std::find(parameters.begin(), parameters.end(), expr->name());
    if (found == parameters.end() || hidden[expr->name()] > 0) return;
    Use& use = uses[found - parameters.begin()];
    ++use.count;
    use.in_lambda |= in_lambda;
    return;
  }
  std::vector<Name> bound;
  if (expr->is(NodeKind::kLet)) bound.push_back(expr->name());
  if (expr->is(NodeKind::kLambda)) {
    for (const Parameter& parameter : expr->parameters()) bound.push_back(parameter.name);
  }
  for (const ExprPtr& child : expr->children()) {
    bool inside = !bound.empty() && child == expr->children().back();
    if (inside) {
      for (const Name& name : bound) ++hidden[name];
    }
    count_uses(child, parameters, hidden, in_lambda || expr->is(NodeKind::kLambda), uses);
    if (inside) {
      for (const Name& name : bound) --hidden[name];
    }
  }
}

bool is_iterator_form(const ExprPtr& expr) { return expr->is(NodeKind::kIter) || is_zip_form(expr); }

// Costs nothing to evaluate again.
bool is_atom(const ExprPtr& expr) {
  if (expr->is(NodeKind::kAscribe)) return is_atom(expr->child(0));
  return expr->is(NodeKind::kIdentifier) || expr->is(NodeKind::kLiteral);
}

class Expander {
 public:
  explicit Expander(const std::map<std::string, Macro>& macros) : macros_(macros) {}

  Expansion run(const ExprPtr& body) {
    Scope scope;
    Lets lets;
    ExprPtr result = without_lets(expand(body, scope), lets);
    if (!lets.empty() && result->is(NodeKind::kLambda)) {
      result = with_children(result, {wrap(result->body(), lets)});
    } else {
      result = wrap(std::move(result), lets);
    }
    report_homeless();
    if (stopped_) result = nullptr;
    return {std::move(result), std::move(diagnostics_)};
  }

 private:
  struct BoundLet {
    Name name;
    ExprPtr value;
    Type declared;
    Span span;
  };
  using Lets = std::vector<BoundLet>;

  class Call {
   public:
    explicit Call(Expander& expander) : expander_(expander) { ++expander.call_depth_; }
    ~Call() { --expander_.call_depth_; }

   private:
    Expander& expander_;
  };

  void error(Span span, std::string message) {
    if (stopped_) return;
    diagnostics_.push_back({std::move(message), span});
    if (diagnostics_.size() >= kMaximumDiagnostics) stopped_ = true;
  }

  void fatal(Span span, std::string message) {
    error(span, std::move(message));
    stopped_ = true;
  }

  static ExprPtr fault(Span span) { return make_identifier(kFaultName, Type(), span); }
  static Span place_of(const ExprPtr& expr, const Scope& scope) { return scope.place.value_or(expr->span()); }

  Name fresh(const Name& name) {
    if (!is_function_name(name.text()) && used_.insert(name).second) return name;
    auto known = base_.find(name);
    const Name base = known == base_.end() ? name : known->second;
    while (true) {
      Name candidate = fmt::format("{}_{}", base.text(), ++next_[base]);
      if (!used_.insert(candidate).second) continue;
      base_.emplace(candidate, base);
      return candidate;
    }
  }

  // The node over other children, at the place that the scope gives it; the node itself when nothing is new.
  ExprPtr rebuilt(const ExprPtr& expr, std::vector<ExprPtr> children, Payload payload, const Scope& scope) {
    if (!scope.place && std::ranges::equal(children, expr->children()) && payload == expr->payload()) return expr;
    auto node = make_node(expr->kind(), expr->type(), std::move(children), std::move(payload), expr->operand_type(),
                          place_of(expr, scope));
    if (node->depth() > kMaximumDepth) {
      fatal(node->span(), fmt::format("the program expands to more than {} levels of nesting", kMaximumDepth));
    }
    return annotated(std::move(node), expr->annotations());
  }

  static ExprPtr annotated(ExprPtr expr, Annotations annotations) {
    if (annotations.empty()) return expr;
    annotations.insert(annotations.end(), expr->annotations().begin(), expr->annotations().end());
    return with_annotations(expr, std::move(annotations));
  }

  // What annotations say of a node that is no call.
  void check_annotations(const Annotations& annotations, const Expr& expr) {
    for (const Annotation& annotation : annotations) {
      if (!is_known(annotation)) continue;
      if (std::string fault = fault_of_value(annotation); !fault.empty()) {
        error(annotation.span, std::move(fault));
      } else if (!may_stand_at(annotation, expr)) {
        error(annotation.span, misplaced(annotation));
      }
      handed_on_.erase(annotation.span.begin);
      at_home_.insert(annotation.span.begin);
    }
  }

  static std::string misplaced(const Annotation& annotation) {
    return fmt::format("`{}: {}` means nothing here: it is of {}", annotation.name, annotation.value, site_of(annotation));
  }

  // What a call stands for, with the call's annotations where they belong in it.
  ExprPtr annotated_inside(const ExprPtr& body, const Annotations& annotations) {
    if (annotations.empty()) return body;
    for (const Annotation& annotation : annotations) {
      const bool has_place = annotation.span.end != 0;
      if (has_place && is_known(annotation) && !at_home_.contains(annotation.span.begin)) {
        handed_on_.emplace(annotation.span.begin, annotation);
      }
    }
    return hand_on(body, annotations);
  }

  // Of a call's annotations, those that say nothing here.
  static Annotations unknown_ones(const Annotations& annotations) {
    Annotations unknown;
    std::ranges::copy_if(annotations, std::back_inserter(unknown), [](const Annotation& each) { return !is_known(each); });
    return unknown;
  }

  // Annotations before calls that stand for nothing that these could be of. After other faults there may have been some.
  void report_homeless() {
    if (!diagnostics_.empty()) return;
    for (const auto& [place, annotation] : handed_on_) {
      std::string fault = fault_of_value(annotation);
      error(annotation.span, fault.empty() ? misplaced(annotation) : std::move(fault));
    }
  }

  ExprPtr wrap(ExprPtr body, Lets& lets) {
    for (size_t i = lets.size(); i-- > 0;) {
      BoundLet& let = lets[i];
      body = make_let(std::move(let.name), std::move(let.value), std::move(body), let.span, let.declared);
      if (body->depth() > kMaximumDepth) {
        fatal(let.span, fmt::format("the program expands to more than {} levels of nesting", kMaximumDepth));
      }
    }
    return body;
  }

  // Takes the lets off that stand before a lambda; other expressions stay as they are.
  static ExprPtr without_lets(ExprPtr expr, Lets& lets) {
    if (!expr->is(NodeKind::kLet)) return expr;
    const Expr* inner = expr.get();
    while (inner->is(NodeKind::kLet)) inner = inner->body().get();
    if (!inner->is(NodeKind::kLambda)) return expr;
    while (expr->is(NodeKind::kLet)) {
      lets.push_back({expr->name(), expr->child(0), expr->operand_type(), expr->span()});
      expr = ExprPtr(expr->body());
    }
    return expr;
  }

  ExprPtr expand(const ExprPtr& expr, Scope& scope) {
    if (stopped_) return fault(expr->span());
    if (call_depth_ > 0 && ++nodes_ > kMaximumNodes) {
      fatal(place_of(expr, scope), fmt::format("the calls in the program expand to more than {} expressions", kMaximumNodes));
      return fault(expr->span());
    }
    if (depth_ > kMaximumDepth) {
      fatal(place_of(expr, scope), fmt::format("the program expands to more than {} levels of nesting", kMaximumDepth));
      return fault(expr->span());
    }
    ++depth_;
    ExprPtr result = expand_node(expr, scope);
    --depth_;
    return result;
  }

  ExprPtr expand_node(const ExprPtr& expr, Scope& scope) {
    const bool is_call = expr->is(NodeKind::kApply) && !is_zip_form(expr);
    const bool is_checked_here = !is_call && !expr->is(NodeKind::kIdentifier) && !expr->is(NodeKind::kRes);
    if (is_checked_here) check_annotations(expr->annotations(), *expr);
    switch (expr->kind()) {
      case NodeKind::kIdentifier:
        return expand_identifier(expr, scope);
      case NodeKind::kLet:
        return expand_let(expr, scope);
      case NodeKind::kLambda:
        return expand_lambda(expr, scope);
      case NodeKind::kApply:
        return expand_apply(expr, scope);
      case NodeKind::kFor:
        return expand_for(expr, scope);
      case NodeKind::kRes:
        if (!expr->annotations().empty()) return expand_annotated_result(expr, scope);
        break;
      default:
        break;
    }
    std::vector<ExprPtr> children = expand_all(expr->children(), scope);
    Lets lets;
    if (expr->is(NodeKind::kSort) || expr->is(NodeKind::kIterate)) {
      children[1] = without_lets(std::move(children[1]), lets);
    }
    return wrap(rebuilt(expr, std::move(children), expr->payload(), scope), lets);
  }

  std::vector<ExprPtr> expand_all(std::span<const ExprPtr> expressions, Scope& scope) {
    std::vector<ExprPtr> result;
    result.reserve(expressions.size());
    for (const ExprPtr& expression : expressions) result.push_back(expand(expression, scope));
    return result;
  }

  ExprPtr expand_identifier(const ExprPtr& expr, Scope& scope) {
    const ExprPtr* bound = scope.find(expr->name());
    Span span = place_of(expr, scope);
    if (bound == nullptr) {
      if (scope.output || expr->name() == kFaultName) return expr;
      return undefined(expr->name().text(), span);
    }
    const ExprPtr& value = *bound;
    ExprPtr result = value;
    if (value->is(NodeKind::kIdentifier) && value->span().end == 0) {
      if (!scope.place && value->name() == expr->name()) return expr;
      result = make_identifier(value->name(), Type(), span);
    } else if (value->is(NodeKind::kLambda)) {
      Scope nothing;
      nothing.output = true;
      Call call(*this);
      result = expand(value, nothing);
    }
    check_annotations(expr->annotations(), *result);
    return annotated(std::move(result), expr->annotations());
  }

  ExprPtr undefined(const std::string& name, Span span) {
    if (find_macro(name) != nullptr) {
      error(span, fmt::format("`{0}` is a macro and can only be called, as in `{0}(...)`", name));
    } else if (is_function_name(name)) {
      error(span, fmt::format("`{0}` is a function and can only be called, as in `{0}(...)`", name));
    } else {
      error(span, fmt::format("`{}` is not defined", name));
    }
    return fault(span);
  }

  ExprPtr expand_let(const ExprPtr& expr, Scope& scope) {
    Lets lets;
    ExprPtr value = without_lets(expand(expr->child(0), scope), lets);
    if (value->is(NodeKind::kLambda)) {
      if (!(expr->operand_type() == Type())) error(place_of(expr, scope), "a function cannot be declared to be of a type");
      scope.bind(expr->name(), std::move(value));
      ExprPtr body = expand(expr->body(), scope);
      scope.unbind(expr->name());
      return wrap(std::move(body), lets);
    }
    Name name = fresh(expr->name());
    scope.bind(expr->name(), make_identifier(name, Type()));
    ExprPtr body = expand(expr->body(), scope);
    scope.unbind(expr->name());
    return rebuilt(expr, {std::move(value), std::move(body)}, std::move(name), scope);
  }

  ExprPtr expand_lambda(const ExprPtr& expr, Scope& scope) {
    Parameters parameters = expr->parameters();
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Name& name = expr->parameters()[i].name;
      parameters[i].name = fresh(name);
      scope.bind(name, make_identifier(parameters[i].name, Type()));
    }
    ExprPtr body = expand(expr->body(), scope);
    for (const Parameter& parameter : expr->parameters()) scope.unbind(parameter.name);
    return rebuilt(expr, {std::move(body)}, std::move(parameters), scope);
  }

  // Before `result` they are of the loop behind it, as before a macro that begins so.
  ExprPtr expand_annotated_result(const ExprPtr& expr, Scope& scope) {
    ExprPtr builder = expand(annotated_inside(expr->child(0), expr->annotations()), scope);
    ExprPtr result = rebuilt(with_annotations(expr, {}), {std::move(builder)}, expr->payload(), scope);
    return annotated(std::move(result), unknown_ones(expr->annotations()));
  }

  // An iterator whose vector may stand for an iterator form or, alone in its `for`, for a zip.
  void expand_iterator(const ExprPtr& iter, Scope& scope, bool alone, std::vector<ExprPtr>& result) {
    std::vector<ExprPtr> children = expand_all(iter->children(), scope);
    if (children.size() != 1 || iter->iter_kind() != IterKind::kVector || !is_iterator_form(children[0])) {
      result.push_back(rebuilt(iter, std::move(children), iter->payload(), scope));
    } else if (children[0]->is(NodeKind::kIter)) {
      result.push_back(std::move(children[0]));
    } else if (alone) {
      result.insert(result.end(), children[0]->children().begin() + 1, children[0]->children().end());
    } else {
      error(children[0]->span(), "`zip` cannot stand inside `zip`");
      result.push_back(rebuilt(iter, {fault(children[0]->span())}, iter->payload(), scope));
    }
  }

  ExprPtr expand_for(const ExprPtr& expr, Scope& scope) {
    std::vector<ExprPtr> children;
    std::span<const ExprPtr> iterators = expr->iterators();
    for (const ExprPtr& iter : iterators) expand_iterator(iter, scope, iterators.size() == 1, children);
    children.push_back(expand(expr->builder(), scope));
    Lets lets;
    children.push_back(without_lets(expand(expr->function(), scope), lets));
    return wrap(rebuilt(expr, std::move(children), {}, scope), lets);
  }

  ExprPtr expand_apply(const ExprPtr& expr, Scope& scope) {
    const ExprPtr& head = expr->child(0);
    std::span<const ExprPtr> written(expr->children().begin() + 1, expr->children().end());
    if (is_zip_form(expr)) {
      std::vector<ExprPtr> children{head};
      for (const ExprPtr& iter : written) expand_iterator(iter, scope, written.size() == 1, children);
      return rebuilt(expr, std::move(children), {}, scope);
    }
    Span span = place_of(expr, scope);
    Annotations annotations = expr->annotations();
    annotations.insert(annotations.end(), head->annotations().begin(), head->annotations().end());  // as in `@(size: 3) f(x)`
    if (head->is(NodeKind::kIdentifier) && !scope.output && scope.find(head->name()) == nullptr && head->name() != kFaultName) {
      const Macro* macro = find_macro(head->name().text());
      if (macro == nullptr) {
        error(span, fmt::format("there is no macro or function `{}`", head->name().text()));
        expand_all(written, scope);
        return fault(span);
      }
      ExprPtr result = call_macro(*macro, written, annotations, span, scope);
      return annotated(std::move(result), unknown_ones(annotations));
    }
    std::vector<ExprPtr> arguments = expand_all(written, scope);
    Lets lets;
    if (head->is(NodeKind::kLambda) && right_count(head, arguments.size(), span)) {  // called here only: no copy is needed
      const Parameters& parameters = head->parameters();
      bind_parameters(parameters, std::move(arguments), scope, lets);
      ExprPtr body = expand(annotated_inside(head->body(), annotations), scope);
      for (const Parameter& parameter : parameters) scope.unbind(parameter.name);
      return wrap(annotated(std::move(body), unknown_ones(annotations)), lets);
    }
    if (head->is(NodeKind::kLambda)) return fault(span);
    const ExprPtr bare_head = head->annotations().empty() ? head : with_annotations(head, {});
    ExprPtr function = without_lets(expand(bare_head, scope), lets);
    ExprPtr result;
    if (function->is(NodeKind::kLambda)) {
      result = annotated(call_lambda(function, std::move(arguments), annotations, span), unknown_ones(annotations));
    } else {  // a parameter that a later call may bind to a lambda; inference reports what is left
      arguments.insert(arguments.begin(), std::move(function));
      result = annotated(rebuilt(expr, std::move(arguments), {}, scope), head->annotations());
    }
    return wrap(std::move(result), lets);
  }

  const Macro* find_macro(const std::string& name) const {
    auto found = macros_.find(name);
    if (found != macros_.end()) return &found->second;
    found = standard_macros().find(name);
    return found == standard_macros().end() ? nullptr : &found->second;
  }

  bool too_many_calls(Span span, const std::string& name) {
    if (call_depth_ <= kMaximumCallDepth) return false;
    fatal(span, fmt::format("{} expands more than {} levels deep; does it call itself?", name, kMaximumCallDepth));
    return true;
  }

  const std::vector<Use>& uses_of(const Macro& macro) {
    auto [found, is_new] = uses_.try_emplace(&macro);
    if (is_new) {
      found->second.resize(macro.parameters.size());
      NoteMap<Name, int> hidden;
      count_uses(macro.body, macro.parameters, hidden, false, found->second);
    }
    return found->second;
  }

  static std::string count_text(size_t count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  }

  ExprPtr call_macro(const Macro& macro, std::span<const ExprPtr> written, const Annotations& annotations, Span span,
                     Scope& scope) {
    std::vector<ExprPtr> arguments = expand_all(written, scope);
    if (arguments.size() != macro.parameters.size()) {
      error(span, fmt::format("the macro `{}` takes {} but is given {}", macro.name,
                              count_text(macro.parameters.size(), "argument"), arguments.size()));
      return fault(span);
    }
    Call call(*this);
    if (too_many_calls(span, fmt::format("the macro `{}`", macro.name))) return fault(span);
    Scope inner;
    inner.place = scope.place;
    if (!macros_.contains(macro.name)) inner.place = span;
    Lets lets;
    const std::vector<Use>& uses = uses_of(macro);
    for (size_t i = 0; i < arguments.size(); ++i) {
      bool once = uses[i].count == 1 && !uses[i].in_lambda;
      inner.bind(macro.parameters[i], argument(std::move(arguments[i]), macro.parameters[i], Type(), once, lets));
    }
    ExprPtr body = expand(annotated_inside(macro.body, annotations), inner);
    return wrap(std::move(body), lets);
  }

  bool right_count(const ExprPtr& lambda, size_t given, Span span) {
    size_t taken = lambda->parameters().size();
    if (given == taken) return true;
    error(span, fmt::format("the function takes {} but is given {}", count_text(taken, "argument"), given));
    return false;
  }

  void bind_parameters(const Parameters& parameters, std::vector<ExprPtr> arguments, Scope& scope, Lets& lets) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      ExprPtr bound = argument(std::move(arguments[i]), parameters[i].name, parameters[i].type, false, lets);
      // A name has its place where the function uses it.
      const bool is_name = bound->is(NodeKind::kIdentifier) && bound->annotations().empty();
      if (is_name && bound->name() != kFaultName) bound = make_identifier(bound->name(), Type());
      scope.bind(parameters[i].name, std::move(bound));
    }
  }

  ExprPtr call_lambda(const ExprPtr& lambda, std::vector<ExprPtr> arguments, const Annotations& annotations, Span span) {
    if (!right_count(lambda, arguments.size(), span)) return fault(span);
    Call call(*this);
    if (too_many_calls(span, "the function")) return fault(span);
    Scope inner;
    inner.output = true;
    Lets lets;
    bind_parameters(lambda->parameters(), std::move(arguments), inner, lets);
    ExprPtr body = expand(annotated_inside(lambda->body(), annotations), inner);
    return wrap(std::move(body), lets);
  }

  // What a parameter stands for: the argument itself, or the name of a let that holds it. `once`: the argument is used in just
  // one place, which is evaluated at most once.
  ExprPtr argument(ExprPtr value, const Name& name, Type declared, bool once, Lets& lets) {
    value = without_lets(std::move(value), lets);
    if (value->is(NodeKind::kLambda)) return value;
    if (is_iterator_form(value)) return once ? value : frozen(value, lets);
    bool typed = !(declared == Type());
    if (is_atom(value)) {
      Span span = value->span();
      return typed ? make_ascribe(std::move(value), declared, span) : value;
    }
    if (once && !typed) return value;
    Span span = value->span();
    Name bound = fresh(name);
    lets.push_back({bound, std::move(value), declared, span});
    return make_identifier(std::move(bound), Type());
  }

  // An iterator form whose parts are atoms, so that it can be used several times.
  ExprPtr frozen(const ExprPtr& form, Lets& lets) {
    std::vector<ExprPtr> children;
    for (const ExprPtr& child : form->children()) {
      if (is_iterator_form(child)) {
        children.push_back(frozen(child, lets));
      } else if (is_atom(child)) {
        children.push_back(child);
      } else {
        Name bound = fresh("data");
        lets.push_back({bound, child, Type(), child->span()});
        children.push_back(make_identifier(std::move(bound), Type(), child->span()));
      }
    }
    return with_children(form, std::move(children));
  }

  const std::map<std::string, Macro>& macros_;
  std::unordered_map<const Macro*, std::vector<Use>> uses_;
  NoteSet<Name> used_;
  NoteMap<Name, int> next_;
  NoteMap<Name, Name> base_;                  // of a name made here, the name it was made from
  std::map<uint32_t, Annotation> handed_on_;  // by where they are written: those before calls that have not found their node
  std::unordered_set<uint32_t> at_home_;      // and those that have
  Diagnostics diagnostics_;
  size_t nodes_ = 0;
  uint32_t depth_ = 0;
  int call_depth_ = 0;
  bool stopped_ = false;
};

}  // namespace

bool is_zip_form(const ExprPtr& expr) {
  return expr->is(NodeKind::kApply) && expr->child(0)->is(NodeKind::kIdentifier) && expr->child(0)->name() == kZipName;
}

Expansion expand(const ExprPtr& body, const std::map<std::string, Macro>& macros) { return Expander(macros).run(body); }

Result<ExprPtr> expand_macros(const Program& program) {
  Expansion expansion;
  run_on_deep_stack([&] { expansion = expand(program.body, program.macros); });
  if (!expansion.diagnostics.empty()) return in_order(std::move(expansion.diagnostics));
  return std::move(expansion.body);
}

}  // namespace weld
