#include "server/api/cohere_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "server/api/embed_job.h"
#include "server/api/embed_request.h"
#include "server/api/request_fields.h"
#include "server/api/request_ids.h"
#include "server/api/vector_text.h"

namespace vetor {
namespace {

constexpr std::array<std::string_view, 6> kTypes{"float",  "int8",    "uint8",
                                                 "binary", "ubinary", "base64"};
constexpr std::array<std::string_view, 3> kTruncations{"NONE", "START", "END"};

// Of the texts with their quotes, as JSON without escapes.
size_t EchoedBytes(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size() + 3;
  return bytes;
}

std::optional<SmallType> SmallTypeOf(std::string_view name) {
  if (name == "int8") return SmallType::kInt8;
  if (name == "uint8") return SmallType::kUint8;
  if (name == "binary") return SmallType::kBinary;
  if (name == "ubinary") return SmallType::kUbinary;
  return std::nullopt;
}

// What the answer is made of beside the vectors.
struct AnswerForm {
  std::vector<std::string> types;
  std::vector<std::string> texts;  ///< Sent back.
  ComponentRanges ranges;
};

void AppendVector(std::string_view type, std::span<const float> row, const ComponentRanges& ranges,
                  std::string* body) {
  if (const std::optional<SmallType> small = SmallTypeOf(type)) {
    AppendJsonNumbers(ToSmallType(*small, row, ranges), body);
  } else if (type == "base64") {
    *body += '"';
    AppendBase64(row, body);
    *body += '"';
  } else {
    AppendJsonNumbers(row, body);
  }
}

// What the answer writes for one text, at most.
size_t RowBytes(size_t dim, const std::vector<std::string>& types) {
  size_t bytes = 0;
  for (const std::string& type : types) {
    bytes += type == "base64" ? MostBase64Bytes(dim) : MostJsonBytes(dim);
  }
  return bytes;
}

HttpResponse Answer(const Embedded& embedded, const AnswerForm& form) {
  const Embeddings& rows = embedded.rows;
  std::string body = fmt::format(R"({{"id":"{}","embeddings":{{)", NewRequestId());
  body.reserve(rows.rows * RowBytes(rows.dim, form.types) + EchoedBytes(form.texts) + 1024);
  for (size_t t = 0; t < form.types.size(); ++t) {
    fmt::format_to(std::back_inserter(body), R"({}"{}":[)", t > 0 ? "," : "", form.types[t]);
    for (size_t i = 0; i < rows.rows; ++i) {
      if (i > 0) body += ',';
      AppendVector(form.types[t], rows.row(i), form.ranges, &body);
    }
    body += ']';
  }
  body += R"(},"texts":[)";
  for (size_t i = 0; i < form.texts.size(); ++i) {
    if (i > 0) body += ',';
    body += JsonString(form.texts[i]);
  }
  fmt::format_to(
      std::back_inserter(body),
      R"(],"meta":{{"api_version":{{"version":"2"}},"billed_units":{{"input_tokens":{}}},)"
      R"("cached_tokens":{},"warnings":[]}},"response_type":"embeddings_by_type"}})",
      embedded.tokens, embedded.cached_tokens);
  return JsonAnswer(std::move(body));
}

// One of "inputs": {"content": [{"type": "text", "text": "..."}]}. Nothing for another one.
std::optional<std::string> TextOfInput(const boost::json::value& input) {
  const auto* object = input.if_object();
  const auto* content = object == nullptr ? nullptr : object->if_contains("content");
  const auto* parts = content == nullptr ? nullptr : content->if_array();
  if (parts == nullptr || parts->size() != 1) return std::nullopt;
  const auto* part = parts->front().if_object();
  const auto* text = part == nullptr ? nullptr : part->if_contains("text");
  if (text == nullptr || !text->is_string()) return std::nullopt;
  return std::string(text->get_string());
}

std::vector<std::string> ReadInputs(RequestFields* fields) {
  const boost::json::value* inputs = fields->Find("inputs");
  if (inputs == nullptr || !inputs->is_array() || inputs->get_array().empty()) {
    fields->Refuse("texts", "field \"texts\" is missing; expected a list of texts");
    return {};
  }
  std::vector<std::string> texts;
  for (const boost::json::value& input : inputs->get_array()) {
    std::optional<std::string> text = TextOfInput(input);
    if (!text) {
      fields->Refuse("inputs",
                     "field \"inputs\" holds an input that is not one text; this server embeds "
                     "texts: {\"content\": [{\"type\": \"text\", \"text\": \"...\"}]}");
      return {};
    }
    texts.push_back(*std::move(text));
  }
  return texts;
}

std::vector<std::string> ReadTexts(RequestFields* fields) {
  if (fields->Has("images")) {
    fields->Refuse("images",
                   "field \"images\" is set, and this server embeds texts; send \"texts\"");
  }
  if (!fields->Has("texts")) return ReadInputs(fields);
  return fields->Texts("texts").value_or(std::vector<std::string>());
}

void ReadCoheresTruncation(RequestFields* fields, EmbedRequest* request) {
  const std::optional<std::string> truncate = fields->Choice("truncate", kTruncations);
  if (!truncate) return;
  request->options.on_long = *truncate == "NONE" ? OnLong::kError : OnLong::kTruncate;
  if (*truncate == "START") request->options.truncation_side = TruncationSide::kLeft;
  if (*truncate == "END") request->options.truncation_side = TruncationSide::kRight;
}

// int8 and uint8 need the range of each component, which is recorded for whole vectors of length 1.
void CheckRanges(const AnswerForm& form, const EmbedRequest& request, RequestFields* fields) {
  const bool asked = std::ranges::any_of(
      form.types, [](const std::string& type) { return type == "int8" || type == "uint8"; });
  if (!asked) return;
  const ServiceInfo& info = request.entry->service().info();
  if (AnswerDim(request) < info.dim || !info.normalized) {
    fields->Refuse("embedding_types",
                   "field \"embedding_types\" asks for int8 or uint8, whose ranges are known for "
                   "vectors of all components and length 1 only; ask for float, binary or ubinary, "
                   "or leave out \"output_dimension\"");
  } else if (form.ranges.least.size() != info.dim) {
    fields->Refuse("embedding_types",
                   "field \"embedding_types\" asks for int8 or uint8, and the model " +
                       request.entry->name +
                       " has no recorded ranges of its components; export it with `vetor export`, "
                       "or ask for float, binary or ubinary");
  }
}

}  // namespace

void AnswerCohereEmbed(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  EmbedRequest request{.entry = ReadModel(&fields, "model", exchange.get())};
  if (request.entry == nullptr) return;
  request.texts = ReadTexts(&fields);
  ReadPrompt(&fields, &request);
  ReadDimensions(&fields, "output_dimension", &request);
  ReadCoheresTruncation(&fields, &request);
  AnswerForm form;
  form.types =
      fields.Choices("embedding_types", kTypes).value_or(std::vector<std::string>{"float"});
  std::sort(form.types.begin(), form.types.end());
  form.types.erase(std::unique(form.types.begin(), form.types.end()), form.types.end());
  form.ranges = request.entry->service().component_ranges();
  CheckRanges(form, request, &fields);
  if (fields.error()) return exchange->Fail(*fields.error());
  form.texts = request.texts;
  request.row_bytes = RowBytes(AnswerDim(request), form.types);
  request.echoed_bytes = EchoedBytes(form.texts);
  StartEmbedJob(exchange, std::move(request), [form = std::move(form)](const Embedded& embedded) {
    return Answer(embedded, form);
  });
}

}  // namespace vetor
