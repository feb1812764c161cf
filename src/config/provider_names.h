// The names of ONNX Runtime's execution providers. One place, because the configuration checks
// them and the ONNX backend asks the runtime for them. Pure; no runtime is needed.
#pragma once

#include <span>
#include <string_view>

namespace vetor {

/// What runs whatever no other provider takes.
inline constexpr std::string_view kCpuProvider = "CPUExecutionProvider";

struct ProviderName {
  std::string_view short_name;  ///< "cuda"
  std::string_view full_name;   ///< "CUDAExecutionProvider", as the runtime writes it
};

/// Those that a desktop, server or phone build of ONNX Runtime may hold, the usual ones first
/// (onnxruntime/core/providers/get_execution_providers.cc; those of browsers and of remote services
/// are left out). Static lifetime.
std::span<const ProviderName> KnownProviders();

/// The runtime's own spelling of a short name ("cuda", "dml"), an alias ("directml", "trt",
/// "onednn") or a full name, in any case of ASCII letters; empty when there is no such provider.
/// Static lifetime.
std::string_view CanonicalProviderName(std::string_view name);

}  // namespace vetor
