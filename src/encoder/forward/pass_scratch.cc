#include "encoder/forward/pass_scratch.h"

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"

namespace vetor {

PassScratch::Sizes PassScratch::SizesFor(const PackedEncoder& encoder, size_t rows, size_t longest,
                                         size_t member_count) {
  const KernelSet& kernels = encoder.kernels();
  Sizes sizes{};
  x_stride = encoder.RowStride(encoder.hidden());
  sizes.x = rows * x_stride;
  context_stride = inner_stride = 0;
  size_t depth = 0;  // Of the deepest product.
  for (const PackedLayer& layer : encoder.layers()) {
    const PackedAttention& attention = layer.attention;
    const size_t blocks = attention.key_value_heads * attention.group_blocks();
    // Preparing keys reads up to a panel's rows beyond the last one.
    sizes.heads =
        std::max(sizes.heads, (blocks * rows + kernels.panel_columns) * attention.head_width);
    context_stride =
        std::max(context_stride, encoder.RowStride(attention.heads * attention.head_width));
    sizes.keys = std::max(sizes.keys, KeyPanelFloats(kernels, longest, attention.head_width));
    sizes.scores = std::max(sizes.scores, ScoreFloats(kernels, longest, attention.head_width));
    depth = std::max({depth, attention.projection.depth, attention.output.depth});
    for (const InnerPart& part : layer.inner) {
      const size_t columns = member_count > 1 ? layer.inner_columns : part.columns;
      inner_stride = std::max(inner_stride, encoder.RowStride(columns));
      depth = std::max({depth, part.up.depth, part.down.depth});
    }
  }
  sizes.context = rows * context_stride;
  sizes.inner = std::min(rows, kBlockRows) * inner_stride;
  sizes.encoded = std::min(rows, kBlockRows) * EncodedStride(kernels, depth);
  // Members write side by side, so each has cache lines of its own.
  constexpr size_t kLineFloats = 32;
  for (size_t* size : {&sizes.heads, &sizes.keys, &sizes.scores, &sizes.encoded}) {
    *size = (*size + kLineFloats - 1) / kLineFloats * kLineFloats;
  }
  return sizes;
}

Status PassScratch::Reserve(const PackedEncoder& encoder, size_t rows, size_t longest,
                            size_t member_count) {
  const Sizes sizes = SizesFor(encoder, rows, longest, member_count);
  const size_t bytes = sizes.total(member_count) * sizeof(float);
  if (bytes > memory_.size()) {
    memory_ =
        PageMemory();  // Freed before the new memory is taken, so that both never exist together.
    VETOR_ASSIGN_OR_RETURN(memory_, PageMemory::Allocate(bytes));
  }
  float* next = memory_.floats();
  const auto take = [&next](size_t floats) {
    float* const at = next;
    next += floats;
    return at;
  };
  x = take(sizes.x);
  normed = take(sizes.x);
  sums = take(sizes.x);
  heads = take(sizes.heads);
  context = take(sizes.context);
  inner = take(sizes.inner);
  members.assign(member_count, {});
  for (MemberScratch& member : members) {
    member.keys = take(sizes.keys);
    member.scores = take(sizes.scores);
    member.encoded = take(sizes.encoded);
  }
  // Another group may have left values in the columns that fill up this group's rows to whole
  // panels.
  for (float* rows_of : {x, normed, sums}) {
    for (size_t r = 0; r < rows; ++r) {
      std::fill(rows_of + r * x_stride + encoder.hidden(), rows_of + (r + 1) * x_stride, 0.0F);
    }
  }
  GrowRotations(encoder, longest);
  return Status();
}

void PassScratch::GrowRotations(const PackedEncoder& encoder, size_t longest) {
  rotations.resize(encoder.rotaries().size());
  for (size_t i = 0; i < rotations.size(); ++i) {
    const Rotary& rotary = encoder.rotaries()[i];
    const auto half = static_cast<size_t>(rotary.rotated_dim) / 2;
    RotationTable& table = rotations[i];
    if (half == 0) continue;
    for (size_t position = table.cosines.size() / half; position < longest; ++position) {
      for (size_t f = 0; f < half; ++f) {
        const double angle = static_cast<double>(position) * rotary.inverse_frequencies[f];
        table.cosines.push_back(static_cast<float>(std::cos(angle) * rotary.attention_factor));
        table.sines.push_back(static_cast<float>(std::sin(angle) * rotary.attention_factor));
      }
    }
  }
}

}  // namespace vetor
