#include "server/api/tei_routes.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/vector_norm.h"
#include "server/api/embed_job.h"
#include "server/api/embed_request.h"
#include "server/api/request_fields.h"
#include "server/api/vector_text.h"

namespace vetor {
namespace {

constexpr std::array<std::string_view, 2> kEncodings{"float", "base64"};
constexpr std::string_view kNested = "parameters";  // Where older clients of the hub put options.

// The fields that /embed and /similarity share.
EmbedRequest ReadShared(RequestFields* fields, const ServedEntry* entry) {
  EmbedRequest request{.entry = entry};
  ReadPrompt(fields, &request);
  ReadTruncation(fields, &request);
  return request;
}

// "normalize" is true unless the client says otherwise.
void ReadNormalize(RequestFields* fields, EmbedRequest* request) {
  const ServiceInfo& info = request->entry->service().info();
  request->scale_always = fields->Bool("normalize").value_or(true);
  if (request->scale_always || !info.normalized || info.normalized_by_model) return;
  fields->Refuse("normalize",
                 "field \"normalize\" is false, and this server scales vectors to length 1; start "
                 "it with ai.normalize false to get them as the model gives them");
}

size_t RowBytes(size_t dim, bool base64) {
  return base64 ? MostBase64Bytes(dim) : MostJsonBytes(dim);
}

HttpResponse ListAnswer(const Embeddings& rows, bool base64) {
  std::string body = "[";
  body.reserve(rows.rows * RowBytes(rows.dim, base64) + 8);
  for (size_t i = 0; i < rows.rows; ++i) {
    if (i > 0) body += ',';
    if (base64) {
      body += '"';
      AppendBase64(rows.row(i), &body);
      body += '"';
    } else {
      AppendJsonNumbers(rows.row(i), &body);
    }
  }
  body += ']';
  return JsonAnswer(std::move(body));
}

// The cosines of row 0 with all others.
HttpResponse CosinesAnswer(const Embeddings& rows) {
  std::vector<float> cosines;
  cosines.reserve(rows.rows - 1);
  for (size_t i = 1; i < rows.rows; ++i) {
    cosines.push_back(static_cast<float>(Cosine(rows.row(0), rows.row(i))));
  }
  std::string body;
  AppendJsonNumbers(cosines, &body);
  return JsonAnswer(std::move(body));
}

void StartEmbed(const std::shared_ptr<Exchange>& exchange, RequestFields* fields) {
  fields->AlsoIn(kNested);
  const ServedEntry* entry = ReadModel(fields, "model", exchange.get());
  if (entry == nullptr) return;
  EmbedRequest request = ReadShared(fields, entry);
  fields->Require("inputs", "a text or a list of texts");
  request.texts = fields->Texts("inputs").value_or(std::vector<std::string>());
  const auto encoding = fields->Choice("encoding_format", kEncodings);
  ReadDimensions(fields, "dimensions", &request);
  ReadNormalize(fields, &request);
  if (fields->error()) return exchange->Fail(*fields->error());
  const bool base64 = encoding == "base64";
  request.row_bytes = RowBytes(AnswerDim(request), base64);
  StartEmbedJob(exchange, std::move(request),
                [base64](const Embedded& embedded) { return ListAnswer(embedded.rows, base64); });
}

// The sentence and those that it is compared with.
std::vector<std::string> ReadSentences(RequestFields* fields) {
  fields->Require("inputs", "an object with source_sentence and sentences");
  fields->AlsoIn("inputs");
  fields->Require("source_sentence", "a text");
  fields->Require("sentences", "a list of texts");
  std::vector<std::string> texts{fields->String("source_sentence").value_or("")};
  for (std::string& text : fields->Texts("sentences").value_or(std::vector<std::string>())) {
    texts.push_back(std::move(text));
  }
  return texts;
}

void StartSimilarity(const std::shared_ptr<Exchange>& exchange, RequestFields* fields) {
  fields->AlsoIn(kNested);
  const ServedEntry* entry = ReadModel(fields, "model", exchange.get());
  if (entry == nullptr) return;
  EmbedRequest request = ReadShared(fields, entry);
  request.texts = ReadSentences(fields);
  request.answers_rows = false;
  request.row_bytes = MostJsonBytes(1);
  if (fields->error()) return exchange->Fail(*fields->error());
  StartEmbedJob(exchange, std::move(request),
                [](const Embedded& embedded) { return CosinesAnswer(embedded.rows); });
}

}  // namespace

void AnswerTeiRoot(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  const boost::json::value* inputs = fields.Find("inputs");
  if (inputs != nullptr && inputs->is_object()) return StartSimilarity(exchange, &fields);
  StartEmbed(exchange, &fields);
}

void AnswerTeiEmbed(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  StartEmbed(exchange, &fields);
}

void AnswerTeiSimilarity(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  StartSimilarity(exchange, &fields);
}

void AnswerTeiInfo(const std::shared_ptr<Exchange>& exchange) {
  const auto found = exchange->state().models->Find("");
  if (!found.ok()) return exchange->Fail(found.status());
  const ServiceInfo& info = (*found)->service().info();
  const ApiOptions& options = exchange->state().options;
  // A connection has one request at a time. Beside that, requests are bounded by their tokens.
  const size_t requests = options.max_connections ? options.max_connections() : 0;
  // The number of texts per request has no bound of its own; clients of text-embeddings-inference
  // split by the one that they read here.
  exchange->Respond(JsonAnswer(fmt::format(
      R"({{"model_id":{},"model_sha":null,"model_dtype":"{}","served_model_name":{},)"
      R"("model_type":{{"embedding":{{"dimensions":{}}}}},"max_concurrent_requests":{},)"
      R"("max_input_length":{},"max_batch_tokens":{},"max_batch_requests":null,)"
      R"("max_client_batch_size":65536,"auto_truncate":true,"tokenization_workers":1,)"
      R"("version":"{}","sha":null,"docker_label":null}})",
      JsonString(info.model_id), info.active_precision, JsonString((*found)->name), info.dim,
      requests, info.max_length, options.config.queue_tokens, VETOR_VERSION)));
}

}  // namespace vetor
