// If a call ends early for any reason, the texts that it finished are in the cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/each_runtime.h"
#include "tests/support/nan_model.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

class UnfinishedCallTest : public testing::OnEachRuntime {
 protected:
  void SetUp() override {
    OnEachRuntime::SetUp();
    config_ = TinyConfig();
    config_.cache.enabled = true;
    config_.cache.dir = (folder_ / "cache").string();
    config_.batch_size = 4;
  }

  std::unique_ptr<EmbeddingsService> Open() const {
    auto service = EmbeddingsService::Open(config_);
    EXPECT_TRUE(service.ok()) << service.status().ToString();
    return *std::move(service);
  }

  // How many of `texts` a service that opens now finds on disk. All vectors are compared with those
  // of a service without a cache.
  size_t FoundAgain(const std::vector<std::string>& texts, const EmbedOptions& options = {}) const {
    const auto again = Open()->Embed(texts, options);
    const auto fresh = (*EmbeddingsService::Open(TinyConfig()))->Embed(texts, options);
    EXPECT_TRUE(again.ok() && fresh.ok());
    EXPECT_EQ(again->values, fresh->values);
    size_t found = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      found += again->texts[i].cached ? 1 : 0;
      EXPECT_EQ(again->texts[i].tokens, fresh->texts[i].tokens) << texts[i];
    }
    return found;
  }

  // Stops a call of `texts` from its own progress function once `after` are done; returns how many
  // were done.
  size_t StopAfter(size_t after, const std::vector<std::string>& texts,
                   EmbedOptions options = {}) const {
    const auto service = Open();
    std::stop_source stop;
    size_t seen = 0;
    options.stop = stop.get_token();
    options.progress = [&](size_t done, size_t) {
      seen = done;
      if (done >= after) stop.request_stop();
    };
    EXPECT_EQ(service->Embed(texts, options).status().code(), StatusCode::kCancelled);
    return seen;
  }

  TemporaryFolder folder_;
  EmbeddingsConfig config_;
};
VETOR_ON_EACH_RUNTIME(UnfinishedCallTest);

// There are so many that the call hears of the stop before they are done, even on a busy machine.
constexpr int kManyTexts = 4'000;

std::vector<std::string> LongTexts(int count, int words) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    std::string text = "race " + std::to_string(i);
    for (int k = 0; k < words * (i % 5); ++k) text += " grand prix";
    texts.push_back(text);
  }
  return texts;
}

TEST_P(UnfinishedCallTest, AStoppedCallLeavesWhatItFinished) {
  const std::vector<std::string> texts = LongTexts(kManyTexts, 2);
  const size_t done = StopAfter(100, texts);
  EXPECT_LT(done, texts.size());
  EXPECT_GE(FoundAgain(texts), done);
}

// All long windows run before the short ones at the ends of texts, so a half-done call in windows
// would have left nothing. It is computed in parts instead.
TEST_P(UnfinishedCallTest, TextsInWindowsAreFinishedInParts) {
  const std::vector<std::string> texts = LongTexts(1'000, 80);  // 1.8 MB
  const EmbedOptions windows{.on_long = OnLong::kWindow};
  StopAfter(600, texts, windows);
  const size_t found = FoundAgain(texts, windows);
  EXPECT_GT(found, 200U);
  EXPECT_LT(found, texts.size());
}

TEST_P(UnfinishedCallTest, ATextThatFailsLeavesTheOthers) {
  config_ = testing::NanForLastId(config_, folder_);
  config_.threads = 1;
  // The longest texts go first, and "unknown" has a token for which the model gives NaN.
  std::vector<std::string> texts = {"race race race race", "prix prix prix prix", "unknown"};
  const Status failed = Open()->Embed(texts).status();
  EXPECT_THAT(failed.message(), HasSubstr("text 2"));
  texts.pop_back();
  EXPECT_EQ(Open()->Embed(texts)->texts[1].cached, true);
}

TEST_P(UnfinishedCallTest, WithoutTheCacheNothingIsKept) {
  const std::vector<std::string> texts = LongTexts(kManyTexts, 2);
  StopAfter(50, texts, {.use_cache = false});
  EXPECT_EQ(FoundAgain(texts), 0U);
}

// There is more text than a part of a call takes, so the second part begins after the first is in
// the cache.
TEST(UnfinishedHashingCallTest, ACallOfManyTextsIsComputedInParts) {
  EmbeddingsConfig config;
  config.dim = 8;
  config.batch_size = 4;
  config.cache.dir = "";
  config.cache.memory_mb = 64;
  const std::vector<std::string> texts = LongTexts(70'000, 0);
  const auto service = EmbeddingsService::Open(config).value();
  size_t last = 0;
  bool rose = true;
  const auto embeddings = service->Embed(texts, {.progress = [&](size_t done, size_t total) {
                                           rose = rose && done > last && total == texts.size();
                                           last = done;
                                         }});
  ASSERT_TRUE(embeddings.ok()) << embeddings.status().ToString();
  EXPECT_TRUE(rose);
  EXPECT_EQ(last, texts.size());
  EXPECT_EQ(service->metrics().computed_texts, texts.size());
  for (const size_t row : {size_t{0}, size_t{65'535}, size_t{65'536}, texts.size() - 1}) {
    const auto alone = service->Embed({texts[row]}, {.use_cache = false});
    EXPECT_TRUE(std::ranges::equal(alone->row(0), embeddings->row(row))) << row;
  }
}

}  // namespace
}  // namespace vetor
