// Reads a program of instructions from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// The bytes that are not read yet. Every Take fails with DATA_LOSS if too few are left.
class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  Result<std::string_view> Take(size_t count);
  /// A little-endian number of `bytes` <= 8 bytes.
  Result<uint64_t> TakeNumber(size_t bytes);
  /// Takes the bytes up to a line feed, and the line feed.
  Result<std::string_view> TakeLine();

 private:
  std::string_view rest_;
};

}  // namespace vetor
