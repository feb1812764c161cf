// The part of `vetor doctor` that looks at the machine: processor and memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "doctor/check_list.h"
#include "vetor/embeddings_config.h"

namespace vetor {

/// Model, features, cores and quota against ai.threads.
DoctorCheck CheckCpu(const EmbeddingsConfig& config);

struct MachineMemory {
  uint64_t total_bytes = 0;
  uint64_t available_bytes = 0;         ///< Without swapping.
  std::optional<uint64_t> limit_bytes;  ///< Of the cgroup.
};

/// /proc/meminfo and the cgroup's files (v2, then v1) as seen from a container's own mount, under
/// `root`. Zeros where the system does not say.
MachineMemory ReadMachineMemory(const std::string& root);

/// Whether `model_bytes` of weights (0: none) fit.
DoctorCheck CheckMemory(const MachineMemory& memory, uint64_t model_bytes);

/// The feature that makes int8 models fast here, e.g. "avx512_vnni"; empty where there is none.
std::string Int8Feature();

}  // namespace vetor
