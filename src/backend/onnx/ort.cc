#include "backend/onnx/ort.h"

#include "base/utf8.h"

namespace vetor {

Status OrtError(const Ort::Exception& error, const std::string& what) {
  const std::string message = what + ": ONNX Runtime says: " + ReplaceInvalidUtf8(error.what());
  switch (error.GetOrtErrorCode()) {
    case ORT_NO_SUCHFILE:
      return NotFoundError(message);
    case ORT_INVALID_PROTOBUF:
    case ORT_NO_MODEL:
    case ORT_INVALID_GRAPH:
      return DataLossError(message);
    case ORT_NOT_IMPLEMENTED:
      return UnimplementedError(message);
    default:
      return InternalError(message);
  }
}

}  // namespace vetor
