// What a checkpoint may say that cannot be exported, and early spellings that can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/json.h"
#include "exporter/encoder.h"
#include "tests/exporter/graph/tiny_checkpoint.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A checkpoint with another config.json or other tensors than the one on disk.
class AlteredCheckpoint final : public Checkpoint {
 public:
  explicit AlteredCheckpoint(const std::string& family)
      : family_(family),
        original_(*Checkpoint::Open(testing::TestData("exporter/families") / family)),
        config_(original_->config()) {
    for (const std::string& name : original_->names()) tensors_[name] = *original_->Find(name);
  }

  const std::filesystem::path& folder() const override { return original_->folder(); }
  const boost::json::object& config() const override { return config_; }
  const TensorView* Find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  void DropPages() const override { original_->DropPages(); }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }

  boost::json::object& mutable_config() { return config_; }
  std::map<std::string, TensorView, std::less<>>& tensors() { return tensors_; }

 private:
  std::string family_;
  std::shared_ptr<const Checkpoint> original_;
  boost::json::object config_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

struct Refusal {
  const char* family;
  const char* key;
  boost::json::value value;
  StatusCode code;
  std::vector<std::string> says;
};

TEST(RefusalsTest, ConfigsThatNoGraphFitsAreNamedWithWhatThereIs) {
  using boost::json::value;
  const auto kUnimplemented = StatusCode::kUnimplemented;
  const auto kInvalid = StatusCode::kInvalidArgument;
  const Refusal refusals[] = {
      {"bert", "model_type", "t5", kUnimplemented, {"\"t5\"", "bert, roberta, xlm-roberta"}},
      {"bert", "architectures", {"JinaBertForMaskedLM"}, kUnimplemented, {"JinaBertForMaskedLM"}},
      {"mpnet", "architectures", {"BertModel"}, kUnimplemented, {"\"mpnet\"", "BertModel"}},
      {"bert", "hidden_act", "mish", kUnimplemented, {"\"mish\"", "gelu_new", "quick_gelu"}},
      {"bert", "position_embedding_type", "alibi", kUnimplemented, {"alibi", "absolute"}},
      {"bert", "is_decoder", true, kUnimplemented, {"is_decoder"}},
      {"bert", "hidden_size", 48, kInvalid, {"[120, 32]", "[120, 48]"}},
      {"bert", "vocab_size", 121, kInvalid, {"word_embeddings", "[121, 32]"}},
      {"bert", "num_attention_heads", 5, kInvalid, {"32", "5 attention heads"}},
      {"bert", "num_hidden_layers", 3, StatusCode::kNotFound, {"encoder.layer.2.attention"}},
      {"bert", "num_hidden_layers", 0, kInvalid, {"without layers"}},
      {"bert", "intermediate_size", nullptr, kInvalid, {"intermediate_size", "missing"}},
      {"bert", "intermediate_size", "48", kInvalid, {"\"48\"", "a number"}},
      {"distilbert", "activation", "tanh", kUnimplemented, {"\"tanh\""}},
      {"modernbert", "layer_types", {"full_attention"}, kInvalid, {"layer_types"}},
      {"nomic_bert", "activation_function", "relu", kUnimplemented, {"swiglu and geglu"}},
      {"nomic_bert", "prenorm", true, kUnimplemented, {"prenorm"}},
      {"nomic_bert", "rotary_emb_fraction", 0, kUnimplemented, {"rotary_emb_fraction"}},
      {"new", "position_embedding_type", "alibi", kUnimplemented, {"rope and absolute"}},
      {"new", "layer_norm_type", "none", kUnimplemented, {"rms_norm"}},
      {"new",
       "rope_scaling",
       value{{"type", "yarn"}, {"factor", 2}},
       kUnimplemented,
       {"\"yarn\"", "default, linear and ntk"}},
      {"qwen3", "num_key_value_heads", 3, kInvalid, {"3 key and value heads"}},
      {"gemma3_text", "attn_logit_softcapping", 50, kUnimplemented, {"attn_logit_softcapping"}},
      {"gemma3_text", "layer_types", {"full_attention", "x"}, kUnimplemented, {"\"x\""}},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(std::string(refusal.family) + ": " + refusal.key + " " +
                 boost::json::serialize(refusal.value));
    const auto checkpoint = std::make_shared<AlteredCheckpoint>(refusal.family);
    checkpoint->mutable_config()[refusal.key] = refusal.value;
    const Status status = ReadEncoder(checkpoint).status();
    EXPECT_EQ(status.code(), refusal.code) << status.ToString();
    for (const std::string& words : refusal.says) EXPECT_THAT(status.message(), HasSubstr(words));
  }
}

