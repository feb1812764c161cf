// Tests on_long with truncate, error and window. Windows are compared with texts of their own.
#include "engine/long_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/each_runtime.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMaxLength = 48;  // The maximum of tiny-bert.
constexpr size_t kSpecial = 2;     // The tokens [CLS] and [SEP].

// Each word is one token, so that a window is also a text of its own.
std::string Words(size_t begin, size_t end) {
  static const std::vector<std::string> kWords = {"race", "monaco", "spa",
                                                  "prix", "brazil", "test"};
  std::string text;
  for (size_t i = begin; i < end; ++i) {
    text += (text.empty() ? "" : " ") + kWords[(i * i + i / 7) % kWords.size()];
  }
  return text;
}

class OnLongTest : public testing::OnEachRuntime {
 protected:
  void SetUp() override {
    OnEachRuntime::SetUp();
    if (!IsSkipped()) Open(TinyConfig());
  }

  void Open(const EmbeddingsConfig& config) {
    auto opened = EmbeddingsService::Open(config);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    service_ = *std::move(opened);
  }

  Embeddings Embed(const std::vector<std::string>& texts, const EmbedOptions& options) {
    auto embeddings = service_->Embed(texts, options);
    EXPECT_TRUE(embeddings.ok()) << embeddings.status().ToString();
    return embeddings.ok() ? *std::move(embeddings) : Embeddings{};
  }

  Status Refusal(const std::vector<std::string>& texts, const EmbedOptions& options) {
    return service_->Embed(texts, options).status();
  }

  // The mean of texts that were embedded one by one, weighted by their tokens and scaled to length
  // 1.
  std::vector<double> MeanOf(const std::vector<std::string>& windows, const EmbedOptions& options) {
    const Embeddings each = Embed(windows, options);
    std::vector<double> mean(each.dim);
    for (size_t w = 0; w < each.rows; ++w) {
      EXPECT_FALSE(each.texts[w].truncated);
      for (size_t i = 0; i < each.dim; ++i) {
        mean[i] += static_cast<double>(each.texts[w].tokens) * double{each.row(w)[i]};
      }
    }
    double square = 0;
    for (const double component : mean) square += component * component;
    for (double& component : mean) component /= std::sqrt(square);
    return mean;
  }

  std::unique_ptr<EmbeddingsService> service_;
};
VETOR_ON_EACH_RUNTIME(OnLongTest);

TEST_P(OnLongTest, AWindowedTextIsTheMeanOfItsWindowsWeightedByTokens) {
  // A window holds 46 words; neighbours share 46 / 8 = 5 of them.
  const std::vector<double> expected =
      MeanOf({Words(0, 46), Words(41, 87), Words(82, 100)}, {.on_long = OnLong::kTruncate});
  const Embeddings found = Embed({Words(0, 100)}, {.on_long = OnLong::kWindow});
  for (size_t i = 0; i < found.dim; ++i) EXPECT_NEAR(found.row(0)[i], expected[i], 1e-6) << i;
  EXPECT_FALSE(found.texts[0].truncated);
  EXPECT_EQ(found.texts[0].tokens, 46U + 46 + 18 + 3 * kSpecial);
  EXPECT_EQ(service_->metrics().truncated_texts, 0U);
}

TEST_P(OnLongTest, EveryWindowHasThePrompt) {
  // "race" takes one of a window's 46 places; neighbours share 45 / 8 = 5.
  const EmbedOptions prompted{.prompt = "race ", .on_long = OnLong::kWindow};
  const std::vector<double> expected =
      MeanOf({Words(0, 45), Words(40, 85), Words(80, 100)}, prompted);
  const Embeddings found = Embed({Words(0, 100)}, prompted);
  for (size_t i = 0; i < found.dim; ++i) EXPECT_NEAR(found.row(0)[i], expected[i], 1e-6) << i;
  EXPECT_EQ(found.texts[0].tokens, 45U + 45 + 20 + 3 * (kSpecial + 1));
}

