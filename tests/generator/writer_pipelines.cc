// Columns made from columns, as data-frame and array libraries write them: maps, filters and reductions of the same rows, each
// vector read by several of the next.
#include "tests/generator/writer.h"

namespace weld::generator {

std::string Writer::pipeline(Type type, int depth) {
  Scope scope(*this);
  std::string lets;
  std::vector<Column> rows;
  const Type element = reduced_type(0);
  const std::string source = any_vec(Type::vec(element), depth - 1);
  rows.push_back(column(element, source, &lets));
  for (int64_t steps = random_.between(2, 6); steps > 0; steps--) pipeline_step(&rows, &lets);
  return concat({"(", lets, expr(type, depth - 1), ")"});
}

Writer::Column Writer::column(Type element, const std::string& text, std::string* lets) {
  Column made{fresh("column"), element};
  *lets += concat({"let ", made.name, " = ", text, "; "});
  add_name(made.name, Type::vec(element));
  return made;
}

void Writer::pipeline_step(std::vector<Column>* rows, std::string* lets) {
  std::vector<Column> read = {random_.pick(*rows)};
  if (random_.chance(50)) read.push_back(random_.pick(*rows));
  switch (random_.below(8)) {
    case 0:
    case 1:
    case 2: {
      const Type element = reduced_type(0);
      Builder builder;
      builder.type = Type::appender(element);
      builder.text = builder.type.to_string();
      const std::string map = loop_over(read, builder);
      rows->push_back(column(element, map, lets));
      return;
    }
    case 3:
      return filter_step(read, rows, lets);
    case 4: {
      const std::string name = fresh("len");
      *lets += concat({"let ", name, " = len(", read[0].name, "); "});
      return add_name(name, Type::i64());
    }
    default: {
      const Builder builder = merger(reduced_type(0), 1);
      const std::string name = fresh("sum");
      *lets += concat({"let ", name, " = ", loop_over(read, builder), "; "});
      return add_name(name, builder.type.child(0));
    }
  }
}

// All rows that are left pass one condition, which is a column of its own.
void Writer::filter_step(const std::vector<Column>& read, std::vector<Column>* rows, std::string* lets) {
  Builder builder;
  builder.type = Type::appender(Type::boolean());
  builder.text = builder.type.to_string();
  const Column mask = column(Type::boolean(), loop_over({read[0]}, builder), lets);
  std::vector<Column> passed;
  for (const Column& each : read) {
    const std::string text = concat({"result(for(zip(", each.name, ", ", mask.name, "), appender[", each.element.to_string(),
                                     "], |b, n, e| if(e.$1, merge(b, e.$0), b)))"});
    passed.push_back(column(each.element, text, lets));
  }
  *rows = passed;
}

// A loop over columns that merges once for each row, and its result.
std::string Writer::loop_over(const std::vector<Column>& read, const Builder& builder) {
  Scope scope(*this);
  const std::string state = fresh("b");
  const std::string row = fresh("n");
  const std::string element = fresh("e");
  std::vector<std::string> names;
  for (size_t i = 0; i < read.size(); i++) {
    names.push_back(read[i].name);
    add_name(read.size() == 1 ? element : element + ".$" + std::to_string(i), read[i].element);
  }
  if (random_.chance(25)) add_name(row, Type::i64());
  loops_++;
  const std::string value = merge_value(builder, 2);
  loops_--;
  const std::string iterators = names.size() == 1 ? names[0] : "zip(" + tuple(names) + ")";
  return concat({"result(for(", iterators, ", ", builder.text, ", |", state, ", ", row, ", ", element, "| merge(", state, ", ",
                 value, ")))"});
}

}  // namespace weld::generator
