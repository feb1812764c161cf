// In a build without ONNX Runtime (-DVETOR_ONNXRUNTIME=OFF).
#include "backend/onnx/onnx_backend.h"
#include "backend/onnx/runtime_library.h"

namespace vetor {

Result<std::unique_ptr<Backend>> OpenOnnxBackend(const OnnxBackendOptions& options) {
  return LoadRuntime(options.library_path).status();
}

}  // namespace vetor
