// A checkpoint is read as a whole or refused: a missing tensor never becomes zeros, a model that
// only calls itself a known family is refused, and the report names what is left out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "encoder/encoder.h"
#include "tests/encoder/altered_checkpoint.h"
#include "tests/encoder/tiny_checkpoint.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using testing::AlteredCheckpoint;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void Rename(const std::string& prefix, AlteredCheckpoint* checkpoint) {
  std::map<std::string, TensorView, std::less<>> renamed;
  for (const auto& [name, tensor] : checkpoint->tensors()) renamed[prefix + name] = tensor;
  checkpoint->tensors() = renamed;
}

// DataParallel, torch.compile and a pickled SentenceTransformer put these before each name.
TEST(WholeCheckpointTest, PrefixesOfTrainingAreTakenOff) {
  const auto plain = testing::OpenTiny("bert");
  for (const char* prefix :
       {"module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "0.auto_model.",
        "module.0.auto_model.", "module.bert.", "0.auto_model.bert.", "model.bert."}) {
    const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
    Rename(prefix, checkpoint.get());
    const auto encoder = ReadEncoder(checkpoint);
    ASSERT_TRUE(encoder.ok()) << prefix << encoder.status().ToString();
    EXPECT_EQ(encoder->word.bytes, plain->word.bytes);
    EXPECT_EQ(encoder->layers[1].feed_forward.down.bias.bytes,
              plain->layers[1].feed_forward.down.bias.bytes);
  }
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  Rename("teacher.", checkpoint.get());
  EXPECT_EQ(ReadEncoder(checkpoint).status().code(), StatusCode::kNotFound);
}

// Removes each tensor of each family in turn. A missing bias used to become zeros.
TEST(WholeCheckpointTest, EveryMissingTensorIsAnError) {
  for (const std::string& family : testing::TinyFamilies()) {
    const auto whole = testing::OpenTiny(family);
    ASSERT_TRUE(whole.ok()) << whole.status().ToString();
    for (const std::string& name : AlteredCheckpoint(family).names()) {
      const bool left_out = std::any_of(
          whole->left_out.begin(), whole->left_out.end(),
          [&](const auto& part) { return name.starts_with(part.substr(0, part.find(' '))); });
      if (left_out) continue;
      const auto checkpoint = std::make_shared<AlteredCheckpoint>(family);
      checkpoint->tensors().erase(name);
      EXPECT_EQ(ReadEncoder(checkpoint).status().code(), StatusCode::kNotFound)
          << family << " without " << name;
    }
  }
}

TEST(WholeCheckpointTest, AMissingTensorIsNamed) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  checkpoint->tensors().erase("encoder.layer.1.output.dense.bias");
  EXPECT_THAT(ReadEncoder(checkpoint).status().message(),
              AllOf(HasSubstr("no tensor encoder.layer.1.output.dense.bias"),
                    HasSubstr("; take config.json and the weights from one revision")));
}

// The family says by a flag of config.json that the bias may be absent.
TEST(WholeCheckpointTest, AFlagOfTheConfigurationDecidesOnABias) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("modernbert");
  checkpoint->mutable_config()["attention_bias"] = true;
  EXPECT_THAT(ReadEncoder(checkpoint).status().message(),
              HasSubstr("no tensor layers.0.attn.Wqkv.bias"));
  const auto nomic = std::make_shared<AlteredCheckpoint>("nomic_bert");
  nomic->mutable_config().erase("mlp_fc1_bias");  // In this family a bias is the default.
  EXPECT_THAT(ReadEncoder(nomic).status().message(), HasSubstr("mlp.fc11.bias"));
  // transformers ignores a bias that the configuration denies.
  const auto denied = std::make_shared<AlteredCheckpoint>("modernbert");
  denied->tensors()["layers.0.mlp.Wo.bias"] = *denied->Find("embeddings.norm.weight");
  const auto encoder = ReadEncoder(denied);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_TRUE(encoder->layers[0].feed_forward.down.bias.empty());
  EXPECT_THAT(encoder->left_out, ElementsAre("layers.0 (1 tensor)"));
}

