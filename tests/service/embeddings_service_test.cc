#include "vetor/embeddings_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <functional>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "os/json_file.h"
#include "tests/support/each_runtime.h"
#include "tests/support/nan_model.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<EmbeddingsService> MustOpen(const EmbeddingsConfig& config) {
  auto service = EmbeddingsService::Open(config);
  EXPECT_TRUE(service.ok()) << service.status().ToString();
  return service.ok() ? *std::move(service) : nullptr;
}

class EmbeddingsServiceTest : public testing::OnEachRuntime {};
VETOR_ON_EACH_RUNTIME(EmbeddingsServiceTest);

std::vector<std::string> ManyTexts() {
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    std::string text = "race " + std::to_string(i * 7919 % 1000);
    for (int k = 0; k < i % 23; ++k) text += " grand prix";
    texts.push_back(text);
  }
  return texts;
}

TEST_P(EmbeddingsServiceTest, VectorsEqualSentenceTransformers) {
  const auto service = MustOpen(TinyConfig());
  const auto expected = ReadJsonFile(testing::TestData("model/tiny-bert/expected.json"));
  ASSERT_TRUE(expected.ok());
  for (const auto& text : expected->as_array()) {
    const std::string input = boost::json::value_to<std::string>(text.at("text"));
    const auto vector = boost::json::value_to<std::vector<float>>(text.at("vector"));
    const auto embeddings = service->Embed({input});
    ASSERT_TRUE(embeddings.ok()) << embeddings.status().ToString();
    ASSERT_EQ(embeddings->dim, vector.size());
    EXPECT_EQ(embeddings->texts[0].tokens, text.at("ids").as_array().size());
    for (size_t i = 0; i < vector.size(); ++i) {
      EXPECT_NEAR(embeddings->values[i], vector[i], 1e-5) << input;
    }
  }
}

TEST_P(EmbeddingsServiceTest, OrderIsKeptAndBatchMatesDoNotMatter) {
  const auto service = MustOpen(TinyConfig());
  const std::vector<std::string> texts = ManyTexts();
  const auto together = service->Embed(texts);
  ASSERT_TRUE(together.ok());
  ASSERT_EQ(together->rows, texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = service->Embed({texts[i]});
    ASSERT_TRUE(alone.ok());
    ASSERT_TRUE(std::ranges::equal(alone->row(0), together->row(i))) << i;
  }
}

TEST_P(EmbeddingsServiceTest, ThreadsAndCacheDoNotChangeABit) {
  const std::vector<std::string> texts = ManyTexts();
  EmbeddingsConfig config = TinyConfig();
  config.threads = 1;
  const auto reference = MustOpen(config)->Embed(texts);
  ASSERT_TRUE(reference.ok());
  config.threads = 4;
  testing::UseMemoryCache(&config);
  const auto service = MustOpen(config);
  for (const bool cached : {false, true}) {
    const auto again = service->Embed(texts);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->values, reference->values);
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(again->texts[i].cached, cached);
      EXPECT_EQ(again->texts[i].tokens, reference->texts[i].tokens);
      EXPECT_EQ(again->texts[i].truncated, reference->texts[i].truncated);
    }
  }
}

// The runtime may split a product differently, so the gain of single texts must not cost the
// promise.
TEST_P(EmbeddingsServiceTest, ThreadsInsideARunDoNotChangeABit) {
  std::string absent;
  for (const std::filesystem::path& model :
       {testing::TestData("model/tiny-bert"), testing::FetchedModel("all-MiniLM-L6-v2")}) {
    if (!std::filesystem::exists(model)) {
      absent = model.string();
      continue;
    }
    EmbeddingsConfig config = TinyConfig();
    config.model.path = model.string();
    std::vector<std::string> texts = ManyTexts();
    texts.resize(60);
    const auto reference = MustOpen(config)->Embed(texts);
    ASSERT_TRUE(reference.ok());
    config.onnx.intra_op_threads = 3;
    const auto service = MustOpen(config);
    EXPECT_EQ(service->Embed(texts)->values, reference->values) << model;
    for (size_t i = 0; i < 10; ++i) {
      const auto alone = service->Embed({texts[i]});
      EXPECT_TRUE(std::equal(alone->values.begin(), alone->values.end(), reference->row(i).begin()))
          << model << " " << texts[i];
    }
  }
  if (!absent.empty()) GTEST_SKIP() << "not there; `make test` makes it: " << absent;
}

TEST_P(EmbeddingsServiceTest, NoTextsNoRows) {
  const auto service = MustOpen(TinyConfig());
  const auto embeddings = service->Embed(std::vector<std::string>{});
  ASSERT_TRUE(embeddings.ok());
  EXPECT_EQ(embeddings->rows, 0U);
  EXPECT_EQ(embeddings->dim, 32U);
}

