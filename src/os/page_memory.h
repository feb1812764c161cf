// Large zeroed memory on large pages, straight from the system.
#pragma once

#include <cstddef>

#include "vetor/status.h"

namespace vetor {

/// Move-only. The system is asked for pages of 2 MiB (Linux: madvise), of which weights of tens of
/// megabytes need few entries in the processor's tables: with pages of 4 KiB products lose 3 %.
class PageMemory {
 public:
  /// RESOURCE_EXHAUSTED if the system does not have that much memory. Pages that are not touched
  /// cost nothing.
  static Result<PageMemory> Allocate(size_t bytes);

  PageMemory() = default;
  PageMemory(PageMemory&& other) noexcept;
  PageMemory& operator=(PageMemory&& other) noexcept;
  PageMemory(const PageMemory&) = delete;
  PageMemory& operator=(const PageMemory&) = delete;
  ~PageMemory();

  /// At a multiple of 2 MiB; null if nothing is allocated.
  void* data() const { return data_; }
  float* floats() const { return static_cast<float*>(data_); }
  size_t size() const { return size_; }  ///< In bytes, as asked for.

 private:
  void* mapped_ = nullptr;
  size_t mapped_bytes_ = 0;
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace vetor
