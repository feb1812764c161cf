#include "engine/model_runtime.h"

#include <algorithm>
#include <span>
#include <utility>

#include "backend/native/native_backend.h"
#include "backend/onnx/runtime_library.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "encoder/recogniser/graph_encoder.h"
#include "engine/native_check.h"
#include "engine/native_verdict.h"
#include "engine/pooled_backend.h"
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

// Whether that output has a vector per text, as the same backend sees it.
bool IsPooled(const ModelFolder& model, const std::string& output) {
  if (model.output_name.empty()) return output == "sentence_embedding";
  const auto& outputs = model.facts.outputs;
  return std::any_of(outputs.begin(), outputs.end(), [&](const OnnxValue& value) {
    return value.name == output && value.dims.size() == 2;
  });
}

bool IsHalf(const ModelFolder& model) { return model.facts.precision == "fp16"; }

// Whether the weights are those that our own kernels compute with, in fp32.
bool HasKnownWeights(const ModelFolder& model) {
  return model.facts.precision == "fp32" || IsHalf(model);
}

Status CheckPrecision(Precision asked, const ModelFolder& model) {
  if (!HasKnownWeights(model)) {
    return UnimplementedError("its weights are " + model.facts.precision +
                              ", and vetor's own kernels run graphs in fp32 and fp16");
  }
  if (!IsHalf(model) || asked == Precision::kAuto) return Status();
  return UnimplementedError(
      "precision \"fp16\" was asked for, and vetor's own kernels compute with such weights in "
      "fp32; for the kernels, leave the precision out and name the file as the model");
}

Result<RecognisedGraph> Recognise(Precision asked, const ModelFolder& model) {
  VETOR_RETURN_IF_ERROR(CheckPrecision(asked, model));
  const std::string output = OutputOf(model);
  VETOR_ASSIGN_OR_RETURN(RecognisedGraph graph,
                         ReadRecognisedGraph(model.files, model.graph, output));
  if (graph.pooling.has_value() != IsPooled(model, output)) {
    return UnimplementedError("output \"" + output + "\" has another shape than it says");
  }
  if (model.max_length <= graph.encoder.max_positions) return graph;
  return UnimplementedError("texts may have " + std::to_string(model.max_length) + " tokens (" +
                            model.max_length_source + "), but the graph has " +
                            std::to_string(graph.encoder.max_positions) + " positions");
}

void LogReason(const std::string& reason) {
  Log(LogLevel::kInfo, "ONNX Runtime runs the model, not vetor's own kernels: {}", reason);
}

// Whether our own kernels are asked to round the weights of the model.
bool AsksForBf16(const EmbeddingsConfig& config, const ModelFolder& model) {
  return config.model.precision == Precision::kBf16 && model.facts.precision == "fp32";
}

Status CannotRun(const ModelFolder& model, bool bf16, const Status& why) {
  return Status(why.code(), model.graph.string() + " cannot run on vetor's own kernels, which " +
                                (bf16 ? "precision \"bf16\"" : "runtime \"native\"") +
                                " asks for: " + why.message() + "; leave " +
                                (bf16 ? "ai.onnx.precision" : "ai.onnx.runtime") +
                                " at \"auto\", and ONNX Runtime runs it");
}

Result<RuntimeChoice> ChooseForGraph(const EmbeddingsConfig& config, const ModelFolder& model) {
  RuntimeChoice choice;
  const Runtime asked = config.model.runtime;
  const bool bf16 = AsksForBf16(config, model);
  std::string unfit;
  if (asked != Runtime::kOnnxRuntime) {
    Result<RecognisedGraph> graph = Recognise(config.model.precision, model);
    if (graph.ok()) {
      choice.encoder = std::make_shared<const Encoder>(std::move(graph->encoder));
      choice.pooling = std::move(graph->pooling);
    } else if (asked == Runtime::kNative || bf16) {
      return CannotRun(model, bf16, graph.status());
    } else {
      unfit = graph.status().message();
    }
  }
  VETOR_ASSIGN_OR_RETURN(std::string reason,
                         WhyNotNative(config, {.has_graph = true, .unfit = unfit}));
  if (reason.empty()) return choice;
  if (bf16) return CannotRun(model, bf16, UnavailableError(reason));
  // Every file of another precision would say so.
  const bool worth_a_line = asked != Runtime::kOnnxRuntime && HasKnownWeights(model);
  return RuntimeChoice{.why_not_native = std::move(reason), .worth_a_line = worth_a_line};
}

bool HasGraph(const ModelFolder& model) { return model.files != nullptr; }

constexpr const char* kByOnnxRuntime = "onnxruntime";
constexpr const char* kByReference = "reference";

// A record that is changed is another witness.
std::string WitnessOf(const Probes& probes) {
  Sha256Builder digest;
  for (const std::string& text : probes.texts) digest.AddField(text);
  for (const std::vector<float>& vector : probes.vectors) {
    digest.AddField(
        {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(vector[0])});
  }
  constexpr size_t kDigits = 32;
  return "record " + Hex(std::move(digest).Finish()).substr(0, kDigits);
}

