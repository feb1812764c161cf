// Which inputs and outputs an encoder graph must have. Pure functions, so that every refusal has a
// test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/onnx/graph_reader.h"
#include "vetor/status.h"

namespace vetor {

/// What an input of the graph gets. The first four are [rows, length].
enum class InputRole {
  kTokenIds,  ///< [tokens] in a graph with kOffsets.
  kAttentionMask,
  kTokenTypeIds,
  kPositionIds,
  kOffsets,   ///< [rows]: where each row begins in the ids, which lie end to end.
  kNoPast,    ///< Keys and values of a decoder's earlier calls, of length 0.
  kUseCache,  ///< false: there was no earlier call.
};

struct GraphInput {
  std::string name;
  InputRole role = InputRole::kTokenIds;
  OnnxElement element = OnnxElement::kInt64;  ///< As the role allows.
  std::vector<int64_t> shape = {};  ///< For kNoPast; -1 in the first place stands for the rows.
};

struct GraphSignature {
  std::vector<GraphInput> inputs;
  std::string output;
  OnnxElement output_element = OnnxElement::kFloat;  ///< kFloat or kFloat16
  bool text_vectors = false;  ///< Output is [rows, width], else [rows, length, width].
  int64_t width = -1;         ///< -1: not static in the graph.
  bool joined_rows = false;   ///< Ids are [tokens] with kOffsets.
  size_t fixed_rows = 0;      ///< Rows that every run must have; 0: any.
  size_t fixed_length = 0;    ///< Tokens that every row must have; 0: any.
};

/// Checks every input and the output. Inputs: `input_ids`, optionally `attention_mask`,
/// `token_type_ids`, `position_ids`, `past_key_values...` and `use_cache_branch`; or `input_ids`
/// and `offsets` alone. Output: the one named `output_name`; if that is empty `sentence_embedding`
/// [rows, width], else `last_hidden_state` or `token_embeddings` [rows, length, width]; with
/// `offsets` the only output. Otherwise INVALID_ARGUMENT says what was expected and what was found.
/// A graph of fixed length needs a mask, because rows are padded to it.
Result<GraphSignature> ReadSignature(std::span<const OnnxValue> inputs,
                                     std::span<const OnnxValue> outputs,
                                     const std::string& output_name = {});

/// "input_ids tensor(int64)[-1,-1], attention_mask ..."
std::string DescribePorts(std::span<const OnnxValue> ports);

}  // namespace vetor
