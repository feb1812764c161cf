// A checkpoint whose weights are damaged or do not fit its config.json: tests what the user is
// told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

#include "engine/open_engine.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kTensor = "encoder.layer.0.attention.self.query.weight";
constexpr size_t kBegin = 38016;  // Where its bytes begin, by the header of tiny-bert's file.
constexpr size_t kRowBytes = 128;

class DamagedWeightsTest : public ::testing::Test {
 protected:
  DamagedWeightsTest() { folder_.CopyModel("tiny-bert", "m"); }

  std::string Read(const char* name) const {
    std::ifstream file(folder_ / "m" / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Replace(const char* name, const std::string& from, const std::string& to) const {
    std::string bytes = Read(name);
    const size_t at = bytes.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    folder_.Write(std::string("m/") + name, bytes.replace(at, from.size(), to));
  }
  // Makes the rows of kTensor from row 1 on begin with `value`.
  void Spoil(float value, size_t rows) const {
    std::string bytes = Read("model.safetensors");
    uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    for (size_t row = 1; row <= rows; ++row) {
      std::memcpy(bytes.data() + 8 + header + kBegin + row * kRowBytes, &value, sizeof value);
    }
    folder_.Write("m/model.safetensors", bytes);
  }
  ModelConfig Config() const {
    ModelConfig config;
    config.path = (folder_ / "m").string();
    config.runtime = Runtime::kNative;
    return config;
  }
  Status Open() const {
    EmbeddingsConfig config = EmbeddingsConfig::ForModel(Config().path);
    config.model = Config();
    config.cache.enabled = false;
    return OpenEngine(config).status();
  }
  TemporaryFolder folder_;
};

TEST_F(DamagedWeightsTest, AWeightThatIsNotANumberOrTooLargeIsNamed) {
  const std::string whole = Read("model.safetensors");
  for (const float value : {NAN, std::numeric_limits<float>::infinity(), 3e38F}) {
    folder_.Write("m/model.safetensors", whole);
    Spoil(value, 3);
    const Status refused = Open();
    EXPECT_EQ(refused.code(), StatusCode::kDataLoss) << value;
    EXPECT_THAT(refused.message(), AllOf(HasSubstr(kTensor), HasSubstr("in row 1"),
                                         HasSubstr("download the weights again")));
  }
}

TEST_F(DamagedWeightsTest, AWeightOfAnotherDtypeIsSaidToBeThere) {
  const std::string tensor = std::string("\"") + kTensor + "\":{\"dtype\":\"";
  Replace("model.safetensors", tensor + "F32", tensor + "I32");
  EXPECT_THAT(Open().message(), AllOf(HasSubstr(kTensor), HasSubstr("has dtype \"I32\"")));
}

TEST_F(DamagedWeightsTest, LayersThatAreNotUsedAreAWarning) {
  const auto whole = ReadNamedModel(Config());
  ASSERT_TRUE(whole.ok()) << whole.status().ToString();
  Replace("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
  const auto model = ReadNamedModel(Config());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ASSERT_EQ(model->warnings.size(), whole->warnings.size() + 1);
  EXPECT_THAT(model->warnings,
              ::testing::Contains(AllOf(HasSubstr("the weights of layer 1 of \"encoder.layer\""),
                                        HasSubstr("config.json asks for 1 layer;"))));
}

}  // namespace
}  // namespace vetor
