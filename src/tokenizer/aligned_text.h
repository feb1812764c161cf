// The text while normalizers and pre-tokenizers rewrite it. On request it remembers, for each byte,
// the place in the caller's text that the byte came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// A byte range, [begin, end).
struct ByteRange {
  size_t begin = 0;
  size_t end = 0;
};

/// Not thread-safe; reused from text to text so that buffers keep their memory.
class AlignedText {
 public:
  /// Starts over with `text`. With `track`, every byte remembers the original character it came
  /// from, counted from `original_offset`.
  void Reset(std::string_view text, bool track, size_t original_offset);

  std::string_view view() const { return text_; }

  /// True if a rewrite needed more than a megabyte plus 64 bytes for each byte of the original, or
  /// more than 4 GiB. The text is then incomplete and serves only for an error. Real normalizers
  /// make at most eleven bytes of one; a file may ask for 10^32.
  bool has_overflowed() const { return has_overflowed_; }

  /// If `status` is an error, notes that a stage could not do its work; the text then serves only
  /// for that error. The first error stays.
  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  const Status& status() const { return status_; }

  /// Bytes of memory that are kept from text to text.
  size_t kept_bytes() const {
    return text_.capacity() + next_text_.capacity() +
           (origins_.capacity() + next_origins_.capacity()) * sizeof(ByteRange);
  }

  bool tracks() const { return track_; }

  /// The original range that [begin, end) of this text came from. REQUIRES: tracks().
  ByteRange OriginOf(size_t begin, size_t end) const;

 private:
  friend class TextRewriter;

  std::string text_;
  std::string next_text_;
  std::vector<ByteRange> origins_;  // one per byte; empty if places are not tracked
  std::vector<ByteRange> next_origins_;
  size_t most_bytes_ = 0;
  bool has_overflowed_ = false;
  bool track_ = false;
  Status status_;
};

/// Writes the next version of an AlignedText, from left to right. Bytes that are neither kept nor
/// replaced are dropped.
///
///   TextRewriter rewriter(&text);
///   rewriter.Keep(0, 3);
///   rewriter.Replace(" ", 3, 6);
///   rewriter.Finish();
class TextRewriter {
 public:
  explicit TextRewriter(AlignedText* text);

  /// Keeps bytes [begin, end) of the current version unchanged.
  void Keep(size_t begin, size_t end);

  /// Writes `bytes` in place of [begin, end) of the current version. As in the reference, they come
  /// from the origin of its first character.
  void Replace(std::string_view bytes, size_t begin, size_t end);

  /// How many bytes have been written.
  size_t size() const { return text_->next_text_.size(); }

  /// Makes the written bytes the current version. Without this call nothing has changed.
  void Finish();

 private:
  // After one piece that is too large, nothing more is written, so that places stay within the
  // text.
  bool HasRoomFor(size_t bytes) {
    if (text_->next_text_.size() + bytes > text_->most_bytes_) text_->has_overflowed_ = true;
    return !text_->has_overflowed_;
  }

  AlignedText* text_;
};

}  // namespace vetor
