#include "encoder/forward/token_rows.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace vetor {
namespace {

// Row `index` of `table`, [rows, width], as floats: where it lies, or in `buffer`.
const float* RowOf(const TensorView& table, int64_t index, size_t width, float* buffer) {
  const auto first = static_cast<uint64_t>(index) * width;
  if (table.type == WeightType::kFloat32) {
    std::memcpy(buffer, table.bytes.data() + first * sizeof(float), width * sizeof(float));
  } else {
    ToFloats(table, first, {buffer, width});
  }
  return buffer;
}

Status Missing(const TensorView& table, int64_t row, const char* what) {
  return InvalidArgumentError(
      std::string(what) + " " + std::to_string(row) + " has no row in " + table.name + " of " +
      std::to_string(table.shape[0]) +
      " rows: the tokenizer and the weights do not belong together; use the tokenizer.json that "
      "belongs to the model");
}

bool HasRow(const TensorView& table, int64_t row) {
  return row >= 0 && static_cast<uint64_t>(row) < table.shape[0];
}

}  // namespace

Status CheckTokens(const Encoder& encoder, const TextTokens& text) {
  if (text.ids.size() > static_cast<size_t>(encoder.max_positions)) {
    return InvalidArgumentError("a text of " + std::to_string(text.ids.size()) +
                                " tokens, but the model has positions for " +
                                std::to_string(encoder.max_positions) +
                                "; set a smaller max_length");
  }
  for (const int64_t id : text.ids) {
    if (!HasRow(encoder.word, id)) return Missing(encoder.word, id, "token id");
  }
  if (!encoder.token_type_input) return Status();
  for (const int64_t type : text.types) {
    if (!HasRow(encoder.token_type, type)) return Missing(encoder.token_type, type, "token type");
  }
  return Status();
}

void EmbedText(const Encoder& encoder, const TextTokens& text, float* rows, size_t stride) {
  const auto width = static_cast<size_t>(encoder.hidden_size);
  thread_local std::vector<float> buffer;
  buffer.resize(width);
  const auto add = [&](const TensorView& table, int64_t index, float* row) {
    const float* const values = RowOf(table, index, width, buffer.data());
    for (size_t i = 0; i < width; ++i) row[i] += values[i];
  };
  const auto scale = static_cast<float>(encoder.word_scale);
  const bool positions = encoder.position_rule != PositionRule::kNone && !encoder.position.empty();
  const bool typed = encoder.token_type_input && !text.types.empty();
  int64_t seen = 0;
  for (size_t t = 0; t < text.ids.size(); ++t) {
    float* const row = rows + t * stride;
    RowOf(encoder.word, text.ids[t], width, row);
    if (scale != 1.0F) std::transform(row, row + width, row, [&](float v) { return v * scale; });
    if (positions) {
      auto position = static_cast<int64_t>(t);
      if (encoder.position_rule == PositionRule::kAfterPadding) {
        const bool padding = text.ids[t] == encoder.pad_token_id;
        position = padding ? encoder.pad_token_id : encoder.pad_token_id + ++seen;
      }
      add(encoder.position, position, row);
    }
    if (!encoder.token_type.empty()) add(encoder.token_type, typed ? text.types[t] : 0, row);
  }
}

}  // namespace vetor