TEST_P(OnLongTest, ATextThatFitsHasTheSameBitsInEveryMode) {
  const std::vector<std::string> texts = {"", "race", "Grand Prix de São Paulo",
                                          Words(0, kMaxLength - kSpecial)};
  const Embeddings expected = Embed(texts, {.on_long = OnLong::kTruncate});
  EXPECT_EQ(expected.texts.back().tokens, kMaxLength);
  for (const OnLong mode : {OnLong::kError, OnLong::kWindow}) {
    const Embeddings found = Embed(texts, {.on_long = mode});
    EXPECT_EQ(found.values, expected.values) << ToString(mode);
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(found.texts[i].tokens, expected.texts[i].tokens) << ToString(mode);
      EXPECT_FALSE(found.texts[i].truncated) << ToString(mode);
    }
  }
}

TEST_P(OnLongTest, TheErrorNamesTheTextItsTokensAndTheMaximum) {
  const Status status = Refusal({"race", Words(0, 100)}, {.on_long = OnLong::kError});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("text 1 has 102 tokens, the maximum is 48"));
}

TEST_P(OnLongTest, TruncatingIsTheDefaultAndCounted) {
  const Embeddings found = Embed({Words(0, 100)}, {});
  EXPECT_EQ(found.values, Embed({Words(0, 46)}, {}).values);
  EXPECT_TRUE(found.texts[0].truncated);
  EXPECT_EQ(found.texts[0].tokens, kMaxLength);
  EXPECT_EQ(service_->metrics().truncated_texts, 1U);
}

TEST_P(OnLongTest, ACallChoosesTheSideThatIsCut) {
  const Embeddings end = Embed({Words(0, 100), "spa"}, {.truncation_side = TruncationSide::kLeft});
  const Embeddings expected = Embed({Words(54, 100), "spa"}, {});
  EXPECT_EQ(end.values, expected.values);
  EXPECT_TRUE(end.texts[0].truncated);
  EXPECT_FALSE(end.texts[1].truncated);
  EXPECT_EQ(end.texts[0].tokens, kMaxLength);
  const Embeddings beginning = Embed({Words(0, 100)}, {.truncation_side = TruncationSide::kRight});
  EXPECT_EQ(beginning.values, Embed({Words(0, 46)}, {}).values);
  const auto unknown = static_cast<TruncationSide>(7);
  EXPECT_THAT(Refusal({"spa"}, {.truncation_side = unknown}).message(),
              HasSubstr("truncation_side"));
}

TEST_P(OnLongTest, TheCacheKeepsTheSidesApart) {
  EmbeddingsConfig config = TinyConfig();
  testing::UseMemoryCache(&config);
  Open(config);
  const std::vector<std::string> text = {Words(0, 100)};
  const Embeddings beginning = Embed(text, {});
  const Embeddings end = Embed(text, {.truncation_side = TruncationSide::kLeft});
  EXPECT_FALSE(end.texts[0].cached);
  EXPECT_NE(end.values, beginning.values);
  EXPECT_TRUE(Embed(text, {.truncation_side = TruncationSide::kLeft}).texts[0].cached);
  // The side that the tokenizer cuts anyway, and modes that cut nothing, have one key.
  EXPECT_TRUE(Embed(text, {.truncation_side = TruncationSide::kRight}).texts[0].cached);
  const Embeddings windows = Embed(text, {.on_long = OnLong::kWindow});
  EXPECT_EQ(
      Embed(text, {.on_long = OnLong::kWindow, .truncation_side = TruncationSide::kLeft}).values,
      windows.values);
}

