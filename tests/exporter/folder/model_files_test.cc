#include "exporter/folder/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/model/temporary_folder.h"

namespace vetor {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

TEST(ModelFiles, JsonIsWrittenAsPythonDoes) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteModelJson(folder / "a/b.json", {{"text", "São \"Paulo\""},
                                                   {"list", {1, json::object(), nullptr}},
                                                   {"none", json::array()}})
                  .ok());
  EXPECT_EQ(
      ReadFile(folder / "a/b.json").value(),
      "{\n  \"text\": \"São \\\"Paulo\\\"\",\n  \"list\": [\n    1,\n    {},\n    null\n  ],\n"
      "  \"none\": []\n}\n");
}

TEST(ModelFiles, CopiesFollowLinksAndNameWhatIsMissing) {
  const TemporaryFolder folder;
  folder.Write("blob", "content");
  std::filesystem::create_symlink("blob", folder / "link");
  ASSERT_TRUE(CopyModelFile(folder / "link", folder / "x/copy").ok());
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "x/copy"));
  EXPECT_EQ(ReadFile(folder / "x/copy").value(), "content");
  EXPECT_THAT(CopyModelFile(folder / "nothing", folder / "y").message(), HasSubstr("nothing"));
  EXPECT_FALSE(WriteModelFile(folder / "blob/below", "x").ok());
}

}  // namespace
}  // namespace vetor
