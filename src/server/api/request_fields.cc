#include "server/api/request_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json.h"
#include "base/terminal_text.h"

namespace vetor {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr std::string_view kTokenIdsMessage =
    "field \"{}\" holds token ids, and this server takes texts: the ids of another tokenizer would "
    "give wrong vectors without an error. Send strings; with LangChain's OpenAIEmbeddings set "
    "check_embedding_ctx_length=False. Ids of the model's own tokenizer are taken by "
    "/v1/embeddings of a server that is started with ai.server.token_ids \"model\"";

std::string Listed(std::span<const std::string_view> choices) {
  std::string list;
  for (const std::string_view choice : choices) {
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", choice);
  }
  return list;
}

// JSON Schema takes 8.0 for an integer, and so do programs whose numbers are all of one type.
std::optional<int64_t> WholeNumber(const value& found) {
  if (found.is_int64()) return found.get_int64();
  if (found.is_uint64()) return INT64_MAX;
  constexpr double kBound = 9.2e18;
  const double* number = found.if_double();
  if (number == nullptr || *number != std::floor(*number) || std::abs(*number) >= kBound) {
    return std::nullopt;
  }
  return static_cast<int64_t>(*number);
}

bool HoldsIntegers(const array& list) {
  const value& first = list.front();
  if (first.is_int64() || first.is_uint64()) return true;
  return first.is_array() && !first.get_array().empty() && first.get_array().front().is_number();
}

}  // namespace

RequestFields::RequestFields(Family family, std::string_view body) : family_(family) {
  if (body.empty()) {
    error_ = {.status = 400, .message = "the request body is empty; expected a JSON object"};
    return;
  }
  Result<value> parsed = ParseJson(body, "the request body");
  if (!parsed.ok()) {
    error_ = {.status = 400, .message = parsed.status().message()};
    return;
  }
  if (!parsed->is_object()) {
    error_ = BadRequest(family_, fmt::format("the request body is {}; expected a JSON object",
                                             JsonTypeName(*parsed)));
    return;
  }
  body_ = *std::move(parsed);
}

void RequestFields::AlsoIn(std::string_view object_name) { nested_ = Object(object_name); }

const value* RequestFields::Find(std::string_view name) const {
  if (error_) return nullptr;
  const value* found = body_.get_object().if_contains(name);
  if ((found == nullptr || found->is_null()) && nested_ != nullptr) {
    found = nested_->if_contains(name);
  }
  return found == nullptr || found->is_null() ? nullptr : found;
}

void RequestFields::Refuse(std::string_view name, std::string message, std::string code) {
  if (error_) return;
  error_ = BadRequest(family_, std::move(message), std::string(name));
  error_->code = std::move(code);
}

void RequestFields::Require(std::string_view name, std::string_view expected) {
  if (!Has(name)) {
    Refuse(name, fmt::format("field \"{}\" is missing; expected {}", name, expected));
  }
}

void RequestFields::WrongType(std::string_view name, std::string_view expected,
                              const value& found) {
  Refuse(name, fmt::format("field \"{}\" is {}; expected {}", name, JsonTypeName(found), expected));
}

std::optional<std::string> RequestFields::String(std::string_view name) {
  const value* found = Find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return std::string(found->get_string());
  WrongType(name, "a string", *found);
  return std::nullopt;
}

std::optional<bool> RequestFields::Bool(std::string_view name) {
  const value* found = Find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_bool()) return found->get_bool();
  WrongType(name, "true or false", *found);
  return std::nullopt;
}

std::optional<int64_t> RequestFields::Integer(std::string_view name) {
  const value* found = Find(name);
  if (found == nullptr) return std::nullopt;
  const std::optional<int64_t> number = WholeNumber(*found);
  if (!number) WrongType(name, "an integer", *found);
  return number;
}

bool RequestFields::IsChoice(std::string_view name, std::string_view found,
                             std::span<const std::string_view> choices) {
  if (std::ranges::find(choices, found) != choices.end()) return true;
  Refuse(name, fmt::format("field \"{}\" is {}; expected one of {}", name, Quoted(found),
                           Listed(choices)));
  return false;
}

std::optional<std::string> RequestFields::Choice(std::string_view name,
                                                 std::span<const std::string_view> choices) {
  const value* given = Find(name);
  if (given == nullptr) return std::nullopt;
  if (!given->is_string()) {
    WrongType(name, "one of " + Listed(choices), *given);
    return std::nullopt;
  }
  std::string found(given->get_string());
  if (!IsChoice(name, found, choices)) return std::nullopt;
  return found;
}

