// Tests the errors for a damaged or half-downloaded model folder. The names give the row of
// docs/faults.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/model_folder.h"
#include "os/file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kLfsPointer[] =
    "version https://git-lfs.example/spec/v1\n"
    "oid sha256:0000000000000000000000000000000000000000000000000000000000000000\n"
    "size 90387606\n";

class ModelFaultsTest : public ::testing::Test {
 protected:
  ModelFaultsTest() { folder_.CopyModel("tiny-bert", "m"); }
  Status Read() {
    ModelFolderOptions options;
    options.model_path = folder_ / "m";
    return ReadModelFolder(options).status();
  }
  TemporaryFolder folder_;
};

TEST_F(ModelFaultsTest, Row17AnLfsPointerIsNamedWithItsRemedy) {
  for (const char* name : {"m/model.onnx", "m/tokenizer.json", "m/modules.json"}) {
    SCOPED_TRACE(name);
    const auto content = ReadFile(folder_ / name);
    folder_.Write(name, kLfsPointer);
    EXPECT_EQ(Read().code(), StatusCode::kDataLoss);
    EXPECT_THAT(Read().message(),
                AllOf(HasSubstr(name), HasSubstr("90387606"), HasSubstr("git lfs pull")));
    folder_.Write(name, *content);
  }
  EXPECT_TRUE(Read().ok());
}

TEST_F(ModelFaultsTest, Row17AnEmptyFileIsDataLoss) {
  for (const char* name : {"m/model.onnx", "m/tokenizer.json"}) {
    SCOPED_TRACE(name);
    const auto content = ReadFile(folder_ / name);
    folder_.Write(name, "");
    EXPECT_EQ(Read().code(), StatusCode::kDataLoss);
    EXPECT_THAT(Read().message(), AllOf(HasSubstr(name), HasSubstr("is empty")));
    folder_.Write(name, *content);
  }
}

TEST_F(ModelFaultsTest, Row17ATruncatedGraphSaysHowLongItIs) {
  fs::resize_file(folder_ / "m/model.onnx", 50'000);
  EXPECT_EQ(Read().code(), StatusCode::kDataLoss);
  EXPECT_THAT(Read().message(), AllOf(HasSubstr("50000 bytes"), HasSubstr("again")));
}

TEST_F(ModelFaultsTest, Row17ADirectoryOrPipeInPlaceOfAFileIsRefusedAtOnce) {
  fs::remove(folder_ / "m/tokenizer.json");
  ASSERT_EQ(0, ::mkfifo((folder_ / "m/tokenizer.json").c_str(), 0600));
  EXPECT_EQ(Read().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Read().message(), HasSubstr("device or pipe"));
  fs::remove(folder_ / "m/model.onnx");
  ASSERT_EQ(0, ::mkfifo((folder_ / "m/model.onnx").c_str(), 0600));
  EXPECT_THAT(Read().message(), AllOf(HasSubstr("model.onnx"), HasSubstr("device or pipe")));
}

TEST_F(ModelFaultsTest, Row17AnUnreadableFileNamesTheRemedy) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  fs::permissions(folder_ / "m/model.onnx", fs::perms::none);
  EXPECT_EQ(Read().code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(Read().message(), AllOf(HasSubstr("model.onnx"), HasSubstr("chmod")));
}

TEST_F(ModelFaultsTest, Row17AnUnfinishedHubDownloadIsADeadLink) {
  fs::remove(folder_ / "m/tokenizer.json");
  fs::create_symlink("../blobs/1234", folder_ / "m/tokenizer.json");
  EXPECT_EQ(Read().code(), StatusCode::kNotFound);
  EXPECT_THAT(Read().message(), HasSubstr("a link to ../blobs/1234, which does not exist"));
}

TEST_F(ModelFaultsTest, Row20FactsShowWhatTheBackendWillRefuse) {
  ModelFolderOptions options;
  options.model_path = folder_.CopyModel("broken/output_fp64.onnx", "m/odd.onnx");
  const auto model = ReadModelFolder(options);
  // The pooling folder says 32 components and the graph 8, which is caught before anything runs.
  EXPECT_EQ(model.status().code(), StatusCode::kInvalidArgument);
  fs::remove_all(folder_ / "m/1_Pooling");
  fs::remove(folder_ / "m/modules.json");
  const auto bare = ReadModelFolder(options);
  ASSERT_TRUE(bare.ok()) << bare.status().ToString();
  EXPECT_EQ(bare->facts.outputs[0].element, OnnxElement::kDouble);
}

TEST_F(ModelFaultsTest, ConfigurationFilesOfTheWrongKindAreNamed) {
  for (const char* name : {"m/config.json", "m/sentence_bert_config.json",
                           "m/config_sentence_transformers.json", "m/modules.json"}) {
    for (const char* content : {"7", "{", "\"text\"", "{\"a\":1,\"a\":2}"}) {
      SCOPED_TRACE(std::string(name) + " " + content);
      const auto before = ReadFile(folder_ / name);
      folder_.Write(name, content);
      EXPECT_EQ(Read().code(), StatusCode::kInvalidArgument);
      EXPECT_THAT(Read().message(), HasSubstr(name));
      folder_.Write(name, *before);
    }
  }
}

}  // namespace
}  // namespace vetor
