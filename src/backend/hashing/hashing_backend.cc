#include "backend/hashing/hashing_backend.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "backend/hashing/murmur3.h"
#include "backend/hashing/word_reader.h"

namespace vetor {
namespace {

// n % divisor by two multiplications (Lemire, Kaser, Kurz: Faster remainder by direct computation,
// 2019), exact for all 32-bit numbers; a division takes longer than hashing a word.
class Modulus {
 public:
  explicit Modulus(uint32_t divisor) : divisor_(divisor), factor_(~uint64_t{0} / divisor + 1) {}
  uint32_t Of(uint32_t n) const {
    const uint64_t fraction = factor_ * n;
    return static_cast<uint32_t>(Wide{fraction} * divisor_ >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  uint32_t divisor_;
  uint64_t factor_;  // Wraps to 0 for divisor 1, whose remainders are 0.
};

// Hashes words and pairs of neighbours. Most words have fewer than 16 bytes, and a branch predictor
// cannot guess their sizes. So the first 4 blocks are always mixed, and each result is kept or
// dropped.
class FeatureHasher {
 public:
  void StartText() { previous_.size = 0; }

  /// The hash of each of `words` and, unless the word is the text's first, of the pair that it
  /// ends. Valid until the next call.
  std::span<const int32_t> Hash(std::span<const Word> words) {
    if (hashes_.size() < 2 * words.size()) hashes_.resize(2 * words.size());
    int32_t* out = hashes_.data();
    Previous previous = previous_;
    for (const Word& word : words) {
      const uint32_t first = LoadBlock(word.begin);
      const uint32_t state = MixBlocks({word.begin, first, word.size / kMurmurBlock}, 0);
      const uint32_t tail = LoadTail(word.begin + word.size, word.size % kMurmurBlock);
      *out++ = MurmurFinish(state, tail, word.size);
      if (previous.size != 0) *out++ = HashPair(previous, word, first);
      previous = {state, tail, word.size};
    }
    previous_ = previous;
    return {hashes_.data(), static_cast<size_t>(out - hashes_.data())};
  }

 private:
  static_assert(WordReader::kReadableBefore >= kMurmurBlock);
  static_assert(WordReader::kReadableAfter >= 4 * kMurmurBlock);

  struct Blocks {
    const char* begin;
    uint32_t first;  // The first block, which need not be in memory.
    size_t count;
  };
  struct Previous {
    uint32_t state;  // The hash state after the word's whole blocks.
    uint32_t tail;
    size_t size;  // 0 if there is no previous word.
  };

  static uint32_t MixBlocks(const Blocks& blocks, uint32_t state) {
    const auto block = [&](size_t i) { return LoadBlock(blocks.begin + i * kMurmurBlock); };
    const auto mix = [&](size_t i, uint32_t bits) {
      const uint32_t keep = 0U - static_cast<uint32_t>(i < blocks.count);
      state ^= (state ^ MurmurMix(state, bits)) & keep;
    };
    mix(0, blocks.first);
    mix(1, block(1));
    mix(2, block(2));
    mix(3, block(3));
    for (size_t i = 4; i < blocks.count; ++i) state = MurmurMix(state, block(i));
    return state;
  }

  // The pair's first blocks are those of the previous word and are mixed already. The rest of that
  // word, the space and the beginning of the new word make the next block; later blocks lie in the
  // new word.
  static int32_t HashPair(const Previous& previous, const Word& word, uint32_t word_first) {
    const size_t left = previous.size % kMurmurBlock;
    const auto first = static_cast<uint32_t>(previous.tail | uint32_t{' '} << 8 * left |
                                             uint64_t{word_first} << 8 * (left + 1));
    const size_t bytes = left + 1 + word.size;
    const Blocks blocks = {word.begin - 1 - left, first, bytes / kMurmurBlock};
    const uint32_t state = MixBlocks(blocks, previous.state);
    // If there is no whole block (left = 0 and a word of 2 bytes), the tail contains the space.
    const uint32_t tail = blocks.count == 0
                              ? first & 0xFFFFFF
                              : LoadTail(word.begin + word.size, bytes % kMurmurBlock);
    return MurmurFinish(state, tail, previous.size + 1 + word.size);
  }

  Previous previous_ = {};
  std::vector<int32_t> hashes_;
};

// Counts the features of one text after the other, without an allocation per text.
class FeatureCounter {
 public:
  FeatureCounter(size_t dim, bool normalize)
      : normalize_(normalize), modulus_(static_cast<uint32_t>(dim)), counts_(dim), touched_(dim) {}

  /// REQUIRES: `row` has dim zeros.
  void Write(std::string_view text, std::span<float> row) {
    touches_ = 0;
    squares_ = 0;
    hasher_.StartText();
    reader_.Start(text);
    while (reader_.Next()) Count(hasher_.Hash(reader_.words()));
    const double length =
        normalize_ && squares_ > 0 ? std::sqrt(static_cast<double>(squares_)) : 1.0;
    if (touches_ < touched_.size()) {
      WriteTouched(length, row);
    } else {
      WriteAll(length, row);
    }
  }

 private:
  void Count(std::span<const int32_t> hashes) {
    const size_t capacity = touched_.size();
    size_t touches = touches_;
    int64_t squares = squares_;
    for (const int32_t hash : hashes) {
      // There is no branch on the sign, which a branch predictor cannot guess. The absolute value
      // is unsigned, so that |-2^31| is 2^31, as in scikit-learn.
      const int32_t negative = hash >> 31;  // 0 or -1
      const auto mask = static_cast<uint32_t>(negative);
      const uint32_t index = modulus_.Of((static_cast<uint32_t>(hash) ^ mask) - mask);
      const int32_t sign = negative | 1;
      const int32_t count = counts_[index];
      counts_[index] = count + sign;
      squares += 2 * int64_t{sign} * count + 1;  // (count + sign)^2 - count^2
      // Once the list is full, the whole row is written instead.
      touched_[touches < capacity ? touches : 0] = index;
      touches += touches < capacity ? 1 : 0;
    }
    touches_ = touches;
    squares_ = squares;
  }

  void WriteTouched(double length, std::span<float> row) {
    const std::span<const uint32_t> touched(touched_.data(), touches_);
    for (const uint32_t i : touched) row[i] = static_cast<float>(counts_[i] / length);
    for (const uint32_t i : touched) counts_[i] = 0;
  }

  void WriteAll(double length, std::span<float> row) {
    for (size_t i = 0; i < counts_.size(); ++i) row[i] = static_cast<float>(counts_[i] / length);
    std::fill(counts_.begin(), counts_.end(), 0);
  }

  const bool normalize_;
  const Modulus modulus_;
  WordReader reader_;
  FeatureHasher hasher_;
  std::vector<int32_t> counts_;  // [dim], zeros between texts.
  std::vector<uint32_t>
      touched_;  // [dim] the components that were counted, some perhaps more than once.
  size_t touches_ = 0;
  int64_t squares_ = 0;  // Sum of the squares of counts_.
};

class HashingBackend : public Backend {
 public:
  HashingBackend(size_t dim, bool normalize) : normalize_(normalize) {
    traits_.backend = "hashing";
    traits_.precision = "fp32";
    traits_.input = BackendInput::kTexts;
    traits_.output_axis = OutputAxis::kTexts;
    traits_.width = dim;
    traits_.equal_lengths = false;
  }

  const BackendTraits& traits() const override { return traits_; }

  Result<BackendOutput> Run(const TokenBatch& batch) override {
    const size_t dim = traits_.width;
    auto values = std::make_shared<std::vector<float>>(batch.texts.size() * dim);
    FeatureCounter counter(dim, normalize_);
    for (size_t row = 0; row < batch.texts.size(); ++row) {
      counter.Write(batch.texts[row], std::span(*values).subspan(row * dim, dim));
    }
    return BackendOutput{*values, dim, OutputAxis::kTexts, values};
  }

 private:
  const bool normalize_;
  BackendTraits traits_;
};

}  // namespace

std::unique_ptr<Backend> MakeHashingBackend(size_t dim, bool normalize) {
  return std::make_unique<HashingBackend>(dim, normalize);
}

}  // namespace vetor
