// One pass over a text: its words, one after the other, in lower case (see python_text.h).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "backend/hashing/python_text.h"

namespace vetor {

/// Holds the word being read; reuse it from text to text, so that nothing is allocated once the
/// longest word has been seen. Not thread-safe: one a thread.
class WordReader {
 public:
  /// Bytes in front of a word that its receiver may write.
  static constexpr size_t kHeadroom = 4;

  WordReader();

  /// Calls on_word(char* word, size_t bytes) for each word of well-formed UTF-8 `text`, in order.
  /// The word lies in this reader's memory and is overwritten by the next.
  template <typename OnWord>
  void Read(std::string_view text, OnWord on_word) {
    Start();
    size_t i = 0;
    while (i < text.size()) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte < 0x80) {
        const char lower = characters_.AsciiWordLower(byte);
        ++i;
        if (lower != 0) {
          Append(lower);
        } else {
          EndWord(on_word);
        }
      } else if (!AppendOther(text, &i)) {
        EndWord(on_word);
      }
    }
    EndWord(on_word);
  }

 private:
  void Start() {
    end_ = buffer_.data() + kHeadroom;
    letters_ = 0;
  }

  void Append(char c) {
    if (end_ >= limit_) Grow();
    *end_++ = c;
    ++letters_;
  }

  template <typename OnWord>
  void EndWord(OnWord& on_word) {
    char* const word = buffer_.data() + kHeadroom;
    if (letters_ >= 2) on_word(word, static_cast<size_t>(end_ - word));
    Start();
  }

  // Reads the character at `*i`, which is not ASCII. False where it ends the word.
  bool AppendOther(std::string_view text, size_t* i);
  void AppendCharacter(char32_t c);
  void Grow();

  const PythonCharacters& characters_;
  std::vector<char> buffer_;
  char* end_ = nullptr;    // Of the word so far.
  char* limit_ = nullptr;  // From here on there may be no room for one more character.
  size_t letters_ = 0;     // Characters, not bytes, of the word so far.
};

}  // namespace vetor
