// The macros that every program has, as Weld text. A program's own macro of the same name takes their place.
#include "weld/ir/macros.h"
#include "weld/ir/parser.h"

namespace weld {
namespace {

constexpr const char* kText = R"(
macro map(data, function) = result(for(data, appender, |b, i, x| merge(b, function(x))));

macro filter(data, predicate) = result(for(data, appender, |b, i, x| if(predicate(x), merge(b, x), b)));

macro flatten(data) = result(for(data, appender, |b, i, inner| for(inner, b, |b2, j, x| merge(b2, x))));

macro sum(data) = result(for(data, merger[?, +], |b, i, x| merge(b, x)));

macro compare(left, right) = if(left > right, 1, if(left < right, -1, 0));
)";

}  // namespace

const std::map<std::string, Macro>& standard_macros() {
  static const std::map<std::string, Macro>* macros = [] {
    Result<std::map<std::string, Macro>> parsed = Parser(kText).macros_only();
    WELD_CHECK(parsed.ok(), "the standard macros do not parse");
    return new std::map<std::string, Macro>(std::move(parsed).value());
  }();
  return *macros;
}

}  // namespace weld
