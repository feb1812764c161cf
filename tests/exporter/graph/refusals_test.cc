// Configurations of checkpoints that cannot be exported, and early spellings that can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <span>

#include "base/json.h"
#include "encoder/encoder.h"
#include "tests/encoder/altered_checkpoint.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using testing::AlteredCheckpoint;
using ::testing::HasSubstr;

struct Refusal {
  const char* family;
  const char* key;
  boost::json::value value;
  StatusCode code;
  std::vector<std::string> says;
};

void ExpectRefused(std::span<const Refusal> refusals) {
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(std::string(refusal.family) + ": " + refusal.key + " " +
                 boost::json::serialize(refusal.value));
    const auto checkpoint = std::make_shared<AlteredCheckpoint>(refusal.family);
    checkpoint->mutable_config()[refusal.key] = refusal.value;
    const Status status = ReadEncoder(checkpoint).status();
    EXPECT_EQ(status.code(), refusal.code) << status.ToString();
    for (const std::string& words : refusal.says) EXPECT_THAT(status.message(), HasSubstr(words));
    // The remedy. It was missing if a family itself refused.
    if (refusal.code == StatusCode::kUnimplemented) {
      EXPECT_THAT(status.message(), HasSubstr("; use the ONNX file of the model's authors"));
    }
  }
}

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
      {"bert", "intermediate_size", "48", kInvalid, {"\"48\"", "a whole number"}},
      {"distilbert", "activation", "tanh", kUnimplemented, {"\"tanh\""}},
      {"modernbert", "layer_types", {"full_attention"}, kInvalid, {"layer_types"}},
      {"nomic_bert", "activation_function", "relu", kUnimplemented, {"swiglu or geglu"}},
      {"nomic_bert", "prenorm", true, kUnimplemented, {"prenorm"}},
      {"nomic_bert", "rotary_emb_fraction", 0, kUnimplemented, {"rotary_emb_fraction"}},
      {"new", "position_embedding_type", "alibi", kUnimplemented, {"rope or absolute"}},
      {"new", "layer_norm_type", "none", kUnimplemented, {"rms_norm"}},
      {"new",
       "rope_scaling",
       value{{"type", "yarn"}, {"factor", 2}},
       kUnimplemented,
       {"\"yarn\"", "default, linear or ntk"}},
      {"qwen3", "num_key_value_heads", 3, kInvalid, {"3 key and value heads"}},
      {"gemma3_text", "attn_logit_softcapping", 50, kUnimplemented, {"attn_logit_softcapping"}},
      {"gemma3_text", "layer_types", {"full_attention", "x"}, kUnimplemented, {"\"x\""}},
  };
  ExpectRefused(refusals);
}

