// Which inputs and outputs an encoder graph must have: pure, so that every refusal has a test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

enum class ElementType { kFloat32, kFloat16, kInt64, kInt32, kOther };

/// An input or output as the runtime describes it.
struct GraphPort {
  std::string name;
  ElementType type = ElementType::kOther;
  std::string type_name;       ///< For messages: "tensor(float)"
  std::vector<int64_t> shape;  ///< -1: free.
};

/// What is fed to an input of the graph, all [rows, length].
enum class InputRole { kTokenIds, kAttentionMask, kTokenTypeIds, kPositionIds };

struct GraphInput {
  std::string name;
  InputRole role = InputRole::kTokenIds;
  ElementType type = ElementType::kInt64;  ///< kInt64 or kInt32
};

struct GraphSignature {
  std::vector<GraphInput> inputs;
  std::string output;
  ElementType output_type = ElementType::kFloat32;  ///< kFloat32 or kFloat16
  bool text_vectors = false;  ///< Output is [rows, width], else [rows, length, width].
  int64_t width = -1;         ///< -1: not static in the graph.
};

/// Inputs `input_ids` and `attention_mask`, optionally `token_type_ids` and `position_ids`; output
/// `sentence_embedding` [rows, width], else `last_hidden_state` or `token_embeddings`
/// [rows, length, width]. INVALID_ARGUMENT otherwise: what was expected, what was found.
Result<GraphSignature> ReadSignature(std::span<const GraphPort> inputs,
                                     std::span<const GraphPort> outputs);

/// "input_ids tensor(int64)[-1,-1], attention_mask ..."
std::string DescribePorts(std::span<const GraphPort> ports);

}  // namespace vetor
