// Options of the command lines of bench/ that are numbers.
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace weld::bench {

// Reads the number of an option such as "--rows=5", whose name is "--rows=". False when it is another option, or what follows the
// name is no number from `least` on.
template <class Number>
bool read_number(std::string_view option, std::string_view name, Number least, Number* number) {
  if (!option.starts_with(name)) return false;
  const char* end = option.data() + option.size();
  const auto [rest, error] = std::from_chars(option.data() + name.size(), end, *number);
  return error == std::errc() && rest == end && *number >= least;
}
template <class Number>
bool read_number(std::string_view option, std::string_view name, Number* number) {
  return read_number(option, name, Number{1}, number);
}

}  // namespace weld::bench
