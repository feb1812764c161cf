#include "tokenizer/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/digest.h"
#include "base/status_macros.h"

namespace vetor {

Result<Vocabulary> Vocabulary::FromJson(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const boost::json::object* object, node.Object());
  std::vector<Entry> entries;
  entries.reserve(object->size());
  for (const auto& member : *object) {
    const int64_t* id = member.value().if_int64();
    if (id == nullptr || *id < 0 || *id > kMaxId) {
      const JsonNode bad(member.value(), node.path() + "[\"" + std::string(member.key()) + "\"]");
      VETOR_ASSIGN_OR_RETURN([[maybe_unused]] const int64_t never, bad.Integer(0, kMaxId));
    }
    entries.push_back(
        {std::string_view(member.key().data(), member.key().size()), static_cast<uint32_t>(*id)});
  }
  VETOR_RETURN_IF_ERROR(CheckIdsAreUnique(entries, node));
  return Build(entries);
}

Status Vocabulary::CheckIdsAreUnique(const std::vector<Entry>& entries, const JsonNode& node) {
  uint32_t id_bound = 0;
  for (const Entry& entry : entries) id_bound = std::max(id_bound, entry.id + 1);
  std::vector<bool> taken(id_bound, false);
  for (const Entry& entry : entries) {
    if (taken[entry.id]) {
      return node.Fault(fmt::format("the id {} of \"{}\" already belongs to another token",
                                    entry.id, entry.token));
    }
    taken[entry.id] = true;
  }
  return Status();
}

Vocabulary Vocabulary::FromList(const std::vector<std::string_view>& tokens) {
  std::vector<Entry> entries;
  entries.reserve(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    entries.push_back({tokens[i], static_cast<uint32_t>(i)});
  }
  return Build(entries);
}

Vocabulary Vocabulary::Build(const std::vector<Entry>& entries) {
  Vocabulary vocabulary;
  size_t bytes = 0;
  uint32_t id_bound = 0;
  for (const Entry& entry : entries) {
    bytes += entry.token.size();
    id_bound = std::max(id_bound, entry.id + 1);
  }
  vocabulary.bytes_.reserve(bytes);
  vocabulary.begins_.assign(id_bound, kNoToken);
  vocabulary.sizes_.assign(id_bound, 0);
  vocabulary.slots_.assign(std::bit_ceil(entries.size() * 2 + 1), kNoToken);
  for (const Entry& entry : entries) {
    vocabulary.begins_[entry.id] = static_cast<uint32_t>(vocabulary.bytes_.size());
    vocabulary.sizes_[entry.id] = static_cast<uint32_t>(entry.token.size());
    vocabulary.bytes_.append(entry.token);
    vocabulary.Insert(entry.id);
  }
  return vocabulary;
}

void Vocabulary::Insert(uint32_t id) {
  const std::string_view token = Token(id);
  const size_t mask = slots_.size() - 1;
  for (size_t slot = Xxh3(token) & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == kNoToken) {
      slots_[slot] = id;
      ++size_;
      return;
    }
    if (Token(slots_[slot]) == token) {
      slots_[slot] = id;
      return;
    }
  }
}

int64_t Vocabulary::Find(std::string_view token) const {
  if (slots_.empty()) return kAbsent;
  const size_t mask = slots_.size() - 1;
  for (size_t slot = Xxh3(token) & mask; slots_[slot] != kNoToken; slot = (slot + 1) & mask) {
    if (Token(slots_[slot]) == token) return slots_[slot];
  }
  return kAbsent;
}

bool Vocabulary::Contains(int64_t id) const {
  return id >= 0 && static_cast<size_t>(id) < begins_.size() &&
         begins_[static_cast<size_t>(id)] != kNoToken;
}

std::string_view Vocabulary::Token(int64_t id) const {
  if (!Contains(id)) return {};
  const auto i = static_cast<size_t>(id);
  return std::string_view(bytes_).substr(begins_[i], sizes_[i]);
}

}  // namespace vetor
