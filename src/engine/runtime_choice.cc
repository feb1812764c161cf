#include "engine/runtime_choice.h"

#include "backend/onnx/provider_selection.h"
#include "backend/onnx/runtime_library.h"
#include "kernels/sets/kernel_set.h"
#include "os/environment.h"
#include "os/log.h"

namespace vetor {
namespace {

// Why "auto" would rather have ONNX Runtime; empty: it would not.
std::string WhyRatherOnnxRuntime(const OnnxConfig& onnx) {
  if (!PrefersCpu(onnx.providers)) {
    return "the provider list begins with \"" + onnx.providers[0] +
           "\", and vetor's own kernels compute on the CPU";
  }
  const Result<const KernelSet*> kernels = ChooseKernelSet();
  if (!kernels.ok()) return kernels.status().message();
  if (!IsPortable(**kernels)) return "";
  return GetEnvironment("VETOR_CPU").value_or("").empty()
             ? "this processor has none of the instruction sets that vetor's own kernels are fast "
               "with"
             : "VETOR_CPU asks for the portable kernels, which ONNX Runtime is faster than";
}

}  // namespace

std::string WhyNotNative(const EmbeddingsConfig& config, const RuntimeCandidate& model) {
  if (config.model.runtime == Runtime::kOnnxRuntime) {
    return "the runtime is set to \"onnxruntime\"";
  }
  if (!model.unfit.empty()) return model.unfit;
  if (!model.has_graph || config.model.runtime == Runtime::kNative) return "";
  std::string reason = WhyRatherOnnxRuntime(config.onnx);
  if (reason.empty() || !LoadRuntime(config.onnx.library_path).ok()) return "";
  Log(LogLevel::kInfo, "ONNX Runtime runs the model, not vetor's own kernels: {}", reason);
  return reason;
}

Status CheckNativeProviders(const OnnxConfig& onnx) {
  if (OffersCpu(onnx.providers)) return Status();
  return UnavailableError("vetor's own kernels compute on the CPU, which the list of providers (" +
                          onnx.providers.front() +
                          ", ...) leaves out; add \"cpu\" to it, or export a graph (vetor export) "
                          "for ONNX Runtime");
}

}  // namespace vetor
