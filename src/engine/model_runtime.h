// Which runtime runs a model: vetor's own kernels if they know it and compute it right, else ONNX
// Runtime. OpenEngine takes these steps in this order:
//
//   choice = ChooseRuntime(config, model)
//   backend = OpenChosen(choice, options)
//   AcceptRuntime(...)   may put ONNX Runtime in the place of kernels that disagree
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "backend/backend.h"
#include "backend/onnx/onnx_backend.h"
#include "encoder/encoder.h"
#include "encoder/recogniser/graph_pooling.h"
#include "kernels/sets/kernel_set.h"
#include "model/model_folder.h"
#include "model/probes.h"
#include "tokenizer/tokenizer.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

struct RuntimeChoice {
  /// What vetor's own kernels run; null: ONNX Runtime runs the model's graph.
  std::shared_ptr<const Encoder> encoder = nullptr;
  /// Of a graph with finished vectors: what becomes of the encoder's token vectors.
  std::optional<GraphPooling> pooling = {};
  Operands operands = Operands::kFloat32;  ///< What its products multiply.
  std::string why_not_native = {};         ///< As ServiceInfo::runtime_reason.
  bool worth_a_line = false;               ///< The reason is logged when ONNX Runtime has started.
};

/// Chooses as the setting `runtime` says. Our own kernels take a checkpoint, and a graph if the
/// recogniser knows it (encoder/recogniser) and WhyNotNative does not object. Errors:
/// UNIMPLEMENTED names the node of the graph that is not known if "native" or bf16 is asked for;
/// UNAVAILABLE as CheckNativeProviders, or what stands in the way of bf16; INVALID_ARGUMENT as
/// WhyNotNative.
Result<RuntimeChoice> ChooseRuntime(const EmbeddingsConfig& config, const ModelFolder& model);

/// Errors: those of OpenNativeBackend and OpenOnnxBackend; if there is no ONNX Runtime, with the
/// reason why it is needed.
Result<std::unique_ptr<Backend>> OpenChosen(const RuntimeChoice& choice,
                                            const OnnxBackendOptions& options);

/// Borrowed, all set but `probes`.
struct AcceptRequest {
  const EmbeddingsConfig* config = nullptr;
  const ModelFolder* model = nullptr;
  const OnnxBackendOptions* options = nullptr;
  const Tokenizer* tokenizer = nullptr;
  const Probes* probes = nullptr;  ///< The recorded vectors; null: none.
  const std::string* fingerprint = nullptr;
  std::filesystem::path verdicts;  ///< The folder of native_verdict.h, or empty.
};

/// Compares the vectors of `backend`, if it is the native one: with the recorded ones, else with
/// those of ONNX Runtime if there is a graph, the library and a folder for the verdict, else with
/// the reference pass. Does not, if a verdict of an earlier opening is remembered. If they
/// disagree, ONNX Runtime takes the place of `backend`, and `choice` and the log say why; if
/// "native" or bf16 was asked for, or there is no graph, it is an error: INTERNAL says how far the
/// vectors are apart. In bf16 the same encoder is compared in fp32, and then the cosine of bf16 to
/// it. Returns whether it has compared recorded vectors.
Result<bool> AcceptRuntime(const AcceptRequest& request, RuntimeChoice* choice,
                           std::unique_ptr<Backend>* backend);

}  // namespace vetor
