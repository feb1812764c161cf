#include "os/file_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FilePatternTest : public ::testing::Test {
 protected:
  std::vector<std::string> Names(const std::string& pattern) const {
    const auto paths = FilesNamed((folder_ / pattern).string());
    EXPECT_TRUE(paths.ok()) << paths.status().ToString();
    std::vector<std::string> names;
    for (const std::filesystem::path& path : *paths) names.push_back(path.filename().string());
    return names;
  }

  const TemporaryFolder folder_;
};

TEST_F(FilePatternTest, NamesComeInTheOrderOfTheirBytes) {
  for (const char* name : {"b.txt", "B.txt", "a10.txt", "a2.txt", "é.txt", "c.md"}) {
    folder_.Write(name, "");
  }
  EXPECT_THAT(Names("*.txt"), ElementsAre("B.txt", "a10.txt", "a2.txt", "b.txt", "é.txt"));
  EXPECT_THAT(Names("[ab].txt"), ElementsAre("b.txt"));
  EXPECT_THAT(Names("?.md"), ElementsAre("c.md"));
}

TEST_F(FilePatternTest, AFileWhoseNameLooksLikeAPatternIsThatFile) {
  folder_.Write("a[1].txt", "");
  folder_.Write("a1.txt", "");
  EXPECT_THAT(Names("a[1].txt"), ElementsAre("a[1].txt"));
  EXPECT_THAT(Names("a[12].txt"), ElementsAre("a1.txt"));
}

TEST_F(FilePatternTest, APatternThatMatchesNothingGivesAnEmptyList) {
  EXPECT_THAT(Names("*.txt"), IsEmpty());
  EXPECT_THAT(Names("missing/*.txt"), IsEmpty());
  EXPECT_THAT(Names("missing.txt"), IsEmpty());
}

}  // namespace
}  // namespace vetor