// jina-embeddings-v3 calls itself xlm-roberta, but code beside it computes it.
TEST(WholeCheckpointTest, AModelWithCodeOfItsOwnIsNotTheFamilyThatItIsCalled) {
  const auto refused = [](const std::string& family, const boost::json::value& map) {
    const auto checkpoint = std::make_shared<AlteredCheckpoint>(family);
    checkpoint->mutable_config()["auto_map"] = map;
    const Status status = ReadEncoder(checkpoint).status();
    EXPECT_TRUE(status.ok() || status.code() == StatusCode::kUnimplemented) << status.ToString();
    return status.message();
  };
  EXPECT_THAT(refused("xlm-roberta", {{"AutoConfig", "o/n--configuration.XLMRobertaConfig"},
                                      {"AutoModel", "o/n--modeling_lora.XLMRobertaLoRA"}}),
              AllOf(HasSubstr("auto_map"), HasSubstr("modeling_lora.XLMRobertaLoRA"),
                    HasSubstr("\"xlm-roberta\""), HasSubstr("onnx/model.onnx")));
  EXPECT_THAT(refused("bert", {{"AutoModelForMaskedLM", "bert_layers.BertForMaskedLM"}}),
              HasSubstr("bert_layers.BertForMaskedLM"));
  EXPECT_THAT(refused("nomic_bert", {{"AutoModel", "o/n--other.JinaBertModel"}}),
              HasSubstr("JinaBertModel"));
  // A plain text says that there is code, but not which.
  EXPECT_THAT(refused("bert", "m.BertModel"), HasSubstr("auto_map is a string"));
  EXPECT_THAT(refused("bert", {"m.BertModel"}), HasSubstr("auto_map is"));
  EXPECT_THAT(refused("bert", nullptr), IsEmpty());
  // Families that are such code themselves, and code that is not a model.
  EXPECT_THAT(refused("nomic_bert", {{"AutoModel", "o/n--modeling_hf_nomic_bert.NomicBertModel"}}),
              IsEmpty());
  EXPECT_THAT(refused("new", {{"AutoModel", "o/new-impl--modeling.NewModel"}}), IsEmpty());
  EXPECT_THAT(refused("bert", {{"AutoTokenizer", {"o/n--t.T", nullptr}}}), IsEmpty());
}

TEST(WholeCheckpointTest, LinearBiasesInPlaceOfPositionsAreRefused) {
  for (const boost::json::value& on :
       {boost::json::value(true), boost::json::value(512), boost::json::value("true")}) {
    const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
    checkpoint->mutable_config()["alibi_starting_size"] = on;
    const Status status = ReadEncoder(checkpoint).status();
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
    EXPECT_THAT(status.message(), AllOf(HasSubstr("ALiBi"), HasSubstr("vetor pull fetches")));
  }
  for (const boost::json::value& off :
       {boost::json::value(false), boost::json::value("False"), boost::json::value("")}) {
    const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
    checkpoint->mutable_config()["use_alibi"] = off;
    EXPECT_TRUE(ReadEncoder(checkpoint).ok());
  }
}

TEST(WholeCheckpointTest, AnAdapterThatWasNotMergedIsRefused) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  checkpoint->tensors()["encoder.layer.0.attention.self.query.lora_A.default.weight"] =
      *checkpoint->Find("embeddings.LayerNorm.weight");
  const Status status = ReadEncoder(checkpoint).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("lora_A"), HasSubstr("merge")));
}

TEST(WholeCheckpointTest, WhatIsLeftOutOfAHeadIsListedByPart) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  Rename("bert.", checkpoint.get());
  const TensorView any = checkpoint->tensors().begin()->second;
  for (const char* name :
       {"cls.predictions.bias", "cls.predictions.transform.dense.weight", "classifier.weight"}) {
    checkpoint->tensors()[name] = any;
  }
  const auto encoder = ReadEncoder(checkpoint);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_THAT(encoder->left_out,
              ::testing::IsSupersetOf({"bert.pooler (2 tensors)", "classifier.weight (1 tensor)",
                                       "cls.predictions (2 tensors)"}));
}

// With such a prefix, the whole model was called "0.auto_model (2 tensors)".
TEST(WholeCheckpointTest, WhatIsLeftOutIsNamedWithoutWhatTrainingPutInFront) {
  const auto left_out = [](const std::string& prefix) {
    const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
    Rename(prefix, checkpoint.get());
    const auto encoder = ReadEncoder(checkpoint);
    EXPECT_TRUE(encoder.ok()) << encoder.status().ToString();
    return encoder.ok() ? encoder->left_out : std::vector<std::string>();
  };
  const std::vector<std::string> plain = left_out("");
  EXPECT_THAT(plain, ElementsAre("pooler.dense (2 tensors)"));
  for (const char* prefix :
       {"module.", "_orig_mod.", "0.auto_model.", "module._orig_mod.", "_orig_mod.0.auto_model."}) {
    EXPECT_EQ(left_out(prefix), plain) << prefix;
  }
}

}  // namespace
}  // namespace vetor
