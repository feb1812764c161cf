// A graph's file as a backend gets it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "formats/model_file.h"

namespace vetor::testing {

inline std::shared_ptr<const GraphFiles> MapGraph(const std::filesystem::path& graph) {
  auto files = std::make_shared<GraphFiles>();
  auto file = MapModelFile(graph, "the graph", "make it");
  EXPECT_TRUE(file.ok()) << file.status().ToString();
  if (file.ok()) files->graph = *std::move(file);
  return files;
}

}  // namespace vetor::testing
