#include "doctor/machine_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/counted.h"
#include "kernels/sets/kernel_set.h"
#include "os/cpu.h"
#include "os/environment.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr double kMebibyte = 1 << 20;
// Beside the weights: the runtime, the tokenizer's tables and the tensors of a few runs. 86 MiB of
// weights (all-MiniLM-L6-v2) peaked at 225 MiB, docs/benchmarks.md; rounded up.
constexpr uint64_t kBesideWeights = 200ULL << 20;

bool HasAny(const std::vector<std::string>& features,
            std::initializer_list<std::string_view> wanted) {
  return std::find_first_of(features.begin(), features.end(), wanted.begin(), wanted.end()) !=
         features.end();
}

// Empty if it cannot be read.
std::string TextOf(const std::string& path) {
  Result<std::string> text = ReadFile(path);
  return text.ok() ? *std::move(text) : std::string();
}

std::optional<uint64_t> ReadNumber(const std::string& path) {
  std::istringstream file(TextOf(path));
  uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

// Adds which kernels run models here.
void AddKernels(DoctorCheck* check) {
  const Result<const KernelSet*> kernels = ChooseKernelSet();
  if (!kernels.ok()) {
    const DoctorCheck wrong = WrongCheck("cpu", kernels.status(), "unset VETOR_CPU");
    check->state = CheckState::kWrong;
    check->detail += "\n" + wrong.detail;
    check->remedy = wrong.remedy;
    return;
  }
  const bool forced = !GetEnvironment("VETOR_CPU").value_or("").empty();
  check->detail += fmt::format("\nvetor's own kernels: {}{}", (*kernels)->name,
                               forced ? ", as VETOR_CPU says" : "");
}

}  // namespace

DoctorCheck CheckCpu(const EmbeddingsConfig& config) {
  const CpuBudget budget = ReadCpuBudget();
  const std::vector<std::string> features = CpuFeatures();
  const auto count = [](int number, std::string_view noun) {
    return Counted(static_cast<uint64_t>(number), noun);
  };
  DoctorCheck check{.name = "cpu"};
  check.detail =
      fmt::format("{}\n{}\n{} of {}, {}, {}: {}", CpuModelName(),
                  features.empty() ? std::string("no known features")
                                   : fmt::format("{}", fmt::join(features, " ")),
                  budget.allowed_logical, count(budget.logical, "hardware thread"),
                  count(budget.physical, "core"),
                  budget.quota > 0 ? fmt::format("quota of {:.1f} CPUs", budget.quota) : "no quota",
                  count(config.threads > 0 ? config.threads : budget.workers, "worker"));
  if (config.threads > budget.workers) {
    check.state = CheckState::kNote;
    check.remedy = fmt::format(
        "ai.threads is {}, more than the {} that this process may keep busy: they wait for each "
        "other; leave it at 0",
        config.threads, budget.workers);
  } else if (!HasAny(features, {"avx2", "asimd"})) {
    check.state = CheckState::kNote;
    check.remedy =
        "without AVX2 models run several times slower; use another machine for much text";
  }
  AddKernels(&check);
  return check;
}

MachineMemory ReadMachineMemory(const std::string& root) {
  MachineMemory memory;
  std::istringstream info(TextOf(root + "/proc/meminfo"));
  std::string name;
  std::string unit;
  for (uint64_t kilobytes = 0; info >> name >> kilobytes;) {
    if (name == "MemTotal:") memory.total_bytes = kilobytes * 1024;
    if (name == "MemAvailable:") memory.available_bytes = kilobytes * 1024;
    std::getline(info, unit);
  }
  struct Files {
    const char* limit;
    const char* used;
  };
  constexpr Files kCgroups[] = {{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
                                {"/sys/fs/cgroup/memory/memory.limit_in_bytes",
                                 "/sys/fs/cgroup/memory/memory.usage_in_bytes"}};
  for (const Files& files : kCgroups) {
    const auto limit = ReadNumber(root + files.limit);  // "max" is not a number.
    // Version 1 writes a number near 2^63 for no limit.
    if (!limit || *limit >= memory.total_bytes) continue;
    memory.limit_bytes = limit;
    const uint64_t used = std::min(*limit, ReadNumber(root + files.used).value_or(0));
    memory.available_bytes = std::min(memory.available_bytes, *limit - used);
    break;
  }
  return memory;
}

DoctorCheck CheckMemory(const MachineMemory& memory, uint64_t model_bytes) {
  DoctorCheck check{.name = "memory"};
  if (memory.total_bytes == 0) {
    check.state = CheckState::kSkipped;
    check.detail = "the system does not say how much there is";
    return check;
  }
  check.detail = fmt::format("{:.0f} MiB available of {:.0f}",
                             static_cast<double>(memory.available_bytes) / kMebibyte,
                             static_cast<double>(memory.total_bytes) / kMebibyte);
  if (memory.limit_bytes) {
    check.detail += fmt::format(", limited to {:.0f} by the cgroup",
                                static_cast<double>(*memory.limit_bytes) / kMebibyte);
  }
  const uint64_t needed = model_bytes == 0 ? 0 : model_bytes + kBesideWeights;
  if (memory.available_bytes < needed) {
    check.state = CheckState::kNote;
    check.detail +=
        fmt::format("\nthe model takes about {:.0f} MiB", static_cast<double>(needed) / kMebibyte);
    check.remedy = "end other programs, raise the limit, or use an int8 or smaller model";
  }
  return check;
}

std::string Int8Feature() {
  constexpr std::string_view kInt8[] = {"amx_int8", "avx512_vnni", "avx_vnni", "i8mm", "asimddp"};
  const std::vector<std::string> features = CpuFeatures();
  for (const std::string_view feature : kInt8) {
    if (HasAny(features, {feature})) return std::string(feature);
  }
  return {};
}

}  // namespace vetor
