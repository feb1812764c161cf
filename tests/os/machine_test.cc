#include "os/machine.h"

#include <gtest/gtest.h>

#include <vector>

#include "os/cpu.h"

namespace vetor {
namespace {

TEST(MachineSeconds, IsWhatTheCoresDidNotIdle) {
  // user nice system idle iowait irq softirq steal guest guest_nice, at 100 ticks per second.
  const std::string stat =
      "cpu  100 20 30 9000 500 4 6 40 7 8\ncpu0 50 10 15 4500 250 2 3 20 3 4\n";
  EXPECT_DOUBLE_EQ(ParseMachineSeconds(stat, 100), 2.0);
}

TEST(MachineSeconds, OtherTextsAreZero) {
  EXPECT_EQ(ParseMachineSeconds("", 100), 0);
  EXPECT_EQ(ParseMachineSeconds("cpu0 1 2 3\n", 100), 0);
  EXPECT_EQ(ParseMachineSeconds("cpu 1 2 3 4\n", 0), 0);
}

TEST(ProcessorTimes, GrowWithWork) {
  const ProcessorTimes before = ReadProcessorTimes();
  volatile double sum = 0;
  double own = before.own;
  while (own - before.own < 0.02) {
    for (int i = 0; i < 100000; ++i) sum = sum + i;
    own = ReadProcessorTimes().own;
  }
  EXPECT_GE(ReadProcessorTimes().machine, before.machine);
  EXPECT_GT(before.machine, 0);
}

TEST(PeakMemory, IsOfTheTimeSinceTheReset) {
  { std::vector<char> block(64 << 20, 1); }
  ResetPeakMemory();
  const uint64_t low = ReadMemoryUse().peak_resident_bytes;
  std::vector<char> block(32 << 20, 1);
  EXPECT_GE(ReadMemoryUse().peak_resident_bytes, low + (30 << 20));
}

TEST(Machine, SaysWhatItIs) {
  EXPECT_GT(MemoryBytes(), uint64_t{64} << 20);
  EXPECT_FALSE(SystemName().empty());
}

}  // namespace
}  // namespace vetor
