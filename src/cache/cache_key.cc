#include "cache/cache_key.h"

#include <algorithm>
#include <utility>

namespace vetor {
namespace {

// This changes when the meaning of the key's other parts changes.
constexpr std::string_view kKeySchema = "vetor cache key 1";

}  // namespace

CacheKeyer::CacheKeyer(std::string_view fingerprint) {
  prefix_.AddField(kKeySchema);
  prefix_.AddField(fingerprint);
}

CacheKey CacheKeyer::Key(std::string_view text) const {
  Sha256Builder builder(prefix_);
  builder.AddField(text);
  const Sha256Digest digest = std::move(builder).Finish();
  CacheKey key;
  std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

}  // namespace vetor
