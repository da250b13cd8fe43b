// A sentence is a row of kSentences, spelled as letters: N noun phrase, V verb phrase, P prepositional phrase ("about the" and a
// noun phrase), T terminator. Noun and verb phrases are spelled likewise of n noun, j adjective, d adverb, v verb, x auxiliary,
// and a comma. Each list is drawn from by weight. The words are the specification's; the weights are what makes the phrases that
// queries look for
// ("special ... requests") as frequent as in the data that the official tools make.
#include "bench/tpch/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "bench/tpch/threads.h"

namespace weld::tpch {
namespace {

struct Weighted {
  std::string_view text;
  int weight;
};

constexpr std::array kNouns = std::to_array<Weighted>({
    {"packages", 40},    {"requests", 40},    {"accounts", 40},      {"deposits", 40},     {"foxes", 20},    {"ideas", 20},
    {"theodolites", 20}, {"pinto beans", 20}, {"instructions", 20},  {"dependencies", 10}, {"excuses", 10},  {"platelets", 10},
    {"asymptotes", 10},  {"courts", 5},       {"dolphins", 5},       {"multipliers", 1},   {"sauternes", 1}, {"warthogs", 1},
    {"frets", 1},        {"dinos", 1},        {"attainments", 1},    {"somas", 1},         {"Tiresias", 1},  {"patterns", 1},
    {"forges", 1},       {"braids", 1},       {"frays", 1},          {"warhorses", 1},     {"dugouts", 1},   {"notornis", 1},
    {"epitaphs", 1},     {"pearls", 1},       {"tithes", 1},         {"waters", 1},        {"orbits", 1},    {"gifts", 1},
    {"sheaves", 1},      {"depths", 1},       {"sentiments", 1},     {"decoys", 1},        {"realms", 1},    {"pains", 1},
    {"grouches", 1},     {"escapades", 1},    {"hockey players", 1},
});
constexpr std::array kVerbs = std::to_array<Weighted>({
    {"sleep", 20}, {"wake", 20},  {"are", 20},      {"cajole", 20},  {"haggle", 20}, {"nag", 10},  {"use", 10},    {"boost", 10},
    {"affix", 5},  {"detect", 5}, {"integrate", 5}, {"maintain", 1}, {"nod", 1},     {"was", 1},   {"lose", 1},    {"sublate", 1},
    {"solve", 1},  {"thrash", 1}, {"promise", 1},   {"engage", 1},   {"hinder", 1},  {"print", 1}, {"x-ray", 1},   {"breach", 1},
    {"eat", 1},    {"grow", 1},   {"impress", 1},   {"mold", 1},     {"poach", 1},   {"serve", 1}, {"run", 1},     {"dazzle", 1},
    {"snooze", 1}, {"doze", 1},   {"unwind", 1},    {"kindle", 1},   {"play", 1},    {"hang", 1},  {"believe", 1}, {"doubt", 1},
});
constexpr std::array kAdverbs = std::to_array<Weighted>({
    {"sometimes", 1},   {"always", 1},     {"never", 1},     {"furiously", 50}, {"slyly", 50},    {"carefully", 50},
    {"blithely", 40},   {"quickly", 30},   {"fluffily", 20}, {"slowly", 1},     {"quietly", 1},   {"ruthlessly", 1},
    {"thinly", 1},      {"closely", 1},    {"doggedly", 1},  {"daringly", 1},   {"bravely", 1},   {"stealthily", 1},
    {"permanently", 1}, {"enticingly", 1}, {"idly", 1},      {"busily", 1},     {"regularly", 1}, {"finally", 1},
    {"ironically", 1},  {"evenly", 1},     {"boldly", 1},    {"silently", 1},
});
constexpr std::array kAdjectives = std::to_array<Weighted>({
    {"special", 20}, {"pending", 20},  {"unusual", 20}, {"express", 20}, {"furious", 1}, {"sly", 1},
    {"careful", 1},  {"blithe", 1},    {"quick", 1},    {"fluffy", 1},   {"slow", 1},    {"quiet", 1},
    {"ruthless", 1}, {"thin", 1},      {"close", 1},    {"dogged", 1},   {"daring", 1},  {"brave", 1},
    {"stealthy", 1}, {"permanent", 1}, {"enticing", 1}, {"idle", 1},     {"busy", 1},    {"regular", 50},
    {"final", 40},   {"ironic", 40},   {"even", 30},    {"bold", 20},    {"silent", 10},
});
constexpr std::array kPrepositions = std::to_array<Weighted>({
    {"about", 50},
    {"above", 50},
    {"according to", 50},
    {"across", 50},
    {"after", 50},
    {"against", 40},
    {"along", 40},
    {"alongside of", 30},
    {"among", 30},
    {"around", 20},
    {"at", 10},
    {"atop", 1},
    {"before", 1},
    {"behind", 1},
    {"beneath", 1},
    {"beside", 1},
    {"besides", 1},
    {"between", 1},
    {"beyond", 1},
    {"by", 1},
    {"despite", 1},
    {"during", 1},
    {"except", 1},
    {"for", 1},
    {"from", 1},
    {"in place of", 1},
    {"inside", 1},
    {"instead of", 1},
    {"into", 1},
    {"near", 1},
    {"of", 1},
    {"on", 1},
    {"outside", 1},
    {"over", 1},
    {"past", 1},
    {"since", 1},
    {"through", 1},
    {"throughout", 1},
    {"to", 1},
    {"toward", 1},
    {"under", 1},
    {"until", 1},
    {"up", 1},
    {"upon", 1},
    {"without", 1},
    {"with", 1},
    {"within", 1},
});
constexpr std::array kAuxiliaries = std::to_array<Weighted>({
    {"do", 1},
    {"may", 1},
    {"might", 1},
    {"shall", 1},
    {"will", 1},
    {"would", 1},
    {"can", 1},
    {"could", 1},
    {"should", 1},
    {"ought to", 1},
    {"must", 1},
    {"will have to", 1},
    {"shall have to", 1},
    {"could have to", 1},
    {"should have to", 1},
    {"must have to", 1},
    {"need to", 1},
    {"try to", 1},
});
constexpr std::array kTerminators = std::to_array<Weighted>({{".", 50}, {";", 1}, {":", 1}, {"?", 1}, {"!", 1}, {"--", 1}});
constexpr std::array kSentences = std::to_array<Weighted>({{"NVT", 3}, {"NVPT", 3}, {"NVNT", 3}, {"NPVNT", 1}, {"NPVPT", 1}});
constexpr std::array kNounPhrases = std::to_array<Weighted>({{"n", 10}, {"jn", 20}, {"j,jn", 10}, {"djn", 50}});
constexpr std::array kVerbPhrases = std::to_array<Weighted>({{"v", 30}, {"xv", 1}, {"vd", 40}, {"xvd", 1}});

// A list that is drawn from in constant time: each entry as often as its weight.
class Distribution {
 public:
  explicit Distribution(std::span<const Weighted> entries) {
    for (const Weighted& entry : entries) slots_.insert(slots_.end(), static_cast<size_t>(entry.weight), entry.text);
  }
  std::string_view draw(Random& random) const {
    return slots_[static_cast<size_t>(random.between(0, static_cast<int64_t>(slots_.size()) - 1))];
  }

