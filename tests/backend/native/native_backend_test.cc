#include "backend/native/native_backend.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "os/json_file.h"
#include "tests/encoder/reference/random_encoder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"
#include "tests/support/thread_limit.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Backend> Open(const fs::path& folder, int alone_threads = 0) {
  auto checkpoint = Checkpoint::Open(folder);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  auto encoder = ReadEncoder(*std::move(checkpoint));
  EXPECT_TRUE(encoder.ok()) << encoder.status().ToString();
  auto backend = OpenNativeBackend({.encoder = std::make_shared<const Encoder>(*std::move(encoder)),
                                    .threads = 2,
                                    .alone_threads = alone_threads});
  EXPECT_TRUE(backend.ok()) << backend.status().ToString();
  return backend.ok() ? *std::move(backend) : nullptr;
}

struct Expected {
  TokenBatch batch;
  std::vector<double> states;
};

// All texts of tests/data/model/tiny-bert in one batch, with transformers' answers.
Expected ReadExpected() {
  Expected expected;
  expected.batch.row_begin = {0};
  const auto cases = ReadJsonFile(testing::TestData("model/tiny-bert/expected.json"));
  for (const auto& entry : cases->as_array()) {
    for (const auto& id : entry.at("ids").as_array()) {
      expected.batch.token_ids.push_back(id.to_number<int64_t>());
    }
    expected.batch.row_begin.push_back(static_cast<uint32_t>(expected.batch.token_ids.size()));
    for (const auto& value : entry.at("last_hidden_state").as_array()) {
      expected.states.push_back(value.to_number<double>());
    }
  }
  return expected;
}

TEST(NativeBackendTest, TextsOfAllLengthsInOneBatch) {
  const auto backend = Open(testing::TestData("model/tiny-bert"));
  ASSERT_NE(backend, nullptr);
  const Expected expected = ReadExpected();
  const auto output = backend->Run(expected.batch);
  ASSERT_TRUE(output.ok()) << output.status().ToString();
  EXPECT_EQ(output->axis, OutputAxis::kTokens);
  EXPECT_EQ(output->width, 32U);
  EXPECT_EQ(output->padding_tokens, 0U);
  ASSERT_EQ(output->values.size(), expected.states.size());
  for (size_t i = 0; i < expected.states.size(); ++i) {
    ASSERT_NEAR(output->values[i], expected.states[i], 1e-5) << i;
  }
}

TEST(NativeBackendTest, SaysWhatRuns) {
  const auto backend = Open(testing::TestData("model/tiny-bert"));
  ASSERT_NE(backend, nullptr);
  const BackendTraits& traits = backend->traits();
  EXPECT_EQ(traits.backend, "onnx");
  EXPECT_EQ(traits.provider, "CPUExecutionProvider");
  EXPECT_EQ(traits.precision, "fp32");
  EXPECT_TRUE(traits.library.starts_with("native (")) << traits.library;
  EXPECT_FALSE(traits.numerics.empty());
  EXPECT_FALSE(traits.equal_lengths);
  EXPECT_EQ(traits.max_rows, 0U);
}

// tiny-bert with so many inner columns that a batch is worth three cores.
std::unique_ptr<Backend> OpenWide(RandomTensors* tensors) {
  auto checkpoint = Checkpoint::Open(testing::TestData("model/tiny-bert"));
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  auto encoder = ReadEncoder(*std::move(checkpoint));
  EXPECT_TRUE(encoder.ok()) << encoder.status().ToString();
  constexpr uint64_t kHidden = 32;
  constexpr uint64_t kInner = 20'000;
  for (EncoderLayer& layer : encoder->layers) {
    layer.feed_forward.up = tensors->Linear("up", kInner, kHidden);
    layer.feed_forward.down = tensors->Linear("down", kHidden, kInner);
  }
  return OpenNativeBackend({.encoder = std::make_shared<const Encoder>(*std::move(encoder)),
                            .threads = 2,
                            .alone_threads = 3})
      .value();
}

