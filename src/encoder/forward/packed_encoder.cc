#include "encoder/forward/packed_encoder.h"

#include <utility>

#include "base/status_macros.h"
#include "encoder/forward/encoder_layout.h"
#include "encoder/forward/weight_packer.h"
#include "kernels/task_loop.h"

namespace vetor {

Result<PackedEncoder> PackedEncoder::Pack(Encoder encoder, const KernelSet& kernels, int threads) {
  PackedEncoder packed(std::move(encoder), kernels);
  const EncoderLayout layout(&packed);
  VETOR_ASSIGN_OR_RETURN(packed.memory_, PageMemory::Allocate(layout.floats() * sizeof(float)));
  WeightPacker packer(&packed);
  packer.PackShared();
  const StoredWeights* const stored = packed.encoder_.weights.get();
  RunBlocks(packed.layers_.size(), threads, [&](size_t layer) {
    packer.PackLayer(layer);
    // Else all weights would be in memory twice in the end.
    if (stored != nullptr) stored->DropPages();
  });
  return packed;
}

const float* PackedEncoder::relative_bias(size_t head) const {
  if (relative_bias_floats_ == 0) return nullptr;
  return at(relative_bias_) + head * relative_bias_floats_ + relative_bias_floats_ / 2;
}

size_t PackedEncoder::RowStride(size_t width) const {
  constexpr size_t kLineFloats = 16;
  const size_t columns =
      (width + kernels_->panel_columns - 1) / kernels_->panel_columns * kernels_->panel_columns;
  const size_t lines = (columns + kLineFloats - 1) / kLineFloats;
  return (lines | 1) * kLineFloats;
}

}  // namespace vetor
