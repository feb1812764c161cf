// Opening and embedding where a failure is a failure of the test.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "vetor/embeddings_service.h"

namespace vetor::testing {

/// Null, and a failed expectation, if it does not open.
inline std::unique_ptr<EmbeddingsService> Open(const EmbeddingsConfig& config) {
  auto service = EmbeddingsService::Open(config);
  EXPECT_TRUE(service.ok()) << service.status().ToString();
  return service.ok() ? *std::move(service) : nullptr;
}

/// By a service of its own.
inline Embeddings Embed(const EmbeddingsConfig& config,
                        std::initializer_list<std::string_view> texts) {
  const auto service = Open(config);
  if (service == nullptr) return Embeddings();
  auto rows = service->Embed(texts);
  EXPECT_TRUE(rows.ok()) << rows.status().ToString();
  return rows.ok() ? *std::move(rows) : Embeddings();
}

}  // namespace vetor::testing
