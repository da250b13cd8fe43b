#include "weld/runtime/strategies.h"

#include "weld/runtime/context.h"

namespace weld::runtime {

std::optional<FilterStrategy> filter_strategy(std::string_view name) {
  if (name == "auto") return FilterStrategy::kAuto;
  if (name == "branch") return FilterStrategy::kBranch;
  if (name == "select") return FilterStrategy::kSelect;
  if (name == "compress") return FilterStrategy::kCompress;
  return std::nullopt;
}

std::optional<DictionaryStrategy> dictionary_strategy(std::string_view name) {
  if (name == "auto") return DictionaryStrategy::kAuto;
  if (name == "hash") return DictionaryStrategy::kHash;
  if (name == "dense") return DictionaryStrategy::kDense;
  if (name == "partitioned") return DictionaryStrategy::kPartitioned;
  return std::nullopt;
}

std::string_view name_of(DictionaryStrategy strategy) {
  switch (strategy) {
    case DictionaryStrategy::kAuto:
      return "auto";
    case DictionaryStrategy::kHash:
      return "hash";
    case DictionaryStrategy::kDense:
      return "dense";
    case DictionaryStrategy::kPartitioned:
      break;
  }
  return "partitioned";
}

}  // namespace weld::runtime

int64_t weld_rt_filter_strategy(WeldRunContext* context) { return static_cast<int64_t>(context->engine.strategies().filter); }
