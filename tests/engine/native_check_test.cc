#include "engine/native_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "backend/native/native_backend.h"
#include "engine/model_tokenizer.h"
#include "engine/open_engine.h"
#include "tests/engine/shifted_backend.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

class NativeCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ModelConfig config;
    config.path = testing::TestData("model/tiny-bert").string();
    config.runtime = Runtime::kNative;
    const auto model = ReadNamedModel(config);
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    encoder_ = model->encoder;
    auto tokenizer = OpenTokenizer(*model);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    tokenizer_ = *std::move(tokenizer);
  }
  Status CheckWith(float by) {
    auto native = OpenNativeBackend({.encoder = encoder_});
    if (!native.ok()) return native.status();
    testing::ShiftedBackend backend(*std::move(native), by);
    return CheckNativeVectors(*encoder_, {.tokenizer = tokenizer_.get(), .backend = &backend}, 1);
  }
  Status CheckRounded(float by) {
    const auto exact = OpenNativeBackend({.encoder = encoder_});
    auto native = OpenNativeBackend({.encoder = encoder_, .operands = Operands::kBFloat16});
    if (!native.ok()) return native.status();
    testing::ShiftedBackend rounded(*std::move(native), by);
    const std::vector<std::string> texts = {"the race", ""};
    return CheckRoundedVectors(exact->get(), {.tokenizer = tokenizer_.get(), .backend = &rounded},
                               {}, texts);
  }
  std::shared_ptr<const Encoder> encoder_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(NativeCheckTest, TheRightVectorsPass) {
  const Status status = CheckWith(0);
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(NativeCheckTest, AComponentThatIsOffIsFound) {
  const Status status = CheckWith(1e-3F);
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_NE(status.message().find("native ("), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("onnxruntime"), std::string::npos);
}

TEST_F(NativeCheckTest, RoundedVectorsAreNearTheExactOnes) {
  const Status status = CheckRounded(0);
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(NativeCheckTest, RoundedVectorsThatAreOffAreFound) {
  const Status status = CheckRounded(1);
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_NE(status.message().find("in bf16 than in fp32"), std::string::npos);
  EXPECT_NE(status.message().find("ai.onnx.precision"), std::string::npos);
  EXPECT_EQ(CheckRounded(NAN).code(), StatusCode::kInternal);
}

TEST_F(NativeCheckTest, ANanIsFound) { EXPECT_EQ(CheckWith(NAN).code(), StatusCode::kInternal); }

}  // namespace
}  // namespace vetor
