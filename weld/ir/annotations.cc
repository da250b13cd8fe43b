#include "weld/ir/annotations.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "weld/ir/lexer.h"
#include "weld/ir/macros.h"

namespace weld {
namespace {

enum class Site : uint8_t {
  kAnywhere,
  kLoop,
  kLoopOrIf,
  kDictionary,  // a builder of one, by groups or not
  kDictMerger,
  kStrategy,  // whatever has strategies: a loop, an `if`, a builder
};

enum class Values : uint8_t { kTruth, kCount, kShare, kStrategy };

struct Rule {
  std::string_view name;
  Site site;
  Values values;
};

// The site of `impl` depends on its value.
constexpr std::array kRules = {
    Rule{"predicate", Site::kLoopOrIf, Values::kTruth},
    Rule{"vectorize", Site::kLoop, Values::kTruth},
    Rule{"grain_size", Site::kLoop, Values::kCount},
    Rule{"size", Site::kAnywhere, Values::kCount},
    Rule{"loopsize", Site::kLoop, Values::kCount},
    Rule{"tile_size", Site::kLoop, Values::kCount},
    Rule{"branch_selectivity", Site::kLoopOrIf, Values::kShare},
    Rule{"num_keys", Site::kDictionary, Values::kCount},
    Rule{"impl", Site::kStrategy, Values::kStrategy},
};

struct Strategy {
  std::string_view name;
  Site site;
};

// `local` and `global` are the original Weld's, of builders that threads have each for itself or together, and choose nothing.
constexpr std::array kStrategies = {
    Strategy{"auto", Site::kStrategy},   Strategy{"local", Site::kStrategy},   Strategy{"global", Site::kStrategy},
    Strategy{"branch", Site::kLoopOrIf}, Strategy{"select", Site::kLoopOrIf},  Strategy{"compress", Site::kLoopOrIf},
    Strategy{"hash", Site::kDictMerger}, Strategy{"dense", Site::kDictMerger}, Strategy{"partitioned", Site::kDictMerger},
};

template <class Entries>
auto find_named(const Entries& entries, std::string_view name) {
  const auto found = std::ranges::find_if(entries, [&](const auto& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

const Rule* rule_of(const Annotation& annotation) { return find_named(kRules, annotation.name); }

std::string_view without_quotes(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

// A value that is a number as the language writes them, of any type; nullopt for one that is none.
std::optional<Token> number_in(const Annotation& annotation) {
  const Tokens read = tokenize(annotation.value);
  const bool is_one = read.diagnostics.empty() && read.tokens.size() == 2;
  if (!is_one || (read.tokens[0].kind != TokenKind::kInteger && read.tokens[0].kind != TokenKind::kFloat)) return std::nullopt;
  return read.tokens[0];
}

std::optional<int64_t> count_in(const Annotation& annotation) {
  const std::optional<Token> token = number_in(annotation);
  const bool is_count = token && token->kind == TokenKind::kInteger && !token->too_large && token->value <= INT64_MAX;
  return is_count ? std::optional(static_cast<int64_t>(token->value)) : std::nullopt;
}

bool is_share(const Annotation& annotation) {
  return number_in(annotation) && std::strtod(annotation.value.c_str(), nullptr) <= 1.0;
}

std::string names_of_strategies() {
  std::string names;
  for (const Strategy& strategy : kStrategies) names += (names.empty() ? "" : ", ") + std::string(strategy.name);
  return names;
}

// What a value of the kind is, where this is none; empty where it is one.
std::string wanted_in_site_of(const Annotation& annotation, Values values) {
  switch (values) {
    case Values::kTruth:
      return annotation.value == "true" || annotation.value == "false" ? "" : "true or false";
    case Values::kCount:
      return count_in(annotation) ? "" : "a whole number that is not negative";
    case Values::kShare:
      return is_share(annotation) ? "" : "a number from 0 to 1";
    case Values::kStrategy:
      return find_named(kStrategies, without_quotes(annotation.value)) ? "" : "one of " + names_of_strategies();
  }
  return "";
}

Site site_by(const Annotation& annotation) {
  const Rule* rule = rule_of(annotation);
  if (rule == nullptr) return Site::kAnywhere;
  const Strategy* strategy = find_named(kStrategies, without_quotes(annotation.value));
  return rule->values == Values::kStrategy && strategy != nullptr ? strategy->site : rule->site;
}

bool is_call(const Expr& expr) { return expr.is(NodeKind::kApply); }

const Annotation* find_annotation(const Expr& expr, const std::string& name) { return find_named(expr.annotations(), name); }

}  // namespace

std::string annotated_text(const Expr& expr, const std::string& name) {
  const Annotation* annotation = find_annotation(expr, name);
  return annotation == nullptr ? "" : std::string(without_quotes(annotation->value));
}

std::optional<int64_t> annotated_number(const Expr& expr, const std::string& name) {
  const Annotation* annotation = find_annotation(expr, name);
  return annotation == nullptr ? std::nullopt : count_in(*annotation);
}

std::string fault_of_value(const Annotation& annotation) {
  const Rule* rule = rule_of(annotation);
  const std::string wanted = rule == nullptr ? "" : wanted_in_site_of(annotation, rule->values);
  return wanted.empty() ? "" : fmt::format("`{}` is {}, not {}", annotation.name, wanted, annotation.value);
}

bool is_known(const Annotation& annotation) { return rule_of(annotation) != nullptr; }

bool may_stand_at(const Annotation& annotation, const Expr& expr) {
  const bool is_builder = expr.is(NodeKind::kNewBuilder);
  const TypeKind builder = is_builder ? expr.operand_type().kind() : TypeKind::kUnknown;
  switch (site_by(annotation)) {
    case Site::kAnywhere:
      return true;
    case Site::kLoop:
      return expr.is(NodeKind::kFor);
    case Site::kLoopOrIf:
      return expr.is(NodeKind::kFor) || expr.is(NodeKind::kIf);
    case Site::kDictionary:
      return builder == TypeKind::kDictMerger || builder == TypeKind::kGroupMerger;
    case Site::kDictMerger:
      return builder == TypeKind::kDictMerger;
    case Site::kStrategy:
      return expr.is(NodeKind::kFor) || expr.is(NodeKind::kIf) || is_builder;
  }
  return false;
}

const char* site_of(const Annotation& annotation) {
  switch (site_by(annotation)) {
    case Site::kAnywhere:
      return "an expression";
    case Site::kLoop:
      return "a loop";
    case Site::kLoopOrIf:
      return "a loop or an `if`";
    case Site::kDictionary:
      return "a `dictmerger` or `groupmerger`";
    case Site::kDictMerger:
      return "a `dictmerger`";
    case Site::kStrategy:
      return "a loop, an `if` or a builder";
  }
  return "";
}

ExprPtr hand_on(const ExprPtr& expr, const Annotations& annotations) {
  Annotations here;
  Annotations further;
  const bool takes_all = is_call(*expr) && !is_zip_form(expr);
  for (const Annotation& annotation : annotations) {
    if (!is_known(annotation)) continue;
    (takes_all || may_stand_at(annotation, *expr) ? here : further).push_back(annotation);
  }
  ExprPtr result = expr;
  if (!further.empty()) {
    std::vector<ExprPtr> children;
    for (const ExprPtr& child : expr->children()) children.push_back(hand_on(child, further));
    result = with_children(expr, std::move(children));
  }
  if (here.empty()) return result;
  here.insert(here.end(), expr->annotations().begin(), expr->annotations().end());
  return with_annotations(result, std::move(here));
}

}  // namespace weld
