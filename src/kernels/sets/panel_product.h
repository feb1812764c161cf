// Products of rows with panels of weights: one register tile carries linear layers and attention.
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/sets/kernel_set.h"
#include "kernels/sets/lane_functions.h"
#include "kernels/sets/operand_encoding.h"

namespace vetor {

/// c = bias + added + a x b: rows of `a` as they lie, `b` [words, columns of the tile].
struct TileCall {
  const float* a = nullptr;
  size_t a_stride = 0;
  const float* b = nullptr;
  size_t b_stride = 0;
  size_t words = 0;  ///< Of a row: its depth, or half of it.
  float* c = nullptr;
  size_t c_stride = 0;
  const float* bias = nullptr;   ///< Or null.
  const float* added = nullptr;  ///< Or null.
  size_t added_stride = 0;
  const float* ahead = nullptr;  ///< A panel to fetch into the second-level cache.
};

template <class V, int kRows, int kVectors>
[[gnu::always_inline]] inline void StartSums(const TileCall& call,
                                             typename V::Float (&sum)[kRows][kVectors]) {
  typename V::Float start[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    start[v] = call.bias != nullptr ? V::Load(call.bias + v * V::kLanes) : V::Zero();
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sum[r][v] = start[v];
  }
  if (call.added == nullptr) return;
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      sum[r][v] = sum[r][v] + V::Load(call.added + r * call.added_stride + v * V::kLanes);
    }
  }
}

/// The loop in which nearly all time is spent. One pointer serves three rows and is hidden from the
/// optimiser in each step: otherwise GCC 12 makes a pointer per row and keeps some of them in
/// vector registers, and moving them costs 4 % of the speed. It is a function of its own, so that
/// no other code needs registers.
template <class V, int kRows, int kVectors, bool kAhead>
[[gnu::noinline]] void Tile(const TileCall& call) {
  constexpr int kPointers = (kRows + 2) / 3;
  constexpr size_t kLinesAhead = kVectors * V::kLanes * sizeof(float) / 64;
  const size_t step = call.a_stride * sizeof(float);
  const char* rows[kPointers];
#pragma GCC unroll 8
  for (int i = 0; i < kPointers; ++i) {
    rows[i] = reinterpret_cast<const char*>(call.a) + static_cast<size_t>(3 * i) * step;
  }
  typename V::Float sum[kRows][kVectors];
  StartSums<V, kRows, kVectors>(call, sum);
  const float* b = call.b;
  const float* ahead = call.ahead;
  const size_t b_stride = call.b_stride;
  float* const c = call.c;
  const size_t c_stride = call.c_stride;
  for (size_t k = call.words; k > 0; --k) {
#pragma GCC unroll 8
    for (int i = 0; i < kPointers; ++i) asm("" : "+r"(rows[i]));
    typename V::Float column[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) column[v] = V::Load(b + v * V::kLanes);
    b += b_stride;
    if constexpr (kAhead) {
#pragma GCC unroll 2
      for (size_t i = 0; i < kLinesAhead; ++i) __builtin_prefetch(ahead + i * 16, 0, 2);
      ahead += kLinesAhead * 16;
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const auto row = V::Broadcast(reinterpret_cast<const float*>(rows[r / 3] + r % 3 * step));
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sum[r][v] = V::Multiply(row, column[v], sum[r][v]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kPointers; ++i) rows[i] += sizeof(float);
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      V::Store(c + r * c_stride + v * V::kLanes, sum[r][v]);
    }
  }
}

using TileFunction = void (*)(const TileCall&);

/// The tile functions by number of rows less one.
template <class V, int kVectors, bool kAhead, class Rows = std::make_index_sequence<V::kTileRows>>
struct TileTable;
template <class V, int kVectors, bool kAhead, size_t... kRow>
struct TileTable<V, kVectors, kAhead, std::index_sequence<kRow...>> {
  static constexpr TileFunction kOf[] = {&Tile<V, static_cast<int>(kRow) + 1, kVectors, kAhead>...};
};

template <class V>
inline constexpr size_t kPanelColumns = size_t{V::kPanelVectors} * V::kLanes;

/// The number of tiles for `rows` rows; tile t is rows [rows * t / tiles, rows * (t + 1) / tiles).
/// All are about equal: 64 rows are 5 tiles of 12 or 13 rows, not 4 of 14 and one of 8.
template <class V>
[[gnu::always_inline]] inline size_t TileCount(size_t rows) {
  return (rows + V::kTileRows - 1) / V::kTileRows;
}

