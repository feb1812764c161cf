// Remembers the tokens of short words in one thread. A text repeats its words, and a hit costs two
// cache lines instead of a search through the vocabulary.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "tokenizer/model.h"

namespace vetor {

/// Direct-mapped, with 128 bytes per entry: 2 MiB for the vocabulary of any real model. For a tiny
/// model, which tests and fuzzers open by the thousand, it is small enough to be cleared in a
/// microsecond. Not thread-safe.
class WordCache : public ModelScratch {
 public:
  explicit WordCache(size_t vocabulary_size)
      : bits_(std::clamp<size_t>(std::bit_width(vocabulary_size), kLeastBits, kMostBits)),
        entries_(size_t{1} << bits_) {}

  /// Adds the tokens of `word` to `sink` if they are remembered.
  bool Find(std::string_view word, TokenSink* sink) const {
    if (word.size() > kLongestWord) return false;
    const Entry& entry = entries_[SlotOf(word)];
    if (entry.size != word.size() ||
        std::memcmp(entry.word.data(), word.data(), word.size()) != 0) {
      return false;
    }
    for (size_t i = 0; i < entry.tokens; ++i) sink->Add(entry.ids[i], 0, 0);
    return true;
  }

  /// Remembers that `word` became the tokens of `sink` from `first` on.
  void Insert(std::string_view word, const TokenSink& sink, size_t first) {
    const size_t tokens = sink.size() - first;
    if (word.empty() || word.size() > kLongestWord || tokens > kMostTokens) return;
    Entry& entry = entries_[SlotOf(word)];
    entry.size = static_cast<uint8_t>(word.size());
    entry.tokens = static_cast<uint8_t>(tokens);
    std::memcpy(entry.word.data(), word.data(), word.size());
    for (size_t i = 0; i < tokens; ++i) {
      entry.ids[i] = static_cast<int32_t>((*sink.ids())[first + i]);
    }
  }

 private:
  static constexpr size_t kLeastBits = 4;
  static constexpr size_t kMostBits = 14;
  static constexpr size_t kLongestWord = 62;
  static constexpr size_t kMostTokens = 16;

  struct alignas(128) Entry {
    std::array<int32_t, kMostTokens> ids{};
    std::array<char, kLongestWord> word{};
    uint8_t size = 0;  // 0 if the entry is empty
    uint8_t tokens = 0;
  };

  size_t SlotOf(std::string_view word) const {
    uint64_t hash = word.size();
    size_t i = 0;
    for (; i + 8 <= word.size(); i += 8) hash = Mix(hash, Load(word.data() + i, 8));
    if (i < word.size()) hash = Mix(hash, Load(word.data() + i, word.size() - i));
    return hash >> (64 - bits_);
  }

  static uint64_t Load(const char* bytes, size_t size) {
    uint64_t word = 0;
    std::memcpy(&word, bytes, size);
    return word;
  }

  static uint64_t Mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    return hash ^ (hash >> 29);
  }

  size_t bits_;
  std::vector<Entry> entries_;
};

}  // namespace vetor
