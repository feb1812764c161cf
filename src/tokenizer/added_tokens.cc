#include "tokenizer/added_tokens.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/folder/document_keys.h"
#include "tokenizer/folder/folder_token.h"
#include "tokenizer/text_parts.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {
namespace {

// The code point that ends at `*at` > 0; moves `*at` to where it begins.
char32_t PreviousCodePoint(std::string_view text, size_t* at) {
  do {
    --*at;
  } while (*at > 0 && IsContinuationByte(text[*at]));
  size_t begin = *at;
  return DecodeUtf8(text, &begin);
}

bool IsWordBefore(std::string_view text, size_t at) {
  return at > 0 && unicode::Has(PreviousCodePoint(text, &at), unicode::kIsWord);
}

bool IsWordAfter(std::string_view text, size_t at) {
  return at < text.size() && unicode::Has(DecodeUtf8(text, &at), unicode::kIsWord);
}

size_t SkipWhitespaceBack(std::string_view text, size_t at) {
  while (at > 0) {
    size_t begin = at;
    if (!unicode::Has(PreviousCodePoint(text, &begin), unicode::kIsWhitespace)) break;
    at = begin;
  }
  return at;
}

size_t SkipWhitespace(std::string_view text, size_t at) {
  while (at < text.size()) {
    size_t end = at;
    if (!unicode::Has(DecodeUtf8(text, &end), unicode::kIsWhitespace)) break;
    at = end;
  }
  return at;
}

// Whether a letter or digit, a space and more may stand inside the content.
bool MayCrossWords(std::string_view content) {
  for (size_t at = 0; at + 1 < content.size(); ++at) {
    if (IsAsciiAlphanumeric(content[at]) && content[at + 1] == ' ') return true;
  }
  return false;
}

Result<AddedToken> ParseToken(const JsonNode& node) {
  AddedToken token;
  VETOR_ASSIGN_OR_RETURN(const std::string_view content, node.StringAt("content"));
  token.content = content;
  VETOR_ASSIGN_OR_RETURN(const JsonNode id, node.Get("id"));
  VETOR_ASSIGN_OR_RETURN([[maybe_unused]] const int64_t ignored, id.Integer(0, UINT32_MAX));
  VETOR_ASSIGN_OR_RETURN(token.single_word, node.BoolAt("single_word"));
  VETOR_ASSIGN_OR_RETURN(token.lstrip, node.BoolAt("lstrip"));
  VETOR_ASSIGN_OR_RETURN(token.rstrip, node.BoolAt("rstrip"));
  VETOR_ASSIGN_OR_RETURN(token.normalized, node.BoolAt("normalized"));
  VETOR_ASSIGN_OR_RETURN(token.special, node.BoolAt("special"));
  return token;
}

// One bit for each combination of flags.
uint32_t FormOf(const AddedToken& token) {
  uint32_t flags = 0;
  for (const bool flag :
       {token.single_word, token.lstrip, token.rstrip, token.normalized, token.special}) {
    flags = flags << 1 | static_cast<uint32_t>(flag);
  }
  return uint32_t{1} << flags;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(
    const std::vector<std::pair<std::string_view, const AddedToken*>>& patterns) {
  std::vector<PrefixTrie::Key> keys;
  keys.reserve(patterns.size());
  tokens_.reserve(patterns.size());
  for (const auto& [pattern, token] : patterns) {
    if (pattern.empty()) continue;
    keys.push_back({pattern, static_cast<int32_t>(tokens_.size())});
    tokens_.push_back(token);
    std::bitset<256>& seconds = second_bytes_[static_cast<unsigned char>(pattern[0])];
    is_first_byte_[static_cast<unsigned char>(pattern[0])] = true;
    if (pattern.size() == 1) {
      seconds.set();
    } else {
      seconds.set(static_cast<unsigned char>(pattern[1]));
    }
  }
  trie_ = PrefixTrie::Build(keys);
  if (std::count(is_first_byte_.begin(), is_first_byte_.end(), true) == 1) {
    only_first_byte_ = static_cast<int>(
        std::find(is_first_byte_.begin(), is_first_byte_.end(), true) - is_first_byte_.begin());
  }
}

// Two bytes decide nearly everywhere; one does not, because with ModernBERT's runs of spaces every
// space is a first byte.
bool AddedTokenMatcher::MayBeginAt(std::string_view text, size_t at) const {
  const auto first = static_cast<unsigned char>(text[at]);
  if (!is_first_byte_[first]) return false;
  const std::bitset<256>& seconds = second_bytes_[first];
  return at + 1 < text.size() ? seconds[static_cast<unsigned char>(text[at + 1])] : seconds.any();
}

// The next match at or after *at; sets *at to where the search continues.
bool AddedTokenMatcher::FindFrom(std::string_view text, size_t* at, Segment* match) const {
  size_t i = *at;
  while (i < text.size()) {
    if (only_first_byte_ >= 0) {
      const void* found = std::memchr(text.data() + i, only_first_byte_, text.size() - i);
      if (found == nullptr) break;
      i = static_cast<size_t>(static_cast<const char*>(found) - text.data());
    } else if (!MayBeginAt(text, i)) {
      ++i;
      continue;
    }
    const PrefixTrie::Match longest = trie_.Longest(text.substr(i));
    if (longest.value < 0) {
      ++i;
      continue;
    }
    *match = {tokens_[static_cast<size_t>(longest.value)], i, i + longest.size};
    *at = i + longest.size;
    return true;
  }
  *at = text.size();
  return false;
}

bool AddedTokenMatcher::Cursor::Next(Segment* segment) {
  if (has_pending_) {
    *segment = pending_;
    has_pending_ = false;
    return true;
  }
  while (!matcher_->empty()) {
    Segment match;
    if (!matcher_->FindFrom(text_, &search_at_, &match)) break;
    // If a token is refused here, no shorter one is tried in its place.
    if (match.token->hidden) continue;
    if (match.token->single_word &&
        (IsWordBefore(text_, match.begin) || IsWordAfter(text_, match.end))) {
      continue;
    }
    if (match.token->lstrip) {
      match.begin = std::max(SkipWhitespaceBack(text_, match.begin), reported_to_);
    }
    if (match.token->rstrip) match.end = SkipWhitespace(text_, match.end);
    const size_t text_begin = std::exchange(reported_to_, match.end);
    if (text_begin < match.begin) {
      pending_ = match;
      has_pending_ = true;
      *segment = {nullptr, text_begin, match.begin};
    } else {
      *segment = match;
    }
    return true;
  }
  if (reported_to_ >= text_.size()) return false;
  *segment = {nullptr, std::exchange(reported_to_, text_.size()), text_.size()};
  return true;
}

Result<AddedTokens> AddedTokens::Parse(const JsonNode& root, const Vocabulary& vocabulary,
                                       const Normalizer* normalizer) {
  AddedTokens tokens;
  tokens.next_id_ = static_cast<int64_t>(vocabulary.size());
  VETOR_ASSIGN_OR_RETURN(tokens.hides_special_, root.BoolOr(kSplitSpecialTokens, false));
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> added, root.Find("added_tokens"));
  if (added) {
    VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, added->Elements());
    for (const JsonNode& element : elements) {
      VETOR_ASSIGN_OR_RETURN(AddedToken token, ParseToken(element));
      if (!token.content.empty()) tokens.Add(std::move(token), Batch::kFile, vocabulary);
    }
  }
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> of_folder, root.Find(kTokensOfFolder));
  if (of_folder) {
    VETOR_RETURN_IF_ERROR(tokens.AddOfFolder(*of_folder, vocabulary));
  }
  VETOR_RETURN_IF_ERROR(tokens.BuildMatchers(normalizer));
  return tokens;
}

