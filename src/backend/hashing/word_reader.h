// Reads the words of a text in one pass, in lower case (see python_text.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "backend/hashing/python_text.h"

namespace vetor {

/// A word in its reader's memory, UTF-8.
struct Word {
  const char* begin;
  size_t size;  ///< In bytes.
};

/// Reads a text in windows, so that its memory does not grow with the text, only with the longest
/// word. Reuse a reader for many texts: it allocates nothing once it has seen the longest word. Not
/// thread-safe: use one per thread.
///
///   reader.Start(text);
///   while (reader.Next()) Take(reader.words());
///
/// Any bytes are safe, but the words of a text that is not well-formed UTF-8 have no meaning.
class WordReader {
 public:
  /// Bytes around a word that may be read (their content is arbitrary): hashing reads whole blocks
  /// instead of branching on a word's size.
  static constexpr size_t kReadableBefore = 4;
  static constexpr size_t kReadableAfter = 32;

  WordReader() : characters_(PythonCharacters::Get()) {}

  /// `text` must live until the last Next.
  void Start(std::string_view text);

  /// Reads the next window. False at the end of the text; otherwise words() are the next words,
  /// perhaps none.
  bool Next();

  /// In the order of the text; valid until Start or Next is called.
  std::span<const Word> words() const { return {words_.data(), word_count_}; }

 private:
  void KeepBegunWord();
  void Reserve(size_t bytes);
  void ReadChunk();
  void ReadCharacters(size_t end);
  void EmitEdges(uint64_t words, size_t run);
  void EmitEdge(bool is_edge) {
    edges_[edge_count_] = out_;
    edge_count_ += is_edge ? 1 : 0;
  }
  void TakeWords();

  const PythonCharacters& characters_;
  std::string_view text_;
  size_t in_ = 0;  // Byte of text_ to be read next.

  std::vector<char> buffer_;  // kReadableBefore, lower-case characters, room.
  size_t out_ = 0;            // Where buffer_ continues.
  // The begin and the end of each word in buffer_, in turn. Characters between words may have the
  // same position, because those that are not ASCII are not copied.
  std::vector<size_t> edges_;
  size_t edge_count_ = 0;
  bool in_word_ = false;  // The last character that was read belongs to a word.
  size_t begun_ = 0;      // Where that word begins in buffer_.
  std::vector<Word> words_;
  size_t word_count_ = 0;
};

}  // namespace vetor
