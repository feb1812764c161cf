#include "tokenizer/folder/folder_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr std::pair<const char*, bool FolderToken::*> kFlags[] = {
    {"single_word", &FolderToken::single_word}, {"lstrip", &FolderToken::lstrip},
    {"rstrip", &FolderToken::rstrip},           {"normalized", &FolderToken::normalized},
    {"special", &FolderToken::special},
};

// Reads a key of added_tokens_decoder as Python's int() does, which accepts spaces around it, a
// sign, and underscores between digits.
std::optional<int64_t> ReadIndex(std::string_view key) {
  constexpr std::string_view kSpaces = " \t\n\r\f\v";
  key.remove_prefix(std::min(key.find_first_not_of(kSpaces), key.size()));
  key = key.substr(0, key.find_last_not_of(kSpaces) + 1);
  if (key.starts_with('+') && !key.starts_with("+-")) key.remove_prefix(1);
  std::string digits;
  for (size_t i = 0; i < key.size(); ++i) {
    const bool between = key[i] == '_' && i > 0 && key[i - 1] != '_' && key[i - 1] != '-';
    if (!between) digits += key[i];
  }
  int64_t index = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, index);
  if (error != std::errc() || stop != end || key.ends_with('_')) return std::nullopt;
  return index;
}

}  // namespace

int64_t FolderToken::Flags() const {
  int64_t flags = 0;
  for (size_t i = 0; i < std::size(kFlags); ++i) {
    if (this->*kFlags[i].second) flags |= int64_t{1} << i;
  }
  return flags;
}

FolderToken FolderToken::FromFlags(std::string_view content, int64_t flags) {
  FolderToken token;
  token.content = content;
  for (size_t i = 0; i < std::size(kFlags); ++i) {
    token.*kFlags[i].second = (flags >> i & 1) != 0;
  }
  return token;
}

FolderToken PlainToken(std::string_view content, bool special) {
  FolderToken token;
  token.content = content;
  token.normalized = !special;
  token.special = special;
  return token;
}

const json::value* PaddingToken(const json::object& document) {
  json::error_code absent;
  const json::value* padding = document.if_contains("padding");
  const json::value* token =
      padding == nullptr ? nullptr : padding->find_pointer("/pad_token", absent);
  return token != nullptr && token->is_string() ? token : nullptr;
}

Status WrongInFolder(const std::string& where, std::string_view expected, std::string_view found) {
  return InvalidArgumentError(
      fmt::format("{}: expected {}, found {}; correct the entry, or take the file again from where "
                  "the model comes from",
                  where, expected, found));
}

Status CheckLength(std::string_view content, const std::string& where) {
  if (content.size() <= kMostTokenBytes) return Status();
  return WrongInFolder(where, fmt::format("a token of at most {} bytes", kMostTokenBytes),
                       fmt::format("{}, of {} bytes", Quoted(content), content.size()));
}

Result<FolderToken> ReadToken(const json::value& value, bool special, const std::string& where) {
  const json::object* object = value.if_object();
  const json::value* content = object == nullptr ? &value : object->if_contains("content");
  if (content == nullptr || !content->is_string()) {
    return WrongInFolder(where, "a token: a string, or an object with a string as \"content\"",
                         object == nullptr    ? JsonTypeName(value)
                         : content == nullptr ? "an object without it"
                                              : JsonTypeName(*content));
  }
  const json::string& text = content->get_string();
  VETOR_RETURN_IF_ERROR(CheckLength(text, where));
  if (object == nullptr) return PlainToken(text, true);
  const json::value* own = object->if_contains("special");
  const bool says = own != nullptr && !own->is_null();
  if (says) {
    VETOR_ASSIGN_OR_RETURN(special, BoolMember(*object, "special", special, where));
  }
  FolderToken token = PlainToken(text, special);
  const json::value* normalized = object->if_contains("normalized");
  token.normalized_follows = normalized == nullptr || normalized->is_null();
  for (const auto& [key, flag] : kFlags) {
    VETOR_ASSIGN_OR_RETURN(token.*flag, BoolMember(*object, key, token.*flag, where));
  }
  return token;
}

Result<std::vector<IndexedToken>> ReadDecoder(const json::value& value, const std::string& where) {
  const json::object* decoder = value.if_object();
  if (decoder == nullptr) {
    return WrongInFolder(where, "an object of ids and tokens", JsonTypeName(value));
  }
  std::vector<IndexedToken> tokens;
  tokens.reserve(decoder->size());
  for (const auto& member : *decoder) {
    const std::optional<int64_t> index = ReadIndex(member.key());
    if (!index) return WrongInFolder(where, "a token's id as key", Quoted(member.key()));
    const Result<FolderToken> token = ReadToken(member.value(), false, where);
    // Reads it again, now with its place. Only an error needs the place, and there may be many
    // tokens.
    if (!token.ok()) {
      return ReadToken(member.value(), false, fmt::format("{}: {}", where, Quoted(member.key())))
          .status();
    }
    tokens.push_back({*index, *token});
  }
  return tokens;
}

void SortByIndex(std::vector<IndexedToken>* tokens) {
  std::stable_sort(tokens->begin(), tokens->end(),
                   [](const IndexedToken& a, const IndexedToken& b) { return a.index < b.index; });
  size_t kept = 0;
  for (size_t i = 0; i < tokens->size(); ++i) {
    const bool last = i + 1 == tokens->size() || (*tokens)[i + 1].index != (*tokens)[i].index;
    if (last) (*tokens)[kept++] = (*tokens)[i];
  }
  tokens->resize(kept);
}

}  // namespace vetor
