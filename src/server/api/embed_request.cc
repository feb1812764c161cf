#include "server/api/embed_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "base/terminal_text.h"

namespace vetor {
namespace {

using Prompts = std::map<std::string, std::string>;

constexpr std::array<std::string_view, 4> kQueryNames{"query", "search_query", "retrieval.query",
                                                      "code.query"};
constexpr std::array<std::string_view, 7> kDocumentNames{
    "document", "passage",           "search_document", "corpus",
    "text",     "retrieval.passage", "code.passage"};
constexpr std::array<std::string_view, 5> kOtherKinds{"classification", "clustering", "separation",
                                                      "text-matching", "sts"};
// The names that prompts of models have, in the order in which they are looked for.
constexpr std::array<std::string_view, 2> kQueryPrompts{"query", "search_query"};
constexpr std::array<std::string_view, 4> kDocumentPrompts{"document", "passage", "search_document",
                                                           "corpus"};

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

std::string FirstPrompt(const Prompts& prompts, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = prompts.find(std::string(name));
    if (found != prompts.end()) return found->second;
  }
  return "";
}

std::string NamesIn(const Prompts& prompts) {
  std::string names;
  for (const auto& [name, text] : prompts) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", Quoted(name));
  }
  return names;
}

// The prompt for a kind of text, or nothing for a kind that nobody knows.
std::optional<std::string> PromptOfKind(const Prompts& prompts, const std::string& kind) {
  if (IsOneOf(kind, kQueryNames)) return FirstPrompt(prompts, kQueryPrompts);
  if (IsOneOf(kind, kDocumentNames)) return FirstPrompt(prompts, kDocumentPrompts);
  const auto own = prompts.find(kind);
  if (own != prompts.end()) return own->second;
  return IsOneOf(kind, kOtherKinds) ? std::optional<std::string>("") : std::nullopt;
}

// The prompt that a field asks for by kind, or nothing if the field is absent or was refused.
std::optional<std::string> ReadKind(const Prompts& prompts, std::string_view field,
                                    RequestFields* fields) {
  const std::optional<std::string> kind = fields->String(field);
  if (!kind) return std::nullopt;
  std::optional<std::string> prompt = PromptOfKind(prompts, *kind);
  if (!prompt) {
    fields->Refuse(field, fmt::format("field \"{}\" is {}; expected query, document, passage, "
                                      "search_query, search_document, corpus, classification, "
                                      "clustering, or the name of one of the model's prompts",
                                      field, Quoted(*kind)));
  }
  return prompt;
}

}  // namespace

const ServedEntry* ReadModel(RequestFields* fields, std::string_view name, Exchange* exchange) {
  const std::string wanted = fields->String(name).value_or("");
  if (fields->error()) {
    exchange->Fail(*fields->error());
    return nullptr;
  }
  Result<const ServedEntry*> found = exchange->state().models->Find(wanted);
  if (found.ok()) return *found;
  ApiError error = ErrorFromStatus(exchange->family(), found.status());
  if (error.status == 404) {
    error.code = "model_not_found";
    error.param = name;
  }
  exchange->Fail(error);
  return nullptr;
}

const Tokenizer* TokenizerOf(const ServedEntry& entry, Exchange* exchange) {
  if (entry.model.tokenizer == nullptr) {
    exchange->Fail(
        UnimplementedError("the model " + entry.name + " has no tokenizer that gives token ids"));
  }
  return entry.model.tokenizer;
}

std::vector<std::string_view> KnownKinds() {
  std::vector<std::string_view> kinds(kQueryNames.begin(), kQueryNames.end());
  kinds.insert(kinds.end(), kDocumentNames.begin(), kDocumentNames.end());
  kinds.insert(kinds.end(), kOtherKinds.begin(), kOtherKinds.end());
  return kinds;
}

void ReadPrompt(RequestFields* fields, EmbedRequest* request) {
  const Prompts& prompts = request->entry->service().prompts();
  const std::optional<std::string> prompt_name = fields->String("prompt_name");
  // Both are read, so that a wrong value is refused in a field that another one outranks as well.
  const std::optional<std::string> by_input_type = ReadKind(prompts, "input_type", fields);
  const std::optional<std::string> by_task = ReadKind(prompts, "task", fields);
  if (!prompt_name) {
    request->options.prompt = by_input_type ? by_input_type : by_task;
    return;
  }
  if (!prompts.contains(*prompt_name)) {
    fields->Refuse("prompt_name",
                   fmt::format("field \"prompt_name\" is {}; the model {} has {}",
                               Quoted(*prompt_name), request->entry->name,
                               prompts.empty() ? "no prompts" : "the prompts " + NamesIn(prompts)));
  }
  request->options.prompt_name = prompt_name;
}

void ReadDimensions(RequestFields* fields, std::string_view name, EmbedRequest* request) {
  const std::optional<int64_t> wanted = fields->Integer(name);
  if (!wanted) return;
  const size_t dim = request->entry->service().dim();
  if (*wanted < 1 || static_cast<uint64_t>(*wanted) > dim) {
    fields->Refuse(name, fmt::format("field \"{}\" is {}; vectors of the model {} have {} "
                                     "components, so expected 1 to {}",
                                     name, *wanted, request->entry->name, dim, dim));
    return;
  }
  request->dimensions = static_cast<size_t>(*wanted);
  if (request->dimensions < dim && !request->entry->model.claims_matryoshka) {
    request->warning = fmt::format(
        "the model does not say that {} of its {} components are a good vector by themselves",
        *wanted, dim);
  }
}

void ReadTruncation(RequestFields* fields, EmbedRequest* request) {
  if (const std::optional<bool> truncate = fields->Bool("truncate")) {
    request->options.on_long = *truncate ? OnLong::kTruncate : OnLong::kError;
  }
  constexpr std::string_view kSide = "truncation_direction";
  const std::optional<std::string> side = fields->String(kSide);
  if (!side) return;
  if (EqualFieldNames(*side, "left")) {
    request->options.truncation_side = TruncationSide::kLeft;
  } else if (EqualFieldNames(*side, "right")) {
    request->options.truncation_side = TruncationSide::kRight;
  } else {
    fields->Refuse(kSide, fmt::format("field \"{}\" is {}; expected \"Left\" or \"Right\"", kSide,
                                      Quoted(*side)));
  }
}

size_t AnswerDim(const EmbedRequest& request) {
  return request.dimensions > 0 ? request.dimensions : request.entry->service().dim();
}

}  // namespace vetor
