// In a build without ONNX Runtime (-DVETOR_ONNXRUNTIME=OFF).
#include "backend/onnx/runtime_library.h"

namespace vetor {

std::vector<std::string> RuntimeCandidates(const std::string& /*library_path*/) { return {}; }

Result<RuntimeLibrary> LoadRuntime(const std::string& /*library_path*/) {
  return UnavailableError(
      "this build of vetor has no ONNX Runtime (VETOR_ONNXRUNTIME is OFF) and runs checkpoints "
      "only; name a folder with config.json, model.safetensors and a tokenizer, or build vetor "
      "with -DVETOR_ONNXRUNTIME=ON");
}

}  // namespace vetor