/// Stores the sums of a tile for another product, after their epilogue.
template <class V>
[[gnu::always_inline]] inline void RunEncoded(TileFunction run, Epilogue epilogue, TileCall& tile,
                                              size_t rows) {
  constexpr size_t kColumns = kPanelColumns<V>;
  alignas(64) float sums[V::kTileRows * kColumns];
  float* const words = tile.c;
  const size_t stride = tile.c_stride;
  tile.c = sums;
  tile.c_stride = kColumns;
  run(tile);
  ApplyEpilogue<typename V::Base>(epilogue, {sums, kColumns, rows, kColumns});
  for (size_t r = 0; r < rows; ++r) EncodeRow<V>(sums + r * kColumns, kColumns, words + r * stride);
}

/// Computes one panel for one tile of rows, with its epilogue. Changes `tile` (a copy of it would
/// be read in wider pieces than it was written in, and wait for them).
template <class V>
[[gnu::always_inline]] inline void ProductTile(const ProductCall& call, TileCall& tile,
                                               size_t rows) {
  using Base = typename V::Base;
  constexpr size_t kColumns = kPanelColumns<V>;
  const TileFunction run =
      (tile.ahead != nullptr ? TileTable<Base, V::kPanelVectors, true>::kOf
                             : TileTable<Base, V::kPanelVectors, false>::kOf)[rows - 1];
  if constexpr (kEncodes<V>) {
    if (call.encode_target) return RunEncoded<V>(run, call.epilogue, tile, rows);
  }
  if (call.epilogue != Epilogue::kMultiply) {
    run(tile);
    return ApplyEpilogue<Base>(call.epilogue, {tile.c, tile.c_stride, rows, kColumns});
  }
  alignas(64) float sums[V::kTileRows * kColumns];
  float* const target = tile.c;
  const size_t stride = tile.c_stride;
  tile.c = sums;
  tile.c_stride = kColumns;
  run(tile);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < kColumns; c += V::kLanes) {
      float* const at = target + r * stride + c;
      V::Store(at, V::Load(at) * V::Load(sums + r * kColumns + c));
    }
  }
}

/// The rows of a tile as its products read them: where they lie, or encoded.
template <class V>
[[gnu::always_inline]] inline void ReadRows(const ProductCall& call, size_t first, size_t rows,
                                            bool encode, TileCall* tile) {
  tile->a = call.rows + first * call.row_stride;
  tile->a_stride = call.row_stride;
  if constexpr (kEncodes<V>) {
    if (call.rows_encoded) return;
    const float* const from = tile->a;
    float* const to = call.encoded + first * call.encoded_stride;
    for (size_t r = 0; encode && r < rows; ++r) {
      EncodeRow<V>(from + r * call.row_stride, call.depth, to + r * call.encoded_stride);
    }
    tile->a = to;
    tile->a_stride = call.encoded_stride;
  }
}

/// The outer loop runs over panels, the inner one over tiles of rows: a panel is read once from
/// memory, and the next one is fetched while the first tile runs. The first panel finds the rows
/// of a tile in the first-level cache, where they were just encoded.
template <class V>
void Product(const ProductCall& call) {
  constexpr size_t kColumns = kPanelColumns<V>;
  const size_t tiles = TileCount<V>(call.row_count);
  const size_t words = (call.depth + V::kWordDepths - 1) / V::kWordDepths;
  const size_t panel_words = words * kColumns;
  for (size_t p = call.first_panel; p < call.last_panel; ++p) {
    const float* const panel = call.panels + p * panel_words;
    const float* const next = p + 1 < call.last_panel ? panel + panel_words : call.next_panel;
    const size_t columns = call.encode_target ? kColumns / V::kWordDepths : kColumns;
    float* const target = call.target + p / call.panels_per_block * call.block_stride +
                          p % call.panels_per_block * columns;
    for (size_t t = 0; t < tiles; ++t) {
      const size_t first = call.row_count * t / tiles;
      const size_t rows = call.row_count * (t + 1) / tiles - first;
      TileCall tile;
      ReadRows<V>(call, first, rows, p == call.first_panel && !call.encoded_before, &tile);
      tile.b = panel;
      tile.b_stride = kColumns;
      tile.words = words;
      tile.c = target + first * call.target_stride;
      tile.c_stride = call.target_stride;
      if (call.bias != nullptr) tile.bias = call.bias + p * kColumns;
      if (call.added != nullptr) {
        tile.added = call.added + first * call.added_stride + p * kColumns;
        tile.added_stride = call.added_stride;
      }
      if (t == 0) tile.ahead = next;
      ProductTile<V>(call, tile, rows);
    }
  }
}

}  // namespace vetor
