#include "encoder/weight_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/terminal_text.h"

namespace vetor {
namespace {

constexpr float kMostWeight = 1e18F;
constexpr uint64_t kFloatsAtOnce = 1 << 16;

// Written so that NaN is one.
bool IsDamaged(float weight) { return !(std::abs(weight) <= kMostWeight); }

// Elements of a row: what the sizes behind the first make.
uint64_t RowSize(const TensorView& tensor) {
  const uint64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
  return rows == 0 ? 1 : std::max<uint64_t>(1, tensor.elements() / rows);
}

}  // namespace

std::string FindDamagedWeight(const StoredWeights& weights) {
  std::vector<float> floats;
  for (const std::string& name : weights.names()) {
    const TensorView& tensor = *weights.Find(name);
    const uint64_t elements = tensor.elements();
    for (uint64_t begin = 0; begin < elements; begin += kFloatsAtOnce) {
      floats.resize(std::min(kFloatsAtOnce, elements - begin));
      ToFloats(tensor, begin, floats);
      const auto found = std::find_if(floats.begin(), floats.end(), &IsDamaged);
      if (found == floats.end()) continue;
      const uint64_t place = begin + static_cast<uint64_t>(found - floats.begin());
      return fmt::format("tensor {} has {} in row {}", Quoted(name), *found,
                         place / RowSize(tensor));
    }
  }
  return "";
}

}  // namespace vetor
