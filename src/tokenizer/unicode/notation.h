// Reads the notation of unicode_data.h. It is used only while tables are built, once per process.
#pragma once

#include <cstdint>
#include <string_view>

namespace vetor::unicode {

/// Calls visit(first, last) for every range of a set.
template <typename Visit>
void ForEachRange(std::string_view words, const Visit& visit);

/// Calls visit(first, last, value) for every valued range.
template <typename Visit>
void ForEachValuedRange(std::string_view words, const Visit& visit);

/// Calls visit(code_point, value) for every code point of valued ranges.
template <typename Visit>
void ForEachValue(std::string_view words, const Visit& visit);

/// Calls visit(code_point, targets, count) for every mapping; `targets` is valid during the call.
template <typename Visit>
void ForEachMapping(std::string_view words, const Visit& visit);

// ---- implementation ----

/// A cursor over one string of the notation.
class NotationReader {
 public:
  explicit NotationReader(std::string_view text) : text_(text) {}

  bool AtEnd() const { return at_ >= text_.size(); }

  bool Skip(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  uint32_t Number(uint32_t base) {
    uint32_t number = 0;
    for (; !AtEnd(); ++at_) {
      const char c = text_[at_];
      if (c >= '0' && c <= '9') {
        number = number * base + static_cast<uint32_t>(c - '0');
      } else if (base == 16 && c >= 'A' && c <= 'F') {
        number = number * base + static_cast<uint32_t>(c - 'A' + 10);
      } else {
        break;
      }
    }
    return number;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

template <typename Visit>
void ForEachRange(std::string_view words, const Visit& visit) {
  NotationReader reader(words);
  while (!reader.AtEnd()) {
    const char32_t first = reader.Number(16);
    const char32_t last = reader.Skip('-') ? reader.Number(16) : first;
    visit(first, last);
    reader.Skip(' ');
  }
}

template <typename Visit>
void ForEachValuedRange(std::string_view words, const Visit& visit) {
  NotationReader reader(words);
  while (!reader.AtEnd()) {
    const char32_t first = reader.Number(16);
    const char32_t last = reader.Skip('-') ? reader.Number(16) : first;
    reader.Skip('=');
    const uint32_t value = reader.Number(10);
    visit(first, last, value);
    reader.Skip(' ');
  }
}

template <typename Visit>
void ForEachValue(std::string_view words, const Visit& visit) {
  ForEachValuedRange(words, [&](char32_t first, char32_t last, uint32_t value) {
    for (char32_t c = first; c <= last; ++c) visit(c, value);
  });
}

template <typename Visit>
void ForEachMapping(std::string_view words, const Visit& visit) {
  constexpr size_t kLongest = 32;  // U+FDFA has 18, more than any other
  NotationReader reader(words);
  while (!reader.AtEnd()) {
    const char32_t first = reader.Number(16);
    const char32_t last = reader.Skip('-') ? reader.Number(16) : first;
    const char32_t step = reader.Skip('/') ? reader.Number(16) : 1;
    reader.Skip('>');
    char32_t targets[kLongest] = {reader.Number(16)};
    size_t count = 1;
    while (count < kLongest && reader.Skip('.')) targets[count++] = reader.Number(16);
    for (char32_t c = first; c <= last; c += step) {
      visit(c, static_cast<const char32_t*>(targets), count);
      targets[0] += step;
    }
    reader.Skip(' ');
  }
}

}  // namespace vetor::unicode
