#include "bench/tpch/model.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace weld::tpch {
namespace {

// The alphabet of v-strings: 64 characters, six random bits each.
constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,";
static_assert(kAlphabet.size() == 64);

int64_t scaled(double scale_factor, double per_unit) { return std::max<int64_t>(1, std::llround(scale_factor * per_unit)); }

char* append(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* append_digits(int64_t value, int digits, char* out) {
  for (int place = digits - 1; place >= 0; --place) {
    out[place] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

}  // namespace

Model::Model(double scale_factor, uint64_t seed)
    : complaints_(seed, 2000), complaint_blocks_(scaled(scale_factor, 5)), clerks_(scaled(scale_factor, 1'000)) {
  auto set = [&](Table table, int64_t rows) { rows_[static_cast<size_t>(table)] = rows; };
  set(Table::kRegion, static_cast<int64_t>(region_names().size()));
  set(Table::kNation, static_cast<int64_t>(nations().size()));
  set(Table::kSupplier, scaled(scale_factor, 10'000));
  set(Table::kPart, scaled(scale_factor, 200'000));
  set(Table::kPartsupp, rows(Table::kPart) * kSuppliersPerPart);
  set(Table::kCustomer, scaled(scale_factor, 150'000));
  set(Table::kOrders, rows(Table::kCustomer) * 10);
  for (size_t column = 0; column < streams_.size(); ++column) streams_[column] = RandomStream(seed, column);
}

int64_t Model::write_text(ColumnId column, int64_t cell, const TextPool& pool, int64_t shortest, int64_t longest,
                          char* out) const {
  Random random = stream(column).at(cell);
  std::string_view text = pool.substring(random, shortest, longest);
  return append(text, out) - out;
}

int64_t Model::write_address(ColumnId column, int64_t row, char* out) const {
  Random random = stream(column).at(row);
  int64_t length = random.between(10, 40);
  uint64_t bits = 0;
  for (int64_t i = 0; i < length; ++i) {
    if (i % 10 == 0) bits = random.next();
    out[i] = kAlphabet[bits & 63];
    bits >>= 6;
  }
  return length;
}

int64_t Model::write_numbered(std::string_view prefix, int64_t number, char* out) {
  return append_digits(number, 9, append(prefix, out)) - out;
}

int64_t Model::write_phone(ColumnId column, int64_t row, int32_t nation_key, char* out) const {
  Random random = stream(column).at(row);
  char* end = append_digits(nation_key + 10, 2, out);
  *end++ = '-';
  end = append_digits(random.between(100, 999), 3, end);
  *end++ = '-';
  end = append_digits(random.between(100, 999), 3, end);
  *end++ = '-';
  return append_digits(random.between(1'000, 9'999), 4, end) - out;
}

// The suppliers are cut into as many blocks as there are to be comments of either sort; in each block one row has the one sort
// and another row the other.
int64_t Model::write_supplier_comment(int64_t row, const TextPool& pool, char* out) const {
  constexpr std::string_view kCustomer = "Customer";
  Random random = stream(ColumnId::s_comment).at(row);
  std::string_view text = pool.substring(random, 25, 100);
  append(text, out);
  int64_t length = static_cast<int64_t>(text.size());

  int64_t block_rows = rows(Table::kSupplier) / complaint_blocks_;
  int64_t block = row / block_rows;
  if (block >= complaint_blocks_ || block_rows < 2) return length;
  Random choice = complaints_.at(block);
  int64_t complaint = choice.between(0, block_rows - 1);
  int64_t recommendation = (complaint + choice.between(1, block_rows - 1)) % block_rows;
  int64_t place = row % block_rows;
  if (place != complaint && place != recommendation) return length;

  std::string_view opinion = place == complaint ? "Complaints" : "Recommends";
  int64_t spare = length - static_cast<int64_t>(kCustomer.size() + opinion.size());
  int64_t gap = random.between(0, spare);
  char* begin = out + random.between(0, spare - gap);
  append(opinion, append(kCustomer, begin) + gap);
  return length;
}

int64_t Model::write_part_name(int64_t row, char* out) const {
  constexpr int kWords = 5;
  Random random = stream(ColumnId::p_name).at(row);
  Words list = colors();
  int chosen[kWords];
  char* end = out;
  for (int i = 0; i < kWords;) {
    int color = static_cast<int>(random.between(0, static_cast<int64_t>(list.size()) - 1));
    if (std::find(chosen, chosen + i, color) != chosen + i) continue;
    chosen[i] = color;
    if (i > 0) *end++ = ' ';
    end = append(list[static_cast<size_t>(color)].view(), end);
    ++i;
  }
  return end - out;
}

int32_t Model::supplier_of(int64_t part_key, int which) const {
  uint32_t suppliers = static_cast<uint32_t>(rows(Table::kSupplier));
  uint32_t part = static_cast<uint32_t>(part_key);
  uint32_t step = suppliers / 4 + (part - 1) / suppliers;
  return static_cast<int32_t>((static_cast<uint64_t>(part) + static_cast<uint64_t>(which) * step) % suppliers + 1);
}

int32_t Model::customer_key(int64_t row) const {
  int64_t customers = rows(Table::kCustomer);
  int64_t choice = stream(ColumnId::o_custkey).between(row, 0, customers - customers / 3 - 1);
  return static_cast<int32_t>(choice / 2 * 3 + choice % 2 + 1);
}

char Model::order_status(int64_t row) const {
  int lines = line_count(row);
  int open = 0;
  for (int number = 0; number < lines; ++number) open += line_status({row, number}) == 'O';
  if (open == 0) return 'F';
  return open == lines ? 'O' : 'P';
}

int64_t Model::total_price(int64_t row) const {
  int lines = line_count(row);
  int64_t millionths = 0;
  for (int number = 0; number < lines; ++number) {
    Line line{row, number};
    millionths += extended_price(line) * (100 + tax(line)) * (100 - discount(line));
  }
  return (millionths + 5'000) / 10'000;
}

int64_t Model::write_clerk(int64_t row, char* out) const {
  return write_numbered("Clerk#", stream(ColumnId::o_clerk).between(row, 1, clerks_), out);
}

}  // namespace weld::tpch
