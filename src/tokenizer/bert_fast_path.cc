#include "tokenizer/bert_fast_path.h"

#include <algorithm>
#include <cstring>

#include "base/utf8.h"
#include "tokenizer/unicode/normalization_forms.h"

namespace vetor {
namespace {

constexpr uint32_t kChangedByBert =
    unicode::kIsWhitespace | unicode::kIsPunctuation | unicode::kIsRemovedByCleaning |
    unicode::kIsSpacedIdeograph | unicode::kIsNonspacingMark | unicode::kHasLowercase |
    unicode::kHasCanonicalDecomposition | unicode::kHasCombiningClass;

std::vector<char32_t> Lowercased(const std::vector<char32_t>& code_points) {
  std::string bytes;
  for (const char32_t c : code_points) unicode::AppendLowercase(c, &bytes);
  std::vector<char32_t> lower;
  for (size_t at = 0; at < bytes.size();) lower.push_back(DecodeUtf8(bytes, &at));
  return lower;
}

}  // namespace

// The state for one text: the word that is being gathered, and the sink of its tokens.
class BertFastPath::Walk {
 public:
  Walk(const BertFastPath& path, Scratch* scratch, TokenSink* sink)
      : path_(path), sink_(sink), limit_(path.model_->max_characters()) {
    // Room for the longest word that is looked at, and for one more code point.
    const size_t capacity = std::min<size_t>(limit_, kLongestWord) * 4 + 8;
    if (scratch->word.size() < capacity) scratch->word.resize(capacity);
    word_ = scratch->word.data();
    capacity_ = scratch->word.size();
    scratch_ = scratch;
  }

  void AddLetter(const char* bytes, size_t size) {
    if (++characters_ > limit_) return;
    if (size_ + size > capacity_) Grow();
    std::memcpy(word_ + size_, bytes, size);
    size_ += size;
  }

  void AddAsciiLetter(char letter) {
    if (++characters_ > limit_) return;
    if (size_ == capacity_) Grow();
    word_[size_++] = letter;
  }

  void EndWord() {
    if (characters_ == 0) return;
    if (characters_ > limit_) {
      sink_->Add(path_.model_->unknown_id(), 0, 0);
    } else {
      path_.model_->TokenizeShort({word_, size_}, sink_);
    }
    characters_ = 0;
    size_ = 0;
  }

  void AddAlone(const char* bytes, size_t size) {
    EndWord();
    AddLetter(bytes, size);
    EndWord();
  }

  // Returns false if the text needs the stages.
  bool AddNonAscii(const char* bytes, size_t size, char32_t c) {
    const uint16_t action = path_.table_[c];
    switch (action) {
      case kLetter:
        AddLetter(bytes, size);
        return true;
      case kSpace:
        EndWord();
        return true;
      case kPunctuation:
        AddAlone(bytes, size);
        return true;
      case kRemoved:
        return true;
      case kHangulSyllable:
        AddJamo(c);
        return true;
      case kNeedsStages:
        return false;
      default:
        AddReplacement(path_.replacements_[action - kFirstReplacement]);
        return true;
    }
  }

 private:
  static constexpr size_t kLongestWord = 256;

  void Grow() {
    scratch_->word.resize(capacity_ * 2);
    word_ = scratch_->word.data();
    capacity_ = scratch_->word.size();
  }

  void AddJamo(char32_t syllable) {
    jamo_.clear();
    unicode::AppendDecomposition(syllable, false, &jamo_);
    for (const char32_t c : jamo_) {
      bytes_.clear();
      AppendUtf8(c, &bytes_);
      AddLetter(bytes_.data(), bytes_.size());
    }
  }

  void AddReplacement(const Replacement& replacement) {
    for (uint32_t i = 0; i < replacement.size; ++i) {
      const ReplacementPart& part = path_.replacement_parts_[replacement.begin + i];
      if (part.action == kSpace) {
        EndWord();
      } else if (part.action == kPunctuation) {
        AddAlone(part.bytes.data(), part.size);
      } else {
        AddLetter(part.bytes.data(), part.size);
      }
    }
  }

  const BertFastPath& path_;
  Scratch* scratch_ = nullptr;
  TokenSink* sink_;
  size_t limit_;
  char* word_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t characters_ = 0;
  std::vector<char32_t> jamo_;
  std::string bytes_;
};

BertFastPath::BertFastPath(const BertNormalizerOptions& options, const WordPiece& model,
                           const std::vector<std::string>& avoid)
    : options_(options), model_(&model) {
  BuildTable(avoid);
}

bool BertFastPath::Tokenize(std::string_view text, size_t limit, Scratch* scratch,
                            TokenSink* sink) const {
  Walk walk(*this, scratch, sink);
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x80) {
      const size_t begin = at;
      const char32_t c = DecodeUtf8(text, &at);
      if (!walk.AddNonAscii(text.data() + begin, at - begin, c)) return false;
      if (sink->size() > limit) return true;
      continue;
    }
    ++at;
    switch (ascii_action_[byte]) {
      case kLetter:
        walk.AddAsciiLetter(ascii_lower_[byte]);
        break;
      case kSpace:
        walk.EndWord();
        if (sink->size() > limit) return true;
        break;
      case kPunctuation:
        walk.AddAlone(&text[at - 1], 1);
        if (sink->size() > limit) return true;
        break;
      case kRemoved:
        break;
      default:
        return false;
    }
  }
  walk.EndWord();
  return true;
}

