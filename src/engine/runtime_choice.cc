#include "engine/runtime_choice.h"

#include <fmt/ranges.h>

#include "backend/onnx/provider_selection.h"
#include "backend/onnx/runtime_library.h"
#include "base/status_macros.h"
#include "kernels/sets/kernel_set.h"
#include "os/environment.h"

namespace vetor {
namespace {

// Why "auto" would rather have ONNX Runtime; empty: it would not.
Result<std::string> WhyRatherOnnxRuntime(const EmbeddingsConfig& config) {
  const std::vector<std::string>& providers = config.onnx.providers;
  if (!PrefersCpu(providers)) {
    return "the provider list begins with \"" + providers[0] +
           "\", and vetor's own kernels compute on the CPU";
  }
  // ONNX Runtime, which would be faster than the portable kernels, does not compute in bf16.
  if (config.model.precision == Precision::kBf16) return std::string();
  VETOR_ASSIGN_OR_RETURN(const KernelSet* const kernels, ChooseKernelSet());
  if (!IsPortable(*kernels)) return std::string();
  return std::string(GetEnvironment("VETOR_CPU").value_or("").empty()
                         ? "this processor has none of the instruction sets that vetor's own "
                           "kernels are fast with"
                         : "VETOR_CPU asks for the portable kernels; ONNX Runtime is faster than "
                           "those");
}

}  // namespace

Result<std::string> WhyNotNative(const EmbeddingsConfig& config, const RuntimeCandidate& model) {
  if (config.model.runtime == Runtime::kOnnxRuntime) {
    return std::string("the runtime is set to \"onnxruntime\"");
  }
  if (!model.unfit.empty()) return model.unfit;
  if (!model.has_graph || config.model.runtime == Runtime::kNative) return std::string();
  VETOR_ASSIGN_OR_RETURN(std::string reason, WhyRatherOnnxRuntime(config));
  if (reason.empty() || !LoadRuntime(config.onnx.library_path).ok()) return std::string();
  return reason;
}

Status CheckNativeProviders(const OnnxConfig& onnx) {
  if (OffersCpu(onnx.providers)) return Status();
  return UnavailableError("vetor's own kernels compute on the CPU, which the list of providers (" +
                          fmt::format("{}", fmt::join(onnx.providers, ", ")) +
                          ") leaves out; add \"cpu\" to it, or export a graph (vetor export) "
                          "for ONNX Runtime");
}

}  // namespace vetor
