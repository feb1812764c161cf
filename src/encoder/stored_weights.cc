#include "encoder/stored_weights.h"

#include "base/status_macros.h"

namespace vetor {

Status StoredWeights::Unchanged() const {
  for (const MappedFile* file : files()) VETOR_RETURN_IF_ERROR(file->Unchanged());
  return Status();
}

}  // namespace vetor
