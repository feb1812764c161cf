#include "tokenizer/pre_tokenizers/simple_pre_tokenizers.h"

#include <algorithm>

#include "base/utf8.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {

void Whitespace::Apply(PreTokenized* pre_tokenized) const {
  RefinePieces(pre_tokenized,
               [](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                 constexpr uint32_t kKinds = unicode::kIsWord | unicode::kIsWhitespace;
                 size_t open = 0;
                 uint32_t open_kind = unicode::kIsWhitespace;
                 for (size_t at = 0; at < text.size();) {
                   const size_t begin = at;
                   const uint32_t kind = unicode::PropertiesOf(DecodeUtf8(text, &at)) & kKinds;
                   if (kind == open_kind) continue;
                   if (open < begin && open_kind != unicode::kIsWhitespace) {
                     out->push_back({piece.begin + open, piece.begin + begin});
                   }
                   open = begin;
                   open_kind = kind;
                 }
                 if (open < text.size() && open_kind != unicode::kIsWhitespace) {
                   out->push_back({piece.begin + open, piece.end});
                 }
               });
}

void WhitespaceSplit::Apply(PreTokenized* pre_tokenized) const {
  RefinePieces(pre_tokenized,
               [](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                 size_t open = 0;
                 for (size_t at = 0; at < text.size();) {
                   const size_t begin = at;
                   if (!unicode::Has(DecodeUtf8(text, &at), unicode::kIsWhitespace)) continue;
                   if (open < begin) out->push_back({piece.begin + open, piece.begin + begin});
                   open = at;
                 }
                 if (open < text.size()) out->push_back({piece.begin + open, piece.end});
               });
}

void Punctuation::Apply(PreTokenized* pre_tokenized) const {
  SplitAtCodePoints(pre_tokenized, behavior_,
                    [](char32_t c) { return unicode::Has(c, unicode::kIsPunctuation); });
}

void Digits::Apply(PreTokenized* pre_tokenized) const {
  SplitAtCodePoints(pre_tokenized,
                    individual_ ? SplitBehavior::kIsolated : SplitBehavior::kContiguous,
                    [](char32_t c) { return unicode::Has(c, unicode::kIsNumeric); });
}

void CharDelimiterSplit::Apply(PreTokenized* pre_tokenized) const {
  SplitAtCodePoints(pre_tokenized, SplitBehavior::kRemoved,
                    [this](char32_t c) { return c == delimiter_; });
}

void FixedLength::Apply(PreTokenized* pre_tokenized) const {
  RefinePieces(pre_tokenized,
               [this](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                 size_t open = 0;
                 size_t count = 0;
                 for (size_t at = 0; at < text.size();) {
                   DecodeUtf8(text, &at);
                   if (++count < length_ && at < text.size()) continue;
                   out->push_back({piece.begin + open, piece.begin + at});
                   open = at;
                   count = 0;
                 }
               });
}

void UnicodeScripts::Apply(PreTokenized* pre_tokenized) const {
  RefinePieces(pre_tokenized,
               [](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                 size_t open = text.size();
                 uint16_t last = 0;
                 for (size_t at = 0; at < text.size();) {
                   const size_t begin = at;
                   const uint16_t script = unicode::ScriptOf(DecodeUtf8(text, &at));
                   if (script == 0 || script == last) continue;
                   if (open < begin) out->push_back({piece.begin + open, piece.begin + begin});
                   open = begin;
                   last = script;
                 }
                 if (open < text.size()) out->push_back({piece.begin + open, piece.end});
               });
}

void PreTokenizerSequence::Apply(PreTokenized* pre_tokenized) const {
  for (const auto& part : parts_) {
    part->Apply(pre_tokenized);
    if (pre_tokenized->text.has_overflowed() || !pre_tokenized->text.status().ok()) return;
  }
}

bool PreTokenizerSequence::NeedsOrigins() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const auto& part) { return part->NeedsOrigins(); });
}

}  // namespace vetor
