#include "weld/optimizer/cost_table.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace weld {
namespace {

constexpr int64_t kMostPicoseconds = 1'000'000'000'000;

struct Entry {
  std::string_view name;
  int64_t CostTable::* cost;
};
constexpr Entry kEntries[] = {
#define WELD_COST(name, picoseconds, meaning) {#name, &CostTable::name},
#include "weld/optimizer/cost_table.def"
};

std::string_view next_word(std::string_view* line) {
  constexpr std::string_view kBlanks = " \t\r";
  line->remove_prefix(std::min(line->find_first_not_of(kBlanks), line->size()));
  const std::string_view word = line->substr(0, std::min(line->find_first_of(kBlanks), line->size()));
  line->remove_prefix(word.size());
  return word;
}

// What is wrong with a line; empty when nothing is.
std::string read_line(std::string_view line, CostTable* table) {
  const std::string_view name = next_word(&line);
  const std::string_view number = next_word(&line);
  if (name.empty()) return "";
  for (const Entry& entry : kEntries) {
    if (entry.name != name) continue;
    int64_t picoseconds = 0;
    const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), picoseconds);
    if (error != std::errc() || rest != number.data() + number.size() || picoseconds < 1 || picoseconds > kMostPicoseconds ||
        !next_word(&line).empty()) {
      return "the cost '" + std::string(name) + "' is a whole number of picoseconds from 1 to 10^12";
    }
    table->*entry.cost = picoseconds;
    return "";
  }
  return "no cost is named '" + std::string(name) + "'";
}

struct LoadedTable {
  CostTable table;
  Diagnostics faults;
};

LoadedTable load_table() {
  const char* path = std::getenv("WELD_COST_TABLE");
  if (path == nullptr || *path == '\0') return {};
  const std::string where = std::string("WELD_COST_TABLE: ") + path;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return {{}, {{where + ": cannot be read", {}}}};
  Result<CostTable> table = parse_cost_table(text);
  if (table) return {*table, {}};
  const Diagnostic& fault = table.diagnostics().front();
  return {{}, {{where + ":" + std::to_string(place_of(text, fault.span.begin).line) + ": " + fault.message, {}}}};
}

const LoadedTable& loaded_table() {
  static const LoadedTable loaded = load_table();
  return loaded;
}

}  // namespace

Result<CostTable> parse_cost_table(std::string_view text) {
  CostTable table;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    std::string fault = read_line(line.substr(0, line.find('#')), &table);
    if (!fault.empty()) return Diagnostics{{std::move(fault), {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}}};
    begin = end + 1;
  }
  return table;
}

const CostTable& cost_table() { return loaded_table().table; }

Diagnostics faults_of_cost_table() { return loaded_table().faults; }

}  // namespace weld
