#include "server/api/decode_route.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/status_macros.h"
#include "server/api/embed_request.h"
#include "server/api/request_fields.h"

namespace vetor {
namespace {

using IdLists = std::vector<std::vector<int64_t>>;

// As for /tokenize: the work of one request is bounded, and so is what it holds.
constexpr uint64_t kMostTokenBytes = 1 << 20;
// Of a list of ids beside its tokens: its string in the answer.
constexpr uint64_t kBytesPerList = 64;
// Of the answer and what it is made of, for a token of one byte: a decoder makes at most eight
// bytes of it, each of which may be written as `\u0001`, and the token is a string meanwhile.
constexpr uint64_t kHeldPerByte = 96;

uint64_t CountedBytes(const Tokenizer& tokenizer, const IdLists& lists) {
  uint64_t bytes = lists.size() * kBytesPerList;
  for (const std::vector<int64_t>& ids : lists) {
    for (const int64_t id : ids) bytes += tokenizer.IdToToken(id).size() + 1;
  }
  return bytes;
}

ApiError TooManyTokens(const IdLists& lists, uint64_t bytes) {
  return {.status = 413,
          .message = fmt::format("the tokens of {} count as {} bytes ({} per list, and one per "
                                 "token beside its own), and /decode takes {}; send fewer ids per "
                                 "request",
                                 Counted(lists.size(), "list"), WithThousands(bytes), kBytesPerList,
                                 WithThousands(kMostTokenBytes))};
}

Result<std::string> TextsOf(const Tokenizer& tokenizer, const IdLists& lists, bool skip,
                            const Exchange& exchange) {
  std::string body = "[";
  for (size_t i = 0; i < lists.size(); ++i) {
    VETOR_RETURN_IF_ERROR(exchange.CheckWanted());
    const Result<std::string> text = tokenizer.Decode(lists[i], skip);
    if (!text.ok()) return text.status().WithContext(fmt::format("list {} of \"ids\"", i));
    if (i > 0) body += ',';
    body += JsonString(*text);
  }
  body += ']';
  return body;
}

}  // namespace

void AnswerTeiDecode(const std::shared_ptr<Exchange>& exchange) {
  RequestFields fields(exchange->family(), exchange->TakeBody());
  const ServedEntry* entry = ReadModel(&fields, "model", exchange.get());
  if (entry == nullptr) return;
  fields.Require("ids", "a list of token ids or a list of such lists");
  const IdLists lists = fields.IdLists("ids").value_or(IdLists());
  const bool skip = fields.Bool("skip_special_tokens").value_or(true);
  if (fields.error()) return exchange->Fail(*fields.error());
  const Tokenizer* tokenizer = TokenizerOf(*entry, exchange.get());
  if (tokenizer == nullptr) return;
  const uint64_t bytes = CountedBytes(*tokenizer, lists);
  if (bytes > kMostTokenBytes) return exchange->Fail(TooManyTokens(lists, bytes));
  const Status held = exchange->HoldAnswer(bytes * kHeldPerByte);
  if (!held.ok()) return exchange->Fail(held);
  Result<std::string> body = TextsOf(*tokenizer, lists, skip, *exchange);
  if (!body.ok()) return exchange->Fail(body.status());
  exchange->Respond(JsonAnswer(*std::move(body)));
}

}  // namespace vetor
