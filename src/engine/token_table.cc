#include "engine/token_table.h"

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/terminal_text.h"

namespace vetor {
namespace {

constexpr size_t kShownTokens = 3;
constexpr size_t kFewestOfAll = 10;  // One in ten.

struct Beyond {
  size_t tokens = 0;
  std::string shown;  // "[NEW]" (id 18), ...
};

Beyond FindBeyond(const Tokenizer& tokenizer, int64_t rows) {
  Beyond beyond;
  const int64_t bound = tokenizer.id_bound();
  for (int64_t id = rows; id < bound; ++id) {
    const std::string_view token = tokenizer.IdToToken(id);
    if (token.empty()) continue;
    if (beyond.tokens++ >= kShownTokens) continue;
    beyond.shown +=
        fmt::format("{}{} (id {})", beyond.shown.empty() ? "" : ", ", Quoted(token), id);
  }
  if (beyond.tokens > kShownTokens) {
    beyond.shown += fmt::format(" and {} more", beyond.tokens - kShownTokens);
  }
  return beyond;
}

}  // namespace

Result<std::string> CheckTokenTable(const Tokenizer& tokenizer, const TokenTable& table) {
  if (table.rows <= 0 || tokenizer.id_bound() <= table.rows) return std::string();
  const Beyond beyond = FindBeyond(tokenizer, table.rows);
  if (beyond.tokens == 0) return std::string();
  const std::string what =
      fmt::format("{} has {} beyond the embedding table of {}, which has {} rows",
                  table.tokenizer.string(), beyond.shown, table.model.string(), table.rows);
  TokenSequence of_every_text;
  VETOR_RETURN_IF_ERROR(tokenizer.Encode("", {}, &of_every_text));
  for (const int64_t id : of_every_text.ids) {
    if (id < table.rows) continue;
    return InvalidArgumentError(
        fmt::format("{}; every text gets {}, so none can be embedded: use the tokenizer.json that "
                    "belongs to the model",
                    what, Quoted(tokenizer.IdToToken(id))));
  }
  if (beyond.tokens > tokenizer.vocabulary_size() / kFewestOfAll) {
    return InvalidArgumentError(
        fmt::format("{}; expected a row for each of {} tokens: the files belong to two models; use "
                    "the tokenizer.json that belongs to this model",
                    what, tokenizer.vocabulary_size()));
  }
  return what +
         "; a text with such a token is refused, and a run of the command ends there: use the "
         "tokenizer files that belong to the model, or resize the model's embeddings";
}

}  // namespace vetor
