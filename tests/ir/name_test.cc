#include "weld/ir/name.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "weld/ir/note_map.h"

namespace weld {
namespace {

TEST(Name, IsTheSameForTheSameText) {
  const Name first("sum");
  const Name second(std::string("sum"));
  EXPECT_EQ(first, second);
  EXPECT_EQ(first.id(), second.id());
  EXPECT_EQ(&first.text(), &second.text());
  EXPECT_FALSE(first == Name("sums"));
  EXPECT_TRUE(first == "sum");
  EXPECT_TRUE(first == std::string_view("sum"));
  EXPECT_FALSE(first == std::string("su"));
}

TEST(Name, OfNoTextIsEmpty) {
  EXPECT_TRUE(Name().empty());
  EXPECT_EQ(Name(), Name(""));
  EXPECT_EQ(Name().text(), "");
  EXPECT_EQ(Name().id(), NameId());
  EXPECT_FALSE(Name("x").empty());
}

TEST(Name, CopiesAndMoves) {
  Name first("a_name_so_long_that_it_is_kept_outside_of_a_string");
  Name copy = first;
  const Name moved = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): it is what a moved name is
  EXPECT_EQ(copy, moved);
  copy = Name("other");
  EXPECT_EQ(moved.text(), "a_name_so_long_that_it_is_kept_outside_of_a_string");
  EXPECT_EQ(copy.text(), "other");
}

constexpr int kManyNames = 3000;  // more than a thread remembers

std::string text_of(int number) { return "name_" + std::to_string(number); }

TEST(Name, IsFoundAgainWhenItWasForgotten) {
  std::vector<Name> names;
  for (int i = 0; i < kManyNames; ++i) names.emplace_back(text_of(i));
  int same = 0;
  std::thread([&] {
    for (int i = 0; i < kManyNames; ++i) same += names[i] == Name(text_of(i)) ? 1 : 0;
  }).join();
  EXPECT_EQ(same, kManyNames);
  for (int i = 0; i < kManyNames; ++i) EXPECT_EQ(names[i].id(), Name(text_of(i)).id()) << i;
}

// Half of the names live while all threads at once make and give up all of them.
TEST(Name, IsMadeAndGivenUpByManyThreads) {
  std::vector<Name> names;
  for (int i = 0; i < kManyNames; i += 2) names.emplace_back(text_of(i));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int& faults : wrong) {
    threads.emplace_back([&faults, &names] {
      for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < kManyNames; ++i) {
          const Name name(text_of(i));
          const bool is_right = name == text_of(i) && (i % 2 == 1 || name == names[i / 2]);
          faults += is_right ? 0 : 1;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

// Makes a name where the thread's own names are gone already: destructors run in the reverse order of construction.
struct MakesANameLate {
  ~MakesANameLate() { is_right = Name("late") == "late"; }
  static inline bool is_right = false;
};

TEST(Name, IsMadeWhileAThreadEnds) {
  std::thread([] {
    thread_local MakesANameLate late;
    EXPECT_FALSE(late.is_right);
    EXPECT_EQ(Name("late").text(), "late");
  }).join();
  EXPECT_TRUE(MakesANameLate::is_right);
}

TEST(NoteMap, KeepsTheOrderOfItsKeysAndTheirPlaces) {
  NoteMap<int, std::string> notes;
  const std::string& first = notes[5000] = "first";
  for (int i = 5000; i-- > 0;) notes[i] = std::to_string(i);
  EXPECT_EQ(&first, &notes.at(5000));
  EXPECT_EQ(first, "first");
  int next = 5000;
  for (const auto& [number, text] : notes) EXPECT_EQ(number, next--);
  EXPECT_EQ(next, -1);
  for (int i = 0; i < 2500; ++i) notes.pop_back();
  EXPECT_FALSE(notes.contains(2499));
  EXPECT_EQ(notes.at(2500), "2500");
}

TEST(NoteMap, FindsByNameWithoutKeepingIt) {
  std::vector<Name> names;
  for (int i = 0; i < 1000; ++i) names.emplace_back("v" + std::to_string(i));
  NameMap<int> notes;
  for (const Name& name : names) notes[name] = static_cast<int>(notes.size());
  EXPECT_EQ(notes.size(), 1000u);
  EXPECT_EQ(notes.at(Name("v999")), 999);
  EXPECT_FALSE(notes.contains(Name("v1000")));
}

}  // namespace
}  // namespace weld
