// Finds the ids that a tokenizer's document gives, before the tokenizer is built.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vetor {

/// The vocabulary of the document's model, which is an object or Unigram's array. A view of it.
class VocabularyIds {
 public:
  explicit VocabularyIds(const boost::json::object& document);

  int64_t Find(std::string_view content) const;  ///< The id of a content; -1 if there is none.
  int64_t size() const;                          ///< The number of contents.

 private:
  const boost::json::object* object_ = nullptr;
  const boost::json::array* array_ = nullptr;
  std::unordered_map<std::string_view, int64_t> by_content_;  // Filled for an array only.
};

/// Finds added tokens of the document that are new to its vocabulary and whose id a later token
/// takes. This can happen if the vocabulary leaves ids out.
std::vector<std::string_view> LostTokens(const boost::json::object& document);

/// The id that `content` has in the tokenizer of `document`: the model's id, otherwise that of an
/// added token; -1 if it has none.
int64_t IdInDocument(const boost::json::object& document, std::string_view content);

}  // namespace vetor
