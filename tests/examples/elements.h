// The elements of a lazy vec, for comparisons.
#pragma once

#include <vector>

#include <weld.hpp>

namespace weld::test {

template <class T>
std::vector<T> elements(const weld::Object& object) {
  const weld::Value value = object.evaluate(weld::Context());
  const auto& vec = value.as<weld::Vec<T>>();
  return {vec.begin(), vec.end()};
}

}  // namespace weld::test
