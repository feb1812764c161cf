#include "server/http/input_buffer.h"

#include <algorithm>
#include <cstring>

namespace vetor {
namespace {

/// An empty buffer that is larger is given back for one of the size wanted.
constexpr size_t kKeptBytes = 16U << 10;

}  // namespace

std::span<char> InputBuffer::Prepare(size_t wanted) {
  const size_t held = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(storage_.data(), storage_.data() + begin_, held);
    begin_ = 0;
    end_ = held;
  }
  const size_t size = std::min(max_bytes_, held + wanted);
  if (held == 0 && storage_.size() > kKeptBytes && size < storage_.size()) {
    std::vector<char>(size).swap(storage_);
  } else if (size > storage_.size()) {
    storage_.resize(size);
  }
  return std::span<char>(storage_).subspan(held);
}

}  // namespace vetor
