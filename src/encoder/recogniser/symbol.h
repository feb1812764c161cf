// What a value of a graph means. The recogniser walks over the nodes of a graph in their order and
// finds the meaning of each value from the meanings of the values that it is made of, so that a
// node has a part in the result only if a rule says exactly what it does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "encoder/encoder.h"
#include "encoder/recogniser/graph_pooling.h"
#include "encoder/recogniser/shape.h"
#include "formats/onnx/graph_reader.h"

namespace vetor::recogniser {

struct Symbol;

enum class Kind {
  // Whole numbers.
  kTokenIds,      ///< The input, [batch, tokens].
  kTokenTypes,    ///< The input, [batch, tokens].
  kIdsRow,        ///< The first row of the ids, whose numbers do not matter, [1, tokens].
  kSizes,         ///< Known numbers and sizes, at most one axis.
  kTruths,        ///< Truth values of sizes that were compared, as `sizes` of 0 and 1.
  kIndex,         ///< offset + steps[a] * (place along axis a), over all axes.
  kIndexSize,     ///< The absolute value of the kIndex `of`.
  kClippedIndex,  ///< The kIndex `of` between `low` and `high`, plus `offset`.
  kByDistance,    ///< `distances`, along the axes `low` and `high` from the end; whole if `offset`.
  kShaped,        ///< Of which the shape alone is known.
  kCoordinates,   ///< Rows `of` and tokens `other`, side by side along the last axis.
  kPadding,       ///< 1 where an id is `offset`, else 0.
  kContent,       ///< 0 where an id is `offset`, else 1.
  kCount,         ///< kContent added up to here.
  kPlaces,        ///< The same, and 0 at padding.
  kPositions,     ///< RoBERTa's: kPlaces plus pad.

  kChoice,  ///< One number where `mask` holds and another where it does not.

  // Constants.
  kNumber,  ///< A float.
  kTensor,  ///< Floats, as they lie in a file.

  // A vector per token, [batch, tokens, features].
  kEmbedding,  ///< The sum of `lookups`.
  kLinear,     ///< `linear` of the vectors `of`.
  kNorm,       ///< `norm` of `of`, along the last axis: of token vectors or of heads.
  kSum,        ///< of + other
  kActivated,  ///< `activation` of the kLinear `of`.
  kGated,      ///< The kActivated `of` times the kLinear `other`.
  kJoined,     ///< The heads of the kContext `of` side by side.

  // On the way to a norm of x, along the last axis.
  kMean,              ///< Of `of`.
  kCentred,           ///< of - its mean
  kSquare,            ///< of * of
  kMeanSquare,        ///< The mean of the squares of `of`.
  kShifted,           ///< The same + `number`.
  kDeviation,         ///< The root of it.
  kInverseDeviation,  ///< 1 / the root of it.

  // On the way to an activation of x.
  kScaled,     ///< of * number
  kErf,        ///< erf(of / sqrt 2)
  kCube,       ///< of^3 * number
  kBent,       ///< (of + 0.044715 of^3) * number
  kTanh,       ///< tanh(sqrt(2 / pi) (of + 0.044715 of^3))
  kGate,       ///< What x is multiplied with, times `number`; `activation` says which.
  kHalfGated,  ///< x times its gate, whose factor of a half is still missing.

  // Attention.
  kHeadStack,     ///< Heads of several parts of the kLinear `of`, `order` of "btnhd".
  kHeads,         ///< `heads`
  kHeadPart,      ///< Components [low, high) of each head of the kHeads `of`.
  kAngles,        ///< Position times frequency: `rotary`; `turned`: along the last axis positions.
  kWave,          ///< `number` * the cosine or, if `high` is 1, the sine of the kAngles `of`.
  kTurned,        ///< The kHeadPart `of` times the kWave `other`.
  kRotatedHalf,   ///< First (low 0) or second (low 1) half of the kHeads `of`, turned by `other`.
  kNegatedPart,   ///< The kHeadPart `of` times -1.
  kRotated,       ///< The kHeads `of` as (-second half, first half).
  kTurnedWhole,   ///< The kHeads `of`, or for a sine its rotated form, times the kWave `other`.
  kDistanceBias,  ///< `bias` by distance, `order` of "hij" and ones.
  kScores,        ///< `scores`
  kShares,        ///< Softmax of the kScores `of`.
  kNoNumber,      ///< Whether the kShares `of` are no number.
  kContext,       ///< The kShares `of` times the values `other`, `order` of "bhtd".

