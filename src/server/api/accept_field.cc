#include "server/api/accept_field.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/ascii.h"

namespace vetor {
namespace {

constexpr int kMostWeight = 1000;  // q=1, in thousandths, which are the smallest steps of q.

// Takes the part before `separator` off `text`.
std::string_view TakePart(std::string_view* text, char separator) {
  const size_t end = std::min(text->find(separator), text->size());
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return TrimBlanks(part);
}

// "0.5" as 500; nothing for what is not a weight.
std::optional<int> WeightOf(std::string_view text) {
  const bool one = text.starts_with('1');
  if (!one && !text.starts_with('0')) return std::nullopt;
  text.remove_prefix(1);
  if (text.empty()) return one ? kMostWeight : 0;
  if (text.front() != '.' || text.size() > 4) return std::nullopt;
  text.remove_prefix(1);
  int weight = 0;
  for (int i = 0, unit = 100; i < static_cast<int>(text.size()); ++i, unit /= 10) {
    const char digit = text[static_cast<size_t>(i)];
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += (digit - '0') * unit;
  }
  return one ? (weight == 0 ? std::optional<int>(kMostWeight) : std::nullopt) : weight;
}

// How much each type is wanted; unset: not named.
struct Wishes {
  std::optional<int> raw, json, application, all;

  std::optional<int>* Of(std::string_view range) {
    if (EqualFieldNames(range, "application/octet-stream")) return &raw;
    if (EqualFieldNames(range, "application/json")) return &json;
    if (EqualFieldNames(range, "application/*")) return &application;
    return range == "*/*" ? &all : nullptr;
  }

  // The most specific range counts.
  int Json() const { return json.value_or(application.value_or(all.value_or(0))); }
};

// One media range with its parameters: "application/json;q=0.5".
void ReadRange(std::string_view text, Wishes* wishes) {
  std::optional<int>* const wish = wishes->Of(TakePart(&text, ';'));
  if (wish == nullptr) return;
  std::optional<int> weight = kMostWeight;
  while (!text.empty()) {
    std::string_view parameter = TakePart(&text, ';');
    const std::string_view name = TakePart(&parameter, '=');
    if (EqualFieldNames(name, "q")) weight = WeightOf(TrimBlanks(parameter));
  }
  if (weight) *wish = std::max(wish->value_or(0), *weight);
}

}  // namespace

bool PrefersRawRows(const HttpRequestHead& head) {
  Wishes wishes;
  for (const HttpField& field : head.fields) {
    if (!EqualFieldNames(field.name, "Accept")) continue;
    std::string_view list = field.value;
    while (!list.empty()) ReadRange(TakePart(&list, ','), &wishes);
  }
  return wishes.raw.value_or(0) > 0 && *wishes.raw >= wishes.Json();
}

}  // namespace vetor
