#include "server/api/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace vetor {
namespace {

using ::testing::HasSubstr;

TEST(Admission, TokensBeyondTheBoundAreRefusedUntilOthersLeave) {
  Admission admission(100);
  EXPECT_TRUE(admission.Enter(60).ok());
  EXPECT_TRUE(admission.Enter(40).ok());
  const Status refused = admission.Enter(1);
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("ai.server.queue_tokens is 100"));
  EXPECT_EQ(admission.load().requests, 2U);
  EXPECT_EQ(admission.load().refused, 1U);
  admission.Leave(60);
  EXPECT_TRUE(admission.Enter(1).ok());
  EXPECT_EQ(admission.load().tokens, 41U);
}

TEST(Admission, ARequestLargerThanTheBoundRunsAlone) {
  Admission admission(100);
  EXPECT_TRUE(admission.Enter(1000).ok());
  EXPECT_FALSE(admission.Enter(1).ok());
  admission.Leave(1000);
  EXPECT_TRUE(admission.Enter(1).ok());
  EXPECT_FALSE(admission.Enter(1000).ok());
}

TEST(Admission, TokensAreEstimatedFromBytesUpToTheModelsMaximum) {
  const std::string text(400, 'a');
  const std::vector<std::string_view> texts{"", text};
  EXPECT_EQ(EstimateTokens(texts, 0), 3U + 103U);
  EXPECT_EQ(EstimateTokens(texts, 48), 3U + 48U);
}

}  // namespace
}  // namespace vetor