void BertFastPath::BuildTable(const std::vector<std::string>& avoid) {
  std::vector<char32_t> avoided;
  for (const std::string& content : avoid) {
    size_t at = 0;
    if (!content.empty()) avoided.push_back(DecodeUtf8(content, &at));
  }
  // Sorted, because it is searched for each code point: as a list, 10,000 added tokens took two
  // seconds.
  std::sort(avoided.begin(), avoided.end());
  avoided.erase(std::unique(avoided.begin(), avoided.end()), avoided.end());
  std::vector<uint16_t> flat(unicode::TwoStageTable<uint16_t>::kCodePoints, kLetter);
  for (char32_t c = 0; c < flat.size(); ++c) {
    const bool unchanged = !unicode::Has(c, kChangedByBert);
    if (unchanged && !std::binary_search(avoided.begin(), avoided.end(), c)) continue;
    flat[c] = ActionOf(c, avoided);
  }
  for (char32_t c = 0; c < 128; ++c) {
    ascii_lower_[c] = static_cast<char>(c);
    uint16_t action = flat[c];
    // Among ASCII characters only capitals have a replacement, which is one letter.
    if (action >= kFirstReplacement) {
      ascii_lower_[c] =
          replacement_parts_[replacements_[action - kFirstReplacement].begin].bytes[0];
      action = kLetter;
    }
    ascii_action_[c] = static_cast<uint8_t>(action);
  }
  table_ = unicode::TwoStageTable<uint16_t>(flat);
}

uint16_t BertFastPath::ActionOf(char32_t c, const std::vector<char32_t>& avoided) {
  if (options_.clean_text && unicode::Has(c, unicode::kIsRemovedByCleaning)) return kRemoved;
  if (unicode::Has(c, unicode::kIsWhitespace)) {
    const char32_t space = options_.clean_text ? ' ' : c;
    const bool is_avoided = std::binary_search(avoided.begin(), avoided.end(), space);
    return is_avoided ? kNeedsStages : kSpace;
  }
  bool needs_stages = false;
  const std::vector<char32_t> normalized = Normalized(c, &needs_stages);
  for (const char32_t part : normalized) {
    needs_stages |= std::binary_search(avoided.begin(), avoided.end(), part);
  }
  if (needs_stages) return kNeedsStages;
  if (normalized.empty()) return kRemoved;
  if (options_.strip_accents && unicode::Has(c, unicode::kIsHangulSyllable)) {
    return kHangulSyllable;
  }
  if (normalized.size() == 1 && normalized[0] == c) {
    return unicode::Has(c, unicode::kIsPunctuation) ? kPunctuation : kLetter;
  }
  if (normalized == std::vector<char32_t>{' ', c, ' '}) return kPunctuation;
  return AddReplacement(normalized);
}

// Runs the stages of BertNormalizer on one code point that is neither removed nor whitespace. They
// look at neighbours only to order marks that stay; such marks need the stages.
std::vector<char32_t> BertFastPath::Normalized(char32_t c, bool* needs_stages) const {
  std::vector<char32_t> result = {c};
  if (options_.strip_accents) {
    result.clear();
    unicode::AppendDecomposition(c, false, &result);
    result.erase(std::remove_if(
                     result.begin(), result.end(),
                     [](char32_t part) { return unicode::Has(part, unicode::kIsNonspacingMark); }),
                 result.end());
    *needs_stages = std::any_of(result.begin(), result.end(), [](char32_t part) {
      return unicode::Has(part, unicode::kHasCombiningClass);
    });
  }
  if (options_.lowercase) result = Lowercased(result);
  if (options_.handle_chinese_chars && unicode::Has(c, unicode::kIsSpacedIdeograph)) {
    result.insert(result.begin(), ' ');
    result.push_back(' ');
  }
  return result;
}

uint16_t BertFastPath::AddReplacement(const std::vector<char32_t>& code_points) {
  Replacement replacement;
  replacement.begin = static_cast<uint32_t>(replacement_parts_.size());
  for (const char32_t c : code_points) {
    ReplacementPart part;
    if (unicode::Has(c, unicode::kIsWhitespace)) part.action = kSpace;
    if (unicode::Has(c, unicode::kIsPunctuation)) part.action = kPunctuation;
    std::string bytes;
    AppendUtf8(c, &bytes);
    std::copy(bytes.begin(), bytes.end(), part.bytes.begin());
    part.size = static_cast<uint8_t>(bytes.size());
    replacement_parts_.push_back(part);
  }
  replacement.size = static_cast<uint32_t>(code_points.size());
  replacements_.push_back(replacement);
  return static_cast<uint16_t>(kFirstReplacement + replacements_.size() - 1);
}

}  // namespace vetor
