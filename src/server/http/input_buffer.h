// Bytes of a connection that came and were not read yet.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace vetor {

/// For one thread. Holds at most `max_bytes`; an idle connection's holds a page's half.
class InputBuffer {
 public:
  explicit InputBuffer(size_t max_bytes) : max_bytes_(max_bytes) {}

  std::string_view bytes() const { return {storage_.data() + begin_, end_ - begin_}; }
  void Consume(size_t count) { begin_ += count; }

  /// Room for the next read, of about `wanted` bytes as far as the bound allows; empty if the
  /// buffer is full. It stays in place until the next Prepare: what bytes() showed before does not.
  std::span<char> Prepare(size_t wanted);
  /// `count` bytes were written into the room.
  void Commit(size_t count) { end_ += count; }

 private:
  const size_t max_bytes_;
  std::vector<char> storage_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace vetor