TEST_P(EmbeddingsServiceTest, AnEmptyTextHasTheVectorOfTheSpecialTokens) {
  const auto service = MustOpen(TinyConfig());
  const auto embeddings = service->Embed({""});
  ASSERT_TRUE(embeddings.ok());
  EXPECT_EQ(embeddings->texts[0].tokens, 2U);
  float square = 0;
  for (const float v : embeddings->values) square += v * v;
  EXPECT_NEAR(square, 1, 1e-5);
}

TEST_P(EmbeddingsServiceTest, ALongTextIsTruncatedFlaggedAndCounted) {
  const auto service = MustOpen(TinyConfig());
  std::string text;
  for (int i = 0; i < 100; ++i) text += "race ";
  std::string longer = text + "prix prix prix";
  const auto embeddings = service->Embed({text, longer, "race"});
  ASSERT_TRUE(embeddings.ok());
  EXPECT_TRUE(embeddings->texts[0].truncated);
  EXPECT_EQ(embeddings->texts[0].tokens, 48U);
  EXPECT_FALSE(embeddings->texts[2].truncated);
  EXPECT_TRUE(std::ranges::equal(embeddings->row(0), embeddings->row(1)));
  EXPECT_EQ(service->metrics().truncated_texts, 2U);
}

TEST_P(EmbeddingsServiceTest, InvalidUtf8RefusesTheCallOrIsReplaced) {
  const auto service = MustOpen(TinyConfig());
  const auto refused = service->Embed({"ok", "bad \xC3"});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.status().message(), HasSubstr("text 1 is not valid UTF-8 at byte 4"));
  const auto replaced = service->Embed({"bad \xC3"}, {.replace_invalid_utf8 = true});
  const auto spelled = service->Embed({"bad \xEF\xBF\xBD"});
  ASSERT_TRUE(replaced.ok());
  EXPECT_EQ(replaced->values, spelled->values);
  EXPECT_EQ(service->metrics().failed_calls, 1U);
}

