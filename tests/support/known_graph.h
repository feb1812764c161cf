// A model whose graph vetor's own kernels know: tiny-bert as our exporter writes it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "encoder/encoder.h"
#include "exporter/folder/export_record.h"
#include "exporter/folder/probe_texts.h"
#include "exporter/graph/graph_writer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"

namespace vetor::testing {

/// Puts it into `folder`/m, with nothing else that could run, and returns that path.
inline std::filesystem::path PutKnownGraph(const TemporaryFolder& folder) {
  const std::filesystem::path model = folder.CopyModel("tiny-bert", "m");
  auto checkpoint = Checkpoint::Open(model);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  const auto encoder = ReadEncoder(*checkpoint);
  EXPECT_TRUE(encoder.ok()) << encoder.status().ToString();
  for (const char* name : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
    std::filesystem::remove(model / name);
  }
  EXPECT_TRUE(WriteGraph(*encoder, {}, model / "model.onnx").ok());
  std::filesystem::remove(model / "model.safetensors");
  return model;
}

/// Records the vectors of `config`'s model in its folder as an export does, with one component off
/// by `turn`.
inline void RecordVectors(const EmbeddingsConfig& config, float turn) {
  const auto service = EmbeddingsService::Open(config);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  const auto rows = (*service)->Embed(ProbeTexts());
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  ExportRecord record{.source = "test", .family = "bert", .opset = 12};
  GraphProbes& probes = record.graphs["model.onnx"];
  probes.precision = "fp32";
  for (size_t i = 0; i < rows->rows; ++i) {
    probes.vectors.emplace_back(rows->row(i).begin(), rows->row(i).end());
  }
  probes.vectors[5][3] += turn;
  const Status written = WriteExportRecord(config.model.path, record);
  ASSERT_TRUE(written.ok()) << written.ToString();
}

}  // namespace vetor::testing
