// Rows laid out for DotTile: panels of `width` rows, component by component.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

#include "vetor/similarity.h"

namespace vetor {

/// Panel p holds rows [p * width, (p + 1) * width) as [depth, width] float32, missing rows as
/// zeros. The fields of a row follow each other, so that one dot product sums over all of them. The
/// buffer is kept between calls; one object serves one thread.
class PackedRows {
 public:
  explicit PackedRows(size_t width) : width_(width) {}

  /// Packs source rows `picked`, in that order.
  void Pack(const VectorRows& source, std::span<const uint32_t> picked);

  size_t panels() const { return panels_; }
  const float* Panel(size_t panel) const { return values_.get() + panel * depth_ * width_; }

 private:
  // One cache line: a panel's vectors never straddle two.
  static constexpr std::align_val_t kAlignment{64};
  struct Deleter {
    void operator()(float* values) const { ::operator delete[](values, kAlignment); }
  };

  void PackPanel(const VectorRows& source, std::span<const uint32_t> picked, float* panel) const;

  size_t width_;
  size_t depth_ = 0;
  size_t panels_ = 0;
  size_t capacity_ = 0;
  std::unique_ptr<float[], Deleter> values_;
};

/// The sum of the fields' dimensions.
size_t Depth(const VectorRows& rows);

}  // namespace vetor
