// If the system refuses threads or a fork, or a progress function throws or calls back, the call
// ends with an error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/each_runtime.h"
#include "tests/support/thread_limit.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

EmbeddingsConfig WithTwoThreads(EmbeddingsConfig config) {
  config.threads = 2;
  testing::UseMemoryCache(&config);
  return config;
}

EmbeddingsConfig HashingConfig() { return WithTwoThreads({}); }

std::unique_ptr<EmbeddingsService> MustOpen(const EmbeddingsConfig& config) {
  auto service = EmbeddingsService::Open(config);
  EXPECT_TRUE(service.ok()) << service.status().ToString();
  return *std::move(service);
}

std::vector<std::string> NumberedTexts(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back("race " + std::to_string(i));
  return texts;
}

TEST(RefusedThreadsTest, AServiceWithoutAnyDoesNotOpen) {
  const testing::ThreadLimit limit(0);
  const auto service = EmbeddingsService::Open(HashingConfig());
  ASSERT_FALSE(service.ok());
  EXPECT_EQ(service.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(service.status().message(), HasSubstr("no thread"));
}

TEST(RefusedThreadsTest, WithOneOfSeveralAServiceWorks) {
  std::unique_ptr<EmbeddingsService> service;
  {
    const testing::ThreadLimit limit(1);
    service = MustOpen(HashingConfig());
  }
  const auto embeddings = service->Embed(NumberedTexts(3000));
  ASSERT_TRUE(embeddings.ok()) << embeddings.status().ToString();
  EXPECT_EQ(embeddings->values, MustOpen(HashingConfig())->Embed(NumberedTexts(3000))->values);
}

// The inner call's vectors would overwrite those that are being delivered.
TEST(ProgressFunctionTest, MayNotEmbed) {
  const auto service = MustOpen(HashingConfig());
  const auto other = MustOpen(HashingConfig());
  const std::vector<std::string> texts = NumberedTexts(40);
  std::vector<Status> inner;
  const auto embeddings =
      service->Embed(texts, {.progress = [&](size_t, size_t) {
                       inner.push_back(service->Embed({"another text"}).status());
                       inner.push_back(other->Embed({"another text"}).status());
                     }});
  ASSERT_TRUE(embeddings.ok());
  ASSERT_FALSE(inner.empty());
  for (const Status& status : inner) {
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("progress function"));
  }
  EXPECT_EQ(embeddings->values, other->Embed(texts)->values);
}

TEST(ProgressFunctionTest, AnExceptionEndsOnlyItsCall) {
  const auto service = MustOpen(HashingConfig());
  const Status status =
      service
          ->Embed(NumberedTexts(40),
                  {.progress = [](size_t, size_t) { throw std::runtime_error("no bar today"); }})
          .status();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("no bar today"));
  EXPECT_TRUE(service->Embed(NumberedTexts(40)).ok());
}

void DestroyInChildren(std::unique_ptr<EmbeddingsService> service) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(service->Embed(NumberedTexts(1000 + i)).ok());
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // This signal ends a child that hangs.
      service.reset();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_TRUE(service->Embed({"race"}).ok());
}

// The destructor waited for threads that a child of fork() does not have. There are several
// children, because it happened only if the threads were waiting for work at that moment.
TEST(ForkedServiceTest, TheChildCanDestroyItsCopy) { DestroyInChildren(MustOpen(HashingConfig())); }

class ForkedModelServiceTest : public testing::OnEachRuntime {};
VETOR_ON_EACH_RUNTIME(ForkedModelServiceTest);

TEST_P(ForkedModelServiceTest, TheChildCanDestroyItsCopy) {
  DestroyInChildren(MustOpen(WithTwoThreads(TinyConfig())));
}

}  // namespace
}  // namespace vetor
