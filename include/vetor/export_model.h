// ExportModel: a Hugging Face checkpoint becomes a folder of ONNX files that vetor and every other
// loader (sentence-transformers, text-embeddings-inference, fastembed, Optimum, transformers.js)
// reads. No Python, no torch.
//
//   vetor::ExportOptions options;
//   options.source = "models/my-checkpoint";  // or a hub id, "org/name"
//   options.output = "models/my-onnx";
//   options.precisions = {vetor::Precision::kFp32, vetor::Precision::kInt8};
//   auto report = vetor::ExportModel(options);
//   if (!report.ok()) return Fail(report.status());
//
// Options and report are plain values. ExportModel may be called from any thread, and several
// exports may run at once. Of two with the same output, the later one finds the folder of the
// earlier one there: an error, unless it may overwrite it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/choices.h"
#include "vetor/status.h"

namespace vetor {

struct ExportOptions {
  /// A folder with config.json and weights (safetensors or pytorch_model.bin), or a hub id. A file
  /// of the folder that is a link to a file outside it is an error; the links of a hub cache to its
  /// own blobs are followed.
  std::string source;

  /// The folder to make. It appears whole, by one rename, or not at all. One that exists is
  /// replaced only with `overwrite`.
  std::string output;
  bool overwrite = false;

  /// Any of kFp32 (model.onnx), kFp16 (model_fp16.onnx) and kInt8 (model_quantized.onnx).
  std::vector<Precision> precisions = {Precision::kFp32};

  /// ONNX operator set, 12 to 23. From 17 on LayerNormalization, from 20 on Gelu are single nodes.
  int opset = 12;

  /// Where the graphs go in the folder.
  ExportLayout layout = ExportLayout::kRoot;

  /// Adds pooling, Dense and normalisation to the graph, as a second output sentence_embedding.
  bool sentence_embedding = false;

  /// How the int8 graph scales its activations.
  QuantizeScheme quantize_scheme = QuantizeScheme::kPerRow;

  /// A text file, one text per line, on which int8 is compared with fp32 beside the probe texts,
  /// and which widens the recorded ranges (component_ranges.h); empty: none.
  std::string calibration;

  /// Keep an int8 file whose mean cosine to fp32 is below 0.98 (otherwise an error).
  bool force = false;

  /// Of a hub id: branch, tag or commit; empty: main.
  std::string revision;

  /// ONNX Runtime for the verification; empty: found as EmbeddingsConfig::onnx.library_path.
  std::string library_path;

  /// A requested stop ends the export with CANCELLED.
  std::stop_token stop = {};

  /// Called now and then from the calling thread: what is being done, and how far it is (0 to 1).
  /// Must not throw.
  std::function<void(std::string_view step, double fraction)> progress = {};
};

/// One exported graph.
struct ExportedGraph {
  std::string file;       ///< Relative to the folder, e.g. "model_quantized.onnx".
  std::string precision;  ///< "fp32", "fp16", "int8"
  uint64_t bytes = 0;     ///< External data included.
  /// Largest |difference| of a component of the probe texts' vectors (unit length) to those of the
  /// reference pass in double.
  double max_difference = 0;
  double mean_cosine = 1;  ///< Mean cosine of the text vectors to those of fp32; 1 for fp32 itself.
  double worst_cosine = 1;
};

struct ExportReport {
  std::string output;  ///< The folder.
  std::string family;  ///< "bert", "xlm-roberta", ...
  int opset = 0;
  std::vector<ExportedGraph> graphs;
  double seconds = 0;
  std::vector<std::string> warnings;
  /// Facts that are good to know and not faults: the tensors of a head that were left out, by part.
  std::vector<std::string> notes;
};

/// Errors: NOT_FOUND (source, files), UNIMPLEMENTED (architecture, activation, dtype, by name),
/// INVALID_ARGUMENT (an option, shapes that contradict config.json), DATA_LOSS (damaged weights),
/// FAILED_PRECONDITION (output exists; int8 too far from fp32 without `force`), INTERNAL (the
/// written graph does not agree with the reference pass), UNAVAILABLE (no ONNX Runtime to verify
/// with; hub not reachable), CANCELLED. On an error nothing is left behind.
Result<ExportReport> ExportModel(const ExportOptions& options);

}  // namespace vetor
