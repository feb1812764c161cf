// What the records of one fingerprint have in common, shown to a user who looks into a cache.
#pragma once

#include <cstdint>
#include <string>

namespace vetor {

/// Keys hold the fingerprint (cache_key.h): spaces never meet, whatever is recorded here.
struct VectorSpace {
  std::string fingerprint;  ///< Empty: none, and nothing is recorded.
  std::string model_id;
  std::string runtime;    ///< "onnxruntime 1.28.0", or "" for hashing
  std::string precision;  ///< "fp32", "int8", ...
};

/// A space as a cache on disk knows it.
struct StoredSpace {
  int64_t number = 0;  ///< The number that its entries carry.
  VectorSpace space;
  int64_t first_use = 0;  ///< Unix seconds.
  int64_t last_use = 0;   ///< To the hour: opened by a service that writes, or written to.
  int64_t entries = 0;
};

}  // namespace vetor
