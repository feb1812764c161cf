#include "model/module_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/model/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Writes [{path, type}, ...] as modules.json does.
std::string Modules(const std::vector<std::pair<std::string, std::string>>& modules) {
  std::string json = "[";
  for (const auto& [path, type] : modules) {
    json += (json.size() > 1 ? "," : "") + (R"({"idx":0,"name":"x","path":")" + path) +
            R"(","type":")" + type + "\"}";
  }
  return json + "]";
}

std::string Old(const std::string& kind) { return "sentence_transformers.models." + kind; }

class ModuleListTest : public ::testing::Test {
 protected:
  void WriteDense(const std::string& folder, const std::string& config) {
    folder_.Write(folder + "/config.json", config);
    const std::array<float, 8> values = {1, 2, 3, 4, 5, 6, 7, 8};
    folder_.Write(folder + "/model.safetensors",
                  SafetensorsBytes(R"({"linear.weight":{"dtype":"F32","shape":[2,3],)"
                                   R"("data_offsets":[0,24]},"linear.bias":{"dtype":"F32",)"
                                   R"("shape":[2],"data_offsets":[24,32]}})",
                                   RawBytes<float>(values)));
  }
  Result<ModuleList> Read() { return ReadModuleList(folder_.path()); }
  TemporaryFolder folder_;
};

TEST_F(ModuleListTest, TheOldGenerationIsRead) {
  folder_.Write("modules.json", Modules({{"", Old("Transformer")},
                                         {"1_Pooling", Old("Pooling")},
                                         {"2_Normalize", Old("Normalize")}}));
  folder_.Write("1_Pooling/config.json",
                R"({"word_embedding_dimension":384,"pooling_mode_cls_token":true,)"
                R"("pooling_mode_mean_tokens":false,"include_prompt":false})");
  const auto list = Read();
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  EXPECT_THAT(list->pooling.modes, ElementsAre(PoolingMode::kCls));
  EXPECT_FALSE(list->pooling.include_prompt);
  EXPECT_TRUE(list->pooling.normalize);
  EXPECT_TRUE(list->declared_pooling);
  EXPECT_TRUE(list->declared_normalize);
  EXPECT_EQ(list->pooling_width, 384U);
  EXPECT_EQ(list->transformer_folder, folder_.path() / "");
}

TEST_F(ModuleListTest, TheNewGenerationIsRead) {
  folder_.Write("modules.json",
                Modules({{"", "sentence_transformers.base.modules.transformer.Transformer"},
                         {"1_Pooling",
                          "sentence_transformers.sentence_transformer.modules.pooling.Pooling"}}));
  folder_.Write("1_Pooling/config.json",
                R"({"embedding_dimension":32,"pooling_mode":["weightedmean","cls"]})");
  const auto list = Read();
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  EXPECT_THAT(list->pooling.modes, ElementsAre(PoolingMode::kWeightedMean, PoolingMode::kCls));
  EXPECT_EQ(list->pooling_width, 32U);
  EXPECT_FALSE(list->pooling.normalize);  // A missing Normalize says something as well.
  EXPECT_FALSE(list->declared_normalize);
  folder_.Write("1_Pooling/config.json",
                R"({"embedding_dimension":32,"pooling_mode":"lasttoken"})");
  EXPECT_THAT(Read()->pooling.modes, ElementsAre(PoolingMode::kLastToken));
}

TEST_F(ModuleListTest, OldBooleansConcatenateInTheirFixedOrder) {
  folder_.Write("1_Pooling/config.json",
                R"({"pooling_mode_lasttoken":true,"pooling_mode_mean_tokens":true,)"
                R"("pooling_mode_max_tokens":true})");
  EXPECT_THAT(Read()->pooling.modes,
              ElementsAre(PoolingMode::kMax, PoolingMode::kMean, PoolingMode::kLastToken));
}

TEST_F(ModuleListTest, WithoutFilesMeanAndNormaliseAreAssumedAndSaidSo) {
  const auto list = Read();
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(list->pooling.modes, ElementsAre(PoolingMode::kMean));
  EXPECT_TRUE(list->pooling.normalize);
  EXPECT_FALSE(list->declared_pooling);
  EXPECT_FALSE(list->declared_normalize);
}

TEST_F(ModuleListTest, TransformerInAFolderOfItsOwn) {
  folder_.Write("modules.json", Modules({{"0_Transformer", Old("Transformer")}}));
  EXPECT_EQ(Read()->transformer_folder, folder_ / "0_Transformer");
}

// In model2vec's folders the graph averages the vectors of a text's tokens.
TEST_F(ModuleListTest, AStaticEmbeddingTakesTheTransformersPlace) {
  folder_.Write("modules.json", Modules({{".", Old("StaticEmbedding")}, {"1", Old("Normalize")}}));
  const auto list = Read();
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  EXPECT_TRUE(list->static_embedding);
  EXPECT_TRUE(list->declared_pooling);
  EXPECT_TRUE(list->declared_normalize);
  folder_.Write("modules.json", Modules({{".", Old("StaticEmbedding")}, {"1", Old("Dense")}}));
  EXPECT_EQ(Read().status().code(), StatusCode::kUnimplemented);
}

