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
    "or the ids that this model's own tokenizer gives, with its special tokens and without padding";

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

// Positions behind the last id are "the end".
Status TokenIdTexts::CheckEnds(std::span<const int64_t> ids) const {
  const size_t inside_end = std::max(ids.size(), before_.size() + behind_.size()) - behind_.size();
  for (size_t i = 0; i < before_.size() + behind_.size(); ++i) {
    const bool first = i < before_.size();
    const int64_t expected = first ? before_[i] : behind_[i - before_.size()];
    const size_t position = first ? i : inside_end + (i - before_.size());
    if (position < ids.size() && ids[position] == expected) continue;
    return InvalidArgumentError(fmt::format(
        "its position {} is {}, expected {}, the special token {} that stands {} each text of this "
        "model; {}",
        position, IdAt(ids, position), expected, Quoted(tokenizer_.IdToToken(expected)),
        first ? "before" : "behind", kRemedy));
  }
  return {};
}

Status TokenIdTexts::CheckInside(std::span<const int64_t> ids) const {
  for (size_t i = before_.size(); i < ids.size() - behind_.size(); ++i) {
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
  VETOR_RETURN_IF_ERROR(CheckEnds(ids));
  VETOR_RETURN_IF_ERROR(CheckInside(ids));
  const size_t begin = before_.size();
  const size_t end = ids.size() - behind_.size();
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
