#include "server/api/openai_routes.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api/embed_job.h"
#include "server/api/embed_request.h"
#include "server/api/request_fields.h"
#include "server/api/token_id_job.h"
#include "server/api/vector_text.h"

namespace vetor {
namespace {

constexpr std::array<std::string_view, 2> kEncodings{"float", "base64"};

size_t RowBytes(size_t dim, bool base64) {
  return base64 ? MostBase64Bytes(dim) : MostJsonBytes(dim);
}

HttpResponse EmbeddingsAnswer(const Embedded& embedded, bool base64) {
  const Embeddings& rows = embedded.rows;
  std::string body = R"({"object":"list","data":[)";
  body.reserve(body.size() + rows.rows * RowBytes(rows.dim, base64) + 256);
  for (size_t i = 0; i < rows.rows; ++i) {
    if (i > 0) body += ',';
    fmt::format_to(std::back_inserter(body), R"({{"object":"embedding","index":{},"embedding":)",
                   i);
    if (base64) {
      body += '"';
      AppendBase64(rows.row(i), &body);
      body += '"';
    } else {
      AppendJsonNumbers(rows.row(i), &body);
    }
    body += '}';
  }
  fmt::format_to(std::back_inserter(body),
                 R"(],"model":{},"usage":{{"prompt_tokens":{},"total_tokens":{}}}}})",
                 JsonString(embedded.model), embedded.tokens, embedded.tokens);
  return JsonAnswer(std::move(body));
}

std::string ModelObject(const ServedEntry& entry) {
  return fmt::format(R"({{"id":{},"object":"model","created":{},"owned_by":"vetor"}})",
                     JsonString(entry.name), entry.opened_at);
}

}  // namespace

void AnswerOpenAiEmbeddings(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  EmbedRequest request{.entry = ReadModel(&fields, "model", exchange.get())};
  if (request.entry == nullptr) return;
  fields.Require("input", "a text or a list of texts");
  std::vector<std::vector<int64_t>> ids;
  const bool takes_ids = TakesTokenIds("input", *request.entry, *exchange, &fields);
  if (takes_ids) {
    ids = fields.IdLists("input").value_or(std::vector<std::vector<int64_t>>());
  } else {
    request.texts = fields.Texts("input").value_or(std::vector<std::string>());
  }
  const auto encoding = fields.Choice("encoding_format", kEncodings);
  ReadDimensions(&fields, "dimensions", &request);
  ReadPrompt(&fields, &request);
  ReadTruncation(&fields, &request);
  if (fields.error()) return exchange->Fail(*fields.error());
  const bool base64 = encoding == "base64";
  request.row_bytes = RowBytes(AnswerDim(request), base64);
  const auto start = [base64](std::shared_ptr<Exchange> given, EmbedRequest texts) {
    StartEmbedJob(std::move(given), std::move(texts), [base64](const Embedded& embedded) {
      return EmbeddingsAnswer(embedded, base64);
    });
  };
  if (takes_ids) return StartTokenIdJob(exchange, std::move(request), std::move(ids), start);
  start(exchange, std::move(request));
}

void AnswerOpenAiModels(const std::shared_ptr<Exchange>& exchange) {
  std::string list;
  for (const ServedEntry* entry : exchange->state().models->Opened()) {
    if (!list.empty()) list += ',';
    list += ModelObject(*entry);
  }
  exchange->Respond(JsonAnswer(R"({"object":"list","data":[)" + list + "]}"));
}

void AnswerOpenAiModel(const std::shared_ptr<Exchange>& exchange) {
  const auto found = exchange->state().models->Find(exchange->last_segment());
  if (found.ok()) return exchange->Respond(JsonAnswer(ModelObject(**found)));
  ApiError error = ErrorFromStatus(exchange->family(), found.status());
  if (error.status == 404) {
    error.code = "model_not_found";
    error.param = "model";
  }
  exchange->Fail(error);
}

}  // namespace vetor
