// Where each family's positions begin in its table. This is the only such list: the length limit of
// a model folder (length_limit.h) and the exporter's families both read it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace vetor {

/// A family whose first token does not have position 0.
struct PositionOffset {
  static constexpr int kConfigPadding = -1;

  std::string_view model_type;  ///< As config.json spells it.
  /// Positions are counted from `padding` + 1 on; kConfigPadding stands for pad_token_id of
  /// config.json.
  int padding = kConfigPadding;
  /// max_position_embeddings of config.json leaves the offset out: the table has so many rows more.
  bool rows_beyond = false;
};

/// As transformers' modelling code of each family counts (create_position_ids_from_input_ids, or a
/// constant offset). A family that is not here counts from 0.
inline constexpr std::array kPositionOffsets = {
    PositionOffset{"altclip_text_model"},
    PositionOffset{"bart", 1, true},
    PositionOffset{"biogpt", 1, true},
    PositionOffset{"bridgetower_text_model"},
    PositionOffset{"camembert"},
    PositionOffset{"clap_text_model"},
    PositionOffset{"data2vec-text"},
    PositionOffset{"ernie_m", 1},
    PositionOffset{"esm"},
    PositionOffset{"ibert"},
    PositionOffset{"layoutlmv3"},
    PositionOffset{"lilt"},
    PositionOffset{"longformer"},
    PositionOffset{"luke"},  // mLUKE has this model_type too.
    PositionOffset{"markuplm"},
    PositionOffset{"mbart", 1, true},
    PositionOffset{"mpnet", 1},  // Whatever its pad_token_id is.
    PositionOffset{"mra", 1, true},
    PositionOffset{"mvp", 1, true},
    PositionOffset{"nystromformer", 1, true},
    PositionOffset{"opt", 1, true},
    PositionOffset{"plbart", 1, true},
    PositionOffset{"roberta"},
    PositionOffset{"roberta-prelayernorm"},
    PositionOffset{"xlm-roberta"},
    PositionOffset{"xlm-roberta-xl"},
    PositionOffset{"xmod"},
    PositionOffset{"yoso", 1, true},
};

/// Null for a family that counts from 0.
constexpr const PositionOffset* FindPositionOffset(std::string_view model_type) {
  const auto* found =
      std::find_if(kPositionOffsets.begin(), kPositionOffsets.end(),
                   [&](const PositionOffset& offset) { return offset.model_type == model_type; });
  return found == kPositionOffsets.end() ? nullptr : found;
}

/// Position of a text's first token. `pad_token_id` is config.json's.
constexpr int64_t FirstPosition(std::string_view model_type, int64_t pad_token_id) {
  const PositionOffset* offset = FindPositionOffset(model_type);
  if (offset == nullptr) return 0;
  return (offset->padding == PositionOffset::kConfigPadding ? pad_token_id : offset->padding) + 1;
}

}  // namespace vetor
