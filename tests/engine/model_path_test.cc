// Resolves what a user names as model: first as a path, then as an id in the hub cache.
#include "engine/model_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ModelPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.cache = folder_.path();
    Add("models--org--tiny");
    Add("models--vetor-test-bert");
  }

  void Add(const std::string& name) {
    const std::string commit(40, 'a');
    folder_.Write(name + "/refs/main", commit);
    folder_.Write(name + "/snapshots/" + commit + "/config.json", "{}");
  }

  std::string Resolve(const std::string& model) const {
    const Result<std::string> path = ResolveModelPath(model, settings_);
    return path.ok() ? *path : path.status().ToString();
  }

  TemporaryFolder folder_;
  HubSettings settings_;
};

TEST_F(ModelPathTest, AnIdIsItsSnapshot) {
  const std::string end = "/snapshots/" + std::string(40, 'a');
  EXPECT_EQ(Resolve("org/tiny"), (folder_ / "models--org--tiny").string() + end);
  // A name without a slash was taken for a path that does not exist.
  EXPECT_EQ(Resolve("vetor-test-bert"), (folder_ / "models--vetor-test-bert").string() + end);
}

TEST_F(ModelPathTest, APathThatIsThereIsThatPath) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  std::filesystem::create_directories("vetor-test-bert");
  EXPECT_EQ(Resolve("vetor-test-bert"), "vetor-test-bert");
  std::filesystem::current_path(before);
}

TEST_F(ModelPathTest, ANameThatIsNeitherPathNorIdIsNamedWithBothRemedies) {
  for (const char* model : {"org/other", "vetor-test-other"}) {
    EXPECT_THAT(Resolve(model), AllOf(HasSubstr("NOT_FOUND"), HasSubstr("the model is not there: "),
                                      HasSubstr("correct the path"),
                                      HasSubstr("vetor pull " + std::string(model))));
  }
  // These are not ids, so the code that reads the path says what is wrong.
  for (const char* path :
       {"./vetor-test-bert", "/no/such/model", "no.onnx", "tokenizer.json", "a/b/c"}) {
    EXPECT_EQ(Resolve(path), path);
  }
}

}  // namespace
}  // namespace vetor
