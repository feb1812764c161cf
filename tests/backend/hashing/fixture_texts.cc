#include "tests/backend/hashing/fixture_texts.h"

#include "base/utf8.h"
#include "os/file.h"
#include "tests/support/test_paths.h"
#include "tests/support/unpacked_data.h"

namespace vetor {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next(uint64_t bound) {
    state_ += 0x9E3779B97F4A7C15U;
    uint64_t z = state_;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return (z ^ z >> 31) % bound;
  }

 private:
  uint64_t state_;
};

std::vector<std::string> Lines(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::vector<std::string> lines;
  while (true) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> Sentences(std::string_view text) {
  std::vector<std::string> lines = Lines(text);
  for (std::string& line : lines) line.erase(0, line.find('\t') + 1);
  return lines;
}

}  // namespace

std::vector<std::string> FixtureTexts(const std::string& set) {
  if (set.starts_with("corpus/")) return CorpusTexts(set.substr(set.find('/') + 1));
  const bool hostile = set.starts_with("hostile/");
  const auto path = hostile ? UnpackedData(set) : testing::TestData("hashing/" + set);
  const Result<std::string> text = ReadFile(path);
  if (!text.ok()) return {};
  return hostile ? std::vector<std::string>{*text} : Sentences(*text);
}

std::vector<std::string> RandomTexts(uint64_t seed, size_t count) {
  const std::u32string frequent =
      U"\u03A3\u03A3\u03A3\u03C3\u03C2AaZz09_ \u0301'.:\u00AD\u0130\u0131\u00DF\u01C5\u1E9E\u0390"
      U"\u0345\u00AA";
  const uint64_t limits[] = {0x80, 0x600, 0x3000, 0x20000, 0x110000};
  Random random(seed);
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    const uint64_t length = 1 + random.Next(48);
    for (uint64_t i = 0; i < length; ++i) {
      if (random.Next(3) != 0) {
        AppendUtf8(frequent[random.Next(frequent.size())], &text);
        continue;
      }
      const auto code = static_cast<char32_t>(random.Next(limits[random.Next(std::size(limits))]));
      AppendUtf8(code >= 0xD800 && code <= 0xDFFF ? U'x' : code, &text);
    }
  }
  return texts;
}

std::vector<std::string> CharacterTexts(char32_t code) {
  std::string c;
  AppendUtf8(code, &c);
  const std::string sigma = "\u03A3";
  return {c + c, "X" + c + "y",
          c + sigma + " A" + c + sigma + " A" + sigma + c + "B A" + sigma + c};
}

}  // namespace vetor
