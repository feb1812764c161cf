// The memory of one running pass: the activations of a group of texts.
#pragma once

#include <cstddef>
#include <vector>

#include "encoder/forward/packed_encoder.h"
#include "os/page_memory.h"
#include "vetor/status.h"

namespace vetor {

/// cos and sin of one Rotary by position, up to the longest text so far: [positions, half].
struct RotationTable {
  std::vector<float> cosines, sines;
};

/// The memory of one member of a team.
struct MemberScratch {
  float* keys = nullptr;     ///< Prepared keys and values of one head of one text.
  float* scores = nullptr;   ///< Scores of one tile of queries.
  float* encoded = nullptr;  ///< The rows of a product, for sets that encode them.
};

/// Owned by one pass at a time and reused by the next one. Rows are tokens.
class PassScratch {
 public:
  /// Makes room for groups of `rows` tokens in which the longest text has `longest`, for `members`
  /// threads. RESOURCE_EXHAUSTED without the memory.
  Status Reserve(const PackedEncoder& encoder, size_t rows, size_t longest, size_t member_count);

  size_t bytes() const { return memory_.size(); }

  float* x = nullptr;        ///< [rows, hidden]: the residual stream.
  float* normed = nullptr;   ///< [rows, hidden]: a normalised copy of it.
  float* sums = nullptr;     ///< [rows, hidden]
  float* heads = nullptr;    ///< [blocks, rows, head_width] of queries, keys and values.
  float* context = nullptr;  ///< [rows, heads * head_width]
  float* inner = nullptr;    ///< [kBlockRows, inner columns], or words of them.
  size_t x_stride = 0;       ///< Floats from row to row of x, normed and sums.
  size_t context_stride = 0;
  size_t inner_stride = 0;
  std::vector<MemberScratch> members;
  std::vector<RotationTable> rotations;  ///< By index of PackedEncoder::rotaries.

  /// Rows of a block. Longer groups go through products and norms in such blocks, so that the next
  /// step finds the results of a block in the second-level cache.
  static constexpr size_t kBlockRows = 128;

 private:
  struct Sizes {
    size_t x, heads, context, inner, keys, scores, encoded;
    size_t total(size_t member_count) const {
      return 3 * x + heads + context + inner + member_count * (keys + scores + encoded);
    }
  };
  Sizes SizesFor(const PackedEncoder& encoder, size_t rows, size_t longest, size_t member_count);
  void GrowRotations(const PackedEncoder& encoder, size_t longest);

  PageMemory memory_;
};

}  // namespace vetor
