#include "exporter/folder/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/file.h"
#include "tests/support/temporary_folder.h"

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
  ASSERT_TRUE(CopyModelFile(folder.path(), folder / "link", folder / "x/copy").ok());
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "x/copy"));
  EXPECT_EQ(ReadFile(folder / "x/copy").value(), "content");
  EXPECT_THAT(CopyModelFile(folder.path(), folder / "nothing", folder / "y").message(),
              HasSubstr("nothing"));
  EXPECT_FALSE(WriteModelFile(folder / "blob/below", "x").ok());
}

// A stranger's folder may link to any file of this machine, and exports are published.
TEST(ModelFiles, LinksOutOfTheModelAreNotFollowed) {
  const TemporaryFolder folder;
  folder.Write("secret", "key");
  folder.Write("model/inside", "content");
  folder.Write("model-2/beside", "other");
  const std::pair<const char*, const char*> links[] = {{"README.md", "../secret"},
                                                       {"NOTICE", "../model-2/beside"}};
  for (const auto& [name, target] : links) {
    std::filesystem::create_symlink(target, folder / "model" / name);
    const Status status = CopyModelFile(folder / "model", folder / "model" / name, folder / "copy");
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(status.message(), HasSubstr("cp -rL"));
    EXPECT_FALSE(std::filesystem::exists(folder / "copy"));
  }
  std::filesystem::create_directory_symlink("..", folder / "model/up");
  EXPECT_FALSE(CopyModelFile(folder / "model", folder / "model/up/secret", folder / "copy").ok());
  std::filesystem::create_symlink("inside", folder / "model/link");
  EXPECT_TRUE(CopyModelFile(folder / "model", folder / "model/link", folder / "copy").ok());
  // The model's folder itself may be a link.
  std::filesystem::create_directory_symlink("model", folder / "named");
  EXPECT_TRUE(CopyModelFile(folder / "named", folder / "named/link", folder / "copy2").ok());
}

// A hub cache holds links to blobs of the same repository, and only these links are followed.
TEST(ModelFiles, BlobsOfTheSnapshotsRepositoryAreInside) {
  const TemporaryFolder folder;
  folder.Write("models--a--b/blobs/1", "content");
  folder.Write("models--a--other/blobs/2", "not yours");
  folder.Write("models--a--b/snapshots/c/README.md", "x");
  const std::filesystem::path snapshot = folder / "models--a--b/snapshots/c";
  const auto copy = [&](const char* name, const char* target) {
    std::filesystem::create_symlink(target, snapshot / name);
    return CopyModelFile(snapshot, snapshot / name, folder / "copy").ok();
  };
  EXPECT_TRUE(copy("config.json", "../../blobs/1"));
  EXPECT_FALSE(copy("vocab.txt", "../../../models--a--other/blobs/2"));
  // The folder of blobs is itself a link, as a hostile archive could bring it.
  std::filesystem::create_directories(folder / "r/snapshots/c");
  std::filesystem::create_directory_symlink("../models--a--other/blobs", folder / "r/blobs");
  std::filesystem::create_symlink("../../blobs/2", folder / "r/snapshots/c/LICENSE");
  EXPECT_FALSE(
      CopyModelFile(folder / "r/snapshots/c", folder / "r/snapshots/c/LICENSE", folder / "copy3")
          .ok());
}

}  // namespace
}  // namespace vetor
