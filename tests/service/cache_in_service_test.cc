// The cache as a service uses it, across services, models and backends that share a folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/digest.h"
#include "cache/cache_key.h"
#include "cache/vector_cache.h"
#include "model/model_folder.h"
#include "os/file_digest.h"
#include "tests/support/altered_weights.h"
#include "tests/support/each_runtime.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTexts = {"race", "grand prix", "São Paulo sprint"};

class CacheInServiceTest : public testing::OnEachRuntime {
 protected:
  EmbeddingsConfig Config() const {
    EmbeddingsConfig config = TinyConfig();
    config.cache.enabled = true;
    config.cache.dir = (folder_ / "cache").string();
    return config;
  }

  // Each call opens a service of its own, so what it finds, it finds on disk.
  struct Answer {
    Embeddings embeddings;
    Metrics metrics;
  };
  static Answer EmbedOnce(const EmbeddingsConfig& config) {
    auto service = EmbeddingsService::Open(config);
    EXPECT_TRUE(service.ok()) << service.status().ToString();
    auto embeddings = (*service)->Embed(kTexts);
    EXPECT_TRUE(embeddings.ok()) << embeddings.status().ToString();
    return {*std::move(embeddings), (*service)->metrics()};
  }

  TemporaryFolder folder_;
};
VETOR_ON_EACH_RUNTIME(CacheInServiceTest);

// No figure counted the hits of a level that was neither memory nor disk.
TEST_P(CacheInServiceTest, TheMetricsListEachLevelByName) {
  auto service = EmbeddingsService::Open(Config());
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  for (int round = 0; round < 2; ++round) ASSERT_TRUE((*service)->Embed(kTexts).ok());
  const Metrics metrics = (*service)->metrics();
  std::vector<std::string> names;
  uint64_t hits = 0;
  for (const CacheTierMetrics& tier : metrics.cache_tiers) {
    names.push_back(tier.name);
    hits += tier.hits;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"memory", "disk"}));
  EXPECT_EQ(hits, metrics.cache_hits);
  EXPECT_EQ(metrics.cache_tiers.at(0).hits, metrics.cache_memory_hits);
  EXPECT_EQ(metrics.cache_memory_hits, kTexts.size());
  EmbeddingsConfig without = Config();
  without.cache.enabled = false;
  EXPECT_TRUE(EmbedOnce(without).metrics.cache_tiers.empty());
}

TEST_P(CacheInServiceTest, ASecondRunFindsTheSameBitsOnDiskAndHasALatency) {
  const Answer first = EmbedOnce(Config());
  const Answer second = EmbedOnce(Config());
  EXPECT_EQ(first.metrics.cache_misses, kTexts.size());
  EXPECT_EQ(second.metrics.cache_disk_hits, kTexts.size());
  EXPECT_EQ(second.metrics.batches, 0U);
  // The calendar's code (examples/motorsport-calendar) divides by this length.
  EXPECT_EQ(second.metrics.batch_latencies_ms.size(), 1U);
  EXPECT_EQ(second.embeddings.values, first.embeddings.values);
  for (size_t i = 0; i < kTexts.size(); ++i) {
    EXPECT_TRUE(second.embeddings.texts[i].cached);
    EXPECT_EQ(second.embeddings.texts[i].tokens, first.embeddings.texts[i].tokens);
  }
  EmbeddingsConfig without = Config();
  without.cache.enabled = false;
  EXPECT_EQ(EmbedOnce(without).embeddings.values, first.embeddings.values);
}

TEST_P(CacheInServiceTest, ALargeTokenizerIsCompiledIntoTheFolderAndUsedFromThere) {
  const fs::path json = folder_ / "tokenizer.json";
  fs::copy_file(testing::TestData("model/tiny-bert") / "tokenizer.json", json);
  std::ofstream(json, std::ios::app) << std::string(3'000'000, ' ');
  EmbeddingsConfig config = Config();
  config.model.tokenizer_path = json.string();
  const fs::path compiled = folder_ / "cache" / "tokenizers";
  config.cache.ttl_days = 0;  // nothing is read from or written to disk
  const Answer first = EmbedOnce(config);
  EXPECT_FALSE(fs::exists(compiled));
  config.cache.ttl_days = 7;
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(EmbedOnce(config).embeddings.values, first.embeddings.values);
    ASSERT_FALSE(fs::is_empty(compiled));
  }
}

// docs/faults.md, row 31: the model is replaced while its cache stays.
TEST_P(CacheInServiceTest, Row31ASwappedModelFindsNothingOfTheOld) {
  EmbeddingsConfig config = Config();
  const fs::path model = folder_ / "model";
  fs::copy(testing::TestData("model/tiny-bert"), model, fs::copy_options::recursive);
  config.model.path = model.string();
  const Answer before = EmbedOnce(config);
  if (IsNative()) {
    testing::SetWeight(model / "model.safetensors", "embeddings.LayerNorm.bias", 0, 0.5F);
  } else {
    fs::copy_file(model / "model_quantized.onnx", model / "model.onnx",
                  fs::copy_options::overwrite_existing);
  }
  const Answer after = EmbedOnce(config);
  EXPECT_EQ(after.metrics.cache_hits, 0U);
  EXPECT_NE(after.embeddings.values, before.embeddings.values);
}

