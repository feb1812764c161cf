#include "server/api/tokenize_route.h"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "server/api/embed_request.h"
#include "server/api/request_fields.h"

namespace vetor {
namespace {

// A few threads do this for all connections, so the work of one request is bounded.
constexpr size_t kMostBytes = 1 << 20;

// What a text takes beside its bytes, at least: an empty one gives brackets and special tokens,
// each with its offsets.
constexpr size_t kBytesPerText = 64;

// Of the answer, for a token of one byte:
// `{"id":1234567,"text":"\u0001","special":false,"start":1234567,"stop":1234567},`
constexpr size_t kAnswerBytesPerByte = 80;

// Counts the characters of a text up to byte offsets that are near each other.
class CharacterCounter {
 public:
  explicit CharacterCounter(std::string_view text) : text_(text) {}

  size_t Upto(size_t byte) {
    // Offsets of one token may lie within those of the token before.
    for (; byte_ > byte; --byte_) characters_ -= IsContinuationByte(text_[byte_ - 1]) ? 0 : 1;
    for (; byte_ < byte; ++byte_) characters_ += IsContinuationByte(text_[byte_]) ? 0 : 1;
    return characters_;
  }

 private:
  const std::string_view text_;
  size_t byte_ = 0;
  size_t characters_ = 0;
};

void AppendTokens(const Tokenizer& tokenizer, std::string_view text, const Encoding& encoding,
                  std::string* body) {
  CharacterCounter counter(text);
  *body += '[';
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    if (i > 0) *body += ',';
    const bool special = encoding.special_tokens_mask[i] != 0;
    const TokenOffsets place = encoding.offsets[i];
    const std::string_view shown = special ? tokenizer.IdToToken(encoding.ids[i])
                                           : text.substr(place.begin, place.end - place.begin);
    fmt::format_to(std::back_inserter(*body), R"({{"id":{},"text":{},"special":{},)",
                   encoding.ids[i], JsonString(shown), special);
    if (special) {
      *body += R"("start":null,"stop":null})";
    } else {
      const size_t start = counter.Upto(place.begin);
      fmt::format_to(std::back_inserter(*body), R"("start":{},"stop":{}}})", start,
                     counter.Upto(place.end));
    }
  }
  *body += ']';
}

Result<std::string> TokensOf(const Tokenizer& tokenizer, const std::vector<std::string>& texts,
                             bool add_special_tokens, const Exchange& exchange) {
  std::string body = "[";
  for (const std::string& text : texts) {
    VETOR_RETURN_IF_ERROR(exchange.CheckWanted());
    Result<Encoding> encoding = tokenizer.EncodeWindows(
        text, std::nullopt, {.add_special_tokens = add_special_tokens, .offsets = true});
    if (!encoding.ok()) return encoding.status();
    if (body.size() > 1) body += ',';
    AppendTokens(tokenizer, text, *encoding, &body);
  }
  body += ']';
  return body;
}

size_t CountedBytes(const std::vector<std::string>& texts, size_t prompt_bytes) {
  size_t bytes = texts.size() * (prompt_bytes + kBytesPerText);
  for (const std::string& text : texts) bytes += text.size();
  return bytes;
}

std::optional<ApiError> CheckSize(const std::vector<std::string>& texts, size_t prompt_bytes) {
  const size_t bytes = CountedBytes(texts, prompt_bytes);
  if (bytes <= kMostBytes) return std::nullopt;
  return ApiError{
      .status = 413,
      .message = fmt::format("{} count as {} bytes ({} per text and its prompt), and /tokenize "
                             "takes {}; send fewer texts per request",
                             Counted(texts.size(), "text"), WithThousands(bytes), kBytesPerText,
                             WithThousands(kMostBytes))};
}

}  // namespace

void AnswerTeiTokenize(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  EmbedRequest request{.entry = ReadModel(&fields, "model", exchange.get())};
  if (request.entry == nullptr) return;
  ReadPrompt(&fields, &request);
  fields.Require("inputs", "a text or a list of texts");
  std::vector<std::string> texts = fields.Texts("inputs").value_or(std::vector<std::string>());
  const bool special = fields.Bool("add_special_tokens").value_or(true);
  if (fields.error()) return exchange->Fail(*fields.error());
  const Tokenizer* tokenizer = TokenizerOf(*request.entry, exchange.get());
  if (tokenizer == nullptr) return;
  const auto& prompts = request.entry->service().prompts();
  const std::string prompt = request.options.prompt_name ? prompts.at(*request.options.prompt_name)
                                                         : request.options.prompt.value_or("");
  if (const std::optional<ApiError> error = CheckSize(texts, prompt.size())) {
    return exchange->Fail(*error);
  }
  const uint64_t most = CountedBytes(texts, prompt.size()) * kAnswerBytesPerByte;
  if (const Status held = exchange->HoldAnswer(most); !held.ok()) return exchange->Fail(held);
  for (std::string& text : texts) text.insert(0, prompt);
  Result<std::string> body = TokensOf(*tokenizer, texts, special, *exchange);
  if (!body.ok()) return exchange->Fail(body.status());
  exchange->Respond(JsonAnswer(*std::move(body)));
}

}  // namespace vetor
