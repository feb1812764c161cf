#include "server/api/model_table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/terminal_text.h"

namespace vetor {
namespace {

std::string_view WithoutLatest(std::string_view name) {
  constexpr std::string_view kLatest = ":latest";
  return name.ends_with(kLatest) ? name.substr(0, name.size() - kLatest.size()) : name;
}

}  // namespace

ModelTable::ModelTable(std::vector<std::string> names)
    : names_(std::move(names)), entries_(names_.size()) {}

void ModelTable::Put(size_t index, OpenedModel model) {
  using std::chrono::system_clock;
  auto entry = std::make_unique<ServedEntry>();
  entry->name = names_[index].empty() ? model.service->model_id() : names_[index];
  entry->opened_at = system_clock::to_time_t(system_clock::now());
  entry->model = std::move(model);
  const MutexLock lock(&mutex_);
  entries_[index] = std::move(entry);
}

size_t ModelTable::size() const { return names_.size(); }

bool ModelTable::ready() const { return Opened().size() == names_.size(); }

std::vector<const ServedEntry*> ModelTable::Opened() const {
  std::vector<const ServedEntry*> opened;
  const MutexLock lock(&mutex_);
  for (const auto& entry : entries_) {
    if (entry != nullptr) opened.push_back(entry.get());
  }
  return opened;
}

const ServedEntry* ModelTable::FindOpened(std::string_view name) const {
  for (const auto& entry : entries_) {
    if (entry != nullptr && entry->name == name) return entry.get();
  }
  for (const auto& entry : entries_) {
    if (entry != nullptr && entry->service().model_id() == name) return entry.get();
  }
  return nullptr;
}

Result<const ServedEntry*> ModelTable::Find(std::string_view name) const {
  const MutexLock lock(&mutex_);
  const ServedEntry* found = name.empty() ? entries_.front().get() : FindOpened(name);
  if (found == nullptr && !name.empty()) found = FindOpened(WithoutLatest(name));
  if (found != nullptr) return found;

  bool may_come = false;
  std::string known;
  for (size_t i = 0; i < names_.size(); ++i) {
    may_come = may_come || entries_[i] == nullptr;
    const std::string& shown = entries_[i] == nullptr ? names_[i] : entries_[i]->name;
    if (!shown.empty()) known += (known.empty() ? "" : ", ") + Quoted(shown);
  }
  if (may_come) {
    return UnavailableError("the server is still loading its models; try again in a moment");
  }
  return NotFoundError("the model " + Quoted(name) + " does not exist here; this server has " +
                       known);
}

}  // namespace vetor
