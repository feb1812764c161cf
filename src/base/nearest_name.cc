#include "base/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace vetor {
namespace {

// Levenshtein's distance, one row at a time.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

std::string_view LastPart(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// A name that is longer than any is near to none, and would take long to compare.
constexpr size_t kMaxCompared = 200;

// "api_key" of "api_key_file".
bool IsFirstWords(std::string_view name, std::string_view candidate) {
  if (name.empty() || name.size() >= candidate.size() || !candidate.starts_with(name)) return false;
  return candidate[name.size()] == '_' || candidate[name.size()] == '-';
}

size_t EditsBetween(std::string_view name, std::string_view candidate) {
  if (IsFirstWords(name, candidate)) return 1;
  return std::min(EditDistance(name, candidate),
                  EditDistance(LastPart(name), LastPart(candidate)) + 1);
}

}  // namespace

bool IsNear(std::string_view name, std::string_view nearest) {
  if (name.size() > kMaxCompared || nearest.empty()) return false;
  const auto [end, other_end] =
      std::mismatch(name.begin(), name.end(), nearest.begin(), nearest.end());
  const auto rest = static_cast<size_t>(name.end() - end);
  return EditsBetween(name, nearest) <= std::max<size_t>(2, rest / 3);
}

std::string NearestName(std::string_view name, std::span<const std::string> known) {
  name = name.substr(0, kMaxCompared);
  const std::string* nearest = nullptr;
  size_t fewest = 0;
  for (const std::string& candidate : known) {
    const size_t edits = EditsBetween(name, candidate);
    if (nearest == nullptr || edits < fewest) {
      nearest = &candidate;
      fewest = edits;
    }
  }
  return nearest != nullptr ? *nearest : std::string();
}

}  // namespace vetor
