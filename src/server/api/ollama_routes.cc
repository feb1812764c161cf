#include "server/api/ollama_routes.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "server/api/embed_job.h"
#include "server/api/embed_request.h"
#include "server/api/request_fields.h"
#include "server/api/vector_text.h"

namespace vetor {
namespace {

int64_t Nanoseconds(double ms) { return std::llround(ms * 1e6); }

HttpResponse EmbedAnswer(const Embedded& embedded, double total_ms) {
  const Embeddings& rows = embedded.rows;
  std::string body = fmt::format(R"({{"model":{},"embeddings":[)", JsonString(embedded.model));
  body.reserve(rows.rows * MostJsonBytes(rows.dim) + 256);
  for (size_t i = 0; i < rows.rows; ++i) {
    if (i > 0) body += ',';
    AppendJsonNumbers(rows.row(i), &body);
  }
  fmt::format_to(std::back_inserter(body),
                 R"(],"total_duration":{},"load_duration":0,"prompt_eval_count":{}}})",
                 Nanoseconds(total_ms), embedded.tokens);
  return JsonAnswer(std::move(body));
}

HttpResponse EmbeddingAnswer(const Embedded& embedded) {
  std::string body = R"({"embedding":)";
  AppendJsonNumbers(embedded.rows.row(0), &body);
  return JsonAnswer(body + '}');
}

// Empty for the model's own.
void ReadOptions(RequestFields* fields, EmbedRequest* request) {
  ReadPrompt(fields, request);
  ReadDimensions(fields, "dimensions", request);
  ReadTruncation(fields, request);
}

std::string Rfc3339(int64_t seconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// The members of "details" that apps read.
std::string Details(const ServedEntry& entry) {
  const ServiceInfo& info = entry.service().info();
  return fmt::format(
      R"({{"parent_model":"","format":"{}","family":"embedding","families":["embedding"],)"
      R"("parameter_size":"","quantization_level":"{}"}})",
      info.active_backend, info.active_precision);
}

std::string TagOf(const ServedEntry& entry) {
  const std::string name = JsonString(entry.name);
  return fmt::format(
      R"({{"name":{},"model":{},"modified_at":"{}","size":0,"digest":"{}","details":{}}})", name,
      name, Rfc3339(entry.opened_at), entry.service().fingerprint(), Details(entry));
}

}  // namespace

void AnswerOllamaEmbed(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  EmbedRequest request{.entry = ReadModel(&fields, "model", exchange.get())};
  if (request.entry == nullptr) return;
  // Without texts a client of Ollama loads a model; here it is loaded already.
  const bool only_load = !fields.error() && !fields.Has("input");
  request.texts = fields.Texts("input").value_or(std::vector<std::string>());
  ReadOptions(&fields, &request);
  if (fields.error()) return exchange->Fail(*fields.error());
  if (only_load) {
    return exchange->Respond(EmbedAnswer({.model = request.entry->name}, exchange->elapsed_ms()));
  }
  request.row_bytes = MostJsonBytes(AnswerDim(request));
  const Exchange* const asked = exchange.get();  // The job keeps it while it makes the answer.
  StartEmbedJob(exchange, std::move(request), [asked](const Embedded& embedded) {
    return EmbedAnswer(embedded, asked->elapsed_ms());
  });
}

void AnswerOllamaEmbeddings(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  EmbedRequest request{.entry = ReadModel(&fields, "model", exchange.get())};
  if (request.entry == nullptr) return;
  fields.Require("prompt", "a text");
  request.texts = {fields.String("prompt").value_or("")};
  ReadOptions(&fields, &request);
  if (fields.error()) return exchange->Fail(*fields.error());
  request.row_bytes = MostJsonBytes(AnswerDim(request));
  StartEmbedJob(exchange, std::move(request), EmbeddingAnswer);
}

void AnswerOllamaTags(const std::shared_ptr<Exchange>& exchange) {
  std::string list;
  for (const ServedEntry* entry : exchange->state().models->Opened()) {
    if (!list.empty()) list += ',';
    list += TagOf(*entry);
  }
  exchange->Respond(JsonAnswer(R"({"models":[)" + list + "]}"));
}

void AnswerOllamaVersion(const std::shared_ptr<Exchange>& exchange) {
  exchange->Respond(JsonAnswer(R"({"version":")" VETOR_VERSION R"("})"));
}

void AnswerOllamaShow(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  // Older clients say "name".
  const bool named = !fields.Has("model") && fields.Has("name");
  const ServedEntry* entry = ReadModel(&fields, named ? "name" : "model", exchange.get());
  if (entry == nullptr) return;
  const ServiceInfo& info = entry->service().info();
  exchange->Respond(JsonAnswer(fmt::format(
      R"({{"modelfile":"","parameters":"","template":"","details":{},"model_info":)"
      R"({{"general.architecture":"embedding","embedding.embedding_length":{},)"
      R"("embedding.context_length":{}}},"capabilities":["embedding"],"modified_at":"{}"}})",
      Details(*entry), info.dim, info.max_length, Rfc3339(entry->opened_at))));
}

}  // namespace vetor
