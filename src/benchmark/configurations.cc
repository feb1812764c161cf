#include "benchmark/configurations.h"

#include <algorithm>

#include "base/status_macros.h"
#include "benchmark/report_words.h"
#include "config/provider_names.h"

namespace vetor {
namespace {

Status AddEngine(BackendKind engine, const BenchmarkOptions& options,
                 std::vector<BenchmarkConfiguration>* plan) {
  const std::string name(ToString(engine));
  EmbeddingsConfig config = options.config;
  config.fallback = Fallback::kError;
  config.backend = engine;
  if (engine == BackendKind::kHashing) {
    config.dim.reset();  // The model's own; 256 is hashing's.
    if (options.config.backend != BackendKind::kOnnx) config.dim = options.config.dim;
    plan->push_back({.engine = name, .config = std::move(config)});
    return Status();
  }
  if (config.model.path.empty()) {
    return InvalidArgumentError("engine \"onnx\" needs a model; name one in ai.onnx.model_path");
  }
  config.onnx.enabled = true;
  const std::vector<std::string>& providers =
      options.providers.empty() ? options.config.onnx.providers : options.providers;
  const std::vector<Precision> precisions =
      options.precisions.empty() ? std::vector{options.config.model.precision} : options.precisions;
  const std::vector<Runtime> runtimes =
      options.runtimes.empty() ? std::vector{options.config.model.runtime} : options.runtimes;
  for (const std::string& provider : providers) {
    if (CanonicalProviderName(provider).empty()) {
      return InvalidArgumentError("there is no execution provider \"" + provider +
                                  "\"; expected a name such as \"cpu\" or \"cuda\"");
    }
    for (const Precision precision : precisions) {
      for (const Runtime runtime : runtimes) {
        config.onnx.providers = {provider};
        config.model.precision = precision;
        config.model.runtime = runtime;
        plan->push_back({name, ShortProvider(provider), std::string(ToString(precision)),
                         std::string(ToString(runtime)), config});
      }
    }
  }
  return Status();
}

}  // namespace

std::string BenchmarkConfiguration::Name() const {
  return ConfigurationName(engine, provider, precision, runtime);
}

std::string ShortProvider(const std::string& provider) {
  const std::string_view full = CanonicalProviderName(provider);
  for (const ProviderName& known : KnownProviders()) {
    if (known.full_name == full) return std::string(known.short_name);
  }
  return provider;
}

Result<std::vector<BenchmarkConfiguration>> PlanConfigurations(const BenchmarkOptions& options) {
  std::vector<BackendKind> engines = options.engines;
  if (engines.empty()) {
    engines = {BackendKind::kHashing};
    if (!options.config.model.path.empty()) engines.push_back(BackendKind::kOnnx);
  }
  std::vector<BenchmarkConfiguration> plan;
  for (const BackendKind engine : engines) {
    VETOR_RETURN_IF_ERROR(AddEngine(engine, options, &plan));
  }
  return plan;
}

}  // namespace vetor
