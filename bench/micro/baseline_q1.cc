// Q1 groups by two bytes, so a table over their 16 bits gives a row's group without hashing: 0, or one more than the group's
// place among the sums.
#include <algorithm>
#include <memory>

#include "bench/micro/baseline.h"
#include "bench/micro/split.h"

namespace weld::bench {
namespace {

constexpr int32_t kLastShipDate = 10471;  // 1998-09-02
constexpr int kKeys = 1 << 16;

struct alignas(64) Sums {
  int64_t quantity, base_price, discounted_price, charge, discount, count;
  uint16_t key;
};

// The groups of a part of the rows. There is room for as many as there can be, which takes no memory until they are used.
struct Groups {
  std::vector<uint16_t> places = std::vector<uint16_t>(kKeys);
  std::unique_ptr<Sums[]> sums = std::make_unique_for_overwrite<Sums[]>(kKeys);
  int count = 0;
};

uint16_t add_group(uint16_t key, Groups* groups) {
  groups->sums[groups->count] = {0, 0, 0, 0, 0, 0, key};
  groups->count += 1;
  return groups->places[key] = static_cast<uint16_t>(groups->count);
}

void add_rows(const Q1Columns& lineitem, int64_t begin, int64_t end, Groups* groups) {
  // Locals, which no store through a pointer can change.
  auto [shipdates, returnflags, linestatuses, quantities, prices, discounts, taxes] = lineitem;
  uint16_t* places = groups->places.data();
  Sums* all = groups->sums.get();
  for (int64_t row = begin; row < end; ++row) {
    if (shipdates[row] > kLastShipDate) continue;
    int key = static_cast<uint8_t>(returnflags[row]) << 8 | static_cast<uint8_t>(linestatuses[row]);
    uint16_t place = places[key];
    if (place == 0) [[unlikely]]
      place = add_group(static_cast<uint16_t>(key), groups);
    Sums& sums = all[place - 1];
    int64_t price = prices[row];
    int64_t discount = discounts[row];
    int64_t discounted = price * (100 - discount);
    sums.quantity += quantities[row];
    sums.base_price += price;
    sums.discounted_price += discounted;
    sums.charge += discounted * (100 + taxes[row]);
    sums.discount += discount;
    sums.count += 1;
  }
}

void add_groups(const Groups& from, Groups* into) {
  for (int index = 0; index < from.count; ++index) {
    const Sums& other = from.sums[index];
    uint16_t place = into->places[other.key];
    if (place == 0) place = add_group(other.key, into);
    Sums& sums = into->sums[place - 1];
    sums.quantity += other.quantity;
    sums.base_price += other.base_price;
    sums.discounted_price += other.discounted_price;
    sums.charge += other.charge;
    sums.discount += other.discount;
    sums.count += other.count;
  }
}

}  // namespace

int64_t q1(const Q1Columns& lineitem, int64_t rows, int threads, Q1Group* groups, int64_t maximum) {
  std::vector<Groups> parts(static_cast<size_t>(threads));
  split(rows, threads,
        [&](int part, int64_t begin, int64_t end) { add_rows(lineitem, begin, end, &parts[static_cast<size_t>(part)]); });
  Groups& whole = parts[0];
  for (int part = 1; part < threads; ++part) add_groups(parts[static_cast<size_t>(part)], &whole);
  std::sort(whole.sums.get(), whole.sums.get() + whole.count,
            [](const Sums& left, const Sums& right) { return left.key < right.key; });
  for (int index = 0; index < std::min<int64_t>(whole.count, maximum); ++index) {
    const Sums& sums = whole.sums[index];
    groups[index] = {static_cast<int8_t>(sums.key >> 8),
                     static_cast<int8_t>(sums.key & 0xff),
                     sums.quantity,
                     sums.base_price,
                     sums.discounted_price,
                     sums.charge,
                     sums.discount,
                     sums.count};
  }
  return whole.count;
}

}  // namespace weld::bench
