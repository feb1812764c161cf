// The checksum that tells an intact record from a damaged one, in memory and on disk.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/digest.h"
#include "cache/cache_key.h"
#include "cache/record.h"

namespace vetor {

/// The facts that identify an entry and say how old it is.
struct EntryHead {
  CacheKey key;
  int64_t stamp = 0;  ///< Unix seconds; 0 in memory.
  int64_t space = 0;  ///< Number of the vector space (disk_format.h); 0 in memory.
};

/// An XXH3 over the head and everything that is served: token count, flags, and the XXH3 of the
/// payload. So it also notices a record under another key or with another age. 384 floats take 0.14
/// us.
inline uint64_t EntryChecksum(const EntryHead& head, const Record& record) {
  const uint64_t fields[] = {
      static_cast<uint64_t>(head.stamp), static_cast<uint64_t>(head.space),
      record.info.tokens | uint64_t{record.info.truncated} << 32,
      Xxh3({reinterpret_cast<const char*>(record.payload.data()), record.payload.size()})};
  char bytes[sizeof head.key.bytes + sizeof fields];
  std::memcpy(bytes, head.key.bytes.data(), sizeof head.key.bytes);
  std::memcpy(bytes + sizeof head.key.bytes, fields, sizeof fields);
  return Xxh3({bytes, sizeof bytes});
}

}  // namespace vetor
