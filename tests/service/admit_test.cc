// EmbedOptions::admit: asked about the texts that must be computed, and about no others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/test_services.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::unique_ptr<EmbeddingsService> OpenHashing() {
  EmbeddingsConfig config;
  config.threads = 1;
  testing::UseMemoryCache(&config);
  return EmbeddingsService::Open(config).value();
}

// Notes what it is asked about, and answers with `answer`.
struct Asked {
  EmbedOptions Options() {
    EmbedOptions options;
    options.admit = [this](std::span<const std::string_view> missing) {
      texts.insert(texts.end(), missing.begin(), missing.end());
      ++times;
      return answer;
    };
    return options;
  }
  Status answer;
  std::vector<std::string> texts;
  int times = 0;
};

Result<Embeddings> Await(EmbeddingsService* service, std::vector<std::string> texts,
                         EmbedOptions options) {
  std::promise<Result<Embeddings>> answer;
  service->EmbedAsync(std::move(texts), std::move(options),
                      [&answer](Result<Embeddings> rows) { answer.set_value(std::move(rows)); });
  return answer.get_future().get();
}

TEST(AdmitTest, IsAskedOnceAboutWhatIsNotInTheCache) {
  const auto service = OpenHashing();
  ASSERT_TRUE(service->Embed({"Monza"}).ok());
  Asked asked;
  EmbedOptions options = asked.Options();
  options.prompt = "query: ";
  EXPECT_TRUE(service->Embed({"Monza"}).ok());
  EXPECT_TRUE(service->Embed({"Monza", "Spa", "Imola"}, asked.Options()).ok());
  EXPECT_THAT(asked.texts, ElementsAre("Spa", "Imola"));
  EXPECT_EQ(asked.times, 1);
  EXPECT_TRUE(service->Embed({"Monza", "Spa"}, asked.Options()).ok());
  EXPECT_EQ(asked.times, 1) << "All were in the cache.";
  asked.texts.clear();
  EXPECT_TRUE(Await(service.get(), {"Monza"}, options).ok());
  EXPECT_THAT(asked.texts, ElementsAre("query: Monza"));
}

TEST(AdmitTest, ItsErrorEndsTheCallBeforeAnythingIsComputed) {
  const auto service = OpenHashing();
  Asked asked{.answer = ResourceExhaustedError("no room for more"), .texts = {}};
  for (const bool waits : {true, false}) {
    const Result<Embeddings> rows = waits ? service->Embed({"Monza"}, asked.Options())
                                          : Await(service.get(), {"Monza"}, asked.Options());
    EXPECT_EQ(rows.status().code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(rows.status().message(), "no room for more");
  }
  const Metrics metrics = service->metrics();
  EXPECT_EQ(metrics.refused_calls, 2U);
  EXPECT_EQ(metrics.failed_calls, 2U);
  EXPECT_EQ(metrics.computed_texts, 0U);
}

// The only worker is in the middle of a batch all the time.
TEST(AdmitTest, ACallIsAnsweredOrRefusedWhileTheWorkersCompute) {
  const auto service = OpenHashing();
  ASSERT_TRUE(service->Embed({"Monza"}).ok());
  std::promise<void> runs;
  std::promise<void> may_end;
  std::promise<void> ended;
  EmbedOptions holds;
  holds.progress = [&](size_t, size_t) {
    runs.set_value();
    may_end.get_future().wait();
  };
  service->EmbedAsync({"holds the worker"}, std::move(holds),
                      [&](const Result<Embeddings>&) { ended.set_value(); });
  runs.get_future().wait();
  Asked asked{.answer = ResourceExhaustedError("no room for more"), .texts = {}};
  EXPECT_TRUE(Await(service.get(), {"Monza"}, asked.Options()).ok());
  EXPECT_THAT(asked.texts, IsEmpty());
  EXPECT_FALSE(Await(service.get(), {"Monza", "Spa"}, asked.Options()).ok());
  EXPECT_THAT(asked.texts, ElementsAre("Spa"));
  EXPECT_FALSE(Await(service.get(), {std::string(1 << 20, 'a')}, asked.Options()).ok());
  may_end.set_value();
  ended.get_future().wait();
}

TEST(AdmitTest, MayNotWaitForAnotherCall) {
  const auto service = OpenHashing();
  EmbedOptions options;
  options.admit = [&](std::span<const std::string_view>) {
    return service->Embed({"Spa"}).status();
  };
  EXPECT_THAT(service->Embed({"Monza"}, options).status().message(), HasSubstr("option admit"));
  EXPECT_EQ(Await(service.get(), {"Monza"}, options).status().code(),
            StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace vetor
