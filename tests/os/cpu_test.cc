#include "os/cpu.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

// A recorded machine: its files lie under a root of their own.
class CpuTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  void Core(int cpu, int package, int core) {
    const std::string topology = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    Write(topology + "physical_package_id", std::to_string(package));
    Write(topology + "core_id", std::to_string(core));
  }
  CpuBudget Read(const std::vector<int>& cpus) { return ReadCpuBudgetAt(root_.string(), cpus); }
  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
};

TEST_F(CpuTest, HyperThreadsOfOneCoreCountOnce) {
  Core(0, 0, 0);
  Core(1, 0, 1);
  Core(2, 0, 0);
  Core(3, 0, 1);
  EXPECT_EQ(Read({0, 1, 2, 3}).physical, 2);
  EXPECT_EQ(Read({0, 2}).workers, 1);
}

TEST_F(CpuTest, SameCoreNumberOnTwoPackagesAreTwoCores) {
  Core(0, 0, 0);
  Core(1, 1, 0);
  EXPECT_EQ(Read({0, 1}).physical, 2);
}

TEST_F(CpuTest, QuotaOfVersion2IsTheTightestOnTheWayUp) {
  for (int cpu = 0; cpu < 8; ++cpu) Core(cpu, 0, cpu);
  Write("proc/self/cgroup", "0::/a/b");
  Write("sys/fs/cgroup/a/cpu.max", "150000 100000");
  Write("sys/fs/cgroup/a/b/cpu.max", "max 100000");
  const CpuBudget budget = Read({0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_DOUBLE_EQ(budget.quota, 1.5);
  EXPECT_EQ(budget.workers, 2);
}

TEST_F(CpuTest, QuotaInAContainerLiesAtTheTop) {
  for (int cpu = 0; cpu < 4; ++cpu) Core(cpu, 0, cpu);
  Write("proc/self/cgroup", "0::/");
  Write("sys/fs/cgroup/cpu.max", "100000 100000");
  EXPECT_EQ(Read({0, 1, 2, 3}).workers, 1);
}

TEST_F(CpuTest, QuotaOfVersion1) {
  for (int cpu = 0; cpu < 4; ++cpu) Core(cpu, 0, cpu);
  Write("proc/self/cgroup", "4:cpu,cpuacct:/docker/x");
  Write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "200000");
  Write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000");
  EXPECT_EQ(Read({0, 1, 2, 3}).workers, 2);
}

TEST_F(CpuTest, WithoutAnyFilesEveryAllowedCpuIsACore) {
  EXPECT_EQ(Read({0, 1}).workers, 2);
  EXPECT_EQ(Read({0, 1}).quota, 0);
}

TEST(CpuHereTest, ThisMachineHasAtLeastOneWorkerAndSomeMemory) {
  EXPECT_GE(ReadCpuBudget().workers, 1);
  EXPECT_GT(ReadMemoryUse().resident_bytes, 0U);
  EXPECT_FALSE(CpuModelName().empty());
}

TEST(CpuFeaturesTest, ByteProductsSaturateOnX86WithoutVnni) {
  EXPECT_TRUE(SaturatesByteProducts({"fma", "avx2"}));
  EXPECT_TRUE(SaturatesByteProducts({"avx2", "avx512f"}));
  EXPECT_FALSE(SaturatesByteProducts({"avx2", "avx_vnni"}));
  EXPECT_FALSE(SaturatesByteProducts({"avx2", "avx512f", "avx512_vnni"}));
  EXPECT_FALSE(SaturatesByteProducts({"neon", "asimddp"}));
}

}  // namespace
}  // namespace vetor
