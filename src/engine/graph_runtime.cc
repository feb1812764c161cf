#include "engine/graph_runtime.h"

#include <array>
#include <utility>

#include "backend/native/native_backend.h"
#include "backend/onnx/runtime_library.h"
#include "base/status_macros.h"
#include "encoder/recogniser/graph_encoder.h"
#include "engine/native_check.h"
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

class GraphOpening {
 public:
  explicit GraphOpening(const GraphRequest& request) : request_(request) {}

  Result<GraphRuntime> Open() {
    const Runtime asked = request_.config->model.runtime;
    std::string unfit;
    if (asked != Runtime::kOnnxRuntime) {
      Result<Encoder> encoder = Recognise(*request_.model);
      if (encoder.ok()) {
        encoder_ = std::make_shared<const Encoder>(*std::move(encoder));
      } else if (asked == Runtime::kNative) {
        return encoder.status().WithContext(
            request_.model->graph.string() +
            " cannot run on vetor's own kernels, which runtime \"native\" asks for");
      } else {
        unfit = encoder.status().message();
      }
    }
    runtime_.why_not_native = WhyNotNative(*request_.config, {.has_graph = true, .unfit = unfit});
    if (runtime_.why_not_native.empty()) {
      const Status status = OpenNative();
      if (status.ok()) return std::move(runtime_);
      if (asked == Runtime::kNative) return status;
      unfit = status.message();
      // ONNX Runtime is compared on its own: the record may be of another model.
      runtime_ = {.why_not_native = unfit};
    }
    // Every int8 file would say so.
    const bool expected = request_.model->facts.precision != "fp32";
    if (!unfit.empty() && !expected) {
      Log(LogLevel::kInfo, "ONNX Runtime runs the model, not vetor's own kernels: {}", unfit);
    }
    VETOR_RETURN_IF_ERROR(OpenOnnx());
    runtime_.backend = std::move(onnx_);
    return std::move(runtime_);
  }

 private:
  // Once.
  Status OpenOnnx() {
    if (onnx_ != nullptr) return Status();
    VETOR_ASSIGN_OR_RETURN(onnx_, OpenOnnxBackend(*request_.onnx));
    return Status();
  }

  Status OpenNative() {
    VETOR_RETURN_IF_ERROR(CheckNativeProviders(request_.config->onnx));
    VETOR_ASSIGN_OR_RETURN(runtime_.backend,
                           OpenNativeBackend({.encoder = encoder_,
                                              .threads = ReadCpuBudget().workers,
                                              .alone_threads = request_.onnx->alone_threads}));
    return Compare();
  }

  Status Compare() {
    const NativeRun run{request_.tokenizer, runtime_.backend.get()};
    if (request_.probes != nullptr) {
      runtime_.compared_with_probes = true;
      return CheckNativeProbes(*request_.probes, request_.model->pooling, run);
    }
    if (LoadRuntime(request_.config->onnx.library_path).ok()) {
      // What ONNX Runtime cannot open says nothing against our own kernels.
      if (OpenOnnx().ok()) return CheckNativeAgainst(onnx_.get(), run);
    }
    return CheckNativeVectors(*encoder_, *request_.tokenizer, *runtime_.backend,
                              ReadCpuBudget().workers);
  }

  const GraphRequest& request_;
  GraphRuntime runtime_;
  std::shared_ptr<const Encoder> encoder_;
  std::unique_ptr<Backend> onnx_;
};

}  // namespace

std::string WhyGraphIsUnfit(const ModelFolder& model) {
  const Result<Encoder> encoder = Recognise(model);
  return encoder.ok() ? "" : encoder.status().message();
}

Result<GraphRuntime> OpenGraph(const GraphRequest& request) { return GraphOpening(request).Open(); }

}  // namespace vetor
