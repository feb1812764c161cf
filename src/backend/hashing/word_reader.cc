#include "backend/hashing/word_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vetor {
namespace {

constexpr size_t kWindow = 2048;
constexpr size_t kChunk = 64;
// A word character's lower case has at most 1.5 times its bytes (U+023A: 2 to 3), and the last
// chunk of a window may reach beyond the window's end and is copied whole.
constexpr size_t kRoom = 3 * kChunk + WordReader::kReadableAfter;

constexpr char32_t kCapitalIWithDot = 0x130;
constexpr char32_t kCapitalSigma = 0x3A3;

// The vector types of GCC and Clang: SSE2, NEON or plain registers.
using Bytes = signed char __attribute__((vector_size(16)));

// Bit i of the result: the high bit of byte i.
inline uint64_t HighBits(const Bytes& bytes) {
#if defined(__SSE2__)
  return static_cast<uint16_t>(_mm_movemask_epi8(reinterpret_cast<const __m128i&>(bytes)));
#else
  uint64_t halves[2];
  std::memcpy(halves, &bytes, sizeof(halves));
  // The product moves the high bit of byte i to bit i of the top byte.
  const auto gather = [](uint64_t half) {
    if constexpr (std::endian::native == std::endian::big) half = __builtin_bswap64(half);
    return (half >> 7 & 0x0101010101010101U) * 0x0102040810204080U >> 56;
  };
  return gather(halves[0]) | gather(halves[1]) << 8;
#endif
}

// The number of zeros below the lowest one; 64 for 0.
inline size_t LowestBit(uint64_t bits) { return static_cast<size_t>(std::countr_zero(bits)); }

struct AsciiChunk {
  char lower[2 * kChunk];  // ASCII characters in lower case; the second half may be read.
  uint64_t words = 0;      // Bit i: byte i is an ASCII character of a word.
  uint64_t other = 0;      // Bit i: byte i is not ASCII.
};

// REQUIRES: kChunk readable bytes.
inline void ReadAscii(const char* bytes, AsciiChunk* chunk) {
  for (size_t i = 0; i < kChunk; i += sizeof(Bytes)) {
    Bytes c;
    std::memcpy(&c, bytes + i, sizeof(c));
    const Bytes upper = (c >= 'A') & (c <= 'Z');
    const Bytes lower = c | (upper & 0x20);
    const Bytes words = ((lower >= 'a') & (lower <= 'z')) | ((c >= '0') & (c <= '9')) | (c == '_');
    std::memcpy(chunk->lower + i, &lower, sizeof(lower));
    chunk->words |= HighBits(words) << i;
    chunk->other |= HighBits(c) << i;
  }
}

// Bytes of the character that begins with `lead`.
size_t LengthOf(char lead) {
  constexpr uint64_t kLengthOfHighNibble = 0x4322111111111111U;
  return kLengthOfHighNibble >> (static_cast<unsigned char>(lead) >> 4) * 4 & 0xF;
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
  while (in_ < end) ReadChunk();
  if (in_ == text_.size()) EmitEdge(in_word_);
  TakeWords();
  return true;
}

void WordReader::KeepBegunWord() {
  edge_count_ = 0;
  size_t size = 0;
  if (in_word_) {
    // From the second window on the word is at the front already, so a long word is moved once.
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
  // There is at most one edge per byte, beside those of the begun word, of the end and of the last
  // chunk.
  const size_t edges = bytes + 2 * kChunk;
  if (edges_.size() < edges) {
    edges_.resize(edges);
    words_.resize(edges / 2 + 1);
  }
}

// Reads the next kChunk bytes, and the rest of their last character.
void WordReader::ReadChunk() {
  const size_t begin = in_;
  const size_t size = std::min(text_.size() - begin, kChunk);
  const char* bytes = text_.data() + begin;
  char padded[kChunk] = {};
  if (size < kChunk) {
    std::memcpy(padded, bytes, size);
    bytes = padded;
  }
  AsciiChunk chunk;
  ReadAscii(bytes, &chunk);
  for (size_t at = 0; at < size; at = in_ - begin) {
    const uint64_t other = chunk.other >> at;
    if ((other & 1) != 0) {
      ReadCharacters(in_ + LowestBit(~other));
      continue;
    }
    const size_t run = std::min(LowestBit(other), size - at);
    std::memcpy(buffer_.data() + out_, chunk.lower + at, kChunk);
    EmitEdges(chunk.words >> at, run);
    in_ += run;
    out_ += run;
  }
}

// Notes the edges of a run of 1 to 64 ASCII characters at out_. Bit i of `words` says whether
// character i belongs to a word; bits beyond the run do not count.
void WordReader::EmitEdges(uint64_t words, size_t run) {
  const uint64_t before = words << 1 | (in_word_ ? 1U : 0U);  // Bit i: character i - 1.
  uint64_t edges = (words ^ before) & (~uint64_t{0} >> (kChunk - run));
  in_word_ = (words >> (run - 1) & 1) != 0;
  size_t* at = edges_.data() + edge_count_;
  for (; edges != 0; edges &= edges - 1) *at++ = out_ + LowestBit(edges);
  edge_count_ = static_cast<size_t>(at - edges_.data());
}

// Reads characters that are not ASCII, until `end` or a little after. Members are kept in local
// variables, because a store through char* may change any of them.
void WordReader::ReadCharacters(size_t end) {
  const std::string_view text = text_;
  const PythonCharacters& characters = characters_;
  size_t* edge = edges_.data() + edge_count_;
  char* out = buffer_.data() + out_;
  bool in_word = in_word_;
  const auto set_in_word = [&](bool word) {
    *edge = static_cast<size_t>(out - buffer_.data());
    edge += word != in_word ? 1 : 0;
    in_word = word;
  };
  size_t in = in_;
  while (in < end) {
    const size_t begin = in;
    const char32_t c = DecodeAnyUtf8(text, &in);
    PythonCharacter character = characters[c];
    if (c == kCapitalIWithDot) character.lower = U'i';
    if (c == kCapitalSigma) character.lower = LowerSigma(characters, text, begin);
    set_in_word(character.word);
    if (character.lower == c && text.size() - begin >= 4) {
      std::memcpy(out, text.data() + begin, 4);
      out += character.word ? in - begin : 0;
    } else {
      const size_t size = EncodeUtf8(character.lower, out);
      out += character.word ? size : 0;
    }
    // The lower case of U+0130 is "i" and a combining dot, so the word ends after the i.
    if (c == kCapitalIWithDot) set_in_word(false);
  }
  in_ = in;
  in_word_ = in_word;
  out_ = static_cast<size_t>(out - buffer_.data());
  edge_count_ = static_cast<size_t>(edge - edges_.data());
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
