#include "encoder/reference/reference_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "random_encoder.h"

namespace vetor {
namespace {

using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;

TEST(ReferencePassTest, OtherTextsAndThreadsDoNotMatter) {
  RandomTensors tensors(1);
  const Encoder encoder = RandomBert(tensors, 3);
  const std::vector<TokenIds> texts = {{1, 2, 3}, {4}, {5, 6, 7, 8, 9, 10, 11}, {39, 0, 39}};
  const auto together = ReferencePass(encoder, texts, 3);
  ASSERT_TRUE(together.ok()) << together.status().ToString();
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = ReferencePass(encoder, {texts[i]}, 1);
    ASSERT_TRUE(alone.ok());
    EXPECT_EQ((*alone)[0].values, (*together)[i].values) << i;
    EXPECT_EQ((*alone)[0].tokens, texts[i].size());
  }
}

TEST(ReferencePassTest, EveryInputHasItsStatistics) {
  RandomTensors tensors(2);
  const Encoder encoder = RandomBert(tensors, 2);
  const auto seen = ObserveInputs(encoder, {{1, 2, 3, 4}}, 1);
  ASSERT_TRUE(seen.ok());
  ASSERT_EQ(seen->size(), 2u);
  EXPECT_EQ((*seen)[1].attention_in.high.size(), 16u);
  EXPECT_EQ((*seen)[1].attention_mixed.high.size(), 16u);
  EXPECT_EQ((*seen)[1].feed_forward_in.high.size(), 16u);
  // gelu has its minimum of -0.17 at -0.75.
  EXPECT_EQ((*seen)[1].feed_forward_inner.high.size(), 24u);
  EXPECT_THAT((*seen)[1].feed_forward_inner.low, Each(Ge(-0.1700f)));
  // The first layer's input is the output of the embedding norm, for the same tokens.
  Encoder embeddings = encoder;
  embeddings.layers.clear();
  const auto x = ReferencePass(embeddings, {{1, 2, 3, 4}}, 1);
  ASSERT_TRUE(x.ok());
  for (size_t i = 0; i < 16; ++i) {
    double low = 1e9, high = -1e9, sum = 0, squares = 0;
    for (size_t token = 0; token < 4; ++token) {
      const double value = (*x)[0].row(token)[i];
      low = std::min(low, value);
      high = std::max(high, value);
      sum += value;
      squares += value * value;
    }
    EXPECT_NEAR((*seen)[0].attention_in.low[i], low, 1e-5);
    EXPECT_NEAR((*seen)[0].attention_in.high[i], high, 1e-5);
    EXPECT_NEAR((*seen)[0].attention_in.mean[i], sum / 4, 1e-5);
    EXPECT_NEAR((*seen)[0].attention_in.root_mean_square[i], std::sqrt(squares / 4), 1e-5);
  }
}

TEST(ReferencePassTest, PositionsBeginAfterThePaddingId) {
  RandomTensors tensors(3);
  Encoder encoder = RandomBert(tensors, 1);
  encoder.position_rule = PositionRule::kAfterPadding;
  encoder.pad_token_id = 1;
  // The position rows are 2, 3, 1 (a pad inside the text) and 4. The rule of kSequence would give 0
  // to 3.
  const auto actual = ReferencePass(encoder, {{7, 8, 1, 9}}, 1);
  ASSERT_TRUE(actual.ok());
  const std::vector<float> position = ToFloats(encoder.position);
  std::vector<float> moved = position;
  const std::vector<size_t> rows = {2, 3, 1, 4};
  for (size_t token = 0; token < rows.size(); ++token) {
    std::copy_n(position.begin() + static_cast<std::ptrdiff_t>(rows[token] * 16), 16,
                moved.begin() + static_cast<std::ptrdiff_t>(token * 16));
  }
  encoder.position_rule = PositionRule::kSequence;
  encoder.position = tensors.FromValues("moved", {32, 16}, moved);
  const auto expected = ReferencePass(encoder, {{7, 8, 1, 9}}, 1);
  ASSERT_TRUE(expected.ok());
  EXPECT_EQ((*actual)[0].values, (*expected)[0].values);
}

TEST(ReferencePassTest, RefusesIdsAndLengthsBeyondTheTables) {
  RandomTensors tensors(4);
  const Encoder encoder = RandomBert(tensors, 1);
  const auto unknown = ReferencePass(encoder, {{1, 40}}, 1);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(unknown.status().message(), HasSubstr("row 40 of word, which has 40"));
  EXPECT_FALSE(ReferencePass(encoder, {TokenIds(33, 2)}, 1).ok());
  EXPECT_TRUE(ReferencePass(encoder, {TokenIds(32, 2)}, 1).ok());
  EXPECT_FALSE(ReferencePass(encoder, {{}}, 1).ok());
  EXPECT_FALSE(ObserveInputs(encoder, {}, 1).ok());
}

}  // namespace
}  // namespace vetor