TEST_P(OnLongTest, TheSettingHoldsWhereACallSaysNothing) {
  EmbeddingsConfig config = TinyConfig();
  config.model.on_long = OnLong::kError;
  Open(config);
  EXPECT_EQ(Refusal({Words(0, 100)}, {}).code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(Embed({Words(0, 100)}, {.on_long = OnLong::kTruncate}).texts[0].truncated);
}

TEST_P(OnLongTest, TheCacheKeepsTheModesApart) {
  EmbeddingsConfig config = TinyConfig();
  testing::UseMemoryCache(&config);
  Open(config);
  const std::vector<std::string> text = {Words(0, 100)};
  const Embeddings cut = Embed(text, {.on_long = OnLong::kTruncate});
  const Embeddings windowed = Embed(text, {.on_long = OnLong::kWindow});
  EXPECT_FALSE(windowed.texts[0].cached);
  EXPECT_NE(windowed.values, cut.values);
  EXPECT_EQ(Refusal(text, {.on_long = OnLong::kError}).code(), StatusCode::kInvalidArgument);
  const Embeddings again = Embed(text, {.on_long = OnLong::kWindow});
  EXPECT_TRUE(again.texts[0].cached);
  EXPECT_FALSE(again.texts[0].truncated);
  EXPECT_EQ(again.texts[0].tokens, windowed.texts[0].tokens);
  EXPECT_EQ(again.values, windowed.values);
}

TEST_P(OnLongTest, TheCacheKnowsWhichPartOfAWindowedTextIsThePrompt) {
  EmbeddingsConfig config = TinyConfig();
  testing::UseMemoryCache(&config);
  Open(config);
  const Embeddings prompted =
      Embed({Words(0, 100)}, {.prompt = "race ", .on_long = OnLong::kWindow});
  const Embeddings plain = Embed({"race " + Words(0, 100)}, {.on_long = OnLong::kWindow});
  EXPECT_FALSE(plain.texts[0].cached);
  EXPECT_NE(plain.values, prompted.values);
}

TEST_P(OnLongTest, LongAndShortTextsOfOneCallKeepTheirOrder) {
  const std::vector<std::string> texts = {Words(0, 100), "race", Words(3, 300), "spa monaco"};
  size_t last_done = 0;
  const Embeddings together =
      Embed(texts, {.on_long = OnLong::kWindow, .progress = [&](size_t done, size_t total) {
                      EXPECT_GE(done, last_done);
                      EXPECT_LE(done, total);
                      last_done = done;
                    }});
  EXPECT_EQ(last_done, texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const Embeddings alone = Embed({texts[i]}, {.on_long = OnLong::kWindow});
    EXPECT_TRUE(std::equal(alone.values.begin(), alone.values.end(), together.row(i).begin())) << i;
  }
}

TEST_P(OnLongTest, HashingHasNoLongTexts) {
  Open(EmbeddingsConfig{.cache = {.enabled = false}});
  const std::vector<std::string> text = {Words(0, 1000)};
  EXPECT_EQ(Embed(text, {.on_long = OnLong::kError}).values,
            Embed(text, {.on_long = OnLong::kTruncate}).values);
}

TEST(CutIntoWindows, AreTheReferencesWindows) {
  const auto tokenizer = Tokenizer::Load(testing::TestData("model/tiny-bert/tokenizer.json"));
  ASSERT_TRUE(tokenizer.ok());
  std::string text;
  for (int i = 0; i < 60; ++i) text += "qualifying São Paulo " + std::to_string(i) + ", ";
  // There are 46 tokens beside [CLS] and [SEP]; neighbours share an eighth of them.
  const auto expected =
      (*tokenizer)
          ->EncodeWindows(text, std::nullopt,
                          {.truncation = TruncationOptions{.max_length = 48, .stride = 5}});
  ASSERT_TRUE(expected.ok());
  const auto found = CutIntoWindows(**tokenizer, {.text = text, .max_length = 48});
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  ASSERT_EQ(found->size(), expected->overflow.size() + 1);
  ASSERT_GT(found->size(), 4U);
  EXPECT_EQ(found->front().ids, expected->ids);
  for (size_t i = 1; i < found->size(); ++i) {
    EXPECT_EQ((*found)[i].ids, expected->overflow[i - 1].ids) << i;
  }
}

TEST(CutIntoWindows, NoRoomBesideThePromptIsRefused) {
  const auto tokenizer = Tokenizer::Load(testing::TestData("model/tiny-bert/tokenizer.json"));
  ASSERT_TRUE(tokenizer.ok());
  const std::string text = Words(0, 20);
  const auto found = CutIntoWindows(
      **tokenizer, {.text = text, .prompt_bytes = Words(0, 6).size() + 1, .max_length = 8});
  EXPECT_EQ(found.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(found.status().message(), HasSubstr("special tokens and prompt take 8 tokens"));
}

}  // namespace
}  // namespace vetor
