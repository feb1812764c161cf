// An engine that is run directly gives what a service gives.
#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/open_engine.h"
#include "tests/support/each_runtime.h"

namespace vetor {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string LongText() {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "race ";
  return text;
}

class EngineTest : public testing::OnEachRuntime {
 protected:
  void SetUp() override {
    OnEachRuntime::SetUp();
    if (IsSkipped()) return;
    auto engine = OpenEngine(TinyConfig());
    ASSERT_TRUE(engine.ok()) << engine.status().ToString();
    engine_.emplace(*std::move(engine));
  }

  EncodedText Encode(const std::string& text, OnLong on_long) {
    EncodedText encoded;
    const auto setting = engine_->SettingFor("", on_long);
    EXPECT_TRUE(setting.ok());
    const Status status = engine_->Encode(text, 3, *setting, &encoded);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return encoded;
  }

  std::optional<Engine> engine_;
};
VETOR_ON_EACH_RUNTIME(EngineTest);

TEST_P(EngineTest, ATextAloneHasTheVectorThatAServiceGives) {
  const auto service = EmbeddingsService::Open(TinyConfig());
  ASSERT_TRUE(service.ok());
  for (const char* text : {"São Paulo Grand Prix", "a", "Round 3: qualifying at Monza"}) {
    const auto rows = (*service)->Embed({text});
    ASSERT_TRUE(rows.ok());
    std::vector<float> vector(engine_->dim());
    ASSERT_TRUE(engine_->RunAlone(std::string_view(text), vector).ok());
    EXPECT_THAT(rows->row(0), ElementsAreArray(vector)) << text;
  }
}

TEST_P(EngineTest, IdsAndTextAloneAreTheSame) {
  const EncodedText encoded = Encode("Interlagos", OnLong::kTruncate);
  std::vector<float> by_ids(engine_->dim()), by_text(engine_->dim());
  ASSERT_TRUE(engine_->RunAlone(encoded.whole, by_ids).ok());
  ASSERT_TRUE(engine_->RunAlone(std::string_view("Interlagos"), by_text).ok());
  EXPECT_EQ(by_ids, by_text);
}

TEST_P(EngineTest, ALongTextIsCutRefusedOrPutInWindows) {
  const auto most = static_cast<size_t>(engine_->info().max_length);
  const EncodedText cut = Encode(LongText(), OnLong::kTruncate);
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.whole.ids.size(), most);
  EXPECT_THAT(cut.windows, IsEmpty());

  const EncodedText windows = Encode(LongText(), OnLong::kWindow);
  EXPECT_FALSE(windows.truncated);
  EXPECT_THAT(windows.whole.ids, IsEmpty());
  ASSERT_GE(windows.windows.size(), 2u);
  size_t tokens = 0;
  for (const TokenSequence& window : windows.windows) {
    EXPECT_LE(window.ids.size(), most);
    tokens += window.ids.size();
  }
  EXPECT_EQ(windows.tokens, tokens);

  EncodedText refused;
  const Status status =
      engine_->Encode(LongText(), 3, *engine_->SettingFor("", OnLong::kError), &refused);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("text 3 has 102 tokens"));
}

// Nothing in the scratch of one text may show in the next.
TEST_P(EngineTest, AnEncodedTextIsReplacedWhole) {
  EncodedText encoded;
  const EncodeSetting setting = *engine_->SettingFor("", OnLong::kWindow);
  ASSERT_TRUE(engine_->Encode(LongText(), 0, setting, &encoded).ok());
  ASSERT_TRUE(engine_->Encode("short", 1, setting, &encoded).ok());
  EXPECT_THAT(encoded.windows, IsEmpty());
  EXPECT_EQ(encoded.tokens, encoded.whole.ids.size());
  EXPECT_FALSE(encoded.truncated);
}

TEST(HashingEngineTest, ReadsTextAndHasNoFilesToWatch) {
  EmbeddingsConfig config;
  config.cache.enabled = false;
  const auto engine = OpenEngine(config);
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  EXPECT_TRUE(engine->reads_text());
  EXPECT_EQ(engine->dim(), 256u);
  EXPECT_EQ(engine->info().model_id, "hashing-256");
  EXPECT_TRUE(engine->FilesUnchanged().ok());
}

}  // namespace
}  // namespace vetor
