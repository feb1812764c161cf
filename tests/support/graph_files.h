// Opens a graph's file as a backend gets it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "formats/model_file.h"
#include "formats/onnx/graph_files.h"
#include "formats/onnx/graph_view.h"

namespace vetor::testing {

inline std::shared_ptr<const GraphFiles> MapGraph(const std::filesystem::path& graph) {
  auto files = std::make_shared<GraphFiles>();
  auto file = MapModelFile(graph, "the graph", "make it");
  EXPECT_TRUE(file.ok()) << file.status().ToString();
  if (!file.ok()) return files;
  files->graph = *std::move(file);
  auto view = OnnxGraphView::Read(files->graph.bytes());
  EXPECT_TRUE(view.ok()) << view.status().ToString();
  if (view.ok()) files->view = std::make_shared<const OnnxGraphView>(*std::move(view));
  return files;
}

}  // namespace vetor::testing
