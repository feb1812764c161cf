#include "tokenizer/aligned_text.h"

#include <algorithm>

#include "base/utf8.h"

namespace vetor {
namespace {

constexpr size_t kFreeGrowth = 1 << 20;
constexpr size_t kMostGrowth = 64;
constexpr size_t kMostBytes = UINT32_MAX;  // Models count a piece's bytes in 32 bits.

}  // namespace

void AlignedText::Reset(std::string_view text, bool track, size_t original_offset) {
  text_.assign(text);
  track_ = track;
  most_bytes_ = std::min(text.size(), (kMostBytes - kFreeGrowth) / kMostGrowth) * kMostGrowth;
  most_bytes_ += kFreeGrowth;
  has_overflowed_ = false;
  status_ = Status();
  origins_.clear();
  if (!track) return;
  origins_.resize(text.size());
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + 1;
    while (end < text.size() && IsContinuationByte(text[end])) ++end;
    for (size_t i = begin; i < end; ++i) {
      origins_[i] = {original_offset + begin, original_offset + end};
    }
    begin = end;
  }
}

ByteRange AlignedText::OriginOf(size_t begin, size_t end) const {
  if (begin >= end) return {};
  return {origins_[begin].begin, origins_[end - 1].end};
}

TextRewriter::TextRewriter(AlignedText* text) : text_(text) {
  text_->next_text_.clear();
  text_->next_origins_.clear();
}

void TextRewriter::Keep(size_t begin, size_t end) {
  if (!HasRoomFor(end - begin)) return;
  text_->next_text_.append(text_->text_, begin, end - begin);
  if (!text_->track_) return;
  const auto first = text_->origins_.begin() + static_cast<ptrdiff_t>(begin);
  text_->next_origins_.insert(text_->next_origins_.end(), first,
                              first + static_cast<ptrdiff_t>(end - begin));
}

void TextRewriter::Replace(std::string_view bytes, size_t begin, size_t end) {
  if (!HasRoomFor(bytes.size())) return;
  text_->next_text_.append(bytes);
  if (!text_->track_) return;
  // An insertion (begin == end) shares the origin of the byte before it.
  ByteRange origin;
  if (begin < end) {
    origin = text_->origins_[begin];
  } else if (begin > 0) {
    origin = text_->origins_[begin - 1];
  }
  text_->next_origins_.insert(text_->next_origins_.end(), bytes.size(), origin);
}

void TextRewriter::Finish() {
  text_->text_.swap(text_->next_text_);
  text_->origins_.swap(text_->next_origins_);
}

}  // namespace vetor
