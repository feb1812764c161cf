#include "tests/encoder/recogniser/recognised_vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status_macros.h"
#include "encoder/forward/forward_pass.h"
#include "encoder/recogniser/graph_encoder.h"
#include "model/external_data.h"
#include "tests/exporter/graph/graph_runner.h"

namespace vetor::testing {
namespace {

template <typename Scalar>
std::vector<double> UnitMean(const Scalar* rows, size_t tokens, size_t width) {
  std::vector<double> mean(width);
  for (size_t i = 0; i < tokens * width; ++i) mean[i % width] += static_cast<double>(rows[i]);
  double squares = 0;
  for (const double x : mean) squares += x * x;
  for (double& x : mean) x /= std::sqrt(squares);
  return mean;
}

Result<Vectors> BatchVectors(GraphRunner* runner, const std::vector<TokenIds>& texts,
                             const RuntimeRun& run) {
  size_t longest = 0;
  for (const TokenIds& ids : texts) longest = std::max(longest, ids.size());
  const TokenTable shape{static_cast<int64_t>(texts.size()), static_cast<int64_t>(longest), {}};
  TokenTable ids = shape;
  TokenTable mask = shape;
  TokenTable types = shape;
  for (const TokenIds& text : texts) {
    for (size_t i = 0; i < longest; ++i) {
      ids.values.push_back(i < text.size() ? text[i] : run.padding);
      mask.values.push_back(i < text.size() ? 1 : 0);
    }
  }
  types.values.resize(ids.values.size());
  VETOR_ASSIGN_OR_RETURN(
      const auto outputs,
      runner->Run({{"input_ids", ids}, {"attention_mask", mask}, {"token_type_ids", types}}));
  const FloatTable& states = outputs.at(run.output);
  const auto width = static_cast<size_t>(states.shape.at(2));
  if (states.values.size() != texts.size() * longest * width) {
    return InternalError("another shape");
  }
  Vectors vectors;
  for (size_t t = 0; t < texts.size(); ++t) {
    vectors.push_back(UnitMean(states.values.data() + t * longest * width, texts[t].size(), width));
  }
  return vectors;
}

}  // namespace

Result<Encoder> RecogniseFile(const std::filesystem::path& path, const std::string& output) {
  OnnxGraph graph;
  VETOR_ASSIGN_OR_RETURN(GraphFiles files, OpenGraphFiles(path, &graph));
  VETOR_ASSIGN_OR_RETURN(
      RecognisedGraph recognised,
      ReadRecognisedGraph(std::make_shared<const GraphFiles>(std::move(files)), path, output));
  if (recognised.pooling) return UnimplementedError("the output has a vector per text");
  return std::move(recognised.encoder);
}

std::vector<TokenIds> TextsFor(const Encoder& encoder) {
  const auto vocabulary = static_cast<int64_t>(encoder.word.shape[0]);
  std::vector<TokenIds> texts;
  for (const size_t tokens : {1u, 2u, 9u, 17u, 23u}) {
    TokenIds ids;
    const size_t length = std::min<size_t>(tokens, static_cast<size_t>(encoder.max_positions));
    for (size_t i = 0; i < length; ++i) {
      ids.push_back(5 + static_cast<int64_t>(i * 7 + tokens * 3) % (vocabulary - 5));
    }
    texts.push_back(ids);
  }
  return texts;
}

Result<Vectors> NativeVectors(const Encoder& encoder, const std::vector<TokenIds>& texts) {
  VETOR_ASSIGN_OR_RETURN(const PackedEncoder packed,
                         PackedEncoder::Pack(encoder, *SupportedKernelSets().front(), 1));
  std::vector<TextTokens> views;
  size_t tokens = 0;
  for (const TokenIds& ids : texts) {
    views.push_back({ids, {}});
    tokens += ids.size();
  }
  std::vector<float> states(tokens * packed.hidden());
  PassScratch scratch;
  VETOR_RETURN_IF_ERROR(RunForwardPass(packed, views, &scratch, nullptr, states));
  Vectors vectors;
  const float* next = states.data();
  for (const TokenIds& ids : texts) {
    vectors.push_back(UnitMean(next, ids.size(), packed.hidden()));
    next += ids.size() * packed.hidden();
  }
  return vectors;
}

Result<Vectors> ReferenceVectors(const Encoder& encoder, const std::vector<TokenIds>& texts) {
  VETOR_ASSIGN_OR_RETURN(const auto states, ReferencePass(encoder, texts, 1));
  Vectors vectors;
  for (const auto& rows : states) {
    vectors.push_back(UnitMean(rows.row(0), rows.tokens, rows.features));
  }
  return vectors;
}

Result<Vectors> RuntimeVectors(const std::filesystem::path& path,
                               const std::vector<TokenIds>& texts, int64_t padding) {
  return RunTexts(path, texts, {.padding = padding});
}

Result<Vectors> RunTexts(const std::filesystem::path& path, const std::vector<TokenIds>& texts,
                         const RuntimeRun& run) {
  VETOR_ASSIGN_OR_RETURN(const auto runner, GraphRunner::Open(path));
  if (!run.alone) return BatchVectors(runner.get(), texts, run);
  Vectors vectors;
  for (const TokenIds& text : texts) {
    VETOR_ASSIGN_OR_RETURN(Vectors vector, BatchVectors(runner.get(), {text}, run));
    vectors.push_back(std::move(vector[0]));
  }
  return vectors;
}

double Furthest(const Vectors& a, const Vectors& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double furthest = 0;
  for (size_t t = 0; t < a.size(); ++t) {
    if (a[t].size() != b[t].size()) return std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < a[t].size(); ++i) {
      const double difference = std::fabs(a[t][i] - b[t][i]);
      if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
      furthest = std::max(furthest, difference);
    }
  }
  return furthest;
}

}  // namespace vetor::testing