// A prompt that ends in half a code point was read beyond its end, and the result was cached.
TEST_P(EmbeddingsServiceTest, APromptThatIsNotUtf8IsRefusedOrReplaced) {
  for (const bool hashing : {true, false}) {
    EmbeddingsConfig config = hashing ? EmbeddingsConfig() : TinyConfig();
    testing::UseMemoryCache(&config);
    const auto service = MustOpen(config);
    for (const char* bytes : {"\xFF", "\xC3", "\xE2\x82", "\xED\xA0\x80", "query \xF0\x9F"}) {
      const auto refused = service->Embed({"race"}, {.prompt = bytes});
      ASSERT_FALSE(refused.ok()) << bytes;
      EXPECT_EQ(refused.status().code(), StatusCode::kInvalidArgument);
      EXPECT_THAT(refused.status().message(), HasSubstr("the prompt is not valid UTF-8 at byte"));
      const auto replaced =
          service->Embed({"race"}, {.prompt = bytes, .replace_invalid_utf8 = true});
      ASSERT_TRUE(replaced.ok()) << replaced.status().ToString();
      const auto spelled = service->Embed({"race"}, {.prompt = ReplaceInvalidUtf8(bytes)});
      EXPECT_EQ(replaced->values, spelled->values);
    }
    std::promise<Status> later;
    service->EmbedAsync({"race"}, {.prompt = "\xFF"},
                        [&](const auto& answer) { later.set_value(answer.status()); });
    EXPECT_EQ(later.get_future().get().code(), StatusCode::kInvalidArgument);
    const auto unknown = service->Embed({"race"}, {.prompt_name = "q\x1B\xFF"});
    EXPECT_EQ(unknown.status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(unknown.status().message().find('\x1B'), std::string::npos);
  }
}

TEST_P(EmbeddingsServiceTest, PromptsByNameByTextAndUnknown) {
  const auto service = MustOpen(TinyConfig());
  EXPECT_EQ(service->prompts().at("query"), "query: ");
  const auto named = service->Embed({"race"}, {.prompt_name = "query"});
  ASSERT_TRUE(named.ok()) << named.status().ToString();
  const auto spelled = service->Embed({"query: race"});
  const auto given = service->Embed({"race"}, {.prompt = "query: "});
  EXPECT_EQ(named->values, spelled->values);
  EXPECT_EQ(named->values, given->values);
  const auto unknown = service->Embed({"race"}, {.prompt_name = "qeury"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.status().message(), HasSubstr("\"query\""));
}

TEST_P(EmbeddingsServiceTest, DimensionsAreCutAndRenormalised) {
  EmbeddingsConfig config = TinyConfig();
  const auto whole = MustOpen(config)->Embed({"race"});
  config.dim = 8;
  const auto cut = MustOpen(config)->Embed({"race"});
  ASSERT_TRUE(cut.ok());
  ASSERT_EQ(cut->dim, 8U);
  double square = 0;
  for (size_t i = 0; i < 8; ++i) square += whole->values[i] * whole->values[i];
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_NEAR(cut->values[i], whole->values[i] / std::sqrt(square), 1e-6);
  }
  config.dim = 33;
  const auto larger = EmbeddingsService::Open(config);
  ASSERT_FALSE(larger.ok());
  EXPECT_EQ(larger.status().code(), StatusCode::kInvalidArgument);
}

// docs/faults.md, row 24: NaN is an error that names the row and is never cached.
TEST_P(EmbeddingsServiceTest, Row24ANanNamesItsRowAndFailsItsCallOnly) {
  const TemporaryFolder folder;
  EmbeddingsConfig config = testing::NanForLastId(TinyConfig(), folder);
  testing::UseMemoryCache(&config);
  const auto service = MustOpen(config);
  for (int attempt = 0; attempt < 2; ++attempt) {
    // The model gives NaN for token 159, "##known".
    const auto bad = service->Embed({"race", "unknown", "prix"});
    ASSERT_FALSE(bad.ok());
    EXPECT_EQ(bad.status().code(), StatusCode::kInternal);
    EXPECT_THAT(bad.status().message(), HasSubstr("text 1"));
  }
  EXPECT_TRUE(service->Embed({"race", "prix"}).ok());
}

TEST_P(EmbeddingsServiceTest, ManyThreadsAskingForOneNewTextComputeItOnce) {
  EmbeddingsConfig config = TinyConfig();
  testing::UseMemoryCache(&config);
  const auto service = MustOpen(config);
  const auto reference = MustOpen(TinyConfig())->Embed({"one new text"});
  std::atomic<int> wrong = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 64; ++i) {
    callers.emplace_back([&] {
      const auto embeddings = service->Embed({"one new text"});
      if (!embeddings.ok() || embeddings->values != reference->values) ++wrong;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(service->metrics().computed_texts, 1U);
}

TEST_P(EmbeddingsServiceTest, DuplicatesInACallAreComputedOnce) {
  const auto service = MustOpen(TinyConfig());
  const auto embeddings = service->Embed({"a", "b", "a", "a"});
  ASSERT_TRUE(embeddings.ok());
  EXPECT_TRUE(std::ranges::equal(embeddings->row(0), embeddings->row(2)));
  EXPECT_TRUE(std::ranges::equal(embeddings->row(0), embeddings->row(3)));
  EXPECT_EQ(embeddings->texts[3].tokens, embeddings->texts[0].tokens);
  EXPECT_EQ(service->metrics().computed_texts, 2U);
  EXPECT_EQ(service->metrics().joined_texts, 2U);
}

TEST_P(EmbeddingsServiceTest, LatenciesHaveOneEntryPerBatchAndOnePerCallThatNeededNone) {
  EmbeddingsConfig config = TinyConfig();
  testing::UseMemoryCache(&config);
  const auto service = MustOpen(config);
  ASSERT_TRUE(service->Embed({"race"}).ok());
  EXPECT_EQ(service->metrics().batch_latencies_ms.size(), 1U);
  ASSERT_TRUE(service->Embed({"race"}).ok());
  const Metrics metrics = service->metrics();
  EXPECT_EQ(metrics.batch_latencies_ms.size(), 2U);
  EXPECT_EQ(metrics.cache_hits, 1U);
  EXPECT_EQ(metrics.cache_misses, 1U);
  EXPECT_EQ(metrics.batches, 1U);
  EXPECT_GT(metrics.resident_bytes, 0U);
}

TEST_P(EmbeddingsServiceTest, TheFingerprintIsOfWhatShapesAVector) {
  const auto of = [](const std::function<void(EmbeddingsConfig*)>& set) {
    EmbeddingsConfig config = TinyConfig();
    set(&config);
    return MustOpen(config)->fingerprint();
  };
  const std::string plain = of([](EmbeddingsConfig*) {});
  EXPECT_EQ(plain.size(), 64U);
  EXPECT_EQ(of([](EmbeddingsConfig* config) { config->threads = config->batch_size = 1; }), plain);
  const std::set<std::string> others = {
      plain,
      of([](EmbeddingsConfig* config) { config->dim = 8; }),
      of([](EmbeddingsConfig* config) { config->normalize = false; }),
      of([](EmbeddingsConfig* config) { config->model.max_length = 16; }),
      of([](EmbeddingsConfig* config) { config->model.on_long = OnLong::kWindow; }),
      of([](EmbeddingsConfig* config) { config->model.prompt_name = "query"; }),
      of([](EmbeddingsConfig* config) { config->backend = BackendKind::kHashing; })};
  EXPECT_EQ(others.size(), 7U);
}

// Hashing took 512 texts at a time, so a user who counts batches of batch_size texts found too few.
TEST(HashingServiceTest, LatenciesHaveAnEntryPerBatchSizeTexts) {
  EmbeddingsConfig config;
  config.dim = 8;
  config.batch_size = 24;
  config.cache.enabled = false;
  const auto service = MustOpen(config);
  std::vector<std::string> texts;
  // The texts need more than one part (call_part.h), and 65,536 is not a multiple of 24.
  for (int i = 0; i < 70'000; ++i) texts.push_back("race " + std::to_string(i));
  ASSERT_TRUE(service->Embed(texts).ok());
  EXPECT_EQ(service->metrics().batches, 2917U);
  EXPECT_EQ(service->metrics().batch_latencies_ms.size(), 2917U);
}

TEST_P(EmbeddingsServiceTest, AStoppedCallIsCancelledAndAPassedDeadlineIsSaid) {
  const auto service = MustOpen(TinyConfig());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(service->Embed({"race"}, {.stop = stop.get_token()}).status().code(),
            StatusCode::kCancelled);
  EXPECT_EQ(service->Embed({"race"}, {.deadline = std::chrono::steady_clock::time_point::min()})
                .status()
                .code(),
            StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(service->Embed({"race"}).ok());
}

TEST_P(EmbeddingsServiceTest, ProgressEndsAtTheTotal) {
  const auto service = MustOpen(TinyConfig());
  size_t last = 0;
  bool rose = true;
  const auto embeddings = service->Embed(ManyTexts(), {.progress = [&](size_t done, size_t total) {
                                           rose = rose && done > last && total == 200;
                                           last = done;
                                         }});
  ASSERT_TRUE(embeddings.ok());
  EXPECT_TRUE(rose);
  EXPECT_EQ(last, 200U);
}

// docs/faults.md, row 34: the process forks after the service was opened.
TEST_P(EmbeddingsServiceTest, Row34UseInAForkedChildIsAClearError) {
  const auto service = MustOpen(TinyConfig());
  const pid_t child = fork();
  if (child == 0) {
    const auto embeddings = service->Embed({"race"});
    const bool clear = embeddings.status().code() == StatusCode::kFailedPrecondition &&
                       embeddings.status().message().find("fork") != std::string::npos;
    _exit(clear ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(service->Embed({"race"}).ok());
}

// Open took any value, and a value that no enumerator has ended in a crash.
TEST(HashingServiceTest, OpenRefusesASettingThatIsNotAllowed) {
  const auto refused = [](const std::function<void(EmbeddingsConfig*)>& spoil) {
    EmbeddingsConfig config;
    config.cache.dir = "";
    spoil(&config);
    return EmbeddingsService::Open(config).status();
  };
  for (const Status& status : {refused([](auto* c) { c->backend = static_cast<BackendKind>(9); }),
                               refused([](auto* c) { c->threads = -1; }),
                               refused([](auto* c) { c->model.max_length = -1; }),
                               refused([](auto* c) { c->cache.dir = std::string("a\0b", 3); }),
                               refused([](auto* c) { c->model.prompt_name = "query"; })}) {
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status.ToString();
  }
  // The prompt of a model that is switched off does no harm.
  EXPECT_TRUE(refused([](auto* c) {
                c->backend = BackendKind::kHashing;
                c->model.path = "model";
                c->model.prompt_name = "query";
              }).ok());
  EXPECT_FALSE(std::filesystem::exists("a"));
}

TEST(HashingServiceTest, OptionsOfNoEnumeratorAreRefused) {
  EmbeddingsConfig config;
  config.cache.dir = "";
  const auto service = MustOpen(config);
  const auto on_long = service->Embed({"race"}, {.on_long = static_cast<OnLong>(77)});
  EXPECT_THAT(on_long.status().message(), HasSubstr("on_long is \"77\""));
  const auto when_full = service->Embed({"race"}, {.when_full = static_cast<WhenFull>(77)});
  EXPECT_THAT(when_full.status().message(), HasSubstr("when_full is \"77\""));
}

TEST(HashingServiceTest, TheDefaultConfigurationNeedsNothing) {
  EmbeddingsConfig config;
  config.cache.enabled = false;
  const auto service = MustOpen(config);
  const auto embeddings = service->Embed({"GP de São Paulo", "GP de São Paulo", ""});
  ASSERT_TRUE(embeddings.ok());
  EXPECT_EQ(embeddings->dim, 256U);
  EXPECT_EQ(embeddings->model_id, "hashing-256");
  EXPECT_EQ(service->active_provider(), "");
  EXPECT_TRUE(std::ranges::equal(embeddings->row(0), embeddings->row(1)));
  for (const float v : embeddings->row(2)) EXPECT_EQ(v, 0);
}

}  // namespace
}  // namespace vetor
