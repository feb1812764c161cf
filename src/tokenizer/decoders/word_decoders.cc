#include "tokenizer/decoders/word_decoders.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/utf8.h"

namespace vetor {
namespace {

// An empty `from` stands before each character and at the end, as in Rust's str::replace.
void SpreadOut(std::string_view to, std::string* text) {
  std::string spread(to);
  for (size_t at = 0; at < text->size();) {
    const size_t begin = at++;
    while (at < text->size() && IsContinuationByte((*text)[at])) ++at;
    spread.append(*text, begin, at - begin).append(to);
  }
  *text = std::move(spread);
}

void ReplaceEach(std::string_view from, std::string_view to, std::string* text) {
  if (from.empty()) return SpreadOut(to, text);
  size_t found = text->find(from);
  if (found == std::string::npos) return;
  std::string replaced;
  size_t kept = 0;
  for (; found != std::string::npos; found = text->find(from, kept)) {
    replaced.append(*text, kept, found - kept).append(to);
    kept = found + from.size();
  }
  *text = replaced.append(*text, kept);
}

// The changes of the reference's cleanup, in its order.
void TakeOutSpaces(std::string* text) {
  constexpr std::pair<std::string_view, std::string_view> kChanges[] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kChanges) ReplaceEach(from, to, text);
}

}  // namespace

Status WordPieceDecoder::Apply(DecodedParts* parts) const {
  for (size_t i = 0; i < parts->strings.size(); ++i) {
    std::string& token = parts->strings[i];
    if (i > 0 && token.starts_with(prefix_)) {
      token.erase(0, prefix_.size());
    } else if (i > 0) {
      token.insert(token.begin(), ' ');
    }
    if (cleanup_) TakeOutSpaces(&token);
  }
  return {};
}

Status BpeDecoder::Apply(DecodedParts* parts) const {
  for (size_t i = 0; i < parts->strings.size(); ++i) {
    const bool last = i + 1 == parts->strings.size();
    ReplaceEach(suffix_, last ? "" : " ", &parts->strings[i]);
  }
  return {};
}

Status CtcDecoder::Apply(DecodedParts* parts) const {
  std::vector<std::string>& strings = parts->strings;
  strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
  for (std::string& token : strings) {
    ReplaceEach(pad_, "", &token);
    if (!cleanup_) continue;
    TakeOutSpaces(&token);
    ReplaceEach(between_words_, " ", &token);
  }
  std::erase_if(strings, [](const std::string& token) { return token.empty(); });
  return {};
}

}  // namespace vetor
