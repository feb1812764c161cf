#include "backend/onnx/onnx_session.h"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "backend/onnx/provider_selection.h"
#include "base/status_macros.h"
#include "config/provider_names.h"
#include "os/cpu.h"
#include "os/log.h"

namespace vetor {
namespace {

constexpr std::string_view kCuda = "CUDAExecutionProvider";
constexpr std::string_view kTensorRt = "TensorrtExecutionProvider";
constexpr std::string_view kSuffix = "ExecutionProvider";

// AppendExecutionProvider takes the short names below; CUDA and TensorRT are refused by name and
// have calls of their own (onnxruntime/core/session/provider_registration.cc).
std::string AppendName(std::string_view provider) {
  if (provider == "DmlExecutionProvider") return "DML";
  if (provider == "XnnpackExecutionProvider") return "XNNPACK";
  provider.remove_suffix(provider.ends_with(kSuffix) ? kSuffix.size() : 0);
  return std::string(provider);
}

void AppendCuda(Ort::SessionOptions* session_options) {
  OrtCUDAProviderOptionsV2* cuda = nullptr;
  Ort::ThrowOnError(Ort::GetApi().CreateCUDAProviderOptions(&cuda));
  const auto release = Ort::GetApi().ReleaseCUDAProviderOptions;
  const std::unique_ptr<OrtCUDAProviderOptionsV2, decltype(release)> owner(cuda, release);
  // The arena grows by the size that is asked for. By default it doubles, but other programs may
  // use the same card.
  const char* keys[] = {"arena_extend_strategy"};
  const char* values[] = {"kSameAsRequested"};
  Ort::ThrowOnError(Ort::GetApi().UpdateCUDAProviderOptions(cuda, keys, values, 1));
  session_options->AppendExecutionProvider_CUDA_V2(*cuda);
}

void AppendTensorRt(Ort::SessionOptions* session_options) {
  OrtTensorRTProviderOptionsV2* tensorrt = nullptr;
  Ort::ThrowOnError(Ort::GetApi().CreateTensorRTProviderOptions(&tensorrt));
  const auto release = Ort::GetApi().ReleaseTensorRTProviderOptions;
  const std::unique_ptr<OrtTensorRTProviderOptionsV2, decltype(release)> owner(tensorrt, release);
  session_options->AppendExecutionProvider_TensorRT_V2(*tensorrt);
}

void AppendProvider(const ProviderAttempt& attempt, Ort::SessionOptions* session_options) {
  if (attempt.provider == kCpuProvider) return;
  if (attempt.provider == kCuda) {
    AppendCuda(session_options);
  } else if (attempt.provider == kTensorRt) {
    AppendTensorRt(session_options);
  } else {
    session_options->AppendExecutionProvider(AppendName(attempt.provider), {});
  }
  if (!attempt.cpu_may_help) {
    session_options->AddConfigEntry("session.disable_cpu_ep_fallback", "1");
  }
}

// Settings and their measured reasons: docs/performance.md.
Ort::SessionOptions MakeOptions(const OnnxBackendOptions& options, int threads, bool spin) {
  Ort::SessionOptions session_options;
  session_options.SetIntraOpNumThreads(threads);
  session_options.SetInterOpNumThreads(1);
  session_options.SetExecutionMode(ORT_SEQUENTIAL);
  session_options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  session_options.AddConfigEntry("session.intra_op.allow_spinning", spin ? "1" : "0");
  session_options.AddConfigEntry("session.force_spinning_stop", "1");  // At the end of a run.
  session_options.AddConfigEntry("session.record_ep_graph_assignment_info", "1");
  // These fused kernels are slower than their parts: the first takes 1,874 ns per token, its parts
  // 400; without the second a run of 2 x 240 tokens takes 56.8 ms instead of 60.2.
  session_options.AddConfigEntry("optimization.disable_specified_optimizers",
                                 "SkipLayerNormFusion;BiasGeluFusion");
  // If the fast instruction would saturate, sums are exact and slower.
  if (options.precision == "int8" && SaturatesByteProducts(CpuFeatures())) {
    session_options.AddConfigEntry("session.x64quantprecision", "1");
  }
  return session_options;
}

// A way to give a session its graph and weights. The first way that the runtime accepts is used.
struct Way {
  bool share = false;
  bool map = false;
  bool fast_norms = false;
};

// The ways to try, from the best to the plainest: a normalised value may have another shape than it
// seems, and a runtime may refuse weights that it is handed.
std::vector<Way> WaysFor(const OnnxBackendOptions& options, bool on_cpu) {
  const Way best{
      .share = on_cpu, .map = options.map_weights, .fast_norms = on_cpu && options.fast_norms};
  std::vector<Way> ways = {best};
  if (best.fast_norms) ways.push_back({.share = best.share, .map = best.map});
  if (best.share || best.map) ways.push_back({});
  return ways;
}

Status OpenIn(const Way& way, const Ort::Env& env, const OnnxBackendOptions& options,
              const Ort::SessionOptions& session_options, OnnxSession* started) {
  VETOR_ASSIGN_OR_RETURN(std::unique_ptr<SharedWeights> weights,
                         SharedWeights::Load(options.files, {.share = way.share, .map = way.map}));
  const int fast_norms = way.fast_norms ? weights->RewriteNorms() : 0;
  started->session = weights->Open(env, session_options);
  started->weights = std::move(weights);
  started->fast_norms = fast_norms;
  return Status();
}

// Throws the Ort::Exception of the last way.
Status CreateSession(const Ort::Env& env, const OnnxBackendOptions& options,
                     const ProviderAttempt& attempt, OnnxSession* started) {
  Ort::SessionOptions session_options =
      MakeOptions(options, options.intra_op_threads, /*spin=*/false);
  AppendProvider(attempt, &session_options);
  const std::vector<Way> ways = WaysFor(options, attempt.provider == kCpuProvider);
  for (size_t i = 0; i + 1 < ways.size(); ++i) {
    try {
      return OpenIn(ways[i], env, options, session_options, started);
    } catch (const Ort::Exception& error) {
      Log(LogLevel::kDebug, "{}: another way to open the graph is tried: {}",
          options.graph.string(), error.what());
    }
  }
  return OpenIn(ways.back(), env, options, session_options, started);
}

// The threads spin, because a run on several threads wakes them for every node: sleeping between
// nodes costs half of the gain.
std::unique_ptr<AloneSession> MakeAloneSession(const Ort::Env& env,
                                               const OnnxBackendOptions& options,
                                               SharedWeights* weights) {
  return std::make_unique<AloneSession>([&env, options, weights] {
    return weights->Open(env, MakeOptions(options, options.alone_threads, /*spin=*/true));
  });
}

// The C API has the numbers of TensorProto.DataType up to 23, but none for float8e8m0, which is 24.
OnnxElement ElementOf(ONNXTensorElementDataType type) {
  static_assert(ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT4E2M1 == 23);
  static_assert(ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT2 == 24);
  const auto number = static_cast<int32_t>(type);
  return static_cast<OnnxElement>(type < ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT2 ? number : number + 1);
}

OnnxValue MakeValue(std::string name, const Ort::TypeInfo& info) {
  OnnxValue value{.name = std::move(name)};
  if (info.GetONNXType() != ONNX_TYPE_TENSOR) return value;
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  value.element = ElementOf(tensor.GetElementType());
  value.dims = tensor.GetShape();
  return value;
}

Result<GraphSignature> SignatureOf(const Ort::Session& session, const std::string& output_name) {
  std::vector<OnnxValue> inputs;
  std::vector<OnnxValue> outputs;
  const auto input_names = session.GetInputNames();
  const auto output_names = session.GetOutputNames();
  for (size_t i = 0; i < input_names.size(); ++i) {
    inputs.push_back(MakeValue(input_names[i], session.GetInputTypeInfo(i)));
  }
  for (size_t i = 0; i < output_names.size(); ++i) {
    outputs.push_back(MakeValue(output_names[i], session.GetOutputTypeInfo(i)));
  }
  return ReadSignature(inputs, outputs, output_name);
}

std::string ActiveProvider(const Ort::Session& session, const std::string& attempted) {
  std::vector<ProviderNodes> record;
  for (const auto& part : session.GetEpGraphAssignmentInfo()) {
    record.push_back({part.GetEpName(), part.GetNodes().size()});
  }
  return DescribeAssignment(record, attempted);
}

}  // namespace

Result<OnnxSession> StartSession(const RuntimeLibrary& runtime, const OnnxBackendOptions& options) {
  VETOR_ASSIGN_OR_RETURN(const ProviderPlan plan,
                         PlanProviders(options.providers, runtime.providers));
  OnnxSession started{.skipped = plan.skipped};
  Status last;
  for (const ProviderAttempt& attempt : plan.attempts) {
    try {
      VETOR_RETURN_IF_ERROR(CreateSession(*runtime.env, options, attempt, &started)
                                .WithContext(options.graph.string()));
      started.provider = ActiveProvider(*started.session, attempt.provider);
      Result<GraphSignature> signature = SignatureOf(*started.session, options.output_name);
      if (!signature.ok()) return signature.status().WithContext(options.graph.string());
      started.signature = *std::move(signature);
      if (attempt.provider == kCpuProvider && options.alone_threads > 1) {
        started.alone = MakeAloneSession(*runtime.env, options, started.weights.get());
        return started;
      }
      VETOR_RETURN_IF_ERROR(started.weights->Unchanged());
      started.weights->OpenNoMore();
      return started;
    } catch (const Ort::Exception& error) {
      last = OrtError(error, options.graph.string());
      started.skipped.push_back(attempt.provider + ": " + last.message());
    }
  }
  // If the CPU is the only provider of the list, its error is returned with its own code: a damaged
  // file is not a missing provider.
  if (plan.attempts.size() == 1 && plan.attempts[0].provider == kCpuProvider) return last;
  std::string reasons;
  for (const std::string& reason : started.skipped) reasons += "\n  " + reason;
  return UnavailableError("no execution provider could start:" + reasons +
                          "\nadd \"cpu\" to the list, or install what the provider needs");
}

}  // namespace vetor
