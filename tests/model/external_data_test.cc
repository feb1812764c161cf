// docs/faults.md, row 19: a model must not reach files outside its folder.
#include "model/external_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr size_t kTableBytes = 160 * 8 * 4;

class ExternalDataTest : public ::testing::Test {
 protected:
  Result<std::map<std::string, MappedFile>> Check(const fs::path& graph_path) {
    auto bytes = ReadFile(graph_path);
    if (!bytes.ok()) return bytes.status();
    auto graph = ReadOnnxGraph(*bytes, graph_path.string());
    if (!graph.ok()) return graph.status();
    return OpenExternalData(graph_path, *graph);
  }
  // A folder m/ with a graph whose table must lie in m/model.onnx_data, which does not exist yet.
  fs::path GraphWithoutData() { return folder_.CopyModel("external/model.onnx", "m/model.onnx"); }

  TemporaryFolder folder_;
};

TEST_F(ExternalDataTest, AFileBesideTheGraphIsAccepted) {
  const fs::path folder = folder_.CopyModel("external", "m");
  const auto files = Check(folder / "model.onnx");
  ASSERT_TRUE(files.ok()) << files.status().ToString();
  ASSERT_TRUE(files->contains("model.onnx_data"));
  EXPECT_EQ(files->at("model.onnx_data").bytes().size(), kTableBytes);
}

TEST_F(ExternalDataTest, Row19AbsoluteAndClimbingPathsAreRefused) {
  // A path with ".." would reach this file.
  folder_.Write("weights.bin", std::string(kTableBytes, 'x'));
  for (const char* name : {"external_parent.onnx", "external_absolute.onnx"}) {
    const fs::path graph =
        folder_.CopyModel(std::string("broken/") + name, std::string("m/") + name);
    const auto files = Check(graph);
    EXPECT_EQ(files.status().code(), StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(files.status().message(),
                AllOf(HasSubstr("weights.bin"), HasSubstr("do not use this model")));
  }
}

TEST_F(ExternalDataTest, Row19AMissingFileIsNamed) {
  const auto files = Check(folder_.CopyModel("broken/external_missing.onnx", "m/a.onnx"));
  EXPECT_EQ(files.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(files.status().message(), HasSubstr("weights.bin"));
}

TEST_F(ExternalDataTest, Row19ALinkOutOfTheFolderIsRefused) {
  const fs::path graph = GraphWithoutData();
  const fs::path secret = folder_.Write("secret", std::string(kTableBytes, 'x'));
  fs::create_symlink(secret, folder_ / "m/model.onnx_data");
  const auto files = Check(graph);
  EXPECT_EQ(files.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(files.status().message(), HasSubstr("is a link to"));
}

TEST_F(ExternalDataTest, Row19ALinkedFolderOnTheWayIsRefused) {
  // m2 is a sibling whose path begins like that of m, so a comparison of text would let it pass.
  const fs::path graph = GraphWithoutData();
  folder_.Write("m2/model.onnx_data", std::string(kTableBytes, 'x'));
  fs::create_symlink("../m2/model.onnx_data", folder_ / "m/model.onnx_data");
  EXPECT_EQ(Check(graph).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(ExternalDataTest, ALinkThatStaysInsideIsAccepted) {
  const fs::path graph = GraphWithoutData();
  folder_.Write("m/data/real", std::string(kTableBytes, 'x'));
  fs::create_symlink("data/real", folder_ / "m/model.onnx_data");
  EXPECT_TRUE(Check(graph).ok());
}

TEST_F(ExternalDataTest, Row19AHardLinkIsRefused) {
  const fs::path graph = GraphWithoutData();
  const fs::path secret = folder_.Write("secret", std::string(kTableBytes, 'x'));
  fs::create_hard_link(secret, folder_ / "m/model.onnx_data");
  const auto files = Check(graph);
  EXPECT_EQ(files.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(files.status().message(), HasSubstr("2 hard links"));
}

TEST_F(ExternalDataTest, AHubCacheOfLinksIntoBlobsIsAccepted) {
  const std::string snapshot = "models--o--n/snapshots/abc/";
  folder_.CopyModel("external/model.onnx", "models--o--n/blobs/1");
  folder_.CopyModel("external/model.onnx_data", "models--o--n/blobs/2");
  fs::create_directories(folder_ / snapshot);
  fs::create_symlink("../../blobs/1", folder_ / (snapshot + "model.onnx"));
  fs::create_symlink("../../blobs/2", folder_ / (snapshot + "model.onnx_data"));
  const auto files = Check(folder_ / (snapshot + "model.onnx"));
  EXPECT_TRUE(files.ok()) << files.status().ToString();
  // If the graph is a link to another place, that does not open another folder.
  fs::rename(folder_ / "models--o--n/blobs", folder_ / "models--o--n/other");
  for (const char* name : {"model.onnx", "model.onnx_data"}) {
    fs::remove(folder_ / (snapshot + name));
    fs::create_symlink(std::string("../../other/") + (name[10] == '\0' ? "1" : "2"),
                       folder_ / (snapshot + name));
  }
  EXPECT_EQ(Check(folder_ / (snapshot + "model.onnx")).status().code(),
            StatusCode::kInvalidArgument);
}

// A snapshot whose graph is a file of its own (it was written there, or copied because it is
// small), and whose large data is a link. Caches that copy small files look like this.
TEST_F(ExternalDataTest, AGraphThatIsAFileInAHubCacheMayHaveItsDataInBlobs) {
  const std::string snapshot = "models--o--n/snapshots/abc/onnx/";
  folder_.CopyModel("external/model.onnx", snapshot + "model.onnx");
  folder_.CopyModel("external/model.onnx_data", "models--o--n/blobs/2");
  fs::create_symlink("../../../blobs/2", folder_ / (snapshot + "model.onnx_data"));
  const auto files = Check(folder_ / (snapshot + "model.onnx"));
  EXPECT_TRUE(files.ok()) << files.status().ToString();
  // The blobs of another repository do not belong to it.
  fs::remove(folder_ / (snapshot + "model.onnx_data"));
  folder_.CopyModel("external/model.onnx_data", "models--o--other/blobs/2");
  fs::create_symlink("../../../../models--o--other/blobs/2",
                     folder_ / (snapshot + "model.onnx_data"));
  EXPECT_EQ(Check(folder_ / (snapshot + "model.onnx")).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(ExternalDataTest, Row17AShortFileIsDataLoss) {
  const fs::path graph = GraphWithoutData();
  folder_.Write("m/model.onnx_data", std::string(kTableBytes - 1, 'x'));
  const auto files = Check(graph);
  EXPECT_EQ(files.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(files.status().message(), AllOf(HasSubstr(std::to_string(kTableBytes)),
                                              HasSubstr(std::to_string(kTableBytes - 1))));
}

TEST_F(ExternalDataTest, Row17AnLfsPointerIsDataLoss) {
  const fs::path graph = GraphWithoutData();
  folder_.Write("m/model.onnx_data", "version https://git-lfs.example/spec/v1\nsize 5120\n");
  EXPECT_EQ(Check(graph).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace vetor
