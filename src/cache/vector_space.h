// The facts that all records of one fingerprint share. They are shown to a user who looks into a
// cache.
#pragma once

#include <cstdint>
#include <string>

namespace vetor {

/// Keys hold the fingerprint (cache_key.h), so spaces never mix, whatever is recorded here.
struct VectorSpace {
  std::string fingerprint;  ///< If it is empty, nothing is recorded.
  std::string model_id;
  std::string runtime;    ///< "native", "onnxruntime 1.28.0", or "" for hashing
  std::string precision;  ///< "fp32", "int8", ...
};

/// A space as a cache on disk knows it.
struct StoredSpace {
  int64_t number = 0;  ///< The number that its entries carry.
  VectorSpace space;
  int64_t first_use = 0;  ///< Unix seconds.
  /// Rounded to the hour: when a writing service last opened it or wrote to it.
  int64_t last_use = 0;
  int64_t entries = 0;
};

}  // namespace vetor
