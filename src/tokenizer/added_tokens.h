// Tokens that are found in the text before the model sees it: [CLS], <mask>, runs of spaces.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenizer/normalizer.h"
#include "tokenizer/prefix_trie.h"
#include "tokenizer/vocabulary.h"
#include "vetor/status.h"

namespace vetor {

struct AddedToken {
  std::string content;
  int64_t id = 0;
  bool single_word = false;  ///< Does not match beside a word character.
  bool lstrip = false;       ///< Takes the whitespace before it.
  bool rstrip = false;       ///< Takes the whitespace after it.
  /// The flag as it was added last; the token's Search says in which text it is looked for.
  bool normalized = false;
  bool special = false;
  /// The token is not taken in a text, but hides other tokens that begin at its place.
  bool hidden = false;
};

/// Finds the tokens of one pass in a text: the leftmost first, and of those the longest, as the
/// reference's Aho-Corasick automaton does. Immutable; thread-safe.
class AddedTokenMatcher {
 public:
  AddedTokenMatcher() = default;
  /// Takes patterns and the tokens that they stand for. The tokens must outlive the matcher.
  explicit AddedTokenMatcher(
      const std::vector<std::pair<std::string_view, const AddedToken*>>& patterns);

  bool empty() const { return tokens_.empty(); }

  /// The place of a token; if `token` is null, of text between tokens. Never empty.
  struct Segment {
    const AddedToken* token = nullptr;
    size_t begin = 0;
    size_t end = 0;
  };

  /// Walks a text from left to right. REQUIRES: matcher and text outlive it.
  class Cursor {
   public:
    Cursor(const AddedTokenMatcher& matcher, std::string_view text)
        : matcher_(&matcher), text_(text) {}
    /// Returns false at the end.
    bool Next(Segment* segment);

   private:
    const AddedTokenMatcher* matcher_;
    std::string_view text_;
    size_t search_at_ = 0;    // the first place at which the next match may begin
    size_t reported_to_ = 0;  // the begin of the next segment
    Segment pending_;         // a token that waits until the text before it was reported
    bool has_pending_ = false;
  };

 private:
  bool FindFrom(std::string_view text, size_t* at, Segment* match) const;
  bool MayBeginAt(std::string_view text, size_t at) const;

  std::vector<const AddedToken*> tokens_;  // indexed by the value in the trie
  PrefixTrie trie_;
  std::array<bool, 256> is_first_byte_{};
  // For each first byte of a pattern, the second bytes that may follow it; all of them if a pattern
  // has one byte.
  std::array<std::bitset<256>, 256> second_bytes_;
  // the byte for memchr if all patterns begin with the same one; else -1
  int only_first_byte_ = -1;
};

/// The "added_tokens" of a file, with ids as the reference assigns them: the model's own id if the
/// model knows the content, otherwise the next free one. The "id" in the file is ignored. The
/// folder's tokens follow (folder/document_keys.h).
class AddedTokens {
 public:
  AddedTokens() = default;

  /// `root` is the whole document.
  static Result<AddedTokens> Parse(const JsonNode& root, const Vocabulary& vocabulary,
                                   const Normalizer* normalizer);

  const AddedTokenMatcher& raw() const { return raw_; }  ///< Finds the tokens of pass 1.
  /// Finds the tokens of pass 2.
  const AddedTokenMatcher& normalized() const { return normalized_; }
  /// The contents that pass 2 looks for.
  const std::vector<std::string>& normalized_contents() const { return normalized_contents_; }

  /// False if no token of pass 2 reaches across a space between two ASCII letters or digits.
  bool normalized_may_cross_words() const { return may_cross_words_; }

  const AddedToken* Find(std::string_view content) const;
  const AddedToken* FindById(int64_t id) const;
  /// Whether the content was ever added as special, whatever its flags are now: decoding leaves
  /// such tokens out if it is asked to.
  bool WasSpecial(std::string_view content) const;

  /// The number of tokens that the model does not know.
  size_t new_tokens() const { return new_tokens_; }
  const std::deque<AddedToken>& tokens() const { return tokens_; }

 private:
  // The reference first adds all tokens of the file, and then those of the folder.
  enum class Batch : uint8_t { kFile = 1, kFolder = 2 };

  // Says in which texts a content is looked for. If a content was added as special, the form of
  // that first time stays in the search, whatever form is added later. So does each form that was
  // added before it, except those of the same batch. Only the other flags are those of the last
  // form.
  struct Search {
    bool special = false;
    bool special_is_normalized = false;
    uint8_t raw = 0;         // The batches that add it as not special and not normalized,
    uint8_t normalized = 0;  // and those that add it as not special and normalized.
    // The forms that the batch `last` found or added; it adds none of them again.
    Batch last = Batch::kFile;
    uint32_t forms = 0;
    // The file gave its id to another content, so the folder's batch adds it again.
    bool is_lost = false;
    bool IsAgain(const AddedToken& earlier, const AddedToken& token, Batch batch);
    void Note(const AddedToken& token, Batch batch);
    bool IsIn(bool normalized_text) const {
      return (normalized_text ? normalized : raw) != 0 ||
             (special && special_is_normalized == normalized_text);
    }
  };

  void Add(AddedToken token, Batch batch, const Vocabulary& vocabulary);
  Status AddOfFolder(const JsonNode& list, const Vocabulary& vocabulary);
  void SortIds();
  Status BuildMatchers(const Normalizer* normalizer);

  // Elements of a deque keep their address when it grows or is moved, and views point into them.
  std::deque<AddedToken> tokens_;
  std::unordered_map<std::string_view, uint32_t> by_content_;
  std::vector<Search> searches_;  // One for each element of tokens_.
  // Sorted by id. If two tokens have one id, it holds the one that was added last. Takes 16 bytes
  // per token.
  std::vector<std::pair<int64_t, uint32_t>> by_id_;
  std::vector<std::string> normalized_contents_;
  AddedTokenMatcher raw_;
  AddedTokenMatcher normalized_;
  int64_t next_id_ = 0;
  size_t new_tokens_ = 0;
  bool may_cross_words_ = false;
  bool hides_special_ = false;
};

}  // namespace vetor