Status AddedTokens::AddOfFolder(const JsonNode& list, const Vocabulary& vocabulary) {
  const boost::json::array* values = list.value().if_array();
  const bool in_pairs = values != nullptr && values->size() % 2 == 0;
  SortIds();
  for (size_t i = 0; i < tokens_.size(); ++i) {
    searches_[i].is_lost = FindById(tokens_[i].id) != &tokens_[i];
  }
  for (size_t i = 0; in_pairs && i < values->size(); i += 2) {
    const boost::json::string* content = (*values)[i].if_string();
    const int64_t* flags = (*values)[i + 1].if_int64();
    if (content == nullptr || flags == nullptr || content->empty()) {
      return list.Expected("contents and flags in turn");
    }
    const FolderToken form = FolderToken::FromFlags(*content, *flags);
    Add({std::string(form.content), 0, form.single_word, form.lstrip, form.rstrip, form.normalized,
         form.special},
        Batch::kFolder, vocabulary);
  }
  return in_pairs ? Status() : list.Expected("contents and flags in turn");
}

bool AddedTokens::Search::IsAgain(const AddedToken& earlier, const AddedToken& token, Batch batch) {
  if (last != batch || forms == 0) {
    last = batch;
    forms = is_lost ? 0 : FormOf(earlier);
  }
  const uint32_t form = FormOf(token);
  const bool again = (forms & form) != 0;
  forms |= form;
  return again;
}

