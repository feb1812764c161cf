#include "backend/hashing/python_text.h"

#include <map>

namespace vetor {
namespace {

struct CodeRange {
  char32_t first, last;
};

struct LowerRange {
  char32_t first, last;
  int stride;
  int delta;
};

#include "backend/hashing/python_text_ranges.inc"
#include "base/utf8.h"

// The bound of the values that DecodeAnyUtf8 may give; characters end at 0x10FFFF.
constexpr char32_t kCodePoints = 0x200000;

// One record per code point, in blocks that exist only if a record was set there: most of the code
// space is empty.
class SparseRecords {
 public:
  explicit SparseRecords(size_t block) : block_(block), blocks_(kCodePoints / block) {}

  int32_t Get(char32_t c) const {
    const std::vector<int32_t>& block = blocks_[c / block_];
    return block.empty() ? 0 : block[c % block_];
  }
  void Set(char32_t c, int32_t record) {
    std::vector<int32_t>& block = blocks_[c / block_];
    block.resize(block_);
    block[c % block_] = record;
  }
  template <size_t kSize>
  void Flag(const CodeRange (&ranges)[kSize], int32_t flag) {
    for (const CodeRange& range : ranges) {
      for (char32_t c = range.first; c <= range.last; ++c) Set(c, Get(c) | flag);
    }
  }
  const std::vector<std::vector<int32_t>>& blocks() const { return blocks_; }

 private:
  const size_t block_;
  std::vector<std::vector<int32_t>>
      blocks_;  // Each block is empty, which means all zeros, or has block_ records.
};

// The code point that ends before byte `*offset`, which moves to its first byte.
char32_t DecodeBefore(std::string_view text, size_t* offset) {
  do {
    --*offset;
  } while (*offset > 0 && IsContinuationByte(text[*offset]));
  size_t start = *offset;
  return DecodeAnyUtf8(text, &start);
}

}  // namespace

PythonCharacters::PythonCharacters() {
  constexpr size_t kBlock = size_t{1} << kBlockBits;
  SparseRecords flags(kBlock);
  flags.Flag(kWordRanges, kWord);
  flags.Flag(kCasedRanges, kCased);
  flags.Flag(kIgnorableRanges, kIgnorable);
  SparseRecords sparse = flags;
  for (const LowerRange& range : kLowerRanges) {
    for (char32_t c = range.first; c <= range.last; c += static_cast<char32_t>(range.stride)) {
      // Words are searched for after lower-casing.
      const int32_t word = flags.Get(c + static_cast<char32_t>(range.delta)) & kWord;
      sparse.Set(c, range.delta * (1 << kFlagBits) | (flags.Get(c) & ~kWord) | word);
    }
  }

  std::map<std::vector<int32_t>, uint32_t> seen;  // Content of a block to its start.
  records_.resize(kBlock);
  seen.emplace(std::vector<int32_t>(), 0);
  for (const std::vector<int32_t>& block : sparse.blocks()) {
    const auto [entry, is_new] = seen.emplace(block, static_cast<uint32_t>(records_.size()));
    if (is_new) records_.insert(records_.end(), block.begin(), block.end());
    blocks_.push_back(entry->second);
  }
}

const PythonCharacters& PythonCharacters::Get() {
  static const PythonCharacters kCharacters;
  return kCharacters;
}

char32_t LowerSigma(const PythonCharacters& characters, std::string_view text, size_t offset) {
  constexpr char32_t kSmallSigma = 0x3C3;
  constexpr char32_t kSmallFinalSigma = 0x3C2;
  constexpr size_t kSigmaBytes = 2;
  bool after_letter = false;
  for (size_t i = offset; i > 0;) {
    const PythonCharacter before = characters[DecodeBefore(text, &i)];
    if (before.ignorable) continue;
    after_letter = before.cased;
    break;
  }
  if (!after_letter) return kSmallSigma;
  for (size_t i = offset + kSigmaBytes; i < text.size();) {
    const PythonCharacter after = characters[DecodeAnyUtf8(text, &i)];
    if (!after.ignorable) return after.cased ? kSmallSigma : kSmallFinalSigma;
  }
  return kSmallFinalSigma;
}

}  // namespace vetor
