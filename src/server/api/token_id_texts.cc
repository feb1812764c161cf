#include "server/api/token_id_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/status_macros.h"
#include "base/terminal_text.h"

namespace vetor {
namespace {

constexpr std::string_view kRemedy =
    "send texts instead (with LangChain's OpenAIEmbeddings set check_embedding_ctx_length=False), "
    "or the ids of this model's own tokenizer, without padding";

std::string IdAt(std::span<const int64_t> ids, size_t at) {
  return at < ids.size() ? fmt::format("{}", ids[at]) : "the end";
}

Status Differs(size_t position, std::string_view found, std::string_view expected) {
  return InvalidArgumentError(fmt::format(
      "its position {} is {}, and this model's tokenizer has {} there for the text that "
      "the ids stand for; {}",
      position, found, expected, kRemedy));
}

}  // namespace

TokenIdTexts::TokenIdTexts(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
  const Result<Encoding> framed = tokenizer.EncodeWindows("a", std::nullopt, {});
  if (!framed.ok()) return;
  const std::vector<int64_t>& added = framed->special_tokens_mask;
  const auto first = std::find(added.begin(), added.end(), 0) - added.begin();
  const auto last = added.rend() - std::find(added.rbegin(), added.rend(), 0);
  before_.assign(framed->ids.begin(), framed->ids.begin() + first);
  if (last > 0) behind_.assign(framed->ids.begin() + last, framed->ids.end());
}

Status TokenIdTexts::CheckInside(std::span<const int64_t> ids, size_t begin, size_t end) const {
  for (size_t i = begin; i < end; ++i) {
    for (const std::vector<int64_t>* frame : {&before_, &behind_}) {
      if (std::find(frame->begin(), frame->end(), ids[i]) == frame->end()) continue;
      return InvalidArgumentError(
          fmt::format("its position {} is {}, the special token {}, which stands at the ends of a "
                      "text only; {}",
                      i, ids[i], Quoted(tokenizer_.IdToToken(ids[i])), kRemedy));
    }
  }
  return {};
}

Result<std::string> TokenIdTexts::TextOf(std::span<const int64_t> ids) const {
  size_t begin = 0;
  size_t end = ids.size();
  if (end >= before_.size() && std::equal(before_.begin(), before_.end(), ids.begin())) {
    begin = before_.size();
  }
  if (end - begin >= behind_.size() && std::equal(behind_.rbegin(), behind_.rend(), ids.rbegin())) {
    end -= behind_.size();
  }
  VETOR_RETURN_IF_ERROR(CheckInside(ids, begin, end));
  const std::span<const int64_t> inside = ids.subspan(begin, end - begin);
  Result<std::string> text = tokenizer_.Decode(inside, false);
  if (!text.ok()) {
    // Of all ids, so that a position counts from the first of them.
    const Status of_all = tokenizer_.Decode(ids, false).status();
    return of_all.ok() ? text.status() : of_all;
  }
  TokenSequence again;
  VETOR_RETURN_IF_ERROR(tokenizer_.Encode(*text, {.add_special_tokens = false}, &again));
  const auto [found, expected] =
      std::mismatch(inside.begin(), inside.end(), again.ids.begin(), again.ids.end());
  if (found == inside.end() && expected == again.ids.end()) return text;
  const auto at = static_cast<size_t>(found - inside.begin());
  return Differs(begin + at, IdAt(inside, at), IdAt(again.ids, at));
}

}  // namespace vetor
