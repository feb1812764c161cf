// The machine around this process, for figures that name the machine and the other work on it.
#pragma once

#include <cstdint>
#include <string>

namespace vetor {

/// Processor time so far, in seconds.
struct ProcessorTimes {
  double own = 0;      ///< Of this process, all threads, user and system.
  double machine = 0;  ///< Of everything on the machine; 0 if the system does not say.
};
ProcessorTimes ReadProcessorTimes();

/// The same from the text of /proc/stat: the machine's part. `ticks` per second.
double ParseMachineSeconds(const std::string& proc_stat, int64_t ticks);

/// From here on ReadMemoryUse().peak_resident_bytes is the highest since this call, if the system
/// can do that (Linux), else since the process began.
void ResetPeakMemory();

/// Gives free heap memory back to the system, if it can be asked for, so that the memory of a
/// service can be told from the remains of the one before.
void ReleaseFreeMemory();

/// Of the machine, or of the cgroup if that has less.
uint64_t MemoryBytes();

/// "Linux 6.1.0 x86_64"
std::string SystemName();

}  // namespace vetor
