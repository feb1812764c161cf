// An encoder computed in plain C++, straight from the checkpoint: what an exported graph is
// compared with before it gets its name, the tests' oracle, and the source of the activations that
// the quantiser calibrates on. Nothing is fused, approximated or padded.
#pragma once

#include <cstdint>
#include <vector>

#include "exporter/encoder.h"
#include "exporter/reference/linear_product.h"
#include "vetor/status.h"

namespace vetor {

/// Smallest and largest value of each channel over the tokens seen; empty before the first.
struct ChannelRange {
  std::vector<float> low;
  std::vector<float> high;
};

/// Inputs of a layer's linear layers.
struct LayerRanges {
  ChannelRange attention_in;        ///< query, key, value
  ChannelRange attention_mixed;     ///< attention output
  ChannelRange feed_forward_in;     ///< up, gate
  ChannelRange feed_forward_inner;  ///< down
};

/// A text's token ids, special tokens included, without padding.
using TokenIds = std::vector<int64_t>;

/// last_hidden_state of every text, [tokens of the text, hidden].
template <typename Scalar>
using HiddenStates = std::vector<TokenMatrix<Scalar>>;

/// The oracle: all arithmetic in double. Reads each weight once for all texts and holds the
/// activations of one layer, never a weight as a whole. `threads` 0: one a core that this process
/// may use. A text's result does not depend on the other texts. 8 texts of 15 tokens take 0.2 s
/// with MiniLM-L12's shape on two cores. Errors as EmbedTokens.
Result<HiddenStates<double>> ReferencePass(const Encoder& encoder,
                                           const std::vector<TokenIds>& texts, int threads = 0);

/// The same in float, for calibration: the ranges of every layer's inputs over all the texts, in
/// the order of encoder.layers.
Result<std::vector<LayerRanges>> ObserveRanges(const Encoder& encoder,
                                               const std::vector<TokenIds>& texts, int threads = 0);

}  // namespace vetor
