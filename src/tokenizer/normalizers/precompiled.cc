#include "tokenizer/normalizers/precompiled.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/base64.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/unicode/graphemes.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {
namespace {

constexpr size_t kClusterBytes = 6;

// A unit of Darts-clone has a label in the low byte, the distance to the children, and a flag for a
// value.
uint32_t OffsetOf(uint32_t unit) { return (unit >> 10) << ((unit & (1U << 9)) >> 6); }
uint32_t LabelOf(uint32_t unit) { return unit & ((1U << 31) | 0xFFU); }
bool HasLeaf(uint32_t unit) { return (unit >> 8 & 1U) != 0; }
uint32_t ValueOf(uint32_t unit) { return unit & ~(1U << 31); }

// Writes `bytes` for the cluster: their first character stands for the cluster's first one, and so
// on. Characters that are left over come from the cluster's last one.
void ReplaceOneByOne(std::string_view source, std::string_view bytes, ByteRange cluster,
                     TextRewriter* rewriter) {
  size_t begin = cluster.begin;
  size_t end = cluster.begin;
  for (size_t at = 0; at < bytes.size();) {
    const size_t character = at;
    DecodeUtf8(bytes, &at);
    if (end < cluster.end) {
      begin = end;
      DecodeUtf8(source, &end);
    }
    rewriter->Replace(bytes.substr(character, at - character), begin, end);
  }
}

}  // namespace

Result<std::unique_ptr<Precompiled>> Precompiled::Parse(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode charsmap, node.Get("precompiled_charsmap"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view text, charsmap.String());
  const Result<std::string> bytes = DecodeBase64(text);
  if (!bytes.ok()) return charsmap.Fault("this is not base64");
  auto precompiled = FromCharsmap(*bytes);
  if (!precompiled.ok()) return charsmap.Fault(precompiled.status().message());
  return precompiled;
}

Result<std::unique_ptr<Precompiled>> Precompiled::FromCharsmap(std::string_view charsmap) {
  uint32_t trie_bytes = 0;
  if (charsmap.size() < sizeof trie_bytes) {
    return InvalidArgumentError("expected at least the four bytes of the trie's size");
  }
  std::memcpy(&trie_bytes, charsmap.data(), sizeof trie_bytes);
  charsmap.remove_prefix(sizeof trie_bytes);
  if (trie_bytes > charsmap.size() || trie_bytes % 4 != 0 || trie_bytes == 0) {
    return InvalidArgumentError(
        fmt::format("the trie is said to have {} bytes, but {} follow; expected a multiple of 4 "
                    "that fits",
                    trie_bytes, charsmap.size()));
  }
  auto precompiled = std::make_unique<Precompiled>();
  precompiled->units_.resize(trie_bytes / 4);
  std::memcpy(precompiled->units_.data(), charsmap.data(), trie_bytes);
  precompiled->replacements_ = charsmap.substr(trie_bytes);
  if (FindInvalidUtf8(precompiled->replacements_) != kValidUtf8) {
    return InvalidArgumentError("the replacements are not valid UTF-8");
  }
  VETOR_RETURN_IF_ERROR(precompiled->CheckValues());
  for (size_t code = 0; code < 127; ++code) {
    const char c = static_cast<char>(code);
    precompiled->keeps_ascii_[code] = !precompiled->Find({&c, 1});
  }
  return precompiled;
}

// Every later stage takes the text for valid UTF-8, so no unit that could be a leaf may give a
// replacement that begins inside a character. (The reference panics in that case.)
Status Precompiled::CheckValues() const {
  for (size_t at = 0; at < units_.size(); ++at) {
    const uint32_t unit = units_[at];
    if (LabelOf(unit) > 0xFF || !HasLeaf(unit)) continue;
    const size_t place = at ^ OffsetOf(unit);
    const uint32_t value = place < units_.size() ? ValueOf(units_[place]) : UINT32_MAX;
    if (value >= replacements_.size()) {
      return InvalidArgumentError(fmt::format(
          "a unit of the trie gives the replacement at byte {}, but there are {} bytes of "
          "replacements",
          value, replacements_.size()));
    }
    if (IsContinuationByte(replacements_[value])) {
      return InvalidArgumentError(fmt::format(
          "a unit of the trie gives the replacement at byte {}, which begins no character", value));
    }
  }
  return Status();
}

// The replacement of the shortest prefix of `bytes` in the trie. Every step is checked, because the
// trie is data from a file.
std::optional<std::string_view> Precompiled::Find(std::string_view bytes) const {
  uint32_t at = OffsetOf(units_[0]);
  for (const char c : bytes) {
    const uint32_t byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    at ^= byte;
    if (at >= units_.size() || LabelOf(units_[at]) != byte) return std::nullopt;
    const uint32_t unit = units_[at];
    at ^= OffsetOf(unit);
    if (!HasLeaf(unit)) continue;
    if (at >= units_.size() || ValueOf(units_[at]) >= replacements_.size()) return std::nullopt;
    const std::string_view tail = std::string_view(replacements_).substr(ValueOf(units_[at]));
    return tail.substr(0, tail.find('\0'));
  }
  return std::nullopt;
}

// Writes the replacements of a cluster, and the text before them. `kept` is where that text begins;
// it becomes where the text after the last replacement begins.
void Precompiled::ReplaceCluster(std::string_view source, ByteRange cluster, size_t* kept,
                                 TextRewriter* rewriter) const {
  if (cluster.end - cluster.begin < kClusterBytes) {
    const auto whole = Find(source.substr(cluster.begin, cluster.end - cluster.begin));
    if (whole) {
      rewriter->Keep(*kept, cluster.begin);
      ReplaceOneByOne(source, *whole, cluster, rewriter);
      *kept = cluster.end;
      return;
    }
  }
  for (size_t at = cluster.begin; at < cluster.end;) {
    const size_t begin = at;
    DecodeUtf8(source, &at);
    const auto one = Find(source.substr(begin, at - begin));
    if (!one) continue;
    rewriter->Keep(*kept, begin);
    rewriter->Replace(*one, begin, at);
    *kept = at;
  }
}

bool Precompiled::KeepsWordsApart() const {
  const std::string_view kept = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return std::all_of(kept.begin(), kept.end(),
                     [&](char c) { return keeps_ascii_[static_cast<unsigned char>(c)]; });
}

void Precompiled::Apply(AlignedText* text) const {
  const std::string_view source = text->view();
  const auto is_ascii = [&](size_t i) { return static_cast<unsigned char>(source[i]) < 0x80; };
  TextRewriter rewriter(text);
  size_t kept = 0;
  for (size_t at = 0; at < source.size();) {
    // An ASCII character before another one is a cluster of its own, except for CR LF, which is
    // mapped.
    if (is_ascii(at) && keeps_ascii_[static_cast<unsigned char>(source[at])] &&
        (at + 1 == source.size() || is_ascii(at + 1)) && source[at] != '\r') {
      ++at;
      continue;
    }
    const size_t end = unicode::ClusterEnd(source, at);
    ReplaceCluster(source, {at, end}, &kept, &rewriter);
    at = end;
  }
  if (kept == 0) return;  // Most texts do not change.
  rewriter.Keep(kept, source.size());
  rewriter.Finish();
}

}  // namespace vetor
