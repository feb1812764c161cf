// libFuzzer runs any pattern on any text, both made valid UTF-8. It checks that matches lie in the
// text, on characters, one after the other; that a search ends; and that the engine agrees on the
// text with one of the hand-written matchers.
//
// Input: one byte that chooses the matcher, the pattern, a zero, the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/known_regex.h"
#include "tokenizer/regex/regex.h"

namespace {

using vetor::KnownRegex;
using vetor::regex::Match;
using vetor::regex::Regex;
using vetor::regex::Scanner;

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsCharacter(std::string_view text, size_t at) {
  return at == text.size() || !vetor::IsContinuationByte(text[at]);
}

void Scan(const Regex& regex, std::string_view text) {
  Scanner scanner(regex, text);
  std::optional<size_t> last_end;
  while (const auto match = scanner.Next()) {
    Require(match->begin <= match->end && match->end <= text.size());
    Require(IsCharacter(text, match->begin) && IsCharacter(text, match->end));
    Require(!last_end || match->begin >= *last_end);
    Require(match->begin < match->end || match->begin != last_end);
    last_end = match->end;
  }
  Require(scanner.status().ok() ||
          scanner.status().code() == vetor::StatusCode::kResourceExhausted);
  Require(!scanner.Next().has_value());
}

struct Twin {
  KnownRegex known;
  Regex regex;
};

const std::vector<Twin>& Twins() {
  static const auto& twins = *new std::vector<Twin>([] {
    std::vector<Twin> all;
    for (const std::string_view pattern : KnownRegex::Patterns()) {
      auto regex = Regex::Compile(pattern);
      Require(regex.ok());
      all.push_back({*KnownRegex::Find(pattern), *std::move(regex)});
    }
    return all;
  }());
  return twins;
}

void Compare(const Twin& twin, std::string_view text) {
  Scanner scanner(twin.regex, text);
  for (size_t at = 0;;) {
    const auto known = twin.known.Next(text, at);
    const auto match = scanner.Next();
    Require(known.has_value() == match.has_value());
    if (!known) break;
    Require(known->begin == match->begin && known->end == match->end);
    at = known->end;
  }
  Require(scanner.status().ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t end = std::min(input.find('\0'), input.size());
  const std::string pattern = vetor::ReplaceInvalidUtf8(input.substr(0, end));
  const std::string text = vetor::ReplaceInvalidUtf8(input.substr(std::min(end + 1, input.size())));
  const auto regex = Regex::Compile(pattern);
  if (regex.ok()) {
    Scan(*regex, text);
  } else {
    Require(regex.status().code() == vetor::StatusCode::kUnimplemented);
  }
  Compare(Twins()[data[0] % Twins().size()], text);
  return 0;
}
