#include "encoder/recogniser/shape.h"

#include <algorithm>
#include <cstdlib>

namespace vetor::recogniser {
namespace {

constexpr int kMostPowers = 4;

}  // namespace

std::optional<Extent> Product(const Extent& a, const Extent& b) {
  Extent product{0, a.batch + b.batch, a.tokens + b.tokens};
  if (__builtin_mul_overflow(a.count, b.count, &product.count)) return std::nullopt;
  const bool fits = product.count <= kLargestCount && product.count >= -kLargestCount;
  if (!fits || product.batch > kMostPowers || product.tokens > kMostPowers) return std::nullopt;
  return product;
}

std::optional<Extent> Product(const Shape& shape) {
  std::optional<Extent> product = Extent();
  for (const Extent& extent : shape) {
    if (product) product = Product(*product, extent);
  }
  return product;
}

std::optional<Extent> Quotient(const Extent& a, const Extent& b) {
  // -1 as a divisor is the one that may overflow.
  if (b.count < 1 || a.count % b.count != 0) return std::nullopt;
  if (a.batch < b.batch || a.tokens < b.tokens) return std::nullopt;
  return Extent{a.count / b.count, a.batch - b.batch, a.tokens - b.tokens};
}

std::optional<Shape> Broadcast(const Shape& a, const Shape& b) {
  Shape shape = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  const size_t shift = shape.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    Extent& extent = shape[shift + i];
    if (extent.is_one()) extent = shorter[i];
    if (!shorter[i].is_one() && !(extent == shorter[i])) return std::nullopt;
  }
  return shape;
}

bool FitsInto(const Shape& part, const Shape& whole) {
  const std::optional<Shape> both = Broadcast(part, whole);
  return both && *both == whole;
}

std::string ToString(const Shape& shape) {
  std::string text = "[";
  for (const Extent& extent : shape) {
    if (text.size() > 1) text += ", ";
    std::string size = extent.is_number() || extent.count != 1 ? std::to_string(extent.count) : "";
    for (int i = 0; i < extent.batch; ++i) size += size.empty() ? "batch" : " batch";
    for (int i = 0; i < extent.tokens; ++i) size += size.empty() ? "tokens" : " tokens";
    text += size;
  }
  return text + "]";
}

}  // namespace vetor::recogniser
