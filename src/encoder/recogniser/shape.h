// The shape of a value whose batch and length are not known: sizes are numbers, the number of rows
// of a batch, the number of tokens of a row, and products of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vetor::recogniser {

/// No count and no number of a graph is followed beyond it; doubles are exact up to here.
inline constexpr int64_t kLargestCount = int64_t{1} << 40;

/// count * rows^batch * tokens^tokens. `count` may be negative if it is not a size: a graph holds
/// places and the -1 of Reshape among its sizes.
struct Extent {
  int64_t count = 1;
  int batch = 0;
  int tokens = 0;

  bool operator==(const Extent&) const = default;
  bool is_number() const { return batch == 0 && tokens == 0; }
  bool is_one() const { return *this == Extent(); }
};

inline constexpr Extent kBatchExtent{1, 1, 0};
inline constexpr Extent kTokensExtent{1, 0, 1};

using Shape = std::vector<Extent>;

/// Nullopt where the product is beyond 2^40.
std::optional<Extent> Product(const Extent& a, const Extent& b);
std::optional<Extent> Product(const Shape& shape);
/// Nullopt where it does not come out even.
std::optional<Extent> Quotient(const Extent& a, const Extent& b);

/// As NumPy does; nullopt if two sizes differ and neither is one.
std::optional<Shape> Broadcast(const Shape& a, const Shape& b);

/// Whether a value of shape `part` has its place in each axis of `whole`, and widens none.
bool FitsInto(const Shape& part, const Shape& whole);

/// [batch, tokens, 384]
std::string ToString(const Shape& shape);

}  // namespace vetor::recogniser
