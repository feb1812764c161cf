// How rows and panels become what products read, if that is not float32: values rounded to
// bfloat16, in words of one depth (float32 with a short mantissa) or of two.
//
// A type `V` says what it reads by kOperands and kWordDepths. If it rounds, it has
//   one depth per word:   Rounded(x)
//   two depths per word:  Word(from), a vector of words of a row; Paired(x, y), the words of
//                         columns from two of their depths; a Multiply of its own
// A NaN stays a NaN.
#pragma once

#include <cstddef>

#include "kernels/sets/kernel_set.h"

namespace vetor {

template <class V>
inline constexpr bool kEncodes = V::kOperands != Operands::kFloat32;

/// Depths of a row that become one vector of words.
template <class V>
inline constexpr size_t kEncodedDepths = V::kLanes* V::kWordDepths;

template <class V>
[[gnu::always_inline]] inline void EncodeVector(const float* from, float* to) {
  if constexpr (V::kWordDepths == 1) {
    V::Store(to, V::Rounded(V::Load(from)));
  } else {
    V::Store(to, V::Word(from));
  }
}

/// Row of `depth` floats -> words, filled up with zeros to a whole vector. `to` may be `from`.
template <class V>
void EncodeRow(const float* from, size_t depth, float* to) {
  constexpr size_t kDepths = kEncodedDepths<V>;
  size_t k = 0;
  for (; k + kDepths <= depth; k += kDepths) EncodeVector<V>(from + k, to + k / V::kWordDepths);
  if (k == depth) return;
  alignas(64) float rest[kDepths] = {};
  for (size_t i = 0; k + i < depth; ++i) rest[i] = from[k + i];
  EncodeVector<V>(rest, to + k / V::kWordDepths);
}

template <class V>
void EncodePanel(const EncodeCall& call) {
  constexpr size_t kColumns = size_t{V::kPanelVectors} * V::kLanes;
  float* to = call.panel;
  for (size_t k = 0; k < call.depth; k += V::kWordDepths) {
    const float* const row = call.rows + k * call.stride;
    for (size_t c = 0; c < kColumns; c += V::kLanes) {
      const auto first = V::Load(row + c);
      if constexpr (!kEncodes<V>) {
        V::Store(to + c, first);
      } else if constexpr (V::kWordDepths == 1) {
        V::Store(to + c, V::Rounded(first));
      } else {
        const bool both = k + 1 < call.depth;
        V::Store(to + c, V::Paired(first, both ? V::Load(row + call.stride + c) : V::Zero()));
      }
    }
    to += kColumns;
  }
}

}  // namespace vetor
