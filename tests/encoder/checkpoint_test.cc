#include "encoder/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string OneTensor(const std::string& name, float value) {
  const std::array values = {value};
  return SafetensorsBytes("{\"" + name + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                          RawBytes<float>(values));
}

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() { folder_.Write("config.json", R"({"model_type":"bert"})"); }
  Result<std::shared_ptr<const Checkpoint>> Open() { return Checkpoint::Open(folder_.path()); }
  TemporaryFolder folder_;
};

TEST_F(CheckpointTest, SafetensorsAreFoundByNameWithoutIntegers) {
  folder_.Write("model.safetensors",
                SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                 R"("ids":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}})",
                                 std::string(16, '\0')));
  const auto checkpoint = Open();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  EXPECT_THAT((*checkpoint)->names(), ElementsAre("a"));
  EXPECT_EQ((*checkpoint)->config().at("model_type"), "bert");
  EXPECT_EQ((*checkpoint)->folder(), folder_.path());
  ASSERT_NE((*checkpoint)->Find("a"), nullptr);
  EXPECT_THAT(ToFloats(*(*checkpoint)->Find("a")), ElementsAre(0, 0));
  EXPECT_EQ((*checkpoint)->Find("ids"), nullptr);
}

TEST_F(CheckpointTest, ShardsAreReadThroughTheirIndex) {
  folder_.Write("model-1.safetensors", OneTensor("a", 1));
  folder_.Write("model-2.safetensors", OneTensor("b", 2));
  folder_.Write("model.safetensors.index.json",
                R"({"metadata":{},"weight_map":{"a":"model-1.safetensors",)"
                R"("b":"model-2.safetensors"}})");
  const auto checkpoint = Open();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  EXPECT_THAT((*checkpoint)->names(), ElementsAre("a", "b"));
  EXPECT_THAT(ToFloats(*(*checkpoint)->Find("b")), ElementsAre(2));
}

TEST_F(CheckpointTest, AHostileIndexIsRefused) {
  folder_.Write("s.safetensors", OneTensor("a", 1));
  const std::pair<const char*, const char*> cases[] = {
      {R"({"weight_map":{"a":"../s.safetensors"}})", "leaves the model's folder"},
      {R"({"weight_map":{"a":"/etc/x.safetensors"}})", "leaves the model's folder"},
      {R"({"weight_map":{"a":1}})", "is not a .safetensors file"},
      {R"({"weight_map":{"a":"s.bin"}})", "is not a .safetensors file"},
      {R"({"weight_map":{"b":"s.safetensors"}})", "has no tensor"},
      {R"({"weight_map":{}})", "weight_map"},
      {R"({"weight_map":{"a":"gone.safetensors"}})", "gone.safetensors"},
      {R"([])", "expected a JSON object"},
  };
  for (const auto& [index, word] : cases) {
    folder_.Write("model.safetensors.index.json", index);
    EXPECT_THAT(Open().status().message(), HasSubstr(word)) << index;
  }
}

TEST_F(CheckpointTest, WhatIsMissingOrNotFloatIsNamed) {
  EXPECT_EQ(Open().status().code(), StatusCode::kNotFound);
  EXPECT_THAT(Open().status().message(),
              AllOf(HasSubstr("model.safetensors"), HasSubstr("download")));
  folder_.Write(
      "model.safetensors",
      SafetensorsBytes(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", "x"));
  EXPECT_EQ(Open().status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(Open().status().message(), HasSubstr("F8_E4M3"));
  folder_.Write("config.json", R"({"quantization_config":{"quant_method":"gptq"}})");
  EXPECT_THAT(Open().status().message(), HasSubstr("quantization_config"));
  EXPECT_EQ(Checkpoint::Open(folder_ / "nowhere").status().code(), StatusCode::kNotFound);
}

// If a stranger's folder links to weights or a configuration, these may be any file of this
// machine.
TEST_F(CheckpointTest, LinksOutOfTheModelAreNotFollowed) {
  namespace fs = std::filesystem;
  folder_.Write("elsewhere/a.safetensors", OneTensor("a", 1));
  folder_.Write("elsewhere/config.json", R"({"model_type":"bert"})");
  folder_.Write("elsewhere/index.json", R"({"weight_map":{"a":"a.safetensors"}})");
  folder_.Write("model/config.json", R"({"model_type":"bert"})");
  const auto open = [&] { return Checkpoint::Open(folder_ / "model").status(); };
  const auto link = [&](const char* target, const std::string& name) {
    fs::remove(folder_ / ("model/" + name));
    fs::create_symlink(folder_ / target, folder_ / ("model/" + name));
  };
  for (const char* weights : {"model.safetensors", "pytorch_model.bin"}) {
    link("elsewhere/a.safetensors", weights);
    EXPECT_EQ(open().code(), StatusCode::kInvalidArgument) << weights;
    fs::remove(folder_ / "model" / weights);
  }
  link("elsewhere/index.json", "model.safetensors.index.json");
  link("elsewhere/a.safetensors", "a.safetensors");
  EXPECT_THAT(open().message(), AllOf(HasSubstr("index.json"), HasSubstr("cp -rL")));
  fs::remove(folder_ / "model/model.safetensors.index.json");
  folder_.Write("model/model.safetensors.index.json", R"({"weight_map":{"a":"a.safetensors"}})");
  EXPECT_THAT(open().message(), AllOf(HasSubstr("a.safetensors"), HasSubstr("cp -rL")));
  // They are inside the folder of the whole model, of which this one is a part.
  EXPECT_TRUE(Checkpoint::Open(folder_ / "model", folder_.path()).ok());
  link("elsewhere/config.json", "config.json");
  EXPECT_EQ(open().code(), StatusCode::kInvalidArgument);
}

// For an adapter alone the message was "config.json is missing"; beside its base, the adapter was
// ignored.
TEST_F(CheckpointTest, AnAdapterIsRefusedAloneAndBesideItsBase) {
  folder_.Write("model.safetensors", OneTensor("a", 1));
  ASSERT_TRUE(Open().ok());
  folder_.Write("adapter_config.json", R"({"base_model_name_or_path":"x/y","peft_type":"LORA"})");
  for (const bool alone : {false, true}) {
    if (alone) {
      std::filesystem::remove(folder_ / "config.json");
      std::filesystem::remove(folder_ / "model.safetensors");
    }
    const Status status = Open().status();
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
    EXPECT_THAT(status.message(), AllOf(HasSubstr("an adapter (\"LORA\")"), HasSubstr("\"x/y\""),
                                        HasSubstr("merge it"), HasSubstr("name the base")));
  }
}

TEST_F(CheckpointTest, AnAdaptersWeightsAloneAreSeenToo) {
  folder_.Write("model.safetensors", OneTensor("a", 1));
  folder_.Write("adapter_model.safetensors", OneTensor("b", 1));
  EXPECT_THAT(Open().status().message(), HasSubstr("holds an adapter"));
}

}  // namespace
}  // namespace vetor
