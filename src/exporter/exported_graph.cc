#include "exporter/exported_graph.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/status_macros.h"
#include "encoder/reference/reference_pass.h"
#include "engine/model_tokenizer.h"
#include "model/external_data.h"
#include "tokenizer/tokenizer.h"

namespace vetor {

Result<TokenRows> EncodeTexts(const ModelFolder& model, std::span<const std::string_view> texts) {
  VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<Tokenizer> tokenizer, OpenTokenizer(model));
  TokenRows rows;
  TokenSequence tokens;
  for (const std::string_view text : texts) {
    const EncodeOptions options{.max_length = static_cast<size_t>(model.max_length)};
    VETOR_RETURN_IF_ERROR(tokenizer->Encode(text, options, &tokens));
    rows.push_back(tokens.ids);
  }
  return rows;
}

Result<TextVectors> ReferenceVectors(const Encoder& encoder, const ModelFolder& model,
                                     const TokenRows& rows) {
  VETOR_ASSIGN_OR_RETURN(const HiddenStates<double> states, ReferencePass(encoder, rows));
  const auto of_row = [&states](size_t row) {
    const std::vector<double>& values = states[row].values;
    return std::vector<float>(values.begin(), values.end());
  };
  return PoolUnit(model, rows, {static_cast<size_t>(encoder.hidden_size), of_row});
}

Result<TextVectors> GraphVectors(const GraphRun& run, const ModelFolder& model,
                                 const TokenRows& rows) {
  VETOR_ASSIGN_OR_RETURN(const Engine engine, OpenWrittenGraph(run.graph, model));
  TextVectors vectors;
  for (const std::vector<int64_t>& ids : rows) {
    if (run.stop.stop_requested()) return CancelledError("the export was interrupted");
    std::vector<float>& vector = vectors.emplace_back(engine.dim());
    VETOR_RETURN_IF_ERROR(engine.RunAlone(TokenSequence{.ids = ids}, vector));
  }
  return vectors;
}

void Widen(const TextVectors& vectors, ComponentRanges* ranges) {
  for (const std::vector<float>& vector : vectors) {
    if (ranges->least.empty()) *ranges = {vector, vector};
    for (size_t i = 0; i < vector.size(); ++i) {
      ranges->least[i] = std::min(ranges->least[i], vector[i]);
      ranges->greatest[i] = std::max(ranges->greatest[i], vector[i]);
    }
  }
}

double LargestDifference(const TextVectors& a, const TextVectors& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t k = 0; k < a[i].size(); ++k) {
      largest = std::max(largest, std::abs(static_cast<double>(a[i][k]) - b[i][k]));
    }
  }
  return largest;
}

}  // namespace vetor
