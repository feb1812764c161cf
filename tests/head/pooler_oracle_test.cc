// Compares with sentence-transformers' own modules. tools/oracle/make_pooling_cases.py made the
// answers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "head/pooler.h"
#include "os/json_file.h"

namespace vetor {
namespace {

namespace json = boost::json;

std::vector<float> Floats(const json::value& array) {
  std::vector<float> floats;
  for (const json::value& number : array.as_array()) floats.push_back(number.to_number<float>());
  return floats;
}

DenseActivation Activation(std::string_view name) {
  if (name == "identity") return DenseActivation::kIdentity;
  if (name == "tanh") return DenseActivation::kTanh;
  if (name == "relu") return DenseActivation::kRelu;
  if (name == "gelu") return DenseActivation::kGelu;
  EXPECT_EQ(name, "sigmoid");
  return DenseActivation::kSigmoid;
}

PoolingSpec Spec(const json::object& test_case) {
  PoolingSpec spec;
  spec.modes = *ParsePoolingModes(std::string_view(test_case.at("modes").as_string()));
  spec.include_prompt = test_case.at("include_prompt").as_bool();
  spec.normalize = test_case.at("normalize").as_bool();
  for (const json::value& layer : test_case.at("dense").as_array()) {
    spec.dense.push_back({layer.at("in").to_number<size_t>(), layer.at("out").to_number<size_t>(),
                          Floats(layer.at("weight")), Floats(layer.at("bias")),
                          Activation(std::string_view(layer.at("activation").as_string()))});
  }
  return spec;
}

TEST(PoolerOracleTest, EveryModeMatchesSentenceTransformers) {
  const auto data = ReadJsonFile(VETOR_TEST_DATA_DIR "/pooling/cases.json");
  ASSERT_TRUE(data.ok()) << data.status().ToString();
  const auto width = data->at("width").to_number<size_t>();
  const std::vector<float> tokens = Floats(data->at("tokens"));
  TokenBatch batch;
  batch.row_begin = {0};
  for (const json::value& length : data->at("lengths").as_array()) {
    batch.row_begin.push_back(batch.row_begin.back() + length.to_number<uint32_t>());
    batch.prompt_tokens.push_back(data->at("prompt_tokens").to_number<uint32_t>());
  }
  batch.token_ids.assign(batch.row_begin.back(), 0);
  const json::array& cases = data->at("cases").as_array();
  EXPECT_GE(cases.size(), 38U);
  for (const json::value& test_case : cases) {
    SCOPED_TRACE(json::serialize(test_case).substr(0, 90));
    const auto pooler = Pooler::Create(Spec(test_case.as_object()), width);
    ASSERT_TRUE(pooler.ok()) << pooler.status().ToString();
    const std::vector<float> expected = Floats(test_case.at("vectors"));
    ASSERT_EQ(expected.size(), batch.rows() * pooler->dim());
    std::vector<float> found(expected.size());
    ASSERT_TRUE(pooler->Finish(batch, {tokens, width}, found).ok());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 5e-7) << i;
  }
}

}  // namespace
}  // namespace vetor
