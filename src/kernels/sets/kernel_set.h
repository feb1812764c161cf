// The arithmetic of a text encoder's forward pass in float32, compiled once for each instruction
// set and chosen when the program runs.
//
// Weights lie in panels: a matrix [depth, columns] is cut into panels of `panel_columns` columns,
// each stored as [depth, panel_columns], so that a tile of `tile_rows` rows by one panel keeps its
// sums in registers while it walks down the panel. Columns are filled up with zeros to whole
// panels.
//
// Every sum runs over ascending depth in one accumulator of its own, begins with bias or residual,
// and so depends on nothing but its own row: a row's bits are the same alone and among others, at
// each place of a tile and on any number of threads. Two sets differ in the last bits.
//
// No function allocates, throws or keeps state; all may be called by several threads at once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// What is done to a product's sums before they are stored. Formulas:
/// encoder/reference/token_ops.h.
enum class Epilogue {
  kNone,
  kGelu,
  kGeluTanh,
  kRelu,
  kSilu,
  kQuickGelu,
  kMultiply,  ///< target *= sums: the second half of a gated feed-forward.
};

/// target = epilogue(bias + added + rows x panels), for panels [first_panel, last_panel).
/// Column block p of the target, [rows, panel_columns], begins at
/// target + p / panels_per_block * block_stride + p % panels_per_block * panel_columns.
struct ProductCall {
  const float* rows = nullptr;  ///< [row_count, depth], `row_stride` floats from row to row.
  size_t row_stride = 0;
  size_t row_count = 0;
  size_t depth = 0;
  const float* panels = nullptr;  ///< [panels, depth, panel_columns], from panel 0 on.
  size_t first_panel = 0;
  size_t last_panel = 0;
  float* target = nullptr;
  size_t target_stride = 0;
  size_t panels_per_block = SIZE_MAX;
  size_t block_stride = 0;
  const float* bias = nullptr;   ///< [columns], or null: zeros.
  const float* added = nullptr;  ///< Rows that are added, e.g. the residual or `target`; or null.
  size_t added_stride = 0;
  Epilogue epilogue = Epilogue::kNone;
  const float* next_panel =
      nullptr;  ///< The memory that is read after the last panel, to be fetched early; or null.
};

/// Attention of one head within one text. Query i sees key j if |i - j| <= window (0: any distance)
/// and, if causal, j <= i. Scores are exponents of 2: log2(e) and the scale are in the queries
/// already.
struct AttentionCall {
  size_t tokens = 0;
  size_t head_width = 0;           ///< Components of a head, filled up to whole panels with zeros.
  const float* queries = nullptr;  ///< [tokens, head_width]
  const float* keys = nullptr;     ///< As transpose_keys leaves them.
  const float* values = nullptr;   ///< [tokens, head_width]
  bool causal = false;
  size_t window = 0;
  const float* bias = nullptr;  ///< Added to the score of query i and key j: bias[j - i]; or null.
  float* scores = nullptr;      ///< Scratch, ScoreFloats(set, tokens).
  float* context = nullptr;     ///< [tokens, head_width], `context_stride` floats from row to row.
  size_t context_stride = 0;
};

/// Keys [tokens, head_width] -> panels [tokens / panel_columns, head_width, panel_columns]. Reads
/// up to panel_columns - 1 rows beyond the last one, whose values do not matter.
struct TransposeCall {
  const float* keys = nullptr;
  size_t tokens = 0;
  size_t head_width = 0;
  float* panels = nullptr;
};

/// target = norm(source), or target += norm(source), row by row; in place if both are one. Columns
/// from `width` on are not changed.
struct NormCall {
  const float* source = nullptr;
  size_t source_stride = 0;
  float* target = nullptr;
  size_t target_stride = 0;
  size_t row_count = 0;
  size_t width = 0;
  const float* weight = nullptr;  ///< [width]
  const float* bias = nullptr;    ///< [width]
  float epsilon = 0;
  bool centred = true;  ///< LayerNorm; false: RMSNorm, which subtracts no mean.
  bool add = false;
};

/// (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin) for the halves of each row's first 2 x half
/// components; row r turns by the angles of cosines[r * half, ...], sines likewise.
struct RotationCall {
  float* rows = nullptr;
  size_t row_stride = 0;
  size_t row_count = 0;
  size_t half = 0;
  const float* cosines = nullptr;
  const float* sines = nullptr;
};

struct KernelSet {
  const char* name;      ///< "avx512", "avx2", "portable"
  size_t panel_columns;  ///< Columns of a panel of weights.
  size_t tile_rows;      ///< Most rows of a tile.
  void (*product)(const ProductCall& call);
  void (*transpose_keys)(const TransposeCall& call);
  void (*attend)(const AttentionCall& call);
  void (*normalize)(const NormCall& call);
  void (*rotate)(const RotationCall& call);
  /// In place: values[i] = epilogue(values[i]). REQUIRES: not kMultiply.
  void (*activate)(Epilogue epilogue, float* values, size_t count);
  /// In place: values[i] = 2^values[i], from -126 to 126; below that 0, above it 2^126.
  void (*exponentiate)(float* values, size_t count);
};

/// Floats of scratch that attention over `tokens` tokens needs.
size_t ScoreFloats(const KernelSet& set, size_t tokens);
/// Floats of the transposed keys of `tokens` tokens.
size_t KeyPanelFloats(const KernelSet& set, size_t tokens, size_t head_width);

/// The sets that this processor can run, fastest first; never empty, "portable" is last.
/// Thread-safe.
std::span<const KernelSet* const> SupportedKernelSets();

/// Whether `set` is the one that every processor can run. It is not faster than other libraries.
bool IsPortable(const KernelSet& set);

/// The set called `name`; the fastest set for an empty name. INVALID_ARGUMENT lists the sets of
/// this processor if `name` is not one of them.
Result<const KernelSet*> FindKernelSet(std::string_view name);

/// FindKernelSet of the environment variable VETOR_CPU, which tests and benchmarks set to measure a
/// lower set than the processor's best.
Result<const KernelSet*> ChooseKernelSet();

/// A matrix [columns, depth], row-major as PyTorch stores it, which becomes panels. `columns`
/// beyond `column_count` become zeros up to a whole panel.
struct PanelSource {
  const float* rows = nullptr;  ///< [column_count, depth], `stride` floats from row to row.
  size_t stride = 0;
  size_t column_count = 0;  ///< At most panel_columns.
  size_t depth = 0;
  float scale = 1;
};
/// Fills one panel [depth, panel_columns].
void PackPanel(const KernelSet& set, const PanelSource& source, float* panel);

}  // namespace vetor
