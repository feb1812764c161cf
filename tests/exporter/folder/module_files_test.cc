#include "exporter/folder/module_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "formats/safetensors.h"
#include "os/json_file.h"
#include "tests/model/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ModuleFilesTest : public ::testing::Test {
 protected:
  ModuleFilesTest() { folder_.Write("in/config.json", R"({"hidden_size":24})"); }
  Status Write() { return WriteModules(folder_ / "in", folder_ / "out"); }
  json::value Out(const std::string& name) {
    return ReadJsonFile(folder_ / ("out/" + name)).value();
  }
  TemporaryFolder folder_;
};

TEST_F(ModuleFilesTest, TheNewGenerationIsWrittenAsTheOld) {
  folder_.Write("in/modules.json", R"([
    {"idx":0,"name":"0","path":"","type":"sentence_transformers.base.modules.transformer.Transformer"},
    {"idx":1,"name":"1","path":"1_Pooling",
     "type":"sentence_transformers.sentence_transformer.modules.pooling.Pooling"},
    {"idx":2,"name":"2","path":"2_Normalize",
     "type":"sentence_transformers.base.modules.normalize.Normalize"}])");
  folder_.Write(
      "in/1_Pooling/config.json",
      R"({"embedding_dimension":24,"pooling_mode":["cls","mean"],"include_prompt":false})");
  const Status written = Write();
  ASSERT_TRUE(written.ok()) << written.ToString();
  const json::value modules = Out("modules.json");
  EXPECT_EQ(modules, json::parse(R"([
    {"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
    {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
    {"idx":2,"name":"2","path":"2_Normalize","type":"sentence_transformers.models.Normalize"}])"));
  EXPECT_EQ(Out("1_Pooling/config.json"), json::parse(R"({"word_embedding_dimension":24,
    "pooling_mode_cls_token":true,"pooling_mode_max_tokens":false,"pooling_mode_mean_tokens":true,
    "pooling_mode_mean_sqrt_len_tokens":false,"pooling_mode_weightedmean_tokens":false,
    "pooling_mode_lasttoken":false,"include_prompt":false})"));
  EXPECT_TRUE(fs::is_directory(folder_ / "out/2_Normalize"));
}

TEST_F(ModuleFilesTest, AnOldTransformerFolderIsFlattened) {
  folder_.Write("in/0_Transformer/config.json", R"({"dim":16})");
  folder_.Write("in/modules.json", R"([
    {"idx":0,"path":"0_Transformer","type":"sentence_transformers.models.Transformer"},
    {"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
    {"idx":2,"path":"2_Dropout","type":"sentence_transformers.models.Dropout"},
    {"idx":3,"path":"3_Dense","type":"sentence_transformers.models.Dense"}])");
  folder_.Write("in/1_Pooling/config.json", R"({"pooling_mode_lasttoken":true})");
  folder_.Write("in/3_Dense/config.json",
                R"({"in_features":16,"out_features":4,"bias":false,"use_residual":false,
                    "activation_function":"torch.nn.modules.activation.Tanh"})");
  const std::string weights = SafetensorsBytes("{}", "");
  folder_.Write("in/3_Dense/model.safetensors", weights);
  EXPECT_EQ(*TransformerFolder(folder_ / "in"), folder_ / "in/0_Transformer");
  const Status written = Write();
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(Out("modules.json").at(0).at("path"), "");
  EXPECT_EQ(Out("modules.json").at(2).at("path"), "2_Dense");
  EXPECT_EQ(Out("1_Pooling/config.json").at("word_embedding_dimension"), 16);
  EXPECT_EQ(Out("1_Pooling/config.json").at("pooling_mode_lasttoken"), true);
  EXPECT_EQ(Out("2_Dense/config.json"),
            json::parse(R"({"in_features":16,"out_features":4,"bias":false,
                            "activation_function":"torch.nn.modules.activation.Tanh"})"));
  EXPECT_EQ(ReadFile(folder_ / "out/2_Dense/model.safetensors").value(), weights);
}

