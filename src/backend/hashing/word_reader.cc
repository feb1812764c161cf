#include "backend/hashing/word_reader.h"

#include "base/utf8.h"

namespace vetor {
namespace {

constexpr size_t kFirstSize = 256;
constexpr size_t kLongestCharacter = 4;
constexpr char32_t kCapitalIWithDot = 0x130;
constexpr char32_t kCapitalSigma = 0x3A3;

}  // namespace

WordReader::WordReader() : characters_(PythonCharacters::Get()), buffer_(kFirstSize) {
  limit_ = buffer_.data() + buffer_.size() - kLongestCharacter;
}

void WordReader::Grow() {
  const auto used = static_cast<size_t>(end_ - buffer_.data());
  buffer_.resize(buffer_.size() * 2);
  end_ = buffer_.data() + used;
  limit_ = buffer_.data() + buffer_.size() - kLongestCharacter;
}

void WordReader::AppendCharacter(char32_t c) {
  if (end_ >= limit_) Grow();
  end_ += EncodeUtf8(c, end_);
  ++letters_;
}

bool WordReader::AppendOther(std::string_view text, size_t* i) {
  const size_t begin = *i;
  const char32_t c = DecodeUtf8(text, i);
  if (c == kCapitalIWithDot) {
    // Lower case is "i" and a combining dot, which is not of a word.
    AppendCharacter(U'i');
    return false;
  }
  if (c == kCapitalSigma) {
    AppendCharacter(LowerSigma(characters_, text, begin));
    return true;
  }
  const PythonCharacter character = characters_[c];
  if (character.word) AppendCharacter(character.lower);
  return character.word;
}

}  // namespace vetor
