#include "encoder/reference/embedding.h"

#include <string>

#include "base/status_macros.h"

namespace vetor {
namespace {

// row += table[index] * scale
template <typename Scalar>
Status AddTableRow(const TensorView& table, int64_t index, double scale, Scalar* row) {
  if (index < 0 || static_cast<uint64_t>(index) >= table.shape[0]) {
    return InvalidArgumentError(
        "reference pass: row " + std::to_string(index) + " of " + table.name + ", which has " +
        std::to_string(table.shape[0]) +
        " rows; the tokenizer and the weights do not belong together, or the "
        "text is longer than the model's positions");
  }
  const auto begin = static_cast<uint64_t>(index);
  VETOR_ASSIGN_OR_RETURN(const TensorView view, Rows(table, begin, begin + 1));
  const std::vector<float> values = ToFloats(view);
  for (size_t i = 0; i < values.size(); ++i) row[i] += static_cast<Scalar>(values[i] * scale);
  return {};
}

}  // namespace

std::vector<int64_t> PositionRows(const Encoder& encoder, const std::vector<int64_t>& ids) {
  std::vector<int64_t> rows(ids.size());
  int64_t seen = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (encoder.position_rule == PositionRule::kAfterPadding) {
      const bool padding = ids[i] == encoder.pad_token_id;
      rows[i] = padding ? encoder.pad_token_id : encoder.pad_token_id + ++seen;
    } else {
      rows[i] = static_cast<int64_t>(i);
    }
  }
  return rows;
}

template <typename Scalar>
Result<TokenMatrix<Scalar>> EmbedTokens(const Encoder& encoder,
                                        const std::vector<std::vector<int64_t>>& texts) {
  size_t tokens = 0;
  for (const std::vector<int64_t>& ids : texts) {
    if (ids.empty()) {
      return InvalidArgumentError("reference pass: a text has no tokens, expected at least one");
    }
    tokens += ids.size();
  }
  TokenMatrix<Scalar> matrix(tokens, static_cast<size_t>(encoder.hidden_size));
  size_t token = 0;
  for (const std::vector<int64_t>& ids : texts) {
    const std::vector<int64_t> positions = PositionRows(encoder, ids);
    for (size_t i = 0; i < ids.size(); ++i, ++token) {
      Scalar* row = matrix.row(token);
      VETOR_RETURN_IF_ERROR(AddTableRow(encoder.word, ids[i], encoder.word_scale, row));
      if (encoder.position_rule != PositionRule::kNone && !encoder.position.empty()) {
        VETOR_RETURN_IF_ERROR(AddTableRow(encoder.position, positions[i], 1, row));
      }
      if (!encoder.token_type.empty()) {
        VETOR_RETURN_IF_ERROR(AddTableRow(encoder.token_type, 0, 1, row));
      }
    }
  }
  return matrix;
}

template Result<TokenMatrix<double>> EmbedTokens(const Encoder&,
                                                 const std::vector<std::vector<int64_t>>&);
template Result<TokenMatrix<float>> EmbedTokens(const Encoder&,
                                                const std::vector<std::vector<int64_t>>&);

}  // namespace vetor
