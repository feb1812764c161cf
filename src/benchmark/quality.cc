#include "benchmark/quality.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/status_macros.h"
#include "benchmark/statistics.h"
#include "kernels/rank_correlation.h"
#include "kernels/vector_norm.h"

namespace vetor {
namespace {

constexpr size_t kComparedTexts = 384;

std::vector<std::string> Compared(const BenchmarkSession& session) {
  std::vector<std::string> texts;
  const size_t each = kComparedTexts / session.workloads.size();
  for (const Workload& workload : session.workloads) {
    const auto take = static_cast<std::ptrdiff_t>(std::min(each, workload.texts.size()));
    texts.insert(texts.end(), workload.texts.begin(), workload.texts.begin() + take);
  }
  return texts;
}

// Engine, precision and runtime count; providers compute the same vectors but for the last bits.
std::vector<const BenchmarkConfiguration*> Distinct(const BenchmarkSession& session) {
  std::vector<const BenchmarkConfiguration*> distinct;
  for (const BenchmarkConfiguration& configuration : session.configurations) {
    const auto same = [&](const BenchmarkConfiguration* other) {
      return other->engine == configuration.engine && other->precision == configuration.precision &&
             other->runtime == configuration.runtime;
    };
    if (std::none_of(distinct.begin(), distinct.end(), same)) distinct.push_back(&configuration);
  }
  return distinct;
}

class QualityRun {
 public:
  explicit QualityRun(BenchmarkSession* session)
      : session_(session), texts_(Compared(*session)), stop_(session->options.stop) {}

  Status Run() {
    const BenchmarkOptions& options = session_->options;
    if (options.reference.has_value()) VETOR_RETURN_IF_ERROR(OpenReference());
    for (const BenchmarkConfiguration* configuration : Distinct(*session_)) {
      VETOR_RETURN_IF_ERROR(session_->Begin(configuration->Name() + ", quality"));
      BenchmarkQuality quality{.engine = configuration->engine,
                               .precision = configuration->precision,
                               .runtime = configuration->runtime};
      EmbeddingsConfig config = configuration->config;
      config.cache.enabled = false;
      auto service = EmbeddingsService::Open(config);
      if (service.ok()) {
        quality.precision = (*service)->active_precision();
        VETOR_RETURN_IF_ERROR(Judge(service->get(), &quality));
      } else {
        quality.error = service.status().message();
      }
      session_->report->quality.push_back(std::move(quality));
    }
    return Status();
  }

 private:
  std::string ReferenceName() const { return std::string(ToString(*session_->options.reference)); }

  Status OpenReference() {
    const auto& all = session_->configurations;
    const auto onnx = std::find_if(
        all.begin(), all.end(), [](const BenchmarkConfiguration& c) { return c.engine == "onnx"; });
    VETOR_RETURN_IF_ERROR(session_->Begin("reference " + ReferenceName()));
    if (onnx == all.end()) {
      session_->report->warnings.emplace_back(
          "there is no comparison with a reference precision: it compares precisions of a model, "
          "and "
          "no model is measured");
      return Status();
    }
    EmbeddingsConfig config = onnx->config;
    config.cache.enabled = false;
    config.model.precision = *session_->options.reference;
    auto service = EmbeddingsService::Open(config);
    if (!service.ok()) {
      session_->report->warnings.push_back("no reference of precision " + ReferenceName() + ": " +
                                           service.status().message());
      return Status();
    }
    VETOR_ASSIGN_OR_RETURN(reference_, (*service)->Embed(std::span(texts_), {.stop = stop_}));
    return Status();
  }

  Status Judge(EmbeddingsService* service, BenchmarkQuality* quality) {
    if (!session_->options.pairs.empty()) VETOR_RETURN_IF_ERROR(Rank(service, quality));
    if (!reference_ || quality->engine != "onnx") return Status();
    VETOR_ASSIGN_OR_RETURN(const Embeddings found,
                           service->Embed(std::span(texts_), {.stop = stop_}));
    double sum = 0;
    double worst = 1;
    for (size_t i = 0; i < found.rows; ++i) {
      const double cosine = Cosine(found.row(i), reference_->row(i));
      sum += cosine;
      worst = std::min(worst, cosine);
    }
    quality->compared = found.rows;
    quality->cosine_mean = sum / static_cast<double>(found.rows);
    quality->cosine_worst = worst;
    return Status();
  }

  Status Rank(EmbeddingsService* service, BenchmarkQuality* quality) {
    const std::vector<ScoredPair>& pairs = session_->options.pairs;
    std::vector<std::string_view> texts;
    std::vector<double> scores;
    for (const ScoredPair& pair : pairs) {
      texts.push_back(pair.first);
      texts.push_back(pair.second);
      scores.push_back(pair.score);
    }
    VETOR_ASSIGN_OR_RETURN(
        const Embeddings rows,
        service->Embed(std::span<const std::string_view>(texts), {.stop = stop_}));
    std::vector<double> cosines;
    for (size_t i = 0; i < pairs.size(); ++i) {
      cosines.push_back(Cosine(rows.row(2 * i), rows.row(2 * i + 1)));
    }
    quality->pairs = pairs.size();
    quality->spearman = Spearman(cosines, scores);
    return Status();
  }

  BenchmarkSession* session_;
  std::vector<std::string> texts_;
  std::stop_token stop_;
  std::optional<Embeddings> reference_;
};

}  // namespace

size_t CountQualitySteps(const BenchmarkSession& session) {
  if (session.options.pairs.empty() && !session.options.reference) return 0;
  return Distinct(session).size() + (session.options.reference ? 1 : 0);
}

Status MeasureQuality(BenchmarkSession* session) {
  if (CountQualitySteps(*session) == 0) return Status();
  return QualityRun(session).Run();
}

}  // namespace vetor
