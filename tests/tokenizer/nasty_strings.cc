#include "tests/tokenizer/nasty_strings.h"

#include <fstream>
#include <sstream>

#include "base/utf8.h"

namespace vetor {
namespace {

// SplitMix64 (Steele, Lea and Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t bound) {
    state_ += 0x9E3779B97F4A7C15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (z ^ (z >> 31)) % bound;
  }

 private:
  uint64_t state_;
};

char32_t Hex(const std::string& digits) {
  return static_cast<char32_t>(std::stoul(digits, nullptr, 16));
}

void AppendMembers(const std::string& item, std::vector<std::string>* members) {
  if (item.find('.') != std::string::npos) {
    std::istringstream parts(item);
    std::string part;
    std::string member;
    while (std::getline(parts, part, '.')) AppendUtf8(Hex(part), &member);
    members->push_back(member);
    return;
  }
  const size_t dash = item.find('-');
  const char32_t first = Hex(item.substr(0, dash));
  const char32_t last = dash == std::string::npos ? first : Hex(item.substr(dash + 1));
  for (char32_t c = first; c <= last; ++c) AppendUtf8(c, &members->emplace_back());
}

}  // namespace

NastyStrings::NastyStrings(const std::string& file_name) {
  std::ifstream file(std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/" + file_name);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    Set set;
    std::string name;
    words >> set.weight >> name;
    for (std::string item; words >> item;) AppendMembers(item, &set.members);
    total_weight_ += set.weight;
    sets_.push_back(std::move(set));
  }
}

std::string NastyStrings::Make(uint64_t seed, uint64_t index) const {
  Random random(seed ^ (index * 0xD1B54A32D192ED03ULL));
  std::string text;
  const uint64_t count = 1 + random.Below(8);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t pick = random.Below(total_weight_);
    for (const Set& set : sets_) {
      if (pick < set.weight) {
        text += set.members[random.Below(set.members.size())];
        break;
      }
      pick -= set.weight;
    }
  }
  return text;
}

}  // namespace vetor
