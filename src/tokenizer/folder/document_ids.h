// The ids that a tokenizer's document gives, before it is built.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vetor {

/// The vocabulary of the document's model: an object, or Unigram's array. A view of it.
class VocabularyIds {
 public:
  explicit VocabularyIds(const boost::json::object& document);

  int64_t Find(std::string_view content) const;  ///< -1: it is not there.
  int64_t size() const;                          ///< Contents.

 private:
  const boost::json::object* object_ = nullptr;
  const boost::json::array* array_ = nullptr;
  std::unordered_map<std::string_view, int64_t> by_content_;  // Of an array.
};

/// Added tokens of the document that are new to its vocabulary and got an id that a later one has
/// from there: possible if the vocabulary's ids leave some out.
std::vector<std::string_view> LostTokens(const boost::json::object& document);

/// The id that `content` has in the tokenizer of `document`: the model's, else that of a token that
/// is added; -1: none.
int64_t IdInDocument(const boost::json::object& document, std::string_view content);

}  // namespace vetor