std::optional<std::vector<std::string>> RequestFields::Choices(
    std::string_view name, std::span<const std::string_view> choices) {
  const value* found = Find(name);
  if (found == nullptr) return std::nullopt;
  const array* list = found->if_array();
  if (list == nullptr || list->empty()) {
    WrongType(name, "a list of strings that is not empty", *found);
    return std::nullopt;
  }
  std::vector<std::string> chosen;
  for (const value& one : *list) {
    if (!one.is_string()) {
      WrongType(name, "a list of strings", one);
      return std::nullopt;
    }
    if (!IsChoice(name, one.get_string(), choices)) return std::nullopt;
    chosen.emplace_back(one.get_string());
  }
  return chosen;
}

std::optional<std::vector<std::string>> RequestFields::Texts(std::string_view name) {
  const value* found = Find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return std::vector<std::string>{std::string(found->get_string())};
  if (found->is_array()) return ListOfTexts(name, found->get_array());
  WrongType(name, "a string or a list of strings", *found);
  return std::nullopt;
}

void RequestFields::RefuseEmptyList(std::string_view name, std::string_view expected) {
  if (error_) return;
  error_ = ApiError{.status = 400,
                    .message = fmt::format(
                        "field \"{}\" is an empty list; expected at least one {}", name, expected),
                    .param = std::string(name),
                    .empty_input = true};
}

bool RequestFields::HoldsIds(std::string_view name) const {
  const value* found = Find(name);
  const array* list = found == nullptr ? nullptr : found->if_array();
  if (list == nullptr || list->empty()) return false;
  return list->front().is_number() || list->front().is_array();
}

std::optional<std::vector<int64_t>> RequestFields::Ids(std::string_view name, const array& list,
                                                       const std::string& place) {
  std::vector<int64_t> ids;
  ids.reserve(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    const std::optional<int64_t> id = WholeNumber(list[i]);
    if (!id) {
      Refuse(name, fmt::format("{}[{}] is {}; expected an integer, a token id", place, i,
                               JsonTypeName(list[i])));
      return std::nullopt;
    }
    ids.push_back(*id);
  }
  return ids;
}

std::optional<std::vector<std::vector<int64_t>>> RequestFields::IdLists(std::string_view name) {
  const value* found = Find(name);
  if (found == nullptr) return std::nullopt;
  const array* list = found->if_array();
  if (list == nullptr) {
    WrongType(name, "a list of token ids or a list of such lists", *found);
    return std::nullopt;
  }
  if (list->empty()) {
    RefuseEmptyList(name, "token id, or one list of them (that list may be empty)");
    return std::nullopt;
  }
  const bool nested = list->front().is_array();
  std::vector<std::vector<int64_t>> lists;
  lists.reserve(nested ? list->size() : 1);
  for (size_t i = 0; i < (nested ? list->size() : 1); ++i) {
    const std::string place =
        nested ? fmt::format("field \"{}\"[{}]", name, i) : fmt::format("field \"{}\"", name);
    const array* one = nested ? (*list)[i].if_array() : list;
    if (one == nullptr) {
      Refuse(name, fmt::format("{} is {}; expected a list of token ids, as the first element is",
                               place, JsonTypeName((*list)[i])));
      return std::nullopt;
    }
    std::optional<std::vector<int64_t>> ids = Ids(name, *one, place);
    if (!ids) return std::nullopt;
    lists.push_back(*std::move(ids));
  }
  return lists;
}

std::optional<std::vector<std::string>> RequestFields::ListOfTexts(std::string_view name,
                                                                   const array& list) {
  if (list.empty()) {
    RefuseEmptyList(name, "text (a text may be empty)");
    return std::nullopt;
  }
  if (HoldsIntegers(list)) {
    Refuse(name, fmt::format(fmt::runtime(kTokenIdsMessage), name), "token_ids_not_supported");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  texts.reserve(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_string()) {
      Refuse(name, fmt::format("field \"{}\"[{}] is {}; expected a string", name, i,
                               JsonTypeName(list[i])));
      return std::nullopt;
    }
    texts.emplace_back(list[i].get_string());
  }
  return texts;
}

const object* RequestFields::Object(std::string_view name) {
  const value* found = Find(name);
  if (found == nullptr) return nullptr;
  if (found->is_object()) return &found->get_object();
  WrongType(name, "an object", *found);
  return nullptr;
}

}  // namespace vetor