void AddedTokens::Search::Note(const AddedToken& token, Batch batch) {
  const auto bit = static_cast<uint8_t>(batch);
  if (special) return;
  if (token.special) {
    special = true;
    special_is_normalized = token.normalized;
    raw &= static_cast<uint8_t>(~bit);
    normalized &= static_cast<uint8_t>(~bit);
  } else {
    (token.normalized ? normalized : raw) |= bit;
  }
}

void AddedTokens::Add(AddedToken token, Batch batch, const Vocabulary& vocabulary) {
  const auto known = by_content_.find(token.content);
  if (known != by_content_.end()) {
    // Content and id stay; by_content_ holds a view of the content.
    AddedToken& earlier = tokens_[known->second];
    if (searches_[known->second].IsAgain(earlier, token, batch)) return;
    earlier.single_word = token.single_word;
    earlier.lstrip = token.lstrip;
    earlier.rstrip = token.rstrip;
    earlier.normalized = token.normalized;
    earlier.special = token.special;
    searches_[known->second].Note(token, batch);
    by_id_.emplace_back(earlier.id, known->second);
    return;
  }
  token.id = vocabulary.Find(token.content);
  if (token.id == Vocabulary::kAbsent) {
    token.id = next_id_++;
    ++new_tokens_;
  }
  const auto place = static_cast<uint32_t>(tokens_.size());
  by_id_.emplace_back(token.id, place);
  searches_.emplace_back().Note(token, batch);
  tokens_.push_back(std::move(token));
  by_content_.emplace(tokens_.back().content, place);
}

void AddedTokens::SortIds() {
  std::stable_sort(by_id_.begin(), by_id_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  size_t kept = 0;
  for (size_t i = 0; i < by_id_.size(); ++i) {
    const bool last = i + 1 == by_id_.size() || by_id_[i + 1].first != by_id_[i].first;
    if (last) by_id_[kept++] = by_id_[i];
  }
  by_id_.resize(kept);
}

Status AddedTokens::BuildMatchers(const Normalizer* normalizer) {
  SortIds();
  size_t are_normalized = 0;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    tokens_[i].hidden = hides_special_ && searches_[i].special;
    are_normalized += searches_[i].IsIn(true);
  }
  std::vector<std::pair<std::string_view, const AddedToken*>> raw;
  std::vector<std::pair<std::string_view, const AddedToken*>> normalized;
  normalized.reserve(are_normalized);
  normalized_contents_.reserve(are_normalized);
  raw.reserve(tokens_.size() - are_normalized);
  AlignedText content;  // One buffer serves all tokens, so that it keeps its memory.
  // Special tokens come first: if two tokens are normalized to the same text, the first one is
  // found.
  for (const bool special : {true, false}) {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (searches_[i].special != special) continue;
      // If a new id equals one that is taken, the token that was added last decides how the id is
      // matched.
      const AddedToken* owner = FindById(tokens_[i].id);
      if (searches_[i].IsIn(false)) raw.emplace_back(tokens_[i].content, owner);
      if (!searches_[i].IsIn(true)) continue;
      content.Reset(tokens_[i].content, false, 0);
      if (normalizer != nullptr) normalizer->Apply(&content);
      VETOR_RETURN_IF_ERROR(content.status());
      normalized_contents_.emplace_back(content.view());
      normalized.emplace_back(normalized_contents_.back(), owner);
      may_cross_words_ |= owner->rstrip || MayCrossWords(normalized_contents_.back());
    }
  }
  raw_ = AddedTokenMatcher(raw);
  normalized_ = AddedTokenMatcher(normalized);
  return Status();
}

const AddedToken* AddedTokens::Find(std::string_view content) const {
  const auto found = by_content_.find(content);
  return found == by_content_.end() ? nullptr : &tokens_[found->second];
}

bool AddedTokens::WasSpecial(std::string_view content) const {
  const auto found = by_content_.find(content);
  return found != by_content_.end() && searches_[found->second].special;
}

const AddedToken* AddedTokens::FindById(int64_t id) const {
  const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair(id, uint32_t{0}));
  return found == by_id_.end() || found->first != id ? nullptr : &tokens_[found->second];
}

}  // namespace vetor
