// Bytes whose meaning only their maker knows, with what keeps them alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace vetor {

struct Payload {
  std::span<const uint8_t> bytes;
  /// May own more than these bytes, such as a whole batch. Null: another object owns them, for as
  /// long as the function that gave the payload says.
  std::shared_ptr<const void> owner;

  const uint8_t* data() const { return bytes.data(); }
  size_t size() const { return bytes.size(); }
  auto begin() const { return bytes.begin(); }
  auto end() const { return bytes.end(); }
};

}  // namespace vetor