// These numbers overflowed, took gigabytes or made a graph of NaN; the words would reach a
// terminal.
TEST(RefusalsTest, NumbersOutOfBoundsAreRefused) {
  using boost::json::value;
  const auto kUnimplemented = StatusCode::kUnimplemented;
  const auto kInvalid = StatusCode::kInvalidArgument;
  const Refusal refusals[] = {
      {"nomic_bert", "rotary_emb_fraction", 1e30, kInvalid, {"rotary_emb_fraction", "1E30"}},
      {"nomic_bert", "n_embd", 1 << 30, kInvalid, {"n_embd", "from 1 to 1048576"}},
      {"nomic_bert", "vocab_size", 1 << 30, kInvalid, {"vocab_size"}},
      {"nomic_bert", "pad_vocab_size_multiple", 1 << 30, kInvalid, {"pad_vocab_size_multiple"}},
      {"nomic_bert", "rotary_emb_base", 0, kInvalid, {"rotary_emb_base"}},
      {"gemma3_text", "head_dim", 1 << 30, kInvalid, {"head_dim", "from 1 to 65536"}},
      {"gemma3_text", "num_attention_heads", 1 << 20, kInvalid, {"[16777216, 32]"}},
      {"gemma3_text", "query_pre_attn_scalar", 0, kInvalid, {"query_pre_attn_scalar"}},
      {"gemma3_text", "rms_norm_eps", -1, kInvalid, {"rms_norm_eps", "from 0 to 1"}},
      {"gemma3_text", "sliding_window", 1, kInvalid, {"sliding_window", "no room"}},
      {"modernbert", "local_attention", 1, kInvalid, {"local_attention", "no room"}},
      {"qwen3", "head_dim", 15, kInvalid, {"15 components", "even"}},
      {"qwen3", "rope_theta", 0, kInvalid, {"rope_theta"}},
      {"qwen3", "rope_parameters", value{{"rope_theta", "1e6"}}, kInvalid, {"\"1e6\""}},
      {"qwen3",
       "rope_scaling",
       value{{"type", "linear"}, {"factor", 1e300}},
       kInvalid,
       {"factor", "1E300"}},
      {"roberta", "pad_token_id", 100'000, kInvalid, {"no position", "pad_token_id"}},
      {"roberta", "pad_token_id", 1e18, kInvalid, {"pad_token_id", "1E18"}},
      {"mpnet", "max_position_embeddings", 1, kInvalid, {"[1, 32]"}},
      {"mpnet", "relative_attention_num_buckets", 2, kInvalid, {"from 4 to 511"}},
      {"bert", "hidden_size", 0, kInvalid, {"hidden_size"}},
      {"bert", "layer_norm_eps", 2, kInvalid, {"layer_norm_eps"}},
      {"bert", "model_type", "\033]0;x", kUnimplemented, {"\\x1b"}},
      {"bert", "hidden_act", "\033]0;x", kUnimplemented, {"\\x1b"}},
  };
  ExpectRefused(refusals);
}

// Any number at any place of any family's config.json gives an encoder or an error, and no
// undefined arithmetic (the sanitized build would report it).
TEST(RefusalsTest, NoNumberIsTrusted) {
  const boost::json::value numbers[] = {-1,     0,         1,         3,          0.5,      1 << 20,
                                        1e9,    1e18,      -1e18,     1e30,       1e308,    -1e308,
                                        5e-324, INT64_MAX, INT64_MIN, UINT64_MAX, INT32_MAX};
  for (const std::string& family : testing::TinyFamilies()) {
    const AlteredCheckpoint original(family);
    for (const auto& [key, value] : original.config()) {
      if (!value.is_number()) continue;
      for (const boost::json::value& number : numbers) {
        const auto checkpoint = std::make_shared<AlteredCheckpoint>(family);
        checkpoint->mutable_config()[key] = number;
        const auto encoder = ReadEncoder(checkpoint);
        if (!encoder.ok()) {
          EXPECT_LT(encoder.status().message().size(), 1000U);
          continue;
        }
        SCOPED_TRACE(family + ": " + std::string(key) + " " + boost::json::serialize(number));
        EXPECT_GE(encoder->max_positions, 1);
        EXPECT_GE(encoder->hidden_size, 1);
      }
    }
  }
}

TEST(RefusalsTest, AProductOfSizesIsChecked) {
  for (const char* family : {"gemma3_text", "qwen3"}) {
    const auto checkpoint = std::make_shared<AlteredCheckpoint>(family);
    checkpoint->mutable_config()["num_attention_heads"] = 1 << 20;
    checkpoint->mutable_config()["head_dim"] = 1 << 16;
    const Status status = ReadEncoder(checkpoint).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("68719476736, expected at most")) << family;
  }
}

TEST(RefusalsTest, AMessageDoesNotRepeatAWholeFile) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  for (const char* key : {"hidden_size", "hidden_act", "model_type", "is_decoder"}) {
    checkpoint->mutable_config() = AlteredCheckpoint("bert").config();
    checkpoint->mutable_config()[key] = std::string(1 << 20, 'x');
    const Status status = ReadEncoder(checkpoint).status();
    EXPECT_FALSE(status.ok()) << key;
    EXPECT_LT(status.message().size(), 1000U) << key;
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

TEST(FamilySpellingsTest, GammaBesideTheNewerNamesIsLeftAlone) {
  const auto checkpoint = std::make_shared<AlteredCheckpoint>("bert");
  const TensorView weight = *checkpoint->Find("embeddings.LayerNorm.weight");
  checkpoint->tensors()["embeddings.LayerNorm.gamma"] =
      *checkpoint->Find("embeddings.LayerNorm.bias");
  const auto encoder = ReadEncoder(checkpoint);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_EQ(encoder->embedding_norm->weight.bytes.data(), weight.bytes.data());
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
