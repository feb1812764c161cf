// The arithmetic of a text encoder's forward pass, compiled once for each instruction set and
// chosen when the program runs.
//
// A product multiplies float32, or values rounded to bfloat16: then panels hold words of one or two
// depths, and rows are encoded into such words when they are used (operand_encoding.h). Sums,
// norms, softmax, activations and the residual are in float32 always. The precision is a property
// of a KernelSet and of the panels that were packed for it; nobody else has to know of it.
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
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// What a product multiplies. Its sums are in float32.
enum class Operands {
  kFloat32,
  kBFloat16,  ///< Rows and weights rounded to bfloat16, to nearest, ties to even.
};

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
  const float* panels = nullptr;  ///< Each of PanelWords, from panel 0 on.
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
  /// Scratch [row_count, encoded_stride] of a set that encodes rows, see EncodedStride; else
  /// unused.
  float* encoded = nullptr;
  size_t encoded_stride = 0;
  bool encoded_before = false;  ///< `encoded` has these rows already, from an earlier call.
  /// Leave the target as the rows of another product, which says so by `rows_encoded`: in a set
  /// that encodes rows, words in the place of floats, `word_depths` columns in each. REQUIRES: the
  /// target is one block, and the epilogue is not kMultiply.
  bool encode_target = false;
  bool rows_encoded = false;
};

/// Floats [depth, panel_columns], `stride` floats from row to row -> a panel of PanelWords.
struct EncodeCall {
  const float* rows = nullptr;
  size_t stride = 0;
  size_t depth = 0;
  float* panel = nullptr;
};

/// Attention of one head within one text. Query i sees key j if |i - j| <= window (0: any distance)
/// and, if causal, j <= i. Scores are exponents of 2: log2(e) and the scale are in the queries
/// already.
struct AttentionCall {
  size_t tokens = 0;
  size_t head_width = 0;           ///< Components of a head, filled up to whole panels with zeros.
  const float* queries = nullptr;  ///< [tokens, head_width]
  const float* panels = nullptr;   ///< As prepare_keys leaves them.
  const float* values = nullptr;   ///< [tokens, head_width], as prepare_keys got them.
  bool causal = false;
  size_t window = 0;
  const float* bias = nullptr;  ///< Added to the score of query i and key j: bias[j - i]; or null.
  float* scores = nullptr;      ///< Scratch, ScoreFloats.
  float* context = nullptr;     ///< [tokens, head_width], `context_stride` floats from row to row.
  size_t context_stride = 0;
};

/// Keys and values, [tokens, head_width] each -> panels of KeyPanelFloats, which all queries of the
/// text share. Reads up to panel_columns - 1 rows of keys beyond the last one, whose values do not
/// matter.
struct KeyCall {
  const float* keys = nullptr;
  const float* values = nullptr;
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
  const char* name;  ///< "avx512_bf16", "avx512", "avx2", "portable"
  Operands operands;
  /// Depths in four bytes of a panel: 2 if an instruction multiplies bfloat16, else 1.
  size_t word_depths;
  size_t panel_columns;  ///< Columns of a panel of weights.
  size_t tile_rows;      ///< Most rows of a tile.
  void (*encode_panel)(const EncodeCall& call);
  void (*product)(const ProductCall& call);
  void (*prepare_keys)(const KeyCall& call);
  void (*attend)(const AttentionCall& call);
  void (*normalize)(const NormCall& call);
  void (*rotate)(const RotationCall& call);
  /// In place: values[i] = epilogue(values[i]). REQUIRES: not kMultiply.
  void (*activate)(Epilogue epilogue, float* values, size_t count);
  /// In place: values[i] = 2^values[i], from -126 to 126; below that 0, above it 2^126.
  void (*exponentiate)(float* values, size_t count);
};

/// Words of four bytes of a panel, which lies in an array of float.
size_t PanelWords(const KernelSet& set, size_t depth);

/// Words from row to row of ProductCall::encoded for rows of `depth`; 0 if the set reads rows as
/// they lie. It is an odd number of cache lines, so that the rows of a tile do not share the sets
/// of the first-level cache.
size_t EncodedStride(const KernelSet& set, size_t depth);

/// Floats of scratch that attention over `tokens` tokens needs.
size_t ScoreFloats(const KernelSet& set, size_t tokens, size_t head_width);
/// Floats of the prepared keys and values of `tokens` tokens.
size_t KeyPanelFloats(const KernelSet& set, size_t tokens, size_t head_width);

/// The sets that this processor can run, fastest first; never empty, "portable" is last.
/// Thread-safe.
std::span<const KernelSet* const> SupportedKernelSets(Operands operands = Operands::kFloat32);

/// Whether `set` is one that every processor can run. It is not faster than other libraries.
bool IsPortable(const KernelSet& set);

/// Whether products of `set` take less time than those in float32 on the same processor.
bool IsFasterThanFloat32(const KernelSet& set);

/// The set called `name`, or the next slower one that multiplies such operands ("avx512" for
/// "avx512_bf16" and float32); the fastest set for an empty name. INVALID_ARGUMENT lists the names
/// of this processor if `name` is not one of them.
Result<const KernelSet*> FindKernelSet(std::string_view name,
                                       Operands operands = Operands::kFloat32);

/// FindKernelSet of the environment variable VETOR_CPU, which tests and benchmarks set to measure a
/// lower set than the processor's best.
Result<const KernelSet*> ChooseKernelSet(Operands operands = Operands::kFloat32);

/// A matrix [columns, depth], row-major as PyTorch stores it, which becomes panels. `columns`
/// beyond `column_count` become zeros up to a whole panel.
struct PanelSource {
  const float* rows = nullptr;  ///< [column_count, depth], `stride` floats from row to row.
  size_t stride = 0;
  size_t column_count = 0;  ///< At most panel_columns.
  size_t depth = 0;
  float scale = 1;
};
/// Writes the floats [depth, panel_columns] of one panel.
void FillPanel(const KernelSet& set, const PanelSource& source, float* floats);

/// Makes one panel of weights: `fill(floats)` writes its floats [depth, panel_columns], in place if
/// the set reads them so.
template <typename Fill>
void MakePanel(const KernelSet& set, size_t depth, float* panel, const Fill& fill) {
  if (set.operands == Operands::kFloat32) return fill(panel);
  std::vector<float> floats(depth * set.panel_columns);
  fill(floats.data());
  set.encode_panel({floats.data(), set.panel_columns, depth, panel});
}

/// Makes one panel of `source`.
void PackPanel(const KernelSet& set, const PanelSource& source, float* panel);

}  // namespace vetor
