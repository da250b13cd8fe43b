// Uses an installed weld.hpp. Exits with 1 when the result is wrong.
#include <weld.hpp>

#include <vector>

int main() {
  const weld::Context context;
  const weld::Object v = weld::Object::vec(std::vector<int>{1, 2, 3});
  return weld::Object("sum(v)", {{"v", v}}, "consumer: sum").evaluate(context).as<int>() == 6 ? 0 : 1;
}
