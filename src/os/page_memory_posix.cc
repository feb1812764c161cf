#include "os/page_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <string>
#include <utility>

namespace vetor {
namespace {

constexpr size_t kLargePage = size_t{2} << 20;

}  // namespace

Result<PageMemory> PageMemory::Allocate(size_t bytes) {
  PageMemory memory;
  if (bytes == 0) return memory;
  const auto refused = [bytes] {
    return ResourceExhaustedError(
        "the system does not give " + std::to_string(bytes >> 20) +
        " MiB of memory for a model; free some memory, or choose a smaller model");
  };
  if (bytes > SIZE_MAX / 2) return refused();
  // Small memory would take a whole large page. Other memory ends with a large page, too: the
  // system gives none for a part of one. A page more, so that the part in use begins at one.
  const bool large = bytes >= kLargePage / 2;
  const size_t whole = large ? (bytes + kLargePage - 1) / kLargePage * kLargePage : bytes;
  memory.mapped_bytes_ = whole + kLargePage;
  void* mapped = mmap(nullptr, memory.mapped_bytes_, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return refused();
  memory.mapped_ = mapped;
  const auto address = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t start = (address + kLargePage - 1) / kLargePage * kLargePage;
  memory.data_ = static_cast<char*>(mapped) + (start - address);
  memory.size_ = bytes;
#if defined(MADV_HUGEPAGE)
  if (large) madvise(memory.data_, whole, MADV_HUGEPAGE);  // An answer of "no" is as good.
#endif
  return memory;
}

PageMemory::PageMemory(PageMemory&& other) noexcept { *this = std::move(other); }

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept {
  std::swap(mapped_, other.mapped_);
  std::swap(mapped_bytes_, other.mapped_bytes_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

PageMemory::~PageMemory() {
  if (mapped_ != nullptr) munmap(mapped_, mapped_bytes_);
}

}  // namespace vetor