 private:
  std::vector<std::string_view> slots_;
};

struct Grammar {
  Distribution nouns{kNouns}, verbs{kVerbs}, adverbs{kAdverbs}, adjectives{kAdjectives}, prepositions{kPrepositions},
      auxiliaries{kAuxiliaries}, terminators{kTerminators}, sentences{kSentences}, noun_phrases{kNounPhrases},
      verb_phrases{kVerbPhrases};
};

// Appends sentences at a place in memory. A sentence is at most kLongestSentence bytes long.
class SentenceWriter {
 public:
  static constexpr int64_t kLongestSentence = 320;

  SentenceWriter(const Grammar& grammar, Random random, char* out) : grammar_(grammar), random_(random), out_(out) {}
  char* position() const { return out_; }

  // A sentence and a space.
  void write_sentence() {
    for (char part : grammar_.sentences.draw(random_)) {
      switch (part) {
        case 'N':
          write_phrase(grammar_.noun_phrases);
          break;
        case 'V':
          write_phrase(grammar_.verb_phrases);
          break;
        case 'P':
          append(grammar_.prepositions.draw(random_));
          append(" the ");
          write_phrase(grammar_.noun_phrases);
          break;
        default:  // the terminator stands right behind the last word
          --out_;
          append(grammar_.terminators.draw(random_));
          append(" ");
      }
    }
  }

 private:
  // The words of a phrase, each followed by a space.
  void write_phrase(const Distribution& phrases) {
    for (char part : phrases.draw(random_)) {
      if (part == ',') {
        --out_;
        append(", ");
        continue;
      }
      append(list_of(part).draw(random_));
      append(" ");
    }
  }

  const Distribution& list_of(char part) const {
    switch (part) {
      case 'n':
        return grammar_.nouns;
      case 'j':
        return grammar_.adjectives;
      case 'd':
        return grammar_.adverbs;
      case 'x':
        return grammar_.auxiliaries;
      default:
        return grammar_.verbs;
    }
  }

  void append(std::string_view text) {
    std::memcpy(out_, text.data(), text.size());
    out_ += text.size();
  }

  const Grammar& grammar_;
  Random random_;
  char* out_;
};

}  // namespace

int64_t TextPool::size_for(double scale_factor) {
  constexpr double kBytesPerScaleFactor = 32 << 20;
  constexpr double kSmallest = 2 << 20;
  constexpr double kLargest = 300'000'000;
  return static_cast<int64_t>(std::clamp(kBytesPerScaleFactor * scale_factor, kSmallest, kLargest));
}

TextPool::TextPool(uint64_t seed, int64_t bytes, int threads) : bytes_(bytes), buffer_(bytes) {
  static const Grammar grammar;
  constexpr int64_t kBlock = 128 << 10;
  RandomStream blocks(seed, 1000);
  for_each_chunk(threads, chunk_count(bytes, kBlock), [&](int64_t block) {
    RowRange range = chunk_range(bytes, kBlock, block);
    Buffer scratch(kBlock + SentenceWriter::kLongestSentence);
    SentenceWriter writer(grammar, blocks.at(block), scratch.data());
    while (writer.position() < scratch.data() + range.size()) writer.write_sentence();
    std::memcpy(buffer_.data() + range.begin, scratch.data(), static_cast<size_t>(range.size()));
  });
}

std::string_view TextPool::substring(Random& random, int64_t shortest, int64_t longest) const {
  int64_t length = random.between(shortest, longest);
  int64_t begin = random.between(0, bytes_ - length);
  return {buffer_.data() + begin, static_cast<size_t>(length)};
}

}  // namespace weld::tpch
