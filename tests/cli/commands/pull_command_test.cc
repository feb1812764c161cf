// Runs vetor pull and vetor export against a hub of the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"
#include "tests/hub/hub_server.h"
#include "tests/support/test_paths.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

class PullCommandTest : public FolderFixture {
 protected:
  CommandResult Run(std::vector<std::string> words, const HubServer& server,
                    const std::string& more = "HF_TOKEN=") const {
    return RunVetor(words, "",
                    {"HF_ENDPOINT=" + server.Url(), "HF_HUB_CACHE=" + Path("hub"), more});
  }

  Repository repository_ = TinyRepository();
};

TEST_F(PullCommandTest, QuietStillWarnsOfACopyThatMayBeOld) {
  const HubServer hub([&](const ServerRequest& request) { return repository_.Answer(request); });
  const auto fetched = Run({"pull", "org/tiny", "-q"}, hub);
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_EQ(fetched.err, "");
  const HubServer busy([](const ServerRequest&) {
    return ServerAnswer{429, {"Retry-After: 300"}};
  });
  for (const char* quiet : {"-q", "--log-level=off"}) {
    const auto copy = Run({"pull", "org/tiny", quiet}, busy);
    EXPECT_EQ(copy.exit_code, 0) << copy.err;
    EXPECT_EQ(copy.out, fetched.out);
    EXPECT_THAT(copy.err, HasSubstr("vetor pull: warning: org/tiny: too many requests (429)"));
    EXPECT_THAT(copy.err, HasSubstr("the copy of org/tiny in the cache is used, commit " +
                                    repository_.commit));
  }
  const auto offline = Run({"pull", "org/tiny", "-q"}, busy, "HF_HUB_OFFLINE=1");
  EXPECT_EQ(offline.exit_code, 0);
  EXPECT_THAT(offline.err, HasSubstr("offline (HF_HUB_OFFLINE"));
}

TEST_F(PullCommandTest, AQuietExportStillWarnsOfACopyThatMayBeOld) {
  if (!std::filesystem::exists(vetor::testing::TestRuntime())) GTEST_SKIP() << "no ONNX Runtime";
  const std::filesystem::path tiny = vetor::testing::TestData("model/tiny-bert");
  Repository checkpoint;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tiny)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".onnx") continue;
    checkpoint.files[entry.path().lexically_relative(tiny).generic_string()] =
        ReadBytes(entry.path().string());
  }
  const HubServer hub([&](const ServerRequest& request) { return checkpoint.Answer(request); });
  const std::vector<std::string> words = {"export", "org/tiny", "-o", Path("out"), "-q"};
  const auto fetched = Run(words, hub);
  ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_EQ(fetched.err, "");
  const HubServer busy([](const ServerRequest&) {
    return ServerAnswer{200, {}, "<html>log in</html>"};
  });
  std::filesystem::remove_all(Path("out"));
  const auto copy = Run(words, busy);
  EXPECT_EQ(copy.exit_code, 0);
  EXPECT_THAT(
      copy.err,
      HasSubstr(
          "vetor export: warning: the hub did not answer (org/tiny: the server's answer is not"));
  EXPECT_THAT(copy.err, HasSubstr("commit " + checkpoint.commit));
}

// Every command except pull and export took an id without a slash for a path that does not exist.
TEST_F(PullCommandTest, ANameAloneIsAnId) {
  repository_.id = "vetor-test-bert";
  const HubServer hub([&](const ServerRequest& request) { return repository_.Answer(request); });
  const auto before = Run({"embed", "--model", "vetor-test-bert"}, hub);
  EXPECT_NE(before.exit_code, 0);
  EXPECT_THAT(before.err, HasSubstr("vetor pull vetor-test-bert"));
  const auto fetched = Run({"pull", "vetor-test-bert"}, hub);
  ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_THAT(fetched.err, HasSubstr("vetor-test-bert: 5 files, "));
  // The file is not a graph, and the error names it in the snapshot.
  EXPECT_THAT(Run({"embed", "--model", "vetor-test-bert"}, hub).err,
              HasSubstr("models--vetor-test-bert/snapshots/" + repository_.commit));
  EXPECT_EQ(hub.Requests().size(), 11U) << "embed asks no hub";
}

}  // namespace
}  // namespace vetor::cli
