#include "backend/onnx/alone_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <thread>

#include "backend/onnx/onnx_backend.h"
#include "backend/onnx/runtime_library.h"
#include "backend/onnx/shared_weights.h"
#include "os/cpu.h"
#include "tests/support/graph_files.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

class AloneSessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    auto runtime = LoadRuntime(testing::TestRuntime());
    ASSERT_TRUE(runtime.ok()) << runtime.status().ToString();
    env_ = runtime->env;
  }
  std::unique_ptr<Ort::Session> OpenTiny() const {
    return std::make_unique<Ort::Session>(
        *env_, testing::TestData("model/tiny-bert/model.onnx").c_str(), Ort::SessionOptions());
  }

  Ort::Env* env_ = nullptr;
};

TEST_F(AloneSessionTest, TheFourthBatchThatIsAloneOpensItInTheBackground) {
  std::atomic<int> opened = 0;
  AloneSession alone([&] {
    ++opened;
    return OpenTiny();
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(alone.ForBatch(), nullptr);
  EXPECT_EQ(opened, 0);
  Ort::Session* session = nullptr;
  while ((session = alone.ForBatch()) == nullptr) std::this_thread::yield();
  EXPECT_EQ(session->GetInputCount(), 3U);
  EXPECT_EQ(alone.ForBatch(), session);
  EXPECT_EQ(opened, 1);
}

TEST_F(AloneSessionTest, ManyThreadsOpenItOnce) {
  std::atomic<int> opened = 0;
  AloneSession alone([&] {
    ++opened;
    return OpenTiny();
  });
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      while (alone.ForBatch() == nullptr) std::this_thread::yield();
    });
  }
  threads.clear();
  EXPECT_EQ(opened, 1);
}

TEST_F(AloneSessionTest, WhatDoesNotOpenIsNotTriedAgain) {
  std::atomic<int> tried = 0;
  {
    AloneSession alone([&]() -> std::unique_ptr<Ort::Session> {
      ++tried;
      throw Ort::Exception("no memory", ORT_FAIL);
    });
    for (int i = 0; i < 100; ++i) EXPECT_EQ(alone.ForBatch(), nullptr);
  }
  EXPECT_EQ(tried, 1);
}

// If the user's or the container's threads are used up, there is no second session, and the process
// goes on. The test runs in a child, as a user to whom limits apply.
TEST_F(AloneSessionTest, WithoutAThreadThereIsNoSecondSession) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) ::_exit(3);
    AloneSession alone([]() -> std::unique_ptr<Ort::Session> { ::_exit(2); });
    for (int i = 0; i < 8; ++i) {
      if (alone.ForBatch() != nullptr) ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) >= 2) GTEST_SKIP() << "this system does not limit threads";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(AloneSessionTest, NoExceptionLeavesItsThread) {
  AloneSession alone([]() -> std::unique_ptr<Ort::Session> { throw std::bad_alloc(); });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(alone.ForBatch(), nullptr);
}

// Closing a session while it is being opened waits for it and leaves nothing behind (the sanitizers
// would see it).
TEST_F(AloneSessionTest, ClosingMeanwhileIsSafe) {
  for (int i = 0; i < 20; ++i) {
    AloneSession alone([&] { return OpenTiny(); });
    for (int asked = 0; asked < 4; ++asked) alone.ForBatch();
  }
}

class AloneBatchTest : public AloneSessionTest {
 protected:
  void SetUp() override {
    AloneSessionTest::SetUp();
    VETOR_SKIP_WITHOUT(testing::FetchedModel("all-MiniLM-L6-v2") / "model.onnx");
  }
};

// In fp32 and int8, a batch has the same bits alone on all threads and among others on one, with
// weights mapped and copied.
TEST_F(AloneBatchTest, TheSameBitsAloneAndAmongOthers) {
  for (const char* name : {"model.onnx", "model_quantized.onnx"}) {
    for (const bool map_weights : {true, false}) {
      OnnxBackendOptions options{.graph = testing::FetchedModel("all-MiniLM-L6-v2") / name,
                                 .library_path = testing::TestRuntime(),
                                 .providers = {"cpu"},
                                 .alone_threads = 3,
                                 .map_weights = map_weights};
      const auto backend = OpenOnnxBackend(options);
      ASSERT_TRUE(backend.ok()) << backend.status().ToString();
      TokenBatch batch{.row_begin = {0, 40, 80}};
      for (int64_t i = 0; i < 80; ++i) batch.token_ids.push_back(1000 + i * 37);
      const auto expected = (*backend)->Run(batch);
      ASSERT_TRUE(expected.ok());
      batch.alone = true;
      for (int i = 0; i < 40; ++i) {
        const auto output = (*backend)->Run(batch);
        ASSERT_TRUE(output.ok());
        ASSERT_TRUE(std::equal(output->values.begin(), output->values.end(),
                               expected->values.begin(), expected->values.end()))
            << name << " " << i;
      }
    }
  }
}

TEST_F(AloneBatchTest, ASecondSessionTakesNoMoreThanItsOwnBuffers) {
  const auto graph = testing::FetchedModel("all-MiniLM-L6-v2") / "model.onnx";
  for (const bool map : {true, false}) {
    const auto weights = SharedWeights::Load(testing::MapGraph(graph), {.share = true, .map = map});
    ASSERT_TRUE(weights.ok()) << weights.status().ToString();
    const auto first = (*weights)->Open(*env_, Ort::SessionOptions());
    const uint64_t before = ReadMemoryUse().resident_bytes;
    const auto second = (*weights)->Open(*env_, Ort::SessionOptions());
    const uint64_t grown = ReadMemoryUse().resident_bytes - before;
    EXPECT_LT(grown, 20U << 20) << "of 43 MB that kernels pack, map " << map;
  }
}

}  // namespace
}  // namespace vetor
