// A program may put any value into an EmbeddingsConfig, so the checks are those of every other
// source.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "vetor/settings.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

// Each of the three settings alone keeps vectors off the disk. An unset folder is the user's own.
TEST(CacheConfigTest, ADiskTierNeedsACacheAFolderAndALife) {
  EXPECT_TRUE(CacheConfig{}.wants_disk());
  EXPECT_TRUE(CacheConfig{.dir = "/vectors"}.wants_disk());
  EXPECT_FALSE(CacheConfig{.dir = ""}.wants_disk());
  EXPECT_FALSE(CacheConfig{.enabled = false}.wants_disk());
  EXPECT_FALSE((CacheConfig{.dir = "/vectors", .ttl_days = 0}.wants_disk()));
  EXPECT_FALSE(CacheConfig{.ttl_days = std::numeric_limits<double>::quiet_NaN()}.wants_disk());
}

struct Case {
  const char* key;
  std::function<void(EmbeddingsConfig*)> spoil;
};

std::vector<Case> SpoiltSettings() {
  using C = EmbeddingsConfig;
  const std::string nul("a\0b", 3);
  return {{"ai.backend", [](C* c) { c->backend = static_cast<BackendKind>(9); }},
          {"ai.fallback", [](C* c) { c->fallback = static_cast<Fallback>(9); }},
          {"ai.onnx.runtime", [](C* c) { c->model.runtime = static_cast<Runtime>(-1); }},
          {"ai.onnx.precision", [](C* c) { c->model.precision = static_cast<Precision>(9); }},
          {"ai.onnx.pooling", [](C* c) { c->model.pooling = {static_cast<PoolingMode>(9)}; }},
          {"ai.onnx.pooling",
           [](C* c) {
             c->model.pooling = {PoolingMode::kMean, static_cast<PoolingMode>(-1)};
           }},
          {"ai.onnx.on_long", [](C* c) { c->model.on_long = static_cast<OnLong>(9); }},
          {"ai.threads", [](C* c) { c->threads = -1; }},
          {"ai.threads", [](C* c) { c->threads = 1025; }},
          {"ai.batch_size", [](C* c) { c->batch_size = 0; }},
          {"ai.dim", [](C* c) { c->dim = 0; }},
          {"ai.onnx.max_length", [](C* c) { c->model.max_length = -1; }},
          {"ai.onnx.intra_op_threads", [](C* c) { c->onnx.intra_op_threads = -1; }},
          {"ai.onnx.providers", [](C* c) { c->onnx.providers.clear(); }},
          {"ai.onnx.providers", [](C* c) { c->onnx.providers = {"zz"}; }},
          {"ai.cache.ttl_days",
           [](C* c) { c->cache.ttl_days = std::numeric_limits<double>::quiet_NaN(); }},
          {"ai.cache.max_mb", [](C* c) { c->cache.max_mb = 0; }},
          {"ai.cache.max_mb", [](C* c) { c->cache.max_mb = std::numeric_limits<int64_t>::max(); }},
          {"ai.cache.memory_mb", [](C* c) { c->cache.memory_mb = -1; }},
          {"ai.cache.namespace", [nul](C* c) { c->cache.name_space = nul; }},
          {"ai.cache.dir", [nul](C* c) { c->cache.dir = nul; }},
          {"ai.onnx.model_path", [nul](C* c) { c->model.path = nul; }},
          {"ai.onnx.tokenizer_path", [nul](C* c) { c->model.tokenizer_path = nul; }},
          {"ai.onnx.library_path", [nul](C* c) { c->onnx.library_path = nul; }},
          {"ai.onnx.output_name", [nul](C* c) { c->model.output_name = nul; }},
          {"ai.onnx.prompt_name", [nul](C* c) { c->model.prompt_name = nul; }}};
}

TEST(CheckConfig, EachSettingIsCheckedAndNamed) {
  EXPECT_TRUE(CheckConfig({}).ok());
  EXPECT_TRUE(CheckConfig(EmbeddingsConfig::ForModel("m")).ok());
  for (const Case& spoilt : SpoiltSettings()) {
    EmbeddingsConfig config;
    spoilt.spoil(&config);
    const Status refused = CheckConfig(config);
    EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument) << spoilt.key;
    EXPECT_THAT(refused.message(), HasSubstr(std::string(spoilt.key) + " = "));
    EXPECT_THAT(refused.message(), HasSubstr("expected"));
  }
  EmbeddingsConfig config;
  config.backend = static_cast<BackendKind>(9);
  EXPECT_EQ(CheckConfig(config).message(),
            "ai.backend = \"9\": this value is not allowed; expected one of \"hashing\", \"onnx\"");
}

}  // namespace
}  // namespace vetor
