// The part of the machine that this process may use: cores, memory, instruction sets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vetor {

struct CpuBudget {
  int logical = 1;          ///< Hardware threads of the machine.
  int allowed_logical = 1;  ///< After affinity and cpuset.
  int physical = 1;         ///< Distinct cores among the allowed ones.
  double quota = 0;         ///< CPUs that the cgroup quota allows; 0: no quota.
  int workers = 1;          ///< The number to use: min(physical, ceil(quota)), at least 1.
};

/// Reads affinity, /sys topology and the cgroup (v2, then v1) of this process.
CpuBudget ReadCpuBudget();

/// The same over another root, for tests: `root`/sys/..., `root`/proc/self/cgroup.
CpuBudget ReadCpuBudgetAt(const std::string& root, const std::vector<int>& allowed_cpus);

struct MemoryUse {
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;
};
MemoryUse ReadMemoryUse();

/// "AMD EPYC ...", or the architecture if the system does not say.
std::string CpuModelName();

/// The features that the kernels look at, e.g. {"avx2", "avx512f", "avx512_vnni"}.
std::vector<std::string> CpuFeatures();

/// Whether products of unsigned by signed bytes saturate: x86 with AVX2 but without VNNI adds two
/// of them in 16 bits (vpmaddubsw). `features`: as CpuFeatures gives them.
bool SaturatesByteProducts(const std::vector<std::string>& features);

}  // namespace vetor
