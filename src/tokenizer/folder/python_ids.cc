#include "tokenizer/folder/python_ids.h"

#include <algorithm>
#include <limits>

namespace vetor {

PythonIds::PythonIds(const boost::json::object& document, const AddedByFolder& added, Kind kind,
                     int64_t size)
    : vocabulary_(document), size_(size >= 0 ? size : std::numeric_limits<int64_t>::max()) {
  int64_t next = std::min(size_, static_cast<int64_t>(vocabulary_.size()));
  for (const auto& [index, token] : added.indexed) {
    if (kind != Kind::kById || index < 0 || index >= next) continue;
    given_away_.insert(index);
  }
  next -= static_cast<int64_t>(given_away_.size());
  // A token keeps the id that a file gives it, whatever the vocabulary says.
  for (const auto& [index, token] : added.indexed) {
    if (added_.insert_or_assign(token.content, index).second && InVocabulary(token.content) < 0) {
      ++next;
    }
  }
  // A special token without an id gets the next one.
  for (const std::string_view content : added.special) {
    if (kind == Kind::kVocabularyFirst && InVocabulary(content) >= 0) added_.erase(content);
    if (content.empty() || added_.contains(content) || InVocabulary(content) >= 0) continue;
    added_.emplace(content, next++);
  }
}

int64_t PythonIds::InVocabulary(std::string_view content) const {
  const int64_t id = vocabulary_.Find(content);
  return id >= size_ || given_away_.contains(id) ? -1 : id;
}

int64_t PythonIds::Find(std::string_view content) const {
  const auto found = added_.find(content);
  if (found != added_.end()) return found->second;
  const int64_t id = vocabulary_.Find(content);
  return id < size_ ? id : -1;
}

}  // namespace vetor
