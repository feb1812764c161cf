#include "os/map_fault.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "os/file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBytes = 1 << 20;
constexpr int kExitCode = 7;

void LastWords() { [[maybe_unused]] const auto written = ::write(STDERR_FILENO, "tidied\n", 7); }

// Each death happens in a child of its own, so that the handler does not stay.
class MapFaultDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::testing::FLAGS_gtest_death_test_style = "fast";
    std::ofstream(file_) << std::string(kBytes, 'x');
  }

  const TemporaryFolder folder_;
  const fs::path file_ = folder_ / "mapped";
};

// Reads the last byte, whose page does not exist any more.
void ReadCutMap(const fs::path& file) {
  const auto map = MappedFile::Open(file);
  fs::resize_file(file, 1);
  const volatile char* bytes = map->bytes().data();
  static_cast<void>(bytes[kBytes - 1]);
}

TEST_F(MapFaultDeathTest, AFileThatWasCutIsNamed) {
  EXPECT_EXIT(
      {
        ExplainMapFaults(kExitCode, LastWords);
        ReadCutMap(file_);
      },
      ::testing::ExitedWithCode(kExitCode), "mapped was cut while it was in use(.|\n)*tidied");
}

TEST_F(MapFaultDeathTest, AnotherFaultIsLeftToTheSystem) {
  EXPECT_EXIT(
      {
        ::signal(SIGBUS, SIG_DFL);  // A sanitizer has a handler of its own.
        ExplainMapFaults(kExitCode, nullptr);
        { const auto map = MappedFile::Open(file_); }  // This map was given back.
        ::raise(SIGBUS);
        ::raise(SIGBUS);
      },
      ::testing::KilledBySignal(SIGBUS), "");
}

TEST(MapListTest, AFullListTakesNoMore) {
  std::vector<int> places;
  const std::string bytes = "x";
  int place = 0;
  while ((place = NoteMap(bytes, "a")) >= 0) places.push_back(place);
  EXPECT_GT(places.size(), 100U);
  ForgetMap(-1);
  ForgetMap(places.back());
  EXPECT_EQ(NoteMap(bytes, std::string(5000, 'n')), places.back());
  for (const int used : places) ForgetMap(used);
  EXPECT_GE(NoteMap(bytes, "b"), 0);
}

}  // namespace
}  // namespace vetor
