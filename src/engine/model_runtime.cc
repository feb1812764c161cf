#include "engine/model_runtime.h"

#include <utility>

#include "backend/native/native_backend.h"
#include "backend/onnx/runtime_library.h"
#include "base/status_macros.h"
#include "encoder/recogniser/graph_encoder.h"
#include "engine/native_check.h"
#include "engine/native_verdict.h"
#include "engine/runtime_choice.h"
#include "os/cpu.h"
#include "os/log.h"

namespace vetor {
namespace {

// The output that the backend of ONNX Runtime would take (graph_signature.h).
std::string OutputOf(const ModelFolder& model) {
  if (!model.output_name.empty()) return model.output_name;
  for (const char* name : {"sentence_embedding", "last_hidden_state", "token_embeddings"}) {
    for (const OnnxValue& output : model.facts.outputs) {
      if (output.name == name) return name;
    }
  }
  return "last_hidden_state";
}

Result<Encoder> Recognise(const ModelFolder& model) {
  if (model.facts.precision != "fp32") {
    return UnimplementedError("its weights are " + model.facts.precision +
                              ", and vetor's own kernels run graphs in fp32");
  }
  VETOR_ASSIGN_OR_RETURN(Encoder encoder,
                         ReadGraphEncoder(model.files, model.graph, OutputOf(model)));
  if (model.max_length <= encoder.max_positions) return encoder;
  return UnimplementedError("texts may have " + std::to_string(model.max_length) + " tokens (" +
                            model.max_length_source + "), but the graph has " +
                            std::to_string(encoder.max_positions) + " positions");
}

void LogReason(const std::string& reason) {
  Log(LogLevel::kInfo, "ONNX Runtime runs the model, not vetor's own kernels: {}", reason);
}

Result<RuntimeChoice> ChooseForGraph(const EmbeddingsConfig& config, const ModelFolder& model) {
  RuntimeChoice choice;
  const Runtime asked = config.model.runtime;
  std::string unfit;
  if (asked != Runtime::kOnnxRuntime) {
    Result<Encoder> encoder = Recognise(model);
    if (encoder.ok()) {
      choice.encoder = std::make_shared<const Encoder>(*std::move(encoder));
    } else if (asked == Runtime::kNative) {
      return encoder.status().WithContext(
          model.graph.string() +
          " cannot run on vetor's own kernels, which runtime \"native\" asks for");
    } else {
      unfit = encoder.status().message();
      // Every file of another precision would say so.
      if (model.facts.precision == "fp32") LogReason(unfit);
    }
  }
  choice.why_not_native = WhyNotNative(config, {.has_graph = true, .unfit = unfit});
  if (!choice.why_not_native.empty()) choice.encoder = nullptr;
  return choice;
}

bool HasGraph(const ModelFolder& model) { return model.files != nullptr; }

// Whether the comparison was with the recorded vectors.
Result<bool> Compare(const AcceptRequest& request, const Encoder& encoder, Backend* native) {
  const NativeRun run{request.tokenizer, native};
  if (request.probes != nullptr) {
    VETOR_RETURN_IF_ERROR(CheckNativeProbes(*request.probes, request.model->pooling, run));
    return true;
  }
  if (HasGraph(*request.model) && LoadRuntime(request.options->library_path).ok()) {
    // A graph that ONNX Runtime cannot open says nothing against our own kernels.
    if (const auto onnx = OpenOnnxBackend(*request.options); onnx.ok()) {
      VETOR_RETURN_IF_ERROR(CheckNativeAgainst(onnx->get(), run));
      return false;
    }
  }
  VETOR_RETURN_IF_ERROR(
      CheckNativeVectors(encoder, *request.tokenizer, *native, ReadCpuBudget().workers));
  return false;
}

}  // namespace

Result<RuntimeChoice> ChooseRuntime(const EmbeddingsConfig& config, const ModelFolder& model) {
  RuntimeChoice choice{.encoder = model.encoder, .why_not_native = ""};
  if (model.encoder == nullptr) {
    VETOR_ASSIGN_OR_RETURN(choice, ChooseForGraph(config, model));
  }
  if (choice.encoder != nullptr) VETOR_RETURN_IF_ERROR(CheckNativeProviders(config.onnx));
  return choice;
}

Result<std::unique_ptr<Backend>> OpenChosen(const RuntimeChoice& choice,
                                            const OnnxBackendOptions& options) {
  if (choice.encoder == nullptr) return OpenOnnxBackend(options);
  return OpenNativeBackend({.encoder = choice.encoder,
                            .threads = ReadCpuBudget().workers,
                            .alone_threads = options.alone_threads});
}

Result<bool> AcceptRuntime(const AcceptRequest& request, RuntimeChoice* choice,
                           std::unique_ptr<Backend>* backend) {
  if (choice->encoder == nullptr) return false;
  const BackendTraits& traits = (*backend)->traits();
  const NativeVerdict verdict{*request.fingerprint, traits.numerics, traits.library};
  if (IsRemembered(request.verdicts, verdict)) return false;
  Result<bool> agreed = Compare(request, *choice->encoder, backend->get());
  if (agreed.ok()) {
    if (choice->encoder->checkpoint != nullptr) choice->encoder->checkpoint->DropPages();
    Remember(request.verdicts, verdict);
    return agreed;
  }
  if (request.config->model.runtime == Runtime::kNative || !HasGraph(*request.model)) return agreed;
  auto onnx = OpenOnnxBackend(*request.options);
  if (!onnx.ok()) {
    return onnx.status().WithContext("ONNX Runtime is needed, because " +
                                     agreed.status().message());
  }
  *backend = *std::move(onnx);
  *choice = {.encoder = nullptr, .why_not_native = agreed.status().message()};
  LogReason(choice->why_not_native);
  return false;
}

}  // namespace vetor