TEST_F(ModuleFilesTest, PickledDenseWeightsBecomeSafetensors) {
  folder_.Write("in/modules.json", R"([{"path":"","type":"a.Transformer"},
                                       {"path":"d","type":"a.Dense"}])");
  folder_.Write("in/d/config.json", "{}");
  fs::copy_file(VETOR_TEST_DATA_DIR "/exporter/pickle/state_dict.bin",
                folder_ / "in/d/pytorch_model.bin");
  const Status written = Write();
  ASSERT_TRUE(written.ok()) << written.ToString();
  const auto file = Safetensors::Open(folder_ / "out/1_Dense/model.safetensors");
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_THAT(*file->Floats("parameter", {2}), ElementsAre(1, 1));
  EXPECT_THAT(*file->Floats("same_storage", {4}), ElementsAre(8, 9, 10, 11));
  EXPECT_THAT(*file->Floats("bfloat16", {2, 1}), ElementsAre(1.5F, -2.25F));
  EXPECT_EQ(file->tensors().at("float16").dtype, "F16");
  EXPECT_EQ(file->tensors().at("float64").dtype, "F64");
}

TEST_F(ModuleFilesTest, WithoutModulesNothingIsWritten) {
  EXPECT_TRUE(Write().ok());
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_EQ(*TransformerFolder(folder_ / "in"), folder_ / "in");
}

TEST_F(ModuleFilesTest, WhatCannotBeSaidInTheOldGenerationIsRefused) {
  const auto list = [](const std::string& kind) {
    return R"([{"path":"","type":"a.Transformer"},{"path":"m","type":"a.)" + kind + "\"}]";
  };
  const std::tuple<std::string, const char*, const char*> cases[] = {
      {list("CNN"), "{}", "\"CNN\""},
      {list("Pooling"), R"({"pooling_mode":["mean","cls"]})", "\"mean+cls\""},
      {list("Pooling"), R"({"pooling_mode":"attention"})", "attention"},
      {list("Pooling"), R"({"pooling_mode":3})", "a name or a list of names"},
      {list("Dense"), R"({"use_residual":true})", "use_residual"},
      {list("Dense"), R"({"module_input_name":"token_embeddings"})", "token_embeddings"},
      {R"([{"path":"../x","type":"a.Transformer"}])", "{}", "leaves the model's folder"},
      {R"([{"path":"","type":"a.StaticEmbedding"}])", "{}", "not a Transformer"},
      {"[1]", "{}", "a list of objects"},
      {"{}", "{}", "a list of modules"},
  };
  for (const auto& [modules, config, word] : cases) {
    folder_.Write("in/modules.json", modules);
    folder_.Write("in/m/config.json", config);
    EXPECT_THAT(Write().message(), HasSubstr(word)) << modules;
  }
}

// A Dense layer's weights are copied into a folder that may be published, so a link out of the
// model is refused.
TEST_F(ModuleFilesTest, DenseFilesMayNotBeLinksOutOfTheModel) {
  folder_.Write("in/modules.json", R"([
    {"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},
    {"idx":1,"path":"1_Dense","type":"sentence_transformers.models.Dense"}])");
  const char* config = R"({"in_features":24,"out_features":8})";
  folder_.Write("in/1_Dense/config.json", config);
  folder_.Write("secret", "weights");
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    fs::create_symlink("../../secret", folder_ / "in/1_Dense" / name);
    const Status written = Write();
    EXPECT_EQ(written.code(), StatusCode::kInvalidArgument) << written.ToString();
    EXPECT_FALSE(fs::exists(folder_ / "out/1_Dense/model.safetensors"));
    fs::remove(folder_ / "in/1_Dense" / name);
  }
  // The whole module lies elsewhere.
  fs::rename(folder_ / "in/1_Dense", folder_ / "dense");
  fs::create_directory_symlink("../dense", folder_ / "in/1_Dense");
  EXPECT_EQ(Write().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace vetor
