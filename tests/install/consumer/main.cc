// Another project's program: it compares two titles of one race through the public API of the
// installed package.
#include <cstdio>
#include <numeric>

#include "vetor/embeddings_service.h"

int main() {
  vetor::EmbeddingsConfig config;
  config.cache.enabled = false;
  auto service = vetor::EmbeddingsService::Open(config);
  if (!service.ok()) {
    std::fprintf(stderr, "Open: %s\n", service.status().ToString().c_str());
    return 1;
  }
  auto embeddings = (*service)->Embed({"Grande Prêmio de São Paulo", "São Paulo Grand Prix"});
  if (!embeddings.ok()) {
    std::fprintf(stderr, "Embed: %s\n", embeddings.status().ToString().c_str());
    return 1;
  }
  const auto a = embeddings->row(0);
  const auto b = embeddings->row(1);
  const float cosine = std::inner_product(a.begin(), a.end(), b.begin(), 0.0f);
  std::printf("%s, %zu components, cosine %.3f\n", embeddings->model_id.c_str(), embeddings->dim,
              static_cast<double>(cosine));
  // The titles share the words "são" and "paulo" and their pair, so the cosine is well above that
  // of unrelated texts (0).
  return cosine > 0.1f && cosine < 0.999f ? 0 : 1;
}