TEST_P(CacheInServiceTest, WhatShapesAVectorKeepsThemApart) {
  EmbedOnce(Config());
  EmbeddingsConfig shorter = Config();
  shorter.model.max_length = 16;
  EmbeddingsConfig other_pooling = Config();
  other_pooling.model.pooling = {PoolingMode::kCls};
  EmbeddingsConfig raw = Config();
  raw.normalize = false;
  EmbeddingsConfig cut = Config();
  cut.dim = 8;
  EmbeddingsConfig prompted = Config();
  prompted.model.prompt_name = "query";
  EmbeddingsConfig tenant = Config();
  tenant.cache.name_space = "tenant";
  for (const EmbeddingsConfig& config : {shorter, other_pooling, raw, cut, prompted, tenant}) {
    EXPECT_EQ(EmbedOnce(config).metrics.cache_hits, 0U);
  }
  EXPECT_EQ(EmbedOnce(Config()).metrics.cache_hits, kTexts.size());
}

TEST_P(CacheInServiceTest, APromptThatPoolingLeavesOutIsNotPartOfTheText) {
  EmbeddingsConfig config = Config();
  const fs::path model = folder_ / "model";
  fs::copy(testing::TestData("model/tiny-bert"), model, fs::copy_options::recursive);
  std::ofstream(model / "1_Pooling" / "config.json")
      << R"({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true,)"
      << R"( "include_prompt": false})";
  config.model.path = model.string();
  const auto service = EmbeddingsService::Open(config);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  const auto prompted = (*service)->Embed({"race"}, {.prompt = "query: "});
  const auto spelled = (*service)->Embed({"query: race"});
  ASSERT_TRUE(prompted.ok() && spelled.ok());
  EXPECT_FALSE(spelled->texts[0].cached);
  EXPECT_NE(prompted->values, spelled->values);
  const auto again = (*service)->Embed({"race"}, {.prompt = "query: "});
  EXPECT_TRUE(again->texts[0].cached);
  EXPECT_EQ(again->values, prompted->values);
}

TEST_P(CacheInServiceTest, HashingAndTheModelNeverMeet) {
  EmbedOnce(Config());
  EmbeddingsConfig hashing = Config();
  hashing.backend = BackendKind::kHashing;
  hashing.dim = 32;  // The same as the model's, so that only the vector space tells them apart.
  EXPECT_EQ(EmbedOnce(hashing).metrics.cache_hits, 0U);
  EmbeddingsConfig fallen = Config();
  fallen.model.path = "/no/such/model";
  fallen.fallback = Fallback::kHashing;
  fallen.dim = 32;
  const Answer answer = EmbedOnce(fallen);
  EXPECT_TRUE(answer.metrics.fallback);
  // These are the vectors of hashing-32, so they are right.
  EXPECT_EQ(answer.metrics.cache_hits, kTexts.size());
  EXPECT_EQ(answer.embeddings.model_id, "hashing-32");
  EXPECT_EQ(EmbedOnce(Config()).metrics.cache_hits, kTexts.size());
}

// The fingerprint as vetor 0.1.0 made it up to November 2026; a cache of that time may hold wrong
// vectors.
std::string OldFingerprint(const EmbeddingsConfig& config) {
  const auto bytes = [](const Sha256Digest& digest) {
    return std::string(digest.begin(), digest.end());
  };
  const auto model = ReadModelFolder({.model_path = config.model.path});
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  Sha256Builder builder;
  builder.AddField("vetor model 1");
  builder.AddField(bytes(*Sha256File(model->graph)));
  builder.AddField("0");  // The field of external files.
  builder.AddField(bytes(*Sha256File(model->tokenizer)));
  for (const char* field : {"mean", "with prompt", "unit", "0"}) builder.AddField(field);
  builder.AddField(std::to_string(model->max_length));
  builder.AddField("as is");
  const std::string of_model = Hex(std::move(builder).Finish());
  Sha256Builder space;
  for (const char* field : {"vetor vector space 1", "onnx", "CPUExecutionProvider", "fp32"}) {
    space.AddField(field);
  }
  space.AddField(of_model);
  space.AddField(std::to_string(model->max_length));
  space.AddField("32");
  space.AddField("unit");
  space.AddField("");
  return Hex(std::move(space).Finish());
}

// Vectors that were wrong before a fault was mended are not served from a cache of that time.
TEST_P(CacheInServiceTest, WhatOlderVersionsStoredIsNotFound) {
  const EmbeddingsConfig config = Config();
  const std::vector<float> nines(32, 9.0F);
  const Record record{.info = {},
                      .payload = {.bytes = {reinterpret_cast<const uint8_t*>(nines.data()),
                                            nines.size() * sizeof(float)},
                                  .owner = nullptr}};
  const CacheKeyer keyer(OldFingerprint(config));
  std::vector<CacheKey> keys;
  for (const std::string& text : kTexts) keys.push_back(keyer.Key(text));
  {
    const auto cache =
        VectorCache::Open({.dir = *config.cache.dir, .max_bytes = 64 << 20, .memory_bytes = 0});
    cache->Insert(keys, std::vector<Record>(keys.size(), record));
  }
  {
    const auto cache =
        VectorCache::Open({.dir = *config.cache.dir, .max_bytes = 64 << 20, .memory_bytes = 0});
    RecordList records;
    cache->Find(keys, &records);
    for (size_t i = 0; i < keys.size(); ++i) EXPECT_TRUE(records.Has(i));
  }
  const Answer answer = EmbedOnce(config);
  EXPECT_EQ(answer.metrics.cache_hits, 0U);
  EXPECT_EQ(answer.metrics.cache_misses, kTexts.size());
  EXPECT_THAT(answer.embeddings.values, ::testing::Each(::testing::Lt(1.0F)));
}

}  // namespace
}  // namespace vetor
