// An array of plain values that either owns them or points into a mapped file. It is for tables
// that are built once and then only read.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace vetor {

/// Immutable; move-only, and moving keeps the place of the values. Thread-safe.
template <typename T>
class FlatArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  FlatArray() = default;
  explicit FlatArray(std::vector<T> owned) : owned_(std::move(owned)), values_(owned_) {}
  /// REQUIRES: the values of `borrowed` outlive the array.
  explicit FlatArray(std::span<const T> borrowed) : values_(borrowed) {}

  FlatArray(FlatArray&& other) noexcept
      : owned_(std::move(other.owned_)), values_(std::exchange(other.values_, {})) {}
  FlatArray& operator=(FlatArray&& other) noexcept {
    owned_ = std::move(other.owned_);
    values_ = std::exchange(other.values_, {});
    return *this;
  }
  FlatArray(const FlatArray&) = delete;
  FlatArray& operator=(const FlatArray&) = delete;

  const T& operator[](size_t i) const { return values_[i]; }
  const T* data() const { return values_.data(); }
  size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  std::span<const T> view() const { return values_; }

 private:
  std::vector<T> owned_;
  std::span<const T> values_;
};

}  // namespace vetor
