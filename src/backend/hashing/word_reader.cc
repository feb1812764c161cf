#include "backend/hashing/word_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/utf8.h"

namespace vetor {
namespace {

constexpr size_t kWindow = 2048;
constexpr size_t kChunk = 16;
// A word character's lower case has at most 1.5 times its bytes (U+023A: 2 to 3), and the last
// chunk of a window may pass its end.
constexpr size_t kRoom = 2 * kChunk + WordReader::kReadableAfter;

constexpr char32_t kCapitalIWithDot = 0x130;
constexpr char32_t kCapitalSigma = 0x3A3;

constexpr uint64_t Each(uint64_t byte) { return byte * 0x0101010101010101U; }
constexpr uint64_t kHighBits = Each(0x80);

// Bit 7 of each byte of `ascii` (all below 0x80) that lies in [first, last].
constexpr uint64_t InRange(uint64_t ascii, uint64_t first, uint64_t last) {
  return (ascii + Each(0x80 - first)) & ~(ascii + Each(0x7F - last)) & kHighBits;
}

// Bit i of the result is bit 7 of byte i: the product moves each to its place in the top byte.
constexpr uint32_t GatherHighBits(uint64_t bytes) {
  return static_cast<uint32_t>((bytes >> 7) * 0x0102040810204080U >> 56);
}

struct AsciiBlock {
  uint64_t lower;  // The 8 characters in lower case; others as they are.
  uint32_t words;  // Bit i: byte i is an ASCII character of a word.
  uint32_t other;  // Bit i: byte i is not ASCII.
};

// Eight characters at once in a general register: the same on every processor.
AsciiBlock ReadAscii(const char* bytes) {
  uint64_t block = 0;
  std::memcpy(&block, bytes, sizeof(block));
  if constexpr (std::endian::native == std::endian::big) block = __builtin_bswap64(block);
  const uint64_t other = block & kHighBits;
  const uint64_t ascii = block & ~kHighBits;
  const uint64_t upper = InRange(ascii, 'A', 'Z') & ~other;
  const uint64_t words =
      InRange(ascii | Each(0x20), 'a', 'z') | InRange(ascii, '0', '9') | InRange(ascii, '_', '_');
  uint64_t lower = block | upper >> 2;
  if constexpr (std::endian::native == std::endian::big) lower = __builtin_bswap64(lower);
  return {lower, GatherHighBits(words & ~other), GatherHighBits(other)};
}

size_t LengthOf(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return size_t{1} + (byte >= 0xC0) + (byte >= 0xE0) + (byte >= 0xF0);
}

}  // namespace

void WordReader::Start(std::string_view text) {
  text_ = text;
  in_ = 0;
  out_ = kReadableBefore;
  edge_count_ = 0;
  in_word_ = false;
  word_count_ = 0;
}

bool WordReader::Next() {
  word_count_ = 0;
  if (in_ == text_.size()) return false;
  KeepBegunWord();
  const size_t end = std::min(text_.size(), in_ + kWindow);
  Reserve(end - in_);
  while (in_ < end) {
    ReadAsciiChunk();
    ReadCharacters(end);
  }
  if (in_ == text_.size()) EmitEdge(in_word_);
  TakeWords();
  return true;
}

void WordReader::KeepBegunWord() {
  edge_count_ = 0;
  size_t size = 0;
  if (in_word_) {
    // Already in front from the second window on, so a long word is moved once.
    size = out_ - begun_;
    if (begun_ != kReadableBefore) {
      std::memmove(buffer_.data() + kReadableBefore, buffer_.data() + begun_, size);
    }
    edges_[edge_count_++] = kReadableBefore;
  }
  out_ = kReadableBefore + size;
}

void WordReader::Reserve(size_t bytes) {
  const size_t size = out_ + bytes + bytes / 2 + kRoom;
  if (buffer_.size() < size) buffer_.resize(std::max(size, 2 * buffer_.size()));
  // An edge a byte at most, beside the begun word's, the end's and what EmitEdges writes too much.
  const size_t edges = bytes + 2 * kChunk;
  if (edges_.size() < edges) {
    edges_.resize(edges);
    words_.resize(edges / 2 + 1);
  }
}

// The ASCII characters of the next kChunk bytes, perhaps none.
void WordReader::ReadAsciiChunk() {
  const size_t left = text_.size() - in_;
  const char* bytes = text_.data() + in_;
  char padded[kChunk] = {};
  if (left < kChunk) {
    std::memcpy(padded, bytes, left);
    bytes = padded;
  }
  const AsciiBlock low = ReadAscii(bytes);
  const AsciiBlock high = ReadAscii(bytes + 8);
  std::memcpy(buffer_.data() + out_, &low.lower, 8);
  std::memcpy(buffer_.data() + out_ + 8, &high.lower, 8);
  const uint32_t other = low.other | high.other << 8 | 1U << kChunk;
  const size_t size = std::min(static_cast<size_t>(std::countr_zero(other)), left);
  const uint32_t read = (1U << size) - 1;
  const uint32_t words = (low.words | high.words << 8) & read;
  const uint32_t before = words << 1 | (in_word_ ? 1U : 0U);  // Bit i: the character before i.
  EmitEdges((words ^ before) & read);
  in_word_ = (before >> size & 1U) != 0;
  in_ += size;
  out_ += size;
}

// Bit i: an edge at out_ + i. Texts have about 5 edges in 16 bytes; writing 6 at once whatever
// their number saves a mispredicted branch a chunk.
void WordReader::EmitEdges(uint32_t edges) {
  size_t* at = edges_.data() + edge_count_;
  edge_count_ += static_cast<size_t>(std::popcount(edges));
  do {
    for (int i = 0; i < 6; ++i) {
      *at++ = out_ + static_cast<size_t>(std::countr_zero(edges));
      edges &= edges - 1;
    }
  } while (edges != 0);
}

// Characters that are not ASCII, and single ASCII characters between such.
void WordReader::ReadCharacters(size_t end) {
  while (in_ < end) {
    const auto byte = static_cast<unsigned char>(text_[in_]);
    if (byte >= 0x80) {
      ReadCharacter();
      continue;
    }
    if (in_ + 1 >= end || static_cast<unsigned char>(text_[in_ + 1]) < 0x80) return;
    const char lower = characters_.AsciiWordLower(byte);
    const bool word = lower != 0;
    EmitEdge(word != in_word_);
    in_word_ = word;
    buffer_[out_] = lower;
    out_ += word ? 1 : 0;
    ++in_;
  }
}

void WordReader::ReadCharacter() {
  const size_t begin = in_;
  const char32_t c = DecodeAnyUtf8(text_, &in_);
  PythonCharacter character = characters_[c];
  if (c == kCapitalIWithDot) character.lower = U'i';
  if (c == kCapitalSigma) character.lower = LowerSigma(characters_, text_, begin);
  EmitEdge(character.word != in_word_);
  in_word_ = character.word;
  if (character.word) out_ += EncodeUtf8(character.lower, buffer_.data() + out_);
  if (c == kCapitalIWithDot) {
    // Its lower case, "i" and a combining dot, ends the word after the i.
    EmitEdge(true);
    in_word_ = false;
  }
}

void WordReader::TakeWords() {
  for (size_t i = 0; i + 1 < edge_count_; i += 2) {
    const char* const begin = buffer_.data() + edges_[i];
    const size_t size = edges_[i + 1] - edges_[i];
    words_[word_count_] = {begin, size};
    word_count_ += size > LengthOf(*begin) ? 1 : 0;  // Two characters or more.
  }
  if (edge_count_ % 2 != 0) begun_ = edges_[edge_count_ - 1];
}

}  // namespace vetor
