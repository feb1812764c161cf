#include "tokenizer/decoders/simple_decoders.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/compiled/table_file.h"

namespace vetor {

// Characters of well-formed UTF-8 begin at no byte inside others, so bytes are compared.
Status MetaspaceDecoder::Apply(DecodedParts* parts) const {
  for (size_t i = 0; i < parts->strings.size(); ++i) {
    const std::string_view written = i == 0 && prepends_ ? "" : " ";
    std::string& token = parts->strings[i];
    for (size_t at = token.find(replacement_); at != std::string::npos;
         at = token.find(replacement_, at + written.size())) {
      token.replace(at, replacement_.size(), written);
    }
  }
  return {};
}

Status FuseDecoder::Apply(DecodedParts* parts) const {
  std::string fused;
  for (const std::string& part : parts->strings) fused += part;
  parts->strings.clear();
  parts->strings.push_back(std::move(fused));
  return {};
}

Status StripDecoder::Apply(DecodedParts* parts) const {
  for (std::string& part : parts->strings) {
    std::string_view kept = part;
    for (size_t i = 0; i < start_ && kept.starts_with(content_); ++i) {
      kept.remove_prefix(content_.size());
    }
    for (size_t i = 0; i < stop_ && kept.ends_with(content_); ++i) {
      kept.remove_suffix(content_.size());
    }
    if (kept.size() != part.size()) part = std::string(kept);
  }
  return {};
}

Status ReplaceDecoder::Replace(const std::string& text, size_t room, std::string* replaced) const {
  // The vocabulary of a compiled file is not checked for it, and a scanner reads whole characters.
  if (FindInvalidUtf8(text) != kValidUtf8) return BrokenTable("a token is not valid UTF-8");
  PatternScanner matches(pattern_, text);
  size_t kept = 0;
  while (const auto match = matches.Next()) {
    replaced->append(text, kept, match->begin - kept).append(content_);
    kept = match->end;
    if (replaced->size() > room) {
      return ResourceExhaustedError(fmt::format(
          "this tokenizer's decoder makes more than {} bytes of its tokens, eight times what they "
          "have; check the replacements of \"decoder\" in tokenizer.json",
          room));
    }
  }
  replaced->append(text, kept);
  return matches.status();
}

Status ReplaceDecoder::Apply(DecodedParts* parts) const {
  size_t room = parts->most_bytes;
  for (std::string& part : parts->strings) {
    std::string replaced;
    VETOR_RETURN_IF_ERROR(Replace(part, room, &replaced));
    room -= std::min(room, replaced.size());
    part = std::move(replaced);
  }
  return {};
}

Status DecoderSequence::Apply(DecodedParts* parts) const {
  for (const std::unique_ptr<Decoder>& step : steps_) VETOR_RETURN_IF_ERROR(step->Apply(parts));
  return {};
}

}  // namespace vetor