// Whether an earlier opening compared with what this one would compare with, or with more.
bool IsAccepted(const AcceptRequest& request, NativeVerdict verdict) {
  const auto by = [&](std::string witness) {
    verdict.witness = std::move(witness);
    return IsRemembered(request.verdicts, verdict);
  };
  if (request.probes != nullptr) return by(WitnessOf(*request.probes));
  if (!HasGraph(*request.model)) return by(kByReference);
  if (by(kByOnnxRuntime)) return true;
  return by(kByReference) && !LoadRuntime(request.options->library_path).ok();
}

// What it compared with, for an encoder in fp32. A graph in fp16 rounds what its products read and
// give, so that its vectors show less than the reference pass, which is then asked always.
Result<std::string> CompareFloat32(const AcceptRequest& request, const RuntimeChoice& choice,
                                   Backend* native) {
  const bool half = HasGraph(*request.model) && IsHalf(*request.model);
  const NativeRun run{.tokenizer = request.tokenizer,
                      .backend = native,
                      .pooling = choice.pooling ? &*choice.pooling : nullptr,
                      .most = half ? kMostHalfDifference : kMostDifference};
  const auto by_reference = [&] {
    return CheckNativeVectors(*choice.encoder, run, ReadCpuBudget().workers);
  };
  if (half) VETOR_RETURN_IF_ERROR(by_reference());
  if (request.probes != nullptr) {
    VETOR_RETURN_IF_ERROR(CheckNativeProbes(*request.probes, request.model->pooling, run));
    return WitnessOf(*request.probes);
  }
  // ONNX Runtime leaves much of its memory to the process (100 MB with bge-small), which is paid
  // once if the verdict is kept and at each opening if it is not.
  if (!request.verdicts.empty() && HasGraph(*request.model) &&
      LoadRuntime(request.options->library_path).ok()) {
    // A graph that ONNX Runtime cannot open says nothing against our own kernels.
    if (const auto onnx = OpenOnnxBackend(*request.options); onnx.ok()) {
      VETOR_RETURN_IF_ERROR(CheckNativeAgainst(onnx->get(), run));
      return std::string(kByOnnxRuntime);
    }
  }
  if (!half) VETOR_RETURN_IF_ERROR(by_reference());
  return std::string(kByReference);
}

// What rounded vectors can be compared with are those of the same encoder in fp32, once these have
// been found right.
Result<std::string> Compare(const AcceptRequest& request, const RuntimeChoice& choice,
                            Backend* native) {
  if (choice.operands == Operands::kFloat32) return CompareFloat32(request, choice, native);
  RuntimeChoice exactly = choice;
  exactly.operands = Operands::kFloat32;
  VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<Backend> exact,
                         OpenChosen(exactly, *request.options));
  VETOR_ASSIGN_OR_RETURN(std::string witness, CompareFloat32(request, exactly, exact.get()));
  VETOR_RETURN_IF_ERROR(CheckRoundedVectors(
      exact.get(), {.tokenizer = request.tokenizer, .backend = native}, request.model->pooling,
      request.probes != nullptr ? std::span(request.probes->texts)
                                : std::span<const std::string>()));
  return witness;
}

}  // namespace

Result<RuntimeChoice> ChooseRuntime(const EmbeddingsConfig& config, const ModelFolder& model) {
  RuntimeChoice choice{.encoder = model.encoder};
  if (model.encoder == nullptr) {
    VETOR_ASSIGN_OR_RETURN(choice, ChooseForGraph(config, model));
  }
  if (choice.encoder == nullptr) return choice;
  VETOR_RETURN_IF_ERROR(CheckNativeProviders(config.onnx));
  if (AsksForBf16(config, model)) choice.operands = Operands::kBFloat16;
  return choice;
}

Result<std::unique_ptr<Backend>> OpenChosen(const RuntimeChoice& choice,
                                            const OnnxBackendOptions& options) {
  if (choice.encoder == nullptr) {
    auto onnx = OpenOnnxBackend(options);
    if (onnx.ok() && choice.worth_a_line) LogReason(choice.why_not_native);
    if (onnx.ok() || LoadRuntime(options.library_path).ok()) return onnx;
    return onnx.status().WithContext("ONNX Runtime is needed (" + choice.why_not_native + ")");
  }
  VETOR_ASSIGN_OR_RETURN(std::unique_ptr<Backend> native,
                         OpenNativeBackend({.encoder = choice.encoder,
                                            .operands = choice.operands,
                                            .threads = ReadCpuBudget().workers,
                                            .alone_threads = options.alone_threads}));
  if (!choice.pooling) return native;
  return PoolTokens(std::move(native), *choice.pooling);
}

Result<bool> AcceptRuntime(const AcceptRequest& request, RuntimeChoice* choice,
                           std::unique_ptr<Backend>* backend) {
  if (choice->encoder == nullptr) return false;
  const BackendTraits& traits = (*backend)->traits();
  NativeVerdict verdict{*request.fingerprint, traits.numerics, traits.library};
  if (IsAccepted(request, verdict)) return false;
  Result<std::string> agreed = Compare(request, *choice, backend->get());
  if (agreed.ok()) {
    if (choice->encoder->weights != nullptr) choice->encoder->weights->DropPages();
    verdict.witness = *std::move(agreed);
    Remember(request.verdicts, verdict);
    return request.probes != nullptr;
  }
  if (request.config->model.runtime == Runtime::kNative || !HasGraph(*request.model) ||
      choice->operands != Operands::kFloat32) {
    return agreed.status();
  }
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