size_t Threads() {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

// Guards against a batch too small for the team, so that it never took part.
TEST(NativeBackendTest, AloneOnSeveralCoresGivesTheSameBits) {
  if (!fs::exists("/proc/self/task")) GTEST_SKIP() << "threads cannot be counted here";
  RandomTensors tensors(1);
  const auto backend = OpenWide(&tensors);
  Expected expected = ReadExpected();
  const auto one = backend->Run(expected.batch);
  const size_t threads = Threads();
  expected.batch.alone = true;
  for (int i = 0; i < 5; ++i) {
    const auto several = backend->Run(expected.batch);
    ASSERT_TRUE(one.ok() && several.ok());
    EXPECT_EQ(0, std::memcmp(one->values.data(), several->values.data(), one->values.size_bytes()));
  }
  EXPECT_EQ(Threads(), threads + 2);
}

TEST(NativeBackendTest, WithoutThreadsForTheTeamABatchIsComputedAllTheSame) {
  RandomTensors tensors(1);
  const auto backend = OpenWide(&tensors);
  Expected expected = ReadExpected();
  const auto one = backend->Run(expected.batch);
  expected.batch.alone = true;
  const testing::ThreadLimit limit(0);
  const auto refused = backend->Run(expected.batch);
  ASSERT_TRUE(one.ok() && refused.ok());
  EXPECT_EQ(0, std::memcmp(one->values.data(), refused->values.data(), one->values.size_bytes()));
}

// Workers whose batches are alone, as when texts of several callers come one after the other: one
// of them has the team, and the others do without it.
TEST(NativeBackendTest, SeveralThatAreAloneAtOnceGiveTheSameBits) {
  RandomTensors tensors(1);
  const auto backend = OpenWide(&tensors);
  Expected expected = ReadExpected();
  const auto one = backend->Run(expected.batch);
  ASSERT_TRUE(one.ok());
  expected.batch.alone = true;
  std::vector<std::jthread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const auto found = backend->Run(expected.batch);
        ASSERT_TRUE(found.ok());
        ASSERT_EQ(0,
                  std::memcmp(one->values.data(), found->values.data(), one->values.size_bytes()));
      }
    });
  }
}

// Members of the team are still looking for work then.
TEST(NativeBackendTest, ClosingRightAfterABatchIsSafe) {
  RandomTensors tensors(1);
  Expected expected = ReadExpected();
  expected.batch.alone = true;
  for (int i = 0; i < 5; ++i) {
    const auto backend = OpenWide(&tensors);
    ASSERT_TRUE(backend->Run(expected.batch).ok());
  }
}

// An output does not change while others run.
TEST(NativeBackendTest, OutputsOutliveOtherRunsAndTheBackend) {
  auto backend = Open(testing::TestData("model/tiny-bert"));
  ASSERT_NE(backend, nullptr);
  const Expected expected = ReadExpected();
  const auto kept = backend->Run(expected.batch);
  ASSERT_TRUE(kept.ok());
  TokenBatch other{.token_ids = std::vector<int64_t>(40, 7), .row_begin = {0, 40}};
  ASSERT_TRUE(backend->Run(other).ok());
  backend.reset();
  for (size_t i = 0; i < expected.states.size(); ++i) {
    ASSERT_NEAR(kept->values[i], expected.states[i], 1e-5);
  }
}

TEST(NativeBackendTest, WorkersRunAtTheSameTime) {
  const auto backend = Open(testing::TestData("model/tiny-bert"), 2);
  ASSERT_NE(backend, nullptr);
  const Expected expected = ReadExpected();
  std::vector<std::jthread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&, w] {
      TokenBatch batch = expected.batch;
      batch.alone = w == 0;
      for (int i = 0; i < 20; ++i) {
        const auto output = backend->Run(batch);
        ASSERT_TRUE(output.ok());
        ASSERT_NEAR(output->values[5], expected.states[5], 1e-5);
      }
    });
  }
}

TEST(NativeBackendTest, ABatchWithoutTokens) {
  const auto backend = Open(testing::TestData("model/tiny-bert"));
  ASSERT_NE(backend, nullptr);
  const auto output = backend->Run(TokenBatch{.row_begin = {0, 0, 0}});
  ASSERT_TRUE(output.ok()) << output.status().ToString();
  EXPECT_TRUE(output->values.empty());
}

TEST(NativeBackendTest, RefusesATokenWithoutARow) {
  const auto backend = Open(testing::TestData("model/tiny-bert"));
  ASSERT_NE(backend, nullptr);
  const auto output = backend->Run(TokenBatch{.token_ids = {2, 100000, 3}, .row_begin = {0, 3}});
  EXPECT_EQ(output.status().code(), StatusCode::kInvalidArgument);
}

// The word table is read from the file while texts are embedded, so a change of the file must be
// noticed.
TEST(NativeBackendTest, AFileThatIsWrittenIntoSpendsTheBackend) {
  const TemporaryFolder folder;
  folder.CopyModel("tiny-bert", "m");
  const auto backend = Open(folder / "m");
  ASSERT_NE(backend, nullptr);
  const TokenBatch batch{.token_ids = {2, 3}, .row_begin = {0, 2}};
  ASSERT_TRUE(backend->Run(batch).ok());
  std::ofstream(folder / "m/model.safetensors", std::ios::app) << "x";
  EXPECT_EQ(backend->Run(batch).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(backend->Run(batch).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace vetor
