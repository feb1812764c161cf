// The text on its way through normalizers and pre-tokenizers and, on request, where in the caller's
// text each of its bytes came from.
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

  /// True where a rewrite wanted more than 64 bytes for each of the original's and a megabyte, or 4
  /// GiB: the text then lacks something, and is for nothing but an error. Real normalizers make
  /// eleven of one at the most; a file may ask for 10^32.
  bool has_overflowed() const { return has_overflowed_; }

  /// Notes that a stage could not do its work, if `status` is an error: the text is then for
  /// nothing but that error. The first one stays.
  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  const Status& status() const { return status_; }

  /// Memory that is kept from text to text.
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
  std::vector<ByteRange> origins_;  // one a byte, empty when not tracked
  std::vector<ByteRange> next_origins_;
  size_t most_bytes_ = 0;
  bool has_overflowed_ = false;
  bool track_ = false;
  Status status_;
};

/// Writes the next version of an AlignedText from left to right. What is neither kept nor replaced
/// is dropped.
///
///   TextRewriter rewriter(&text);
///   rewriter.Keep(0, 3);
///   rewriter.Replace(" ", 3, 6);
///   rewriter.Finish();
class TextRewriter {
 public:
  explicit TextRewriter(AlignedText* text);

  /// Bytes [begin, end) of the current version, unchanged.
  void Keep(size_t begin, size_t end);

  /// `bytes` stand for [begin, end) of the current version: they come from the origin of its first
  /// character, as in the reference.
  void Replace(std::string_view bytes, size_t begin, size_t end);

  /// Bytes written so far.
  size_t size() const { return text_->next_text_.size(); }

  /// Makes what was written the current version. Without it nothing has changed.
  void Finish();

 private:
  // After one piece that is too much nothing more is written, so that places stay in the text.
  bool HasRoomFor(size_t bytes) {
    if (text_->next_text_.size() + bytes > text_->most_bytes_) text_->has_overflowed_ = true;
    return !text_->has_overflowed_;
  }

  AlignedText* text_;
};

}  // namespace vetor
