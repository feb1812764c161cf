#include "os/machine.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <fstream>
#include <sstream>

namespace vetor {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

double ParseMachineSeconds(const std::string& proc_stat, int64_t ticks) {
  // cpu user nice system idle iowait irq softirq steal ... (proc(5)); steal is time that another
  // machine took, which disturbs as much as a neighbour here.
  std::istringstream line(proc_stat.substr(0, proc_stat.find('\n')));
  std::string name;
  double busy = 0;
  double value = 0;
  line >> name;
  if (name != "cpu" || ticks <= 0) return 0;
  for (int column = 0; column < 8 && line >> value; ++column) {
    const bool idle = column == 3 || column == 4;
    if (!idle) busy += value;
  }
  return busy / static_cast<double>(ticks);
}

ProcessorTimes ReadProcessorTimes() {
  ProcessorTimes times;
  rusage use{};
  if (getrusage(RUSAGE_SELF, &use) == 0) times.own = Seconds(use.ru_utime) + Seconds(use.ru_stime);
  std::ifstream file("/proc/stat");
  std::string line;
  if (std::getline(file, line)) times.machine = ParseMachineSeconds(line, sysconf(_SC_CLK_TCK));
  return times;
}

void ResetPeakMemory() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5";
}

void ReleaseFreeMemory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

uint64_t MemoryBytes() {
  const auto pages = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
  uint64_t bytes = pages * page;
  std::ifstream limit("/sys/fs/cgroup/memory.max");  // "max" if there is none.
  uint64_t allowed = 0;
  if (limit >> allowed) bytes = std::min(bytes, allowed);
  return bytes;
}

std::string SystemName() {
  utsname name{};
  if (uname(&name) != 0) return "unknown";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

}  // namespace vetor