TEST(RefusalsTest, ACheckpointOfAnotherArchitectureIsSaidSo) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  checkpoint->mutable_config()["model_type"] = "modernbert";
  checkpoint->mutable_config().erase("architectures");
  const Status status = ReadEncoder(checkpoint).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("embeddings.tok_embeddings.weight"), HasSubstr("config.json")));
}

TEST(FamilySpellingsTest, WithoutModelTypeTheClassDecides) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("camembert");
  checkpoint->mutable_config().erase("model_type");
  const auto encoder = ReadEncoder(checkpoint);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_EQ(encoder->family, "camembert");
}

TEST(FamilySpellingsTest, EarlyBertsGammaAndBetaUnderAPrefix) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  std::map<std::string, TensorView, std::less<>> renamed;
  for (const auto& [name, tensor] : checkpoint->tensors()) {
    std::string early = "bert." + name;
    if (name.find("LayerNorm") != std::string::npos) {
      early = early.substr(0, early.rfind('.')) + (name.ends_with("weight") ? ".gamma" : ".beta");
    }
    renamed[early] = tensor;
  }
  checkpoint->tensors() = renamed;
  const auto early = ReadEncoder(checkpoint);
  ASSERT_TRUE(early.ok()) << early.status().ToString();
  const auto plain = testing::OpenTiny("bert");
  EXPECT_EQ(early->word.bytes, plain->word.bytes);
  EXPECT_EQ(early->layers[1].feed_forward_after_norm->bias.bytes,
            plain->layers[1].feed_forward_after_norm->bias.bytes);
  EXPECT_EQ(early->layers[0].attention_after_norm->weight.bytes,
            plain->layers[0].attention_after_norm->weight.bytes);
}

TEST(FamilySpellingsTest, NewerFilesKeepRotaryBasesAndWindowsByLayerType) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("modernbert");
  boost::json::object& config = checkpoint->mutable_config();
  const double global = config["global_rope_theta"].to_number<double>();
  const double local = config["local_rope_theta"].to_number<double>();
  config["rope_parameters"] = {
      {"full_attention", {{"rope_type", "default"}, {"rope_theta", global}}},
      {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", local}}}};
  config["layer_types"] = {"full_attention", "sliding_attention", "sliding_attention"};
  for (const char* key : {"global_rope_theta", "local_rope_theta", "global_attn_every_n_layers"}) {
    config.erase(key);
  }
  const auto newer = ReadEncoder(checkpoint);
  ASSERT_TRUE(newer.ok()) << newer.status().ToString();
  const auto older = testing::OpenTiny("modernbert");
  for (size_t i = 0; i < older->layers.size(); ++i) {
    EXPECT_EQ(newer->layers[i].attention.window, older->layers[i].attention.window) << i;
    EXPECT_EQ(newer->layers[i].attention.rotary->inverse_frequencies,
              older->layers[i].attention.rotary->inverse_frequencies);
  }
  EXPECT_EQ(older->layers[0].attention.window, 0);
  EXPECT_EQ(older->layers[1].attention.window, 5);
  EXPECT_NE(older->layers[0].attention.rotary->theta, older->layers[1].attention.rotary->theta);
}

TEST(FamilySpellingsTest, LinearRotaryScalingDividesTheFrequencies) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("qwen3");
  checkpoint->mutable_config()["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 4.0}};
  const auto scaled = ReadEncoder(checkpoint);
  ASSERT_TRUE(scaled.ok()) << scaled.status().ToString();
  const auto plain = testing::OpenTiny("qwen3");
  const auto& expected = plain->layers[0].attention.rotary->inverse_frequencies;
  const auto& found = scaled->layers[0].attention.rotary->inverse_frequencies;
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_DOUBLE_EQ(found[i], expected[i] / 4);
}

}  // namespace
}  // namespace vetor
