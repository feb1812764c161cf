// Rows of token ids as the batch that a backend runs.
#pragma once

#include <cstdint>
#include <vector>

#include "batching/token_batch.h"

namespace vetor {

inline TokenBatch Batch(const std::vector<std::vector<int64_t>>& rows) {
  TokenBatch batch;
  batch.row_begin = {0};
  for (const auto& row : rows) {
    batch.token_ids.insert(batch.token_ids.end(), row.begin(), row.end());
    batch.row_begin.push_back(static_cast<uint32_t>(batch.token_ids.size()));
  }
  return batch;
}

}  // namespace vetor
