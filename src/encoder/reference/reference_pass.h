// Computes an encoder in plain C++, directly from the checkpoint. An exported graph is compared
// with it before the folder gets its name, it is the oracle of tests, and it gives the activations
// that the quantiser calibrates on. Nothing is fused, approximated or padded.
#pragma once

#include <cstdint>
#include <vector>

#include "encoder/encoder.h"
#include "encoder/reference/linear_product.h"
#include "vetor/status.h"

namespace vetor {

/// Statistics of each channel of a linear layer's input over the tokens seen, [channels] each.
struct ChannelStatistics {
  std::vector<float> low;
  std::vector<float> high;
  std::vector<float> mean;
  std::vector<float> root_mean_square;
};

/// Inputs of a layer's linear layers.
struct LayerStatistics {
  ChannelStatistics attention_in;        ///< query, key, value
  ChannelStatistics attention_mixed;     ///< attention output
  ChannelStatistics feed_forward_in;     ///< up, gate
  ChannelStatistics feed_forward_inner;  ///< down
};

/// A text's token ids, special tokens included, without padding.
using TokenIds = std::vector<int64_t>;

/// last_hidden_state of every text, [tokens of the text, hidden].
template <typename Scalar>
using HiddenStates = std::vector<TokenMatrix<Scalar>>;

/// The oracle: all arithmetic in double. Reads each weight once for all texts and holds the
/// activations of one layer, never a weight as a whole. `threads` 0: one per core that this process
/// may use. A text's result does not depend on the other texts. 8 texts of together 195 tokens take
/// 0.5 s with MiniLM-L12's shape on two busy cores. Errors as EmbedTokens.
Result<HiddenStates<double>> ReferencePass(const Encoder& encoder,
                                           const std::vector<TokenIds>& texts, int threads = 0);

/// The same in float, for calibration: every layer's inputs over all tokens of all texts, in the
/// order of encoder.layers. INVALID_ARGUMENT without a text, else as ReferencePass.
Result<std::vector<LayerStatistics>> ObserveInputs(const Encoder& encoder,
                                                   const std::vector<TokenIds>& texts,
                                                   int threads = 0);

}  // namespace vetor
