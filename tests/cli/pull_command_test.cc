// vetor pull and vetor export against a hub of ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "../hub/hub_server.h"
#include "spawned_command.h"
#include "temporary_folder.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

class PullCommandTest : public TemporaryFolder {
 protected:
  CommandResult Run(std::vector<std::string> words, const HubServer& server,
                    const std::string& more = "HF_TOKEN=") const {
    return RunVetor(words, "",
                    {"HF_ENDPOINT=" + server.Url(), "HF_HUB_CACHE=" + Path("hub"), more});
  }

  Repository repository_ = TinyRepository();
};

TEST_F(PullCommandTest, QuietHidesNoCopyThatMayBeOld) {
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
    EXPECT_THAT(copy.err,
                HasSubstr("what the cache has of org/tiny is used, commit " + repository_.commit));
  }
  const auto offline = Run({"pull", "org/tiny", "-q"}, busy, "HF_HUB_OFFLINE=1");
  EXPECT_EQ(offline.exit_code, 0);
  EXPECT_THAT(offline.err, HasSubstr("offline (HF_HUB_OFFLINE"));
}

// An id without a slash was a path that is not there for every command but pull and export.
TEST_F(PullCommandTest, ANameAloneIsAnId) {
  repository_.id = "vetor-test-bert";
  const HubServer hub([&](const ServerRequest& request) { return repository_.Answer(request); });
  const auto before = Run({"embed", "--model", "vetor-test-bert"}, hub);
  EXPECT_NE(before.exit_code, 0);
  EXPECT_THAT(before.err, HasSubstr("vetor pull vetor-test-bert"));
  const auto fetched = Run({"pull", "vetor-test-bert"}, hub);
  ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_THAT(fetched.err, HasSubstr("vetor-test-bert: 5 files, "));
  // The graph is none, which is said of the snapshot's own file.
  EXPECT_THAT(Run({"embed", "--model", "vetor-test-bert"}, hub).err,
              HasSubstr("models--vetor-test-bert/snapshots/" + repository_.commit));
  EXPECT_EQ(hub.Requests().size(), 11U) << "embed asks no hub";
}

}  // namespace
}  // namespace vetor::cli
