#include "tokenizer/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

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

Result<Vocabulary> Vocabulary::Read(const JsonNode& model, TableReader* tables) {
  if (tables != nullptr) return Load(tables);
  VETOR_ASSIGN_OR_RETURN(const JsonNode vocab, model.Get("vocab"));
  return FromJson(vocab);
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
  size_t byte_count = 0;
  uint32_t id_bound = 0;
  for (const Entry& entry : entries) {
    byte_count += entry.token.size();
    id_bound = std::max(id_bound, entry.id + 1);
  }
  std::vector<char> bytes;
  bytes.reserve(byte_count);
  std::vector<uint32_t> begins(id_bound, kNoToken);
  std::vector<uint32_t> sizes(id_bound, 0);
  for (const Entry& entry : entries) {
    begins[entry.id] = static_cast<uint32_t>(bytes.size());
    sizes[entry.id] = static_cast<uint32_t>(entry.token.size());
    bytes.insert(bytes.end(), entry.token.begin(), entry.token.end());
  }
  Vocabulary vocabulary;
  vocabulary.bytes_ = FlatArray<char>(std::move(bytes));
  vocabulary.begins_ = FlatArray<uint32_t>(std::move(begins));
  vocabulary.sizes_ = FlatArray<uint32_t>(std::move(sizes));
  std::vector<uint32_t> slots(std::bit_ceil(entries.size() * 2 + 1), kNoToken);
  for (const Entry& entry : entries) vocabulary.Insert(entry.id, &slots);
  vocabulary.slots_ = FlatArray<uint32_t>(std::move(slots));
  return vocabulary;
}

void Vocabulary::Insert(uint32_t id, std::vector<uint32_t>* slots) {
  const std::string_view token = Token(id);
  const size_t mask = slots->size() - 1;
  for (size_t slot = Xxh3(token) & mask;; slot = (slot + 1) & mask) {
    if ((*slots)[slot] == kNoToken) {
      (*slots)[slot] = id;
      ++size_;
      return;
    }
    if (Token((*slots)[slot]) == token) {
      (*slots)[slot] = id;
      return;
    }
  }
}

void Vocabulary::Save(TableWriter* tables) const {
  tables->AddNumber(size_);
  tables->Add(bytes_.view());
  tables->Add(begins_.view());
  tables->Add(sizes_.view());
  tables->Add(slots_.view());
}

Result<Vocabulary> Vocabulary::Load(TableReader* tables) {
  Vocabulary vocabulary;
  uint64_t size = 0;
  VETOR_RETURN_IF_ERROR(tables->TakeNumber(&size));
  VETOR_RETURN_IF_ERROR(tables->Take(&vocabulary.bytes_));
  VETOR_RETURN_IF_ERROR(tables->Take(&vocabulary.begins_));
  VETOR_RETURN_IF_ERROR(tables->Take(&vocabulary.sizes_));
  VETOR_RETURN_IF_ERROR(tables->Take(&vocabulary.slots_));
  vocabulary.size_ = size;
  VETOR_RETURN_IF_ERROR(vocabulary.CheckPlaces());
  return vocabulary;
}

Status Vocabulary::CheckPlaces() const {
  const size_t ids = begins_.size();
  if (sizes_.size() != ids || size_ > ids || ids > static_cast<size_t>(kMaxId) + 1) {
    return BrokenTable("the vocabulary's arrays differ in length");
  }
  bool fits = true;
  for (size_t id = 0; id < ids; ++id) {
    fits &= begins_[id] == kNoToken || uint64_t{begins_[id]} + sizes_[id] <= bytes_.size();
  }
  size_t free = 0;
  for (const uint32_t id : slots_) {
    free += id == kNoToken ? 1 : 0;
    fits &= id == kNoToken || id < ids;
  }
  // A search ends at a free slot, so there must be one.
  if (!fits || !std::has_single_bit(slots_.size()) || free == 0) {
    return BrokenTable("the vocabulary names tokens that are not there");
  }
  return Status();
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
  return {bytes_.data() + begins_[i], sizes_[i]};
}

}  // namespace vetor
