#include "tokenizer/decoders/byte_decoders.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/byte_level_alphabet.h"

namespace vetor {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Appends the bytes that a token stands for.
void AppendBytes(std::string_view token, std::string* bytes) {
  const size_t before = bytes->size();
  for (size_t at = 0; at < token.size();) {
    const std::optional<unsigned char> byte = TakeByteLevelForm(token, &at);
    if (!byte) {
      bytes->resize(before);
      bytes->append(token);
      return;
    }
    bytes->push_back(static_cast<char>(*byte));
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of "<0x41>". As the reference's number parser does, it takes "+A" for ten.
std::optional<char> ByteOfToken(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  const int high = token[3] == '+' ? 0 : HexDigit(token[3]);
  const int low = HexDigit(token[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

void EndRun(std::string* run, std::vector<std::string>* strings) {
  if (run->empty()) return;
  if (FindInvalidUtf8(*run) == kValidUtf8) {
    strings->push_back(std::move(*run));
  } else {
    strings->insert(strings->end(), run->size(), std::string(kReplacement));
  }
  run->clear();
}

}  // namespace

Status ByteLevelDecoder::Apply(DecodedParts* parts) const {
  std::string bytes;
  for (const std::string& token : parts->strings) AppendBytes(token, &bytes);
  parts->strings.clear();
  const bool valid = FindInvalidUtf8(bytes) == kValidUtf8;
  parts->strings.push_back(valid ? std::move(bytes) : ReplaceInvalidUtf8(bytes));
  return {};
}

Status ByteFallbackDecoder::Apply(DecodedParts* parts) const {
  std::vector<std::string> strings;
  std::string run;
  for (std::string& token : parts->strings) {
    if (const std::optional<char> byte = ByteOfToken(token)) {
      run.push_back(*byte);
      continue;
    }
    EndRun(&run, &strings);
    strings.push_back(std::move(token));
  }
  EndRun(&run, &strings);
  parts->strings = std::move(strings);
  return {};
}

}  // namespace vetor
