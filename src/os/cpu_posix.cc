#include "os/cpu.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace vetor {
namespace {

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// CPUs per the quota of one cgroup folder; 0 if there is none. v2: "max 100000" or
// "150000 100000" in cpu.max; v1: two files.
double QuotaOf(const std::string& v2_folder, const std::string& v1_folder) {
  std::istringstream v2(FirstLine(v2_folder + "/cpu.max"));
  std::string quota;
  double period = 0;
  if (v2 >> quota >> period && quota != "max" && period > 0) return std::stod(quota) / period;
  const std::string v1_quota = FirstLine(v1_folder + "/cpu.cfs_quota_us");
  const std::string v1_period = FirstLine(v1_folder + "/cpu.cfs_period_us");
  if (v1_quota.empty() || v1_period.empty() || v1_quota[0] == '-') return 0;
  const double denominator = std::atof(v1_period.c_str());
  return denominator > 0 ? std::atof(v1_quota.c_str()) / denominator : 0;
}

// The tightest quota on the way from this process's cgroup to the root. In a container the
// namespace's root shows as "/", and the files lie at the mount's top.
double ReadQuota(const std::string& root) {
  std::ifstream cgroups(root + "/proc/self/cgroup");
  double tightest = 0;
  std::string line;
  while (std::getline(cgroups, line)) {
    const size_t path_start = line.find(':', line.find(':') + 1);
    if (path_start == std::string::npos) continue;
    const std::string controllers =
        line.substr(line.find(':') + 1, path_start - line.find(':') - 1);
    if (!controllers.empty() && controllers.find("cpu") == std::string::npos) continue;
    std::string path = line.substr(path_start + 1);
    while (true) {
      const double quota =
          QuotaOf(root + "/sys/fs/cgroup" + path, root + "/sys/fs/cgroup/cpu" + path);
      if (quota > 0 && (tightest == 0 || quota < tightest)) tightest = quota;
      if (path.empty() || path == "/") break;
      path.resize(path.rfind('/'));
    }
  }
  return tightest;
}

// Hyper-threads of one core share (package, core): counting pairs counts cores.
int CountPhysical(const std::string& root, const std::vector<int>& cpus) {
  std::set<std::pair<std::string, std::string>> cores;
  for (const int cpu : cpus) {
    const std::string topology =
        root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    std::string core = FirstLine(topology + "core_id");
    if (core.empty()) core = "cpu" + std::to_string(cpu);
    cores.emplace(FirstLine(topology + "physical_package_id"), core);
  }
  return std::max<int>(1, static_cast<int>(cores.size()));
}

std::vector<int> AllowedCpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::string CpuInfoField(std::string_view name) {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (!std::string_view(line).starts_with(name)) continue;
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

}  // namespace

CpuBudget ReadCpuBudgetAt(const std::string& root, const std::vector<int>& allowed_cpus) {
  CpuBudget budget;
  budget.allowed_logical = static_cast<int>(allowed_cpus.size());
  budget.logical = budget.allowed_logical;
  budget.physical = CountPhysical(root, allowed_cpus);
  budget.quota = ReadQuota(root);
  budget.workers = budget.physical;
  if (budget.quota > 0) {
    budget.workers = std::min(budget.workers, static_cast<int>(std::ceil(budget.quota)));
  }
  budget.workers = std::max(1, budget.workers);
  return budget;
}

CpuBudget ReadCpuBudget() {
  CpuBudget budget = ReadCpuBudgetAt("", AllowedCpus());
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  int logical = 0;
  while (std::getline(info, line)) logical += line.starts_with("processor") ? 1 : 0;
  budget.logical = std::max(logical, budget.allowed_logical);
  return budget;
}

MemoryUse ReadMemoryUse() {
  MemoryUse use;
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    uint64_t* field = line.starts_with("VmRSS:")   ? &use.resident_bytes
                      : line.starts_with("VmHWM:") ? &use.peak_resident_bytes
                                                   : nullptr;
    if (field != nullptr) *field = std::stoull(line.substr(6)) * 1024;
  }
  return use;
}

std::string CpuModelName() {
  const std::string name = CpuInfoField("model name");
#if defined(__aarch64__)
  return name.empty() ? "aarch64" : name;
#else
  return name.empty() ? "x86-64" : name;
#endif
}

std::vector<std::string> CpuFeatures() {
  std::istringstream flags(CpuInfoField("flags") + " " + CpuInfoField("Features"));
  static const std::set<std::string> kKnown = {
      "sse4_2",   "avx",      "avx2",        "fma",         "f16c",     "avx512f",
      "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8",
      "amx_bf16", "asimd",    "asimddp",     "i8mm",        "bf16",     "sve"};
  std::vector<std::string> found;
  std::string flag;
  while (flags >> flag) {
    if (kKnown.contains(flag)) found.push_back(flag);
  }
  return found;
}

bool SaturatesByteProducts(const std::vector<std::string>& features) {
  const auto has = [&](std::string_view name) {
    return std::find(features.begin(), features.end(), name) != features.end();
  };
  return has("avx2") && !has("avx512_vnni") && !has("avx_vnni");
}

}  // namespace vetor
