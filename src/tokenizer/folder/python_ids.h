// Finds the ids that special tokens have in the Python form of a tokenizer class. In transformers
// 4.57.6 every vocabulary file except tokenizer.json goes through that form (tokenization_utils.py,
// __init__ and _add_tokens). Its post-processor, with these ids, is kept for the fast form
// (convert_slow_tokenizer.py), in which the same token may have another id.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "tokenizer/folder/document_ids.h"
#include "tokenizer/folder/special_tokens.h"

namespace vetor {

/// A view of the document and the tokens.
class PythonIds {
 public:
  enum class Kind {
    kByContent,  ///< The vocabulary finds its own content.
    kById,  ///< For SentencePiece: a piece is not found if a file gave its id to another token.
    /// MPNetTokenizer looks up a special token in the vocabulary before the files.
    kVocabularyFirst,
  };
  /// `size` says how many of the document's tokens, from the first on, the Python code has; -1
  /// means all.
  PythonIds(const boost::json::object& document, const AddedByFolder& added,
            Kind kind = Kind::kByContent, int64_t size = -1);

  int64_t Find(std::string_view content) const;  ///< The id of `content`; -1 if it has none.

 private:
  int64_t InVocabulary(std::string_view content) const;

  VocabularyIds vocabulary_;
  int64_t size_;
  std::unordered_set<int64_t> given_away_;
  std::unordered_map<std::string_view, int64_t> added_;
};

}  // namespace vetor
