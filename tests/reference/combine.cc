#include "tests/reference/combine.h"

#include "tests/reference/scalars.h"

namespace weld::reference {

Value combine_values(MergeOp op, const Value& left, const Value& right, const Ready& ready) {
  const Value first = ready(left);
  const Value second = ready(right);
  if (first.is<ScalarValue>()) return make_scalar(combine(op, first.scalar(), second.scalar()));
  std::vector<Value> fields;
  for (size_t i = 0; i < first.cells().size(); i++) {
    fields.push_back(combine_values(op, Value{first.cells()[i]}, Value{second.cells()[i]}, ready));
  }
  return make_struct(std::move(fields));
}

Value combine_later(MergeOp op, Type type, std::vector<Value> values, const Ready& ready) {
  auto all = std::make_shared<const std::vector<Value>>(std::move(values));
  auto fold = [&](auto part) {
    return std::make_shared<Cell>(Cell{.compute = [op, all, part, &ready] {
      Value total = ready(part(all->front()));
      for (size_t i = 1; i < all->size(); i++) total = combine_values(op, total, part((*all)[i]), ready);
      return total;
    }});
  };
  if (type.is_scalar()) return Value{fold([](const Value& value) { return value; })};
  auto fields = std::make_shared<Fields>();
  for (size_t i = 0; i < type.children().size(); i++) {
    fields->cells.push_back(fold([i, &ready](const Value& value) { return Value{ready(value).cells()[i]}; }));
  }
  return {Struct(std::move(fields))};
}

}  // namespace weld::reference