  // float16.
  kRounded,  ///< `of` in float16: what a product with float16 weights reads.

  // A vector per text, [batch, features] or [batch, 1, features], of the token vectors `of`.
  kMaskCount,       ///< Tokens of the mask, added up to here, or if `low` is 1 from here on.
  kTokenWeights,    ///< `token_weight` of each token, 0 at padding; `mask` says along which axes.
  kWeightedTokens,  ///< The token vectors `of` times their weights.
  kMaskedTokens,    ///< The token vectors `of`, and what no component is below at padding.
  kWeightTotal,     ///< The weights added up over the tokens; its root if `low` is 1.
  kFlippedMask,     ///< The mask, [batch, tokens], from its end on.
  kTextPlace,       ///< Of one token of each row, or what it is counted from: place_rules.cc.
  kTextSum,         ///< The token vectors `of` times their weights, added up over the tokens.
  kText,            ///< `pooling` of the token vectors `of`.
  kTextLength,      ///< The Euclidean length of the kText `of`.
};

/// Whether query i of a row sees key j, from their places and the row's mask: all that is set.
struct Mask {
  bool present = false;  ///< j is a token, not padding.
  bool causal = false;   ///< j <= i
  int64_t window = 0;    ///< |i - j| <= window; 0: not asked.
  double yes = 1;        ///< The value where all of it holds.
  double no = 0;
  bool truth = false;  ///< The values are truth values, not numbers.
  /// Axes of the shape: those of keys, queries and rows; -1: it does not depend on them.
  int key_axis = -1, query_axis = -1, batch_axis = -1;
};

/// What a token counts in a sum over a text.
enum class TokenWeight { kOne, kPlace, kPlaceFromEnd, kFirst, kLast };

struct Lookups {
  TensorView word;
  double word_scale = 1;
  PositionRule position_rule = PositionRule::kNone;
  TensorView position;
  int64_t most_positions = 0;  ///< 0: as many as the table has.
  int64_t pad_token_id = 0;
  TensorView token_type;
  bool token_type_input = false;
};

struct Heads {
  const Symbol* linear = nullptr;
  int64_t count = 0;  ///< Before they are repeated.
  int64_t dim = 0;
  int64_t repeat = 1;
  double factor = 1;
  std::optional<NormWeights> norm;
  std::optional<Rotary> rotary;
  /// An axis each: b, t, h, d; r: repeats of a head; m: b and h as one; 1: an axis of size one.
  std::string order;
};

struct Scores {
  Heads query, key;
  double scale = 1;
  std::optional<RelativeBias> bias;
  std::optional<Mask> mask;
};

struct Symbol {
  Kind kind = Kind::kNumber;
  Shape shape;
  const Symbol* of = nullptr;
  const Symbol* other = nullptr;
  double number = 0;
  int64_t offset = 0, low = 0, high = 0;
  std::vector<Extent> sizes;
  std::vector<int64_t> steps;
  std::string order;
  Mask mask;
  TensorView tensor;
  bool turned = false;  ///< A matrix kTensor was transposed: its rows are columns.
  bool twice = false;   ///< The kAngles stand twice side by side.
  std::vector<float> distances;
  Lookups lookups;
  LinearWeights linear;
  NormWeights norm;
  Activation activation = Activation::kGelu;
  Rotary rotary;
  RelativeBias bias;
  Heads heads;
  Scores scores;
  TokenWeight token_weight = TokenWeight::kOne;
  GraphPooling pooling;
  /// In which the graph has floats. Anything but float32 is read by lookups, products with weights
  /// and casts alone (half_rules.h); one number goes with all.
  WeightType type = WeightType::kFloat32;
  const OnnxNodeView* made_by = nullptr;  ///< Null: an input or a constant.
};

}  // namespace vetor::recogniser
