#include "config/provider_names.h"

#include <array>

#include "base/ascii.h"

namespace vetor {
namespace {

constexpr std::array kProviders = {
    ProviderName{"cpu", kCpuProvider},
    ProviderName{"cuda", "CUDAExecutionProvider"},
    ProviderName{"tensorrt", "TensorrtExecutionProvider"},
    ProviderName{"nvtensorrtrtx", "NvTensorRTRTXExecutionProvider"},
    ProviderName{"coreml", "CoreMLExecutionProvider"},
    ProviderName{"dml", "DmlExecutionProvider"},
    ProviderName{"openvino", "OpenVINOExecutionProvider"},
    ProviderName{"dnnl", "DnnlExecutionProvider"},
    ProviderName{"xnnpack", "XnnpackExecutionProvider"},
    ProviderName{"webgpu", "WebGpuExecutionProvider"},
    ProviderName{"migraphx", "MIGraphXExecutionProvider"},
    ProviderName{"rocm", "ROCMExecutionProvider"},
    ProviderName{"qnn", "QNNExecutionProvider"},
    ProviderName{"cann", "CANNExecutionProvider"},
    ProviderName{"vitisai", "VitisAIExecutionProvider"},
    ProviderName{"nnapi", "NnapiExecutionProvider"},
    ProviderName{"acl", "ACLExecutionProvider"},
    ProviderName{"armnn", "ArmNNExecutionProvider"},
    ProviderName{"rknpu", "RknpuExecutionProvider"},
    ProviderName{"vsinpu", "VSINPUExecutionProvider"},
};

// Names by which the providers are known elsewhere.
constexpr std::array kAliases = {
    ProviderName{"directml", "DmlExecutionProvider"},
    ProviderName{"onednn", "DnnlExecutionProvider"},
    ProviderName{"trt", "TensorrtExecutionProvider"},
};

}  // namespace

std::span<const ProviderName> KnownProviders() { return kProviders; }

std::string_view CanonicalProviderName(std::string_view name) {
  for (const ProviderName& known : kProviders) {
    if (EqualIgnoringCase(name, known.short_name) || EqualIgnoringCase(name, known.full_name)) {
      return known.full_name;
    }
  }
  for (const ProviderName& alias : kAliases) {
    if (EqualIgnoringCase(name, alias.short_name)) return alias.full_name;
  }
  return {};
}

}  // namespace vetor
