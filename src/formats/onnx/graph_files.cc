#include "formats/onnx/graph_files.h"

#include "base/status_macros.h"

namespace vetor {

Status GraphFiles::Unchanged() const {
  VETOR_RETURN_IF_ERROR(graph.Unchanged());
  for (const auto& [location, file] : external) VETOR_RETURN_IF_ERROR(file.Unchanged());
  return Status();
}

}  // namespace vetor
