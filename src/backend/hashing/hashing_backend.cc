#include "backend/hashing/hashing_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "backend/hashing/murmur3.h"
#include "backend/hashing/word_reader.h"
#include "base/utf8.h"

namespace vetor {
namespace {

// Counts the features of one text after the other, without allocating in between.
class FeatureCounter {
 public:
  FeatureCounter(size_t dim, bool normalize)
      : dim_(static_cast<uint32_t>(dim)), normalize_(normalize), counts_(dim), touched_(dim) {}

  /// REQUIRES: well-formed UTF-8; `row` has dim zeros.
  void Write(std::string_view text, std::span<float> row) {
    has_previous_ = false;
    touches_ = 0;
    squares_ = 0;
    reader_.Read(text, [this](char* word, size_t size) { AddWord(word, size); });
    const double length =
        normalize_ && squares_ > 0 ? std::sqrt(static_cast<double>(squares_)) : 1.0;
    if (touches_ < touched_.size()) {
      for (size_t i = 0; i < touches_; ++i) {
        row[touched_[i]] = static_cast<float>(counts_[touched_[i]] / length);
      }
      for (size_t i = 0; i < touches_; ++i) counts_[touched_[i]] = 0;
    } else {
      for (size_t i = 0; i < counts_.size(); ++i) {
        row[i] = static_cast<float>(counts_[i] / length);
      }
      std::fill(counts_.begin(), counts_.end(), 0);
    }
  }

 private:
  void AddWord(char* word, size_t size) {
    const size_t blocks = size / kMurmurBlock;
    const size_t tail = size % kMurmurBlock;
    const uint32_t state = MurmurBlocks(0, word, blocks);
    Add(MurmurFinish(state, word + size - tail, size));
    if (has_previous_) AddPair(word, size);
    has_previous_ = true;
    previous_state_ = state;
    previous_size_ = size;
    std::memcpy(previous_tail_, word + size - tail, tail);
  }

  // The pair's first blocks are the previous word's, hashed already; what was left of that word
  // and the space go into the headroom before the new one.
  void AddPair(char* word, size_t size) {
    const size_t left = previous_size_ % kMurmurBlock;
    static_assert(WordReader::kHeadroom >= kMurmurBlock);
    char* const begin = word - 1 - left;
    std::memcpy(begin, previous_tail_, left);
    word[-1] = ' ';
    const size_t bytes = left + 1 + size;
    const uint32_t state = MurmurBlocks(previous_state_, begin, bytes / kMurmurBlock);
    Add(MurmurFinish(state, begin + bytes / kMurmurBlock * kMurmurBlock,
                     previous_size_ + 1 + size));
  }

  void Add(int32_t hash) {
    // Unsigned, so that |-2^31| is 2^31, as scikit-learn has it.
    const auto bits = static_cast<uint32_t>(hash);
    const uint32_t index = (hash < 0 ? 0U - bits : bits) % dim_;
    const int32_t sign = hash < 0 ? -1 : 1;
    int32_t& count = counts_[index];
    squares_ += 2 * int64_t{sign} * count + 1;  // (count + sign)^2 - count^2
    count += sign;
    // Once full, the whole row is written instead.
    touched_[touches_ < touched_.size() ? touches_++ : 0] = index;
  }

  const uint32_t dim_;
  const bool normalize_;
  WordReader reader_;
  std::vector<int32_t> counts_;    // [dim], zeros between texts.
  std::vector<uint32_t> touched_;  // [dim] components counted in, perhaps more than once.
  size_t touches_ = 0;
  int64_t squares_ = 0;  // Sum of the squares of counts_.

  bool has_previous_ = false;
  uint32_t previous_state_ = 0;  // Of the previous word's whole blocks.
  size_t previous_size_ = 0;
  char previous_tail_[kMurmurBlock] = {};
};

class HashingBackend : public Backend {
 public:
  HashingBackend(size_t dim, bool normalize) : normalize_(normalize) {
    traits_.backend = "hashing";
    traits_.precision = "fp32";
    traits_.input = BackendInput::kTexts;
    traits_.output = BackendOutputKind::kTextVectors;
    traits_.width = dim;
    traits_.equal_lengths = false;
  }

  const BackendTraits& traits() const override { return traits_; }

  Result<BackendOutput> Run(const TokenBatch& batch) override {
    const size_t dim = traits_.width;
    auto values = std::make_shared<std::vector<float>>(batch.texts.size() * dim);
    FeatureCounter counter(dim, normalize_);
    for (size_t row = 0; row < batch.texts.size(); ++row) {
      const size_t invalid = FindInvalidUtf8(batch.texts[row]);
      if (invalid != kValidUtf8) {
        return InvalidArgumentError(
            fmt::format("text {} of the batch is not valid UTF-8 at byte {}; decode it, or ask for "
                        "invalid bytes to be replaced",
                        row, invalid));
      }
      counter.Write(batch.texts[row], std::span(*values).subspan(row * dim, dim));
    }
    return BackendOutput{std::span<const float>(*values), values};
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
