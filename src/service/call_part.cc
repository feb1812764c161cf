#include "service/call_part.h"

#include <algorithm>

namespace vetor {
namespace {

constexpr size_t kTextsPerPart = 65'536;
constexpr size_t kBytesPerPart = 8 << 20;
constexpr size_t kBytesPerPartInWindows = 512 << 10;

}  // namespace

size_t TextsOfPart(size_t left, const PartShape& shape,
                   const std::function<size_t(size_t)>& bytes_of) {
  const size_t most_texts = std::min(left, std::max(kTextsPerPart, shape.batch_size));
  const size_t most_bytes = shape.windows ? kBytesPerPartInWindows : kBytesPerPart;
  size_t count = 0;
  for (size_t bytes = 0; count < most_texts && bytes < most_bytes; ++count) {
    bytes += bytes_of(count);
  }
  if (count == left || count < shape.batch_size) return count;
  return count - count % shape.batch_size;
}

}  // namespace vetor
