#include "tokenizer/folder/document_ids.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "tokenizer/folder/document_keys.h"

namespace vetor {
namespace {

namespace json = boost::json;

// Calls `visit` with the content of each added token until it returns true.
template <typename Visit>
void ForEachAdded(const json::object& document, const Visit& visit) {
  const json::value* added = document.if_contains("added_tokens");
  if (added != nullptr && added->is_array()) {
    for (const json::value& token : added->get_array()) {
      const json::object* object = token.if_object();
      const json::value* text = object == nullptr ? nullptr : object->if_contains("content");
      if (text != nullptr && text->is_string() && visit(text->get_string())) return;
    }
  }
  const json::value* own = document.if_contains(kTokensOfFolder);
  if (own == nullptr || !own->is_array()) return;
  for (const json::value& value : own->get_array()) {
    if (value.is_string() && visit(value.get_string())) return;
  }
}

}  // namespace

VocabularyIds::VocabularyIds(const json::object& document) {
  json::error_code absent;
  const json::value* model = document.if_contains("model");
  const json::value* vocab = model == nullptr ? nullptr : model->find_pointer("/vocab", absent);
  if (vocab == nullptr) return;
  object_ = vocab->if_object();
  array_ = vocab->if_array();
  for (size_t i = 0; array_ != nullptr && i < array_->size(); ++i) {
    const json::array* pair = (*array_)[i].if_array();
    if (pair == nullptr || pair->empty() || !(*pair)[0].is_string()) continue;
    by_content_.emplace((*pair)[0].get_string(), static_cast<int64_t>(i));
  }
}

int64_t VocabularyIds::Find(std::string_view content) const {
  if (object_ != nullptr) {
    const json::value* id = object_->if_contains(content);
    return id != nullptr && id->is_int64() ? id->get_int64() : -1;
  }
  const auto found = by_content_.find(content);
  return found == by_content_.end() ? -1 : found->second;
}

int64_t VocabularyIds::size() const {
  const size_t count = object_ != nullptr ? object_->size() : array_ ? array_->size() : 0;
  return static_cast<int64_t>(count);
}

std::vector<std::string_view> LostTokens(const json::object& document) {
  json::error_code absent;
  const json::value* model = document.if_contains("model");
  const json::value* vocab = model == nullptr ? nullptr : model->find_pointer("/vocab", absent);
  // In an array, the index is the id.
  if (vocab == nullptr || !vocab->is_object()) return {};
  const VocabularyIds vocabulary(document);
  std::unordered_map<std::string_view, int64_t> ids;
  std::unordered_map<int64_t, std::string_view> owners;
  int64_t next = vocabulary.size();
  bool takes_new = false;
  ForEachAdded(document, [&](std::string_view content) {
    const int64_t own = vocabulary.Find(content);
    const auto [place, is_new] = ids.try_emplace(content, own);
    if (is_new && own < 0) {
      place->second = next++;
      takes_new = true;
    }
    owners[place->second] = content;
    return false;
  });
  std::vector<std::string_view> lost;
  for (const auto& [content, id] : ids) {
    if (takes_new && owners[id] != content) lost.push_back(content);
  }
  return lost;
}

int64_t IdInDocument(const json::object& document, std::string_view content) {
  const VocabularyIds ids(document);
  if (const int64_t id = ids.Find(content); id >= 0) return id;
  // New tokens get the next ids, in their order.
  std::unordered_set<std::string_view> seen;
  int64_t next = ids.size();
  int64_t found = -1;
  ForEachAdded(document, [&](std::string_view name) {
    if (name.empty() || ids.Find(name) >= 0 || !seen.insert(name).second) return false;
    if (name == content) found = next;
    ++next;
    return found >= 0;
  });
  return found;
}

}  // namespace vetor
