#include "bench/tpch/words.h"

#include <deque>
#include <string>
#include <utility>

namespace weld::tpch {
namespace {

constexpr StringRef word(std::string_view text) { return {text.data(), static_cast<int64_t>(text.size())}; }

constexpr std::array kSegments = {word("AUTOMOBILE"), word("BUILDING"), word("FURNITURE"), word("MACHINERY"), word("HOUSEHOLD")};
constexpr std::array kPriorities = {word("1-URGENT"), word("2-HIGH"), word("3-MEDIUM"), word("4-NOT SPECIFIED"), word("5-LOW")};
constexpr std::array kInstructions = {word("DELIVER IN PERSON"), word("COLLECT COD"), word("NONE"), word("TAKE BACK RETURN")};
constexpr std::array kModes = {word("REG AIR"), word("AIR"),  word("RAIL"), word("SHIP"),
                               word("TRUCK"),   word("MAIL"), word("FOB")};
constexpr std::array kRegions = {word("AFRICA"), word("AMERICA"), word("ASIA"), word("EUROPE"), word("MIDDLE EAST")};

constexpr std::array kColors = {
    word("almond"),    word("antique"),    word("aquamarine"), word("azure"),     word("beige"),    word("bisque"),
    word("black"),     word("blanched"),   word("blue"),       word("blush"),     word("brown"),    word("burlywood"),
    word("burnished"), word("chartreuse"), word("chiffon"),    word("chocolate"), word("coral"),    word("cornflower"),
    word("cornsilk"),  word("cream"),      word("cyan"),       word("dark"),      word("deep"),     word("dim"),
    word("dodger"),    word("drab"),       word("firebrick"),  word("floral"),    word("forest"),   word("frosted"),
    word("gainsboro"), word("ghost"),      word("goldenrod"),  word("green"),     word("grey"),     word("honeydew"),
    word("hot"),       word("indian"),     word("ivory"),      word("khaki"),     word("lace"),     word("lavender"),
    word("lawn"),      word("lemon"),      word("light"),      word("lime"),      word("linen"),    word("magenta"),
    word("maroon"),    word("medium"),     word("metallic"),   word("midnight"),  word("mint"),     word("misty"),
    word("moccasin"),  word("navajo"),     word("navy"),       word("olive"),     word("orange"),   word("orchid"),
    word("pale"),      word("papaya"),     word("peach"),      word("peru"),      word("pink"),     word("plum"),
    word("powder"),    word("puff"),       word("purple"),     word("red"),       word("rose"),     word("rosy"),
    word("royal"),     word("saddle"),     word("salmon"),     word("sandy"),     word("seashell"), word("sienna"),
    word("sky"),       word("slate"),      word("smoke"),      word("snow"),      word("spring"),   word("steel"),
    word("tan"),       word("thistle"),    word("tomato"),     word("turquoise"), word("violet"),   word("wheat"),
    word("white"),     word("yellow"),
};
static_assert(kColors.size() == 92);

constexpr std::array kTypeSizes = {word("STANDARD"), word("SMALL"),   word("MEDIUM"),
                                   word("LARGE"),    word("ECONOMY"), word("PROMO")};
constexpr std::array kTypeFinishes = {word("ANODIZED"), word("BURNISHED"), word("PLATED"), word("POLISHED"), word("BRUSHED")};
constexpr std::array kTypeMetals = {word("TIN"), word("NICKEL"), word("BRASS"), word("STEEL"), word("COPPER")};
constexpr std::array kContainerSizes = {word("SM"), word("LG"), word("MED"), word("JUMBO"), word("WRAP")};
constexpr std::array kContainerShapes = {word("CASE"), word("BOX"),  word("BAG"), word("JAR"),
                                         word("PKG"),  word("PACK"), word("CAN"), word("DRUM")};

constexpr int32_t kAfrica = 0;
constexpr int32_t kAmerica = 1;
constexpr int32_t kAsia = 2;
constexpr int32_t kEurope = 3;
constexpr int32_t kMiddleEast = 4;
constexpr std::array<Nation, 25> kNations = {{
    {word("ALGERIA"), kAfrica},
    {word("ARGENTINA"), kAmerica},
    {word("BRAZIL"), kAmerica},
    {word("CANADA"), kAmerica},
    {word("EGYPT"), kMiddleEast},
    {word("ETHIOPIA"), kAfrica},
    {word("FRANCE"), kEurope},
    {word("GERMANY"), kEurope},
    {word("INDIA"), kAsia},
    {word("INDONESIA"), kAsia},
    {word("IRAN"), kMiddleEast},
    {word("IRAQ"), kMiddleEast},
    {word("JAPAN"), kAsia},
    {word("JORDAN"), kMiddleEast},
    {word("KENYA"), kAfrica},
    {word("MOROCCO"), kAfrica},
    {word("MOZAMBIQUE"), kAfrica},
    {word("PERU"), kAmerica},
    {word("CHINA"), kAsia},
    {word("ROMANIA"), kEurope},
    {word("SAUDI ARABIA"), kMiddleEast},
    {word("VIETNAM"), kAsia},
    {word("RUSSIA"), kEurope},
    {word("UNITED KINGDOM"), kEurope},
    {word("UNITED STATES"), kAmerica},
}};

// Words made at first use; a deque keeps their bytes in place.
class BuiltWords {
 public:
  void add(std::string text) {
    texts_.push_back(std::move(text));
    words_.push_back(word(texts_.back()));
  }
  Words words() const { return words_; }

 private:
  std::deque<std::string> texts_;
  std::vector<StringRef> words_;
};

}  // namespace

Words market_segments() { return kSegments; }
Words order_priorities() { return kPriorities; }
Words ship_instructions() { return kInstructions; }
Words ship_modes() { return kModes; }
Words colors() { return kColors; }
Words region_names() { return kRegions; }
std::span<const Nation> nations() { return kNations; }

Words part_types() {
  static const BuiltWords built = [] {
    BuiltWords list;
    for (StringRef size : kTypeSizes) {
      for (StringRef finish : kTypeFinishes) {
        for (StringRef metal : kTypeMetals) {
          list.add(std::string(size.view()).append(" ").append(finish.view()).append(" ").append(metal.view()));
        }
      }
    }
    return list;
  }();
  return built.words();
}

Words part_containers() {
  static const BuiltWords built = [] {
    BuiltWords list;
    for (StringRef size : kContainerSizes) {
      for (StringRef shape : kContainerShapes) list.add(std::string(size.view()).append(" ").append(shape.view()));
    }
    return list;
  }();
  return built.words();
}

Words manufacturers() {
  static const BuiltWords built = [] {
    BuiltWords list;
    for (int maker = 1; maker <= 5; ++maker) list.add("Manufacturer#" + std::to_string(maker));
    return list;
  }();
  return built.words();
}

Words brands() {
  static const BuiltWords built = [] {
    BuiltWords list;
    for (int maker = 1; maker <= 5; ++maker) {
      for (int brand = 1; brand <= 5; ++brand) list.add("Brand#" + std::to_string(maker) + std::to_string(brand));
    }
    return list;
  }();
  return built.words();
}

}  // namespace weld::tpch
