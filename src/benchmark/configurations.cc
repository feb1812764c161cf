#include "benchmark/configurations.h"

#include <algorithm>

#include "base/status_macros.h"
#include "config/provider_names.h"

namespace vetor {
namespace {

Status AddEngine(const std::string& engine, const BenchmarkOptions& options,
                 std::vector<BenchmarkConfiguration>* plan) {
  EmbeddingsConfig config = options.config;
  config.fallback = "error";
  config.backend = engine;
  if (engine == "hashing") {
    config.dim.reset();  // The model's; 256 is what hashing has by itself.
    if (options.config.backend != "onnx") config.dim = options.config.dim;
    plan->push_back({.engine = engine, .config = std::move(config)});
    return Status();
  }
  if (engine != "onnx") {
    return InvalidArgumentError("there is no engine \"" + engine +
                                "\"; expected \"onnx\" or \"hashing\"");
  }
  if (config.onnx.model_path.empty()) {
    return InvalidArgumentError("engine \"onnx\" needs a model; name one (--model)");
  }
  config.onnx.enabled = true;
  const std::vector<std::string>& providers =
      options.providers.empty() ? options.config.onnx.providers : options.providers;
  const std::vector<std::string> precisions =
      options.precisions.empty() ? std::vector{options.config.onnx.precision} : options.precisions;
  for (const std::string& provider : providers) {
    if (CanonicalProviderName(provider).empty()) {
      return InvalidArgumentError("there is no execution provider \"" + provider + "\"");
    }
    for (const std::string& precision : precisions) {
      config.onnx.providers = {provider};
      config.onnx.precision = precision;
      plan->push_back({engine, ShortProvider(provider), precision, config});
    }
  }
  return Status();
}

}  // namespace

std::string BenchmarkConfiguration::Name() const {
  return provider.empty() ? engine : engine + " " + provider + " " + precision;
}

std::string ShortProvider(const std::string& provider) {
  const std::string_view full = CanonicalProviderName(provider);
  for (const ProviderName& known : KnownProviders()) {
    if (known.full_name == full) return std::string(known.short_name);
  }
  return provider;
}

Result<std::vector<BenchmarkConfiguration>> PlanConfigurations(const BenchmarkOptions& options) {
  std::vector<std::string> engines = options.engines;
  if (engines.empty()) {
    engines = {"hashing"};
    if (!options.config.onnx.model_path.empty()) engines.emplace_back("onnx");
  }
  std::vector<BenchmarkConfiguration> plan;
  for (const std::string& engine : engines) {
    VETOR_RETURN_IF_ERROR(AddEngine(engine, options, &plan));
  }
  return plan;
}

}  // namespace vetor