TEST_F(ModuleListTest, ReadsDenseLayers) {
  folder_.Write("modules.json", Modules({{"", Old("Transformer")},
                                         {"1_Pooling", Old("Pooling")},
                                         {"2_Dense", Old("Dense")},
                                         {"3_Dense", Old("Dense")},
                                         {"4_Normalize", Old("Normalize")}}));
  folder_.Write("1_Pooling/config.json", "{}");
  WriteDense("2_Dense", R"({"in_features":3,"out_features":2,"bias":true})");
  WriteDense("3_Dense", R"({"in_features":3,"out_features":2,"bias":false,)"
                        R"("activation_function":"torch.nn.modules.linear.Identity"})");
  const auto list = Read();
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  ASSERT_EQ(list->pooling.dense.size(), 2U);
  const DenseLayer& first = list->pooling.dense[0];
  EXPECT_EQ(first.in_features, 3U);
  EXPECT_EQ(first.out_features, 2U);
  EXPECT_THAT(first.weight, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(first.bias, ElementsAre(7, 8));
  EXPECT_EQ(first.activation, DenseActivation::kTanh);
  EXPECT_THAT(list->pooling.dense[1].bias, IsEmpty());
  EXPECT_EQ(list->pooling.dense[1].activation, DenseActivation::kIdentity);
}

TEST_F(ModuleListTest, DenseFoldersThatCannotBeUsedAreRefused) {
  folder_.Write("modules.json", Modules({{"", Old("Transformer")},
                                         {"1_Pooling", Old("Pooling")},
                                         {"2_Dense", Old("Dense")}}));
  folder_.Write("1_Pooling/config.json", "{}");
  const std::tuple<const char*, StatusCode, const char*> cases[] = {
      {R"({"in_features":4,"out_features":2})", StatusCode::kInvalidArgument, "[2, 4]"},
      {R"({"in_features":3})", StatusCode::kInvalidArgument, "out_features"},
      {R"({"in_features":3,"out_features":2,"activation_function":"evil.Mish"})",
       StatusCode::kUnimplemented, "evil.Mish"},
      {R"({"in_features":3,"out_features":2,"activation_function":"torch.nn.Mish"})",
       StatusCode::kUnimplemented, "Mish"},
      {R"({"in_features":3,"out_features":2,"use_residual":true})", StatusCode::kUnimplemented,
       "use_residual"},
      {R"({"in_features":3,"out_features":2,"module_input_name":"token_embeddings"})",
       StatusCode::kUnimplemented, "token_embeddings"},
      {R"([])", StatusCode::kInvalidArgument, "an array"},
  };
  for (const auto& [config, code, words] : cases) {
    WriteDense("2_Dense", config);
    EXPECT_EQ(Read().status().code(), code) << config;
    EXPECT_THAT(Read().status().message(), HasSubstr(words));
  }
  WriteDense("2_Dense", R"({"in_features":3,"out_features":2})");
  std::filesystem::rename(folder_ / "2_Dense/model.safetensors",
                          folder_ / "2_Dense/pytorch_model.bin");
  EXPECT_EQ(Read().status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(Read().status().message(), HasSubstr("safetensors"));
}

TEST_F(ModuleListTest, ChainsThatWouldGiveOtherVectorsAreRefusedByName) {
  folder_.Write("1_Pooling/config.json", "{}");
  WriteDense("2_Dense", R"({"in_features":3,"out_features":2})");
  const std::pair<const char*, std::string> cases[] = {
      {"WordEmbeddings", Modules({{"", Old("WordEmbeddings")}})},
      {"LayerNorm", Modules({{"", Old("Transformer")}, {"1", Old("LayerNorm")}})},
      {"Dense", Modules({{"", Old("Transformer")}, {"2_Dense", Old("Dense")}})},
      {"Dense", Modules({{"", Old("Transformer")},
                         {"1_Pooling", Old("Pooling")},
                         {"", Old("Normalize")},
                         {"2_Dense", Old("Dense")}})},
      {"Pooling", Modules({{"", Old("Transformer")},
                           {"1_Pooling", Old("Pooling")},
                           {"1_Pooling", Old("Pooling")}})},
      {"Transformer", Modules({{"", Old("Transformer")}, {"", Old("Transformer")}})},
  };
  for (const auto& [name, json] : cases) {
    folder_.Write("modules.json", json);
    EXPECT_EQ(Read().status().code(), StatusCode::kUnimplemented) << json;
    EXPECT_THAT(Read().status().message(), AllOf(HasSubstr(name), HasSubstr("modules.json")));
  }
}

TEST_F(ModuleListTest, MalformedFilesAreNamed) {
  for (const char* json : {"{}", "[]", "[1]", "[{\"type\":7}]", "[{\"type\":null}]", "[", ""}) {
    folder_.Write("modules.json", json);
    EXPECT_FALSE(Read().ok()) << json;
    EXPECT_THAT(Read().status().message(), HasSubstr("modules.json"));
  }
  std::filesystem::remove(folder_ / "modules.json");
  for (const char* json :
       {R"({"pooling_mode":[]})", R"({"pooling_mode":[1]})", R"({"pooling_mode":"median"})",
        R"({"pooling_mode_cls_token":"yes"})", R"({"word_embedding_dimension":"384"})"}) {
    folder_.Write("1_Pooling/config.json", json);
    EXPECT_EQ(Read().status().code(), StatusCode::kInvalidArgument) << json;
    EXPECT_THAT(Read().status().message(), HasSubstr("1_Pooling")) << json;
  }
}

TEST_F(ModuleListTest, PathsOutOfTheFolderAreRefused) {
  for (const char* path : {"../other", "/etc", "1_Pooling/../../x"}) {
    folder_.Write("modules.json", Modules({{"", Old("Transformer")}, {path, Old("Pooling")}}));
    EXPECT_EQ(Read().status().code(), StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(Read().status().message(), HasSubstr("leaves the model's folder"));
  }
}

}  // namespace
}  // namespace vetor
