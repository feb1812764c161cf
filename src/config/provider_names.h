// The names of ONNX Runtime's execution providers. They stand in one place, because the
// configuration checks them and the ONNX backend asks the runtime for them. Pure functions; no
// runtime is needed.
#pragma once

#include <span>
#include <string_view>

namespace vetor {

/// The provider that runs every node that no other provider takes.
inline constexpr std::string_view kCpuProvider = "CPUExecutionProvider";

struct ProviderName {
  std::string_view short_name;  ///< "cuda"
  std::string_view full_name;   ///< "CUDAExecutionProvider", as the runtime writes it
};

/// The providers that a desktop, server or phone build of ONNX Runtime may have, the usual ones
/// first (onnxruntime/core/providers/get_execution_providers.cc; providers for browsers and remote
/// services are left out). Static lifetime.
std::span<const ProviderName> KnownProviders();

/// The runtime's own spelling of a short name ("cuda", "dml"), an alias ("directml", "trt",
/// "onednn") or a full name, in upper or lower case; empty if there is no such provider. Static
/// lifetime.
std::string_view CanonicalProviderName(std::string_view name);

}  // namespace vetor
