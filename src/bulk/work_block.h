// What goes from the reader through the service to the writer of a bulk job.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "os/file.h"
#include "vetor/embed_files.h"
#include "vetor/status.h"

namespace vetor {

/// Some rows of one output, with their vectors once they are computed. Owned by one stage at a
/// time.
struct WorkBlock {
  uint64_t sequence = 0;  ///< In the order of the inputs and their rows.
  /// Why the job ends here; all blocks before it are good. Then the rest is not set.
  Status status;

  size_t shard = 0;        ///< The input's place in the job.
  FileStamp stamp;         ///< Of the input, when it was opened.
  uint64_t part = 1;       ///< Of the input, from 1 on.
  uint64_t first_row = 0;  ///< Of the output, in the input.
  uint64_t block_row = 0;  ///< The first row of this block, in the output.
  bool begins_part = false;
  bool ends_part = false;    ///< The output has no row after these,
  bool ends_input = false;   ///< and the input neither.
  std::string digest;        ///< Of the output's rows, with its last block.
  uint64_t input_bytes = 0;  ///< Of the input that were read for it.

  FileRows rows;
  std::vector<float> vectors;   ///< [rows, dim]; NaN for rows without a vector.
  std::vector<TextInfo> texts;  ///< [rows]
};

}  // namespace vetor
