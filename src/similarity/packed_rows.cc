#include "similarity/packed_rows.h"

#include <algorithm>

namespace vetor {

size_t Depth(const VectorRows& rows) {
  size_t depth = 0;
  for (const VectorField& field : rows.fields) depth += field.dim;
  return depth;
}

void PackedRows::Pack(const VectorRows& source, std::span<const uint32_t> picked) {
  depth_ = Depth(source);
  panels_ = (picked.size() + width_ - 1) / width_;
  const size_t needed = panels_ * depth_ * width_;
  if (needed > capacity_) {
    values_.reset(static_cast<float*>(::operator new[](needed * sizeof(float), kAlignment)));
    capacity_ = needed;
  }
  for (size_t panel = 0; panel < panels_; ++panel) {
    const size_t begin = panel * width_;
    PackPanel(source, picked.subspan(begin, std::min(width_, picked.size() - begin)),
              values_.get() + panel * depth_ * width_);
  }
}

void PackedRows::PackPanel(const VectorRows& source, std::span<const uint32_t> picked,
                           float* panel) const {
  if (picked.size() < width_) std::fill_n(panel, depth_ * width_, 0.0f);
  // Transposes in strips of one cache line of each row, so that the written lines stay in the
  // first-level cache until they are full.
  constexpr size_t kStrip = 16;
  for (const VectorField& field : source.fields) {
    for (size_t begin = 0; begin < field.dim; begin += kStrip) {
      const size_t end = std::min(begin + kStrip, field.dim);
      for (size_t lane = 0; lane < picked.size(); ++lane) {
        const float* row = field.values.data() + size_t{picked[lane]} * field.dim;
        for (size_t k = begin; k < end; ++k) panel[k * width_ + lane] = row[k];
      }
    }
    panel += field.dim * width_;
  }
}

}  // namespace vetor
