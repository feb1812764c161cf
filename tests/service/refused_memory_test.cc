// Refuses every allocation of a call once, on whatever thread it happens. The call must give an
// error or the right vectors, and the next call must be right.
#include "tests/support/refused_memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> TextsOfRound(int round) {
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i) {
    texts.push_back("a race of some length " + std::to_string(round) + " " + std::to_string(i));
  }
  return texts;
}

// Checks that the vectors are right, or that the error says so.
void Check(const Result<Embeddings>& embeddings, const Embeddings& expected, int n) {
  if (embeddings.ok()) {
    EXPECT_EQ(embeddings->values, expected.values) << n;
  } else {
    EXPECT_EQ(embeddings.status().code(), StatusCode::kResourceExhausted)
        << n << " " << embeddings.status().ToString();
  }
}

// Embeds new texts with the n-th allocation refused, then the same texts without, and, if there is
// a cache, once more from it with the n-th refused. Returns false if the first call made fewer
// allocations.
bool RefuseOne(EmbeddingsService* service, EmbeddingsService* reference, int n, bool cut_short) {
  const std::vector<std::string> texts = TextsOfRound(n);
  const auto expected = reference->Embed(texts);
  EXPECT_TRUE(expected.ok());
  std::stop_source stop;
  EmbedOptions options;
  // With a stop token, workers compute it and not this thread.
  if (cut_short) options.stop = stop.get_token();
  testing::RefuseAllocation(n);
  const auto embeddings = service->Embed(texts, options);
  const bool refused = testing::EndRefusing();
  Check(embeddings, *expected, n);
  const auto again = service->Embed(texts, options);
  EXPECT_TRUE(again.ok() && again->values == expected->values) << n;
  testing::RefuseAllocation(n);
  const auto found = service->Embed(texts, options);
  testing::EndRefusing();
  Check(found, *expected, n);
  return refused;
}

void RefuseEach(const EmbeddingsConfig& config, bool cut_short) {
  auto service = EmbeddingsService::Open(config);
  EmbeddingsConfig plain = config;
  plain.cache.enabled = false;
  auto reference = EmbeddingsService::Open(plain);
  ASSERT_TRUE(service.ok() && reference.ok());
  int n = 0;
  while (RefuseOne(service->get(), reference->get(), n, cut_short) && n < 2000) ++n;
  EXPECT_GT(n, 20);
  EXPECT_LT(n, 2000);
}

// Hashing, or tiny-bert on vetor's own kernels. ONNX Runtime is not asked: what it does when an
// allocation fails on its own threads is its own.
EmbeddingsConfig Config(const std::string& folder, bool model = false) {
  EmbeddingsConfig config;
  if (model) config = testing::TinyConfig(Runtime::kNative);
  config.cache.enabled = true;
  config.dim = 16;
  config.threads = 2;
  config.cache.dir = folder;
  config.cache.memory_mb = folder.empty() ? 1 : 0;
  return config;
}

class RefusedMemoryTest : public ::testing::TestWithParam<bool> {};

TEST_P(RefusedMemoryTest, AlwaysAnErrorOfTheCallOrTheRightVectors) {
  EmbeddingsConfig config = Config("");
  config.cache.enabled = false;
  RefuseEach(config, GetParam());
}

TEST_P(RefusedMemoryTest, AlsoWithACacheInMemory) { RefuseEach(Config(""), GetParam()); }

TEST_P(RefusedMemoryTest, AlsoWithACacheOnDisk) {
  const TemporaryFolder folder;
  RefuseEach(Config(folder.path().string()), GetParam());
}

// Guards against a request that lost its callback: the answer comes once, whatever fails.
TEST(RefusedMemoryAsyncTest, EachCallIsAnsweredOnce) {
  const auto service = EmbeddingsService::Open(Config(""));
  ASSERT_TRUE(service.ok());
  int n = 0;
  for (bool refused = true; refused && n < 2000; ++n) {
    const std::vector<std::string> texts = TextsOfRound(n);
    const auto expected = (*service)->Embed(texts, {.use_cache = false});
    ASSERT_TRUE(expected.ok());
    std::promise<Result<Embeddings>> answer;
    std::vector<std::string> given = texts;
    EmbeddingsService::EmbedCallback done = [&answer](Result<Embeddings> embeddings) {
      answer.set_value(std::move(embeddings));  // A second call of set_value would throw.
    };
    testing::RefuseAllocation(n);
    (*service)->EmbedAsync(std::move(given), {}, std::move(done));
    const Result<Embeddings> embeddings = answer.get_future().get();
    refused = testing::EndRefusing();
    Check(embeddings, *expected, n);
  }
  EXPECT_GT(n, 20);
  EXPECT_LT(n, 2000);
}

TEST_P(RefusedMemoryTest, AlsoWhenVetorsOwnKernelsRunAModel) {
  RefuseEach(Config("", /*model=*/true), GetParam());
}

INSTANTIATE_TEST_SUITE_P(WhoComputes, RefusedMemoryTest, ::testing::Bool(),
                         [](const auto& made) { return made.param ? "Workers" : "TheCaller"; });

}  // namespace
}  // namespace vetor
