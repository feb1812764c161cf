// Attention of one head over the rows of one text, on the tiles of panel_product.h: transposed keys
// are panels, and values are panels as they lie.
#pragma once

#include <cstddef>

#include "kernels/sets/kernel_set.h"
#include "kernels/sets/lane_functions.h"
#include "kernels/sets/panel_product.h"

namespace vetor {

/// Where the encoded values of a text lie: in panels [words, kPanelColumns] behind those of its
/// keys. REQUIRES: `column` and `token` are multiples of the panel's columns.
template <class V>
[[gnu::always_inline]] inline size_t ValuePlace(size_t tokens, size_t head_width, size_t column,
                                                size_t token) {
  constexpr size_t kColumns = kPanelColumns<V>;
  constexpr size_t kDepths = V::kWordDepths;
  const size_t keys = (tokens + kColumns - 1) / kColumns * kColumns * (head_width / kDepths);
  const size_t words = (tokens + kDepths - 1) / kDepths;
  return keys + column * words + token / kDepths * kColumns;
}

/// Keys become panels by changing rows and columns of words. Values are panels as they lie, unless
/// they are encoded.
template <class V>
void PrepareKeys(const KeyCall& call) {
  constexpr size_t kColumns = kPanelColumns<V>;
  constexpr size_t kLanes = V::kLanes;
  const size_t words = call.head_width / V::kWordDepths;
  for (size_t s = 0; s < call.tokens; s += kLanes) {
    float* const panel = call.panels + s / kColumns * kColumns * words + s % kColumns;
    const float* const keys = call.keys + s * call.head_width;
    for (size_t d = 0; d < words; d += kLanes) {
      if constexpr (kEncodes<V>) {
        alignas(64) float block[kLanes * kLanes];
        for (size_t r = 0; r < kLanes; ++r) {
          EncodeVector<V>(keys + r * call.head_width + d * V::kWordDepths, block + r * kLanes);
        }
        V::Transpose(block, kLanes, panel + d * kColumns, kColumns);
      } else {
        V::Transpose(keys + d, call.head_width, panel + d * kColumns, kColumns);
      }
    }
  }
  if constexpr (kEncodes<V>) {
    for (size_t column = 0; column < call.head_width; column += kColumns) {
      EncodePanel<V>({call.values + column, call.head_width, call.tokens,
                      call.panels + ValuePlace<V>(call.tokens, call.head_width, column, 0)});
    }
  }
}

/// Keys [first, last) that a query sees.
struct KeyRange {
  size_t first;
  size_t last;
};

template <class V>
[[gnu::always_inline]] inline KeyRange VisibleKeys(const AttentionCall& call, size_t query) {
  KeyRange range{0, call.tokens};
  if (call.window > 0) {
    if (query > call.window) range.first = query - call.window;
    if (query + call.window + 1 < range.last) range.last = query + call.window + 1;
  }
  if (call.causal && query + 1 < range.last) range.last = query + 1;
  return range;
}

/// A row of scores, the keys of it that the query sees, and what it is made to.
struct ScoreRow {
  float* scores;
  size_t width;  ///< Floats of the row, a multiple of the lanes.
  KeyRange range;
};

/// `value` where keys are seen, else `other`, for the lanes from key `at` on.
template <class V>
[[gnu::always_inline]] inline typename V::Float Seen(const KeyRange& range, size_t at,
                                                     typename V::Float value,
                                                     typename V::Float other) {
  if (at >= range.first && at + V::kLanes <= range.last) return value;
  const size_t from = at < range.first ? range.first - at : 0;
  const size_t to = at + V::kLanes > range.last ? range.last - at : V::kLanes;
  return V::Keep(value, from, to, other);
}

/// The largest score that is seen; adds the bias to the row first.
template <class V>
float LargestScore(const ScoreRow& row, size_t begin, const float* bias) {
  using Float = typename V::Float;
  constexpr size_t kLanes = V::kLanes;
  const Float least = V::Set(-3.0e38F);
  // Two, because each waits for the one before.
  Float top[2] = {least, least};
  size_t s = begin;
  if (bias == nullptr) {
    for (; s >= row.range.first && s + 2 * kLanes <= row.range.last; s += 2 * kLanes) {
      top[0] = V::Max(top[0], V::Load(row.scores + s));
      top[1] = V::Max(top[1], V::Load(row.scores + s + kLanes));
    }
  }
  for (; s < row.range.last; s += kLanes) {
    Float score = V::Load(row.scores + s);
    if (bias != nullptr) {
      const size_t n = row.range.last - s < kLanes ? row.range.last - s : kLanes;
      score = score + V::LoadPart(bias + s, n);
      V::Store(row.scores + s, score);
    }
    top[0] = V::Max(top[0], Seen<V>(row.range, s, score, least));
  }
  return V::LargestOf(V::Max(top[0], top[1]));
}

/// Row of scores -> powers of two less the largest, zeros where keys are not seen; returns their
/// sum.
template <class V>
float SoftmaxRow(const ScoreRow& row, const float* bias) {
  using Float = typename V::Float;
  constexpr size_t kLanes = V::kLanes;
  const size_t begin = row.range.first / kLanes * kLanes;
  const Float most = V::Set(LargestScore<V>(row, begin, bias));
  for (size_t s = 0; s < begin; s += kLanes) V::Store(row.scores + s, V::Zero());
  Float total = V::Zero();
  size_t s = begin;
  for (; s >= row.range.first && s + kLanes <= row.range.last; s += kLanes) {
    const Float power = Exp2Below<V>(V::Load(row.scores + s) - most);
    total = total + power;
    V::Store(row.scores + s, power);
  }
  for (; s < row.range.last; s += kLanes) {
    const Float power = Exp2Below<V>(V::Load(row.scores + s) - most);
    const Float kept = Seen<V>(row.range, s, power, V::Zero());
    total = total + kept;
    V::Store(row.scores + s, kept);
  }
  for (; s < row.width; s += kLanes) V::Store(row.scores + s, V::Zero());
  return V::SumOf(total);
}

/// The values that the queries of one tile share.
struct QueryTile {
  size_t first;  ///< Query.
  size_t rows;
  size_t keys_begin;  ///< A multiple of the panel's columns.
  size_t keys_end;
  size_t stride;  ///< Floats from row to row of scores.
};

template <class V>
void ScoreTile(const AttentionCall& call, const QueryTile& tile) {
  using Base = typename V::Base;
  constexpr size_t kColumns = kPanelColumns<V>;
  TileCall run;
  run.a = call.queries + tile.first * call.head_width;
  run.a_stride = call.head_width;
  run.b_stride = kColumns;
  run.words = call.head_width / V::kWordDepths;
  if constexpr (kEncodes<V>) {
    // Behind the tile's scores.
    float* const queries = call.scores + V::kTileRows * tile.stride;
    for (size_t r = 0; r < tile.rows; ++r) {
      EncodeRow<V>(run.a + r * call.head_width, call.head_width, queries + r * run.words);
    }
    run.a = queries;
    run.a_stride = run.words;
  }
  run.c_stride = tile.stride;
  for (size_t s = tile.keys_begin; s < tile.keys_end; s += kColumns) {
    run.b = call.panels + s * run.words;
    run.c = call.scores + (s - tile.keys_begin);
    if (V::kPanelVectors > 1 && tile.keys_end - s <= V::kLanes) {
      TileTable<Base, 1, false>::kOf[tile.rows - 1](run);
    } else {
      TileTable<Base, V::kPanelVectors, false>::kOf[tile.rows - 1](run);
    }
  }
}

template <class V>
void MixTile(const AttentionCall& call, const QueryTile& tile, const float* shares) {
  using Base = typename V::Base;
  constexpr size_t kColumns = kPanelColumns<V>;
  alignas(64) float mixed[V::kTileRows * kColumns];
  TileCall run;
  run.a = call.scores;
  run.a_stride = tile.stride;
  run.b_stride = kEncodes<V> ? kColumns : call.head_width;
  run.words = (tile.keys_end - tile.keys_begin + V::kWordDepths - 1) / V::kWordDepths;
  run.c = mixed;
  run.c_stride = kColumns;
  for (size_t column = 0; column < call.head_width; column += kColumns) {
    if constexpr (kEncodes<V>) {
      run.b = call.panels + ValuePlace<V>(call.tokens, call.head_width, column, tile.keys_begin);
    } else {
      run.b = call.values + tile.keys_begin * call.head_width + column;
    }
    TileTable<Base, V::kPanelVectors, false>::kOf[tile.rows - 1](run);
    for (size_t r = 0; r < tile.rows; ++r) {
      float* const context = call.context + (tile.first + r) * call.context_stride + column;
      const typename V::Float share = V::Set(shares[r]);
      for (size_t c = 0; c < kColumns; c += V::kLanes) {
        V::Store(context + c, V::Load(mixed + r * kColumns + c) * share);
      }
    }
  }
}

template <class V>
void Attend(const AttentionCall& call) {
  constexpr size_t kColumns = kPanelColumns<V>;
  const size_t tiles = TileCount<V>(call.tokens);
  float shares[V::kTileRows];
  for (size_t t = 0; t < tiles; ++t) {
    QueryTile tile{};
    tile.first = call.tokens * t / tiles;
    tile.rows = call.tokens * (t + 1) / tiles - tile.first;
    tile.keys_begin = VisibleKeys<V>(call, tile.first).first / kColumns * kColumns;
    tile.keys_end = VisibleKeys<V>(call, tile.first + tile.rows - 1).last;
    const size_t keys = tile.keys_end - tile.keys_begin;
    const size_t width = (keys + kEncodedDepths<V> - 1) / kEncodedDepths<V> * kEncodedDepths<V>;
    // Not a power of two: rows would share the sets of the first-level cache.
    tile.stride = (keys + kColumns - 1) / kColumns * kColumns + V::kLanes;
    ScoreTile<V>(call, tile);
    for (size_t r = 0; r < tile.rows; ++r) {
      const KeyRange seen = VisibleKeys<V>(call, tile.first + r);
      const float* bias = call.bias;
      if (bias != nullptr) {
        bias += static_cast<std::ptrdiff_t>(tile.keys_begin) -
                static_cast<std::ptrdiff_t>(tile.first + r);
      }
      const KeyRange here{seen.first - tile.keys_begin, seen.last - tile.keys_begin};
      float* const scores = call.scores + r * tile.stride;
      shares[r] = 1.0F / SoftmaxRow<typename V::Base>({scores, width, here}, bias);
      if constexpr (kEncodes<V>) EncodeRow<V>(scores, width, scores);
    }
    MixTile<V>(call, tile, shares);
  }
}

}  // namespace vetor
