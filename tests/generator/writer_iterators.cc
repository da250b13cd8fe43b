// What loops go over: a vec in scope or one made for it, through an iterator, alone or zipped.
#include <utility>

#include "tests/generator/writer.h"

namespace weld::generator {

std::string Writer::any_vec(Type type, int depth) {
  std::string text = leaf(type);
  if (random_.chance(30)) text = expr(type, depth);
  return loops_ == 0 ? text : concat({"slice(", text, ", 0L, ", std::to_string(random_.between(1, 6)), "L)"});
}

std::string Writer::one_iterator(const std::string& vec) {
  const std::string length = "len(" + vec + ")";
  if (may_fail_ && random_.chance(8)) {
    return concat({"iter(", vec, ", ", std::to_string(random_.below(3)), "L, ", std::to_string(random_.below(6)), "L, ",
                   std::to_string(random_.below(3)), "L)"});
  }
  switch (random_.below(9)) {
    case 0:
      return concat({"iter(", vec, ")"});
    case 1:
      return concat({"iter(", vec, ", ", length, " % 2L, ", length, ", 2L)"});
    case 2:
      return concat({"iter(", vec, ", min(1L, ", length, "), ", length, ", 1L)"});
    case 3:
      return concat({"iter(", vec, ", 0L, ", length, " / 3L * 3L, 3L)"});
    case 4:
      return nd_views(vec, 1)[0];
    default:
      return vec;
  }
}

// The elements of the vec as a box of n by some small extents, n as large as they allow. A view has its dimensions in some order,
// some of them backwards; with one or two more of stride 0 it has elements several times.
std::vector<std::string> Writer::nd_views(const std::string& vec, int count) {
  struct Dimension {
    std::string extent;
    std::string stride;
  };
  std::vector<Dimension> box;
  std::string stride = "1L";
  int64_t others = 1;
  std::vector<int64_t> extents;
  for (int64_t i = random_.below(3); i > 0; i--) extents.push_back(random_.between(1, 3));
  for (int64_t extent : extents) others *= extent;
  const std::string longest = "(len(" + vec + ") / " + std::to_string(others) + "L)";
  const int64_t place = random_.between(0, static_cast<int64_t>(extents.size()));
  std::string rows = longest + " * " + std::to_string(others) + "L";
  for (int64_t i = 0; i <= static_cast<int64_t>(extents.size()); i++) {
    const std::string extent = i == place ? longest : std::to_string(extents[static_cast<size_t>(i < place ? i : i - 1)]) + "L";
    box.push_back({extent, stride});
    stride += " * " + extent;
  }
  if (random_.chance(40)) {
    const std::string times = std::to_string(random_.between(may_fail_ ? 0 : 1, 3)) + "L";
    box.push_back({times, "0L"});
    rows += " * " + times;
  }
  std::vector<std::string> views;
  for (int i = 0; i < count; i++) {
    for (size_t last = box.size(); last > 1; last--) {
      std::swap(box[last - 1], box[static_cast<size_t>(random_.below(static_cast<int64_t>(last)))]);
    }
    std::string start = may_fail_ && random_.chance(8) ? "1L" : "0L";
    std::string shape;
    std::string strides;
    for (const Dimension& dimension : box) {
      const bool backwards = random_.chance(30);
      if (backwards) start += " + (" + dimension.extent + " - 1L) * " + dimension.stride;
      shape += (shape.empty() ? "" : ", ") + dimension.extent;
      strides += (strides.empty() ? "" : ", ") + (backwards ? "-(" + dimension.stride + ")" : dimension.stride);
    }
    views.push_back(concat({"nditer(", vec, ", ", start, ", ", rows, ", 1L, [", shape, "], [", strides, "])"}));
  }
  return views;
}

// What is zipped with a vec: as long as it, unless the program may fail.
std::string Writer::second_iterator(const std::string& vec, Type element, int depth, Iterators* made) {
  const Type other = element_type(1);
  std::vector<Type> elements = {element, other};
  std::string second;
  if (may_fail_ && random_.chance(20)) {
    second = any_vec(Type::vec(other), depth - 1);
  } else if (random_.chance(40)) {
    second = concat({"rangeiter(0L, len(", vec, "), 1L)"});
    elements[1] = Type::i64();
  } else {
    Scope scope(*this);
    loops_++;
    const std::string name = fresh("m");
    add_name(name, element);
    second = fresh("z");
    made->lets += concat({"let ", second, " = map(", vec, ", |", name, "| ", expr(other, depth - 2), "); "});
    loops_--;
  }
  made->element = Type::structure(elements);
  return second;
}

Writer::Iterators Writer::iterators(int depth) {
  Iterators made;
  if (random_.chance(15)) {
    const int64_t start = random_.between(-3, 3);
    const int64_t stride = random_.between(1, 3);
    const int64_t count = random_.below(loops_ == 0 ? 30 : 5);
    made.element = Type::i64();
    made.text = concat({"rangeiter(", std::to_string(start), "L, ", std::to_string(start + count * stride), "L, ",
                        std::to_string(stride), "L)"});
    return made;
  }
  // A vec in scope, or one that is made here.
  std::vector<Name> vecs;
  for (const Name& name : names_) {
    if (name.type.is_vec()) vecs.push_back(name);
  }
  const std::string vec = fresh("w");
  Type element;
  if (!vecs.empty() && random_.chance(75)) {
    const Name chosen = random_.pick(vecs);
    element = chosen.type.child(0);
    made.lets = concat({"let ", vec, " = ", loops_ == 0 ? chosen.name : "slice(" + chosen.name + ", 0L, 7L)", "; "});
  } else {
    element = element_type(2);
    made.lets = concat({"let ", vec, " = ", any_vec(Type::vec(element), depth - 1), "; "});
  }
  if (random_.chance(65)) {
    made.text = one_iterator(vec);
    made.element = element;
    return made;
  }
  if (random_.chance(20)) {
    const std::vector<std::string> views = nd_views(vec, 2);
    made.text = concat({"zip(", views[0], ", ", views[1], ")"});
    made.element = Type::structure(std::vector<Type>{element, element});
    return made;
  }
  const std::string second = second_iterator(vec, element, depth, &made);
  made.text = concat({"zip(", vec, ", ", second, ")"});
  return made;
}

}  // namespace weld::generator
