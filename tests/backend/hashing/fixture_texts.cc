#include "tests/backend/hashing/fixture_texts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

#ifdef VETOR_TEST_ZLIB
#include <zlib.h>
#endif

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

std::optional<std::string> Unzip(const std::filesystem::path& path) {
#ifdef VETOR_TEST_ZLIB
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::string text;
  char buffer[1 << 16];
  for (int n = 0; (n = gzread(file, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  gzclose(file);
  return text;
#else
  static_cast<void>(path);
  return std::nullopt;
#endif
}

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

std::vector<std::string> Passages(std::string_view text) {
  std::vector<std::string> texts;
  for (const std::string& line : Lines(text)) {
    const boost::json::value passage = *ParseJson(line, "passages");
    const auto add = [&](const boost::json::value& value) {
      texts.emplace_back(value.as_string());
    };
    add(passage.at("title"));
    add(passage.at("context"));
    for (const auto& question : passage.at("questions").as_array()) add(question);
    for (const auto& answer : passage.at("answers").as_array()) add(answer);
  }
  return texts;
}

}  // namespace

std::optional<std::vector<std::string>> FixtureTexts(const std::string& set) {
  const bool own = set == "tatoeba.tsv";
  const auto path = own ? std::filesystem::path(VETOR_TEST_DATA_DIR "/hashing") / set
                        : std::filesystem::path(VETOR_SHARED_DIR "/data") / set;
  if (!std::filesystem::exists(path)) return std::nullopt;
  std::string text;
  if (set.ends_with(".gz")) {
    std::optional<std::string> content = Unzip(path);
    if (!content) return std::nullopt;
    text = *std::move(content);
  } else {
    text = *ReadFile(path);
  }
  if (set.starts_with("hostile/")) return std::vector<std::string>{text};
  if (set.ends_with("jsonl.gz")) return Passages(text);
  return set.find(".tsv") != std::string::npos ? Sentences(text) : Lines(text);
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
