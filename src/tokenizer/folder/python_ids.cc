#include "tokenizer/folder/python_ids.h"

namespace vetor {

PythonIds::PythonIds(const boost::json::object& document, const AddedByFolder& added,
                     bool vocabulary_first)
    : vocabulary_(document) {
  int64_t next = vocabulary_.size();
  // What a file gives an id has it, whatever the vocabulary says.
  for (const auto& [index, token] : added.indexed) {
    if (added_.insert_or_assign(token.content, index).second &&
        vocabulary_.Find(token.content) < 0) {
      ++next;
    }
  }
  // A special token that nothing knows gets the next id.
  for (const std::string_view content : added.special) {
    if (vocabulary_first && vocabulary_.Find(content) >= 0) added_.erase(content);
    if (content.empty() || Find(content) >= 0) continue;
    added_.emplace(content, next++);
  }
}

int64_t PythonIds::Find(std::string_view content) const {
  const auto found = added_.find(content);
  return found != added_.end() ? found->second : vocabulary_.Find(content);
}

}  // namespace vetor
