// Tests what happens if a model's files change while a service has them open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "os/file.h"
#include "tests/support/altered_weights.h"
#include "tests/support/each_runtime.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kWords = 160;  // The tokens of tiny-bert's tokenizer.
constexpr int64_t kWidth = 128;
constexpr size_t kTableBytes = kWords * kWidth * sizeof(float);
constexpr const char* kDataFile = "model.onnx_data";

std::string Floats(float value) {
  std::string bytes(kTableBytes, '\0');
  for (size_t at = 0; at < bytes.size(); at += sizeof value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  return bytes;
}

std::string Node(const std::string& op_type, const std::vector<std::string>& inputs,
                 const std::string& output) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (const std::string& input : inputs) writer.add_string(1, input);
  writer.add_string(2, output);
  writer.add_string(4, op_type);
  return bytes;
}

// The ValueInfoProto of a tensor [batch, length] or [batch, length, width].
std::string Value(const std::string& name, int type, bool has_width) {
  std::string shape;
  protozero::pbf_writer dims(shape);
  for (const char* symbol : {"batch", "length"}) {
    std::string dim;
    protozero::pbf_writer(dim).add_string(2, symbol);
    dims.add_message(1, dim);
  }
  std::string width;
  protozero::pbf_writer(width).add_int64(1, kWidth);
  if (has_width) dims.add_message(1, width);
  std::string tensor;
  protozero::pbf_writer(tensor).add_enum(1, type);
  protozero::pbf_writer(tensor).add_message(2, shape);
  std::string value_type;
  protozero::pbf_writer(value_type).add_message(1, tensor);
  std::string bytes;
  protozero::pbf_writer(bytes).add_string(1, name);
  protozero::pbf_writer(bytes).add_message(2, value_type);
  return bytes;
}

std::string Table(const std::string& name, float value, bool external) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_int64(1, kWords);
  writer.add_int64(1, kWidth);
  writer.add_enum(2, 1);
  writer.add_string(8, name);
  if (!external) {
    writer.add_string(9, Floats(value));
    return bytes;
  }
  std::string entry;
  protozero::pbf_writer(entry).add_string(1, "location");
  protozero::pbf_writer(entry).add_string(2, kDataFile);
  writer.add_message(13, entry);
  writer.add_enum(14, 1);
  return bytes;
}

// A model with two large weights: the runtime takes one as it is and reads the other by itself.
// Each component of every vector is their sum.
std::string Model(float taken, float folded, bool external = false) {
  std::string graph;
  protozero::pbf_writer writer(graph);
  writer.add_message(1, Node("Gather", {"taken", "input_ids"}, "a"));
  writer.add_message(1, Node("Neg", {"folded"}, "negative"));
  writer.add_message(1, Node("Gather", {"negative", "input_ids"}, "b"));
  writer.add_message(1, Node("Sub", {"a", "b"}, "last_hidden_state"));
  writer.add_string(2, "graph");
  writer.add_message(5, Table("taken", taken, external));
  writer.add_message(5, Table("folded", folded, external));
  writer.add_message(11, Value("input_ids", 7, false));
  writer.add_message(11, Value("attention_mask", 7, false));
  writer.add_message(12, Value("last_hidden_state", 1, true));
  std::string opset;
  protozero::pbf_writer(opset).add_int64(2, 17);
  std::string model;
  protozero::pbf_writer model_writer(model);
  model_writer.add_int64(1, 8);
  model_writer.add_message(7, graph);
  model_writer.add_message(8, opset);
  return model;
}

// On ONNX Runtime: vetor's own kernels do not know this graph.
class ModelFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    fs::create_directories(folder_ / "m");
    fs::copy_file(testing::TestData("model/tiny-bert/tokenizer.json"),
                  folder_ / "m/tokenizer.json");
  }

  // Writes a file whose modification time is long ago, so that a later write changes the time.
  fs::path Write(const std::string& name, const std::string& content) const {
    const fs::path file = folder_.Write(name, content);
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
    return file;
  }
  // Writes other bytes into the same file, from its beginning on.
  void Overwrite(const std::string& name, const std::string& content) const {
    std::fstream file(folder_ / name, std::ios::in | std::ios::out | std::ios::binary);
    file << content;
  }
  std::unique_ptr<EmbeddingsService> Open(bool map_weights = true) const {
    EmbeddingsConfig config = testing::TinyConfig();
    config.model.path = (folder_ / "m").string();
    config.onnx.map_weights = map_weights;
    config.normalize = false;
    config.cache.enabled = true;
    config.cache.dir = (folder_ / "cache").string();
    auto service = EmbeddingsService::Open(config);
    EXPECT_TRUE(service.ok()) << service.status().ToString();
    return service.ok() ? *std::move(service) : nullptr;
  }
  static float ValueOf(EmbeddingsService& service, const std::string& text) {
    const auto embeddings = service.Embed({text});
    EXPECT_TRUE(embeddings.ok()) << embeddings.status().ToString();
    return embeddings.ok() ? embeddings->values[0] : 0;
  }
  // Goes beyond the fourth text that is alone, from which on a second session is opened and
  // answers.
  static void ExpectManyAre(EmbeddingsService& service, float value) {
    for (int i = 0; i < 60; ++i) {
      ASSERT_EQ(ValueOf(service, "race " + std::to_string(i)), value) << i;
    }
  }
  void ExpectSpent(EmbeddingsService& service, const std::string& file) const {
    for (const char* text : {"hello", "hello race", "sprint"}) {
      const auto embeddings = service.Embed({text});
      ASSERT_EQ(embeddings.status().code(), StatusCode::kDataLoss) << text;
      EXPECT_THAT(embeddings.status().message(), HasSubstr("written into while"));
      EXPECT_THAT(embeddings.status().message(), Not(StartsWith("text "))) << "no text is at fault";
    }
    EXPECT_THAT(service.Embed({"x"}).status().message(), HasSubstr(file));
  }

  TemporaryFolder folder_;
};

TEST_F(ModelFilesTest, ExternalDataReplacedByRenameIsServedAsItWasOpened) {
  Write("m/model.onnx", Model(0, 0, /*external=*/true));
  Write(std::string("m/") + kDataFile, Floats(4));
  const auto service = Open();
  EXPECT_EQ(ValueOf(*service, "before"), 8);
  fs::rename(Write("new", Floats(5)), folder_ / "m" / kDataFile);
  ExpectManyAre(*service, 8);
  EXPECT_EQ(ValueOf(*Open(), "race 1"), 10);
}

TEST_F(ModelFilesTest, ExternalDataWrittenIntoFailsCalls) {
  Write("m/model.onnx", Model(0, 0, /*external=*/true));
  Write(std::string("m/") + kDataFile, Floats(4));
  const auto service = Open();
  EXPECT_EQ(ValueOf(*service, "before"), 8);
  Overwrite(std::string("m/") + kDataFile, Floats(5));
  ExpectSpent(*service, kDataFile);
}

TEST_F(ModelFilesTest, WithCopiedWeightsFilesMayChange) {
  for (const bool external : {false, true}) {
    Write("m/model.onnx", Model(1, 2, external));
    Write(std::string("m/") + kDataFile, Floats(1.5F));
    const auto service = Open(/*map_weights=*/false);
    EXPECT_EQ(ValueOf(*service, "before"), 3);
    fs::resize_file(folder_ / "m/model.onnx", 0);
    fs::resize_file(folder_ / "m" / kDataFile, 0);
    ExpectManyAre(*service, 3);
    fs::remove_all(folder_ / "cache");
  }
}

// The same with the graph above for ONNX Runtime and tiny-bert's checkpoint for our own kernels.
class ChangedModelTest : public ModelFilesTest, public ::testing::WithParamInterface<Runtime> {
 protected:
  enum Version { kFirst, kSecond };

  void SetUp() override {
    if (!IsNative()) VETOR_SKIP_WITHOUT(testing::TestRuntime());
    PutModel("m", kFirst);
    first_ = Reference("first", kFirst);
    second_ = Reference("second", kSecond);
  }
  static bool IsNative() { return GetParam() == Runtime::kNative; }
  static std::string FileName() { return IsNative() ? "model.safetensors" : "model.onnx"; }
  fs::path File() const { return folder_ / "m" / FileName(); }

  std::string Content(Version version) const {
    if (!IsNative()) return version == kFirst ? Model(1, 2) : Model(40, 50);
    const fs::path file = folder_ / "scratch.safetensors";
    fs::copy_file(testing::TestData("model/tiny-bert/model.safetensors"), file,
                  fs::copy_options::overwrite_existing);
    if (version == kSecond) testing::SetWeight(file, "embeddings.LayerNorm.bias", 0, 0.5F);
    return ReadFile(file).value();
  }
  void PutModel(const std::string& name, Version version) const {
    if (IsNative()) {
      folder_.CopyModel("tiny-bert", name);
      fs::remove(folder_ / name / "model.onnx");
    } else {
      folder_.CopyModel("tiny-bert/tokenizer.json", name + "/tokenizer.json");
    }
    Write(name + "/" + FileName(), Content(version));
  }
  EmbeddingsConfig ConfigOf(const std::string& name) const {
    EmbeddingsConfig config = testing::TinyConfig(GetParam());
    config.model.path = (folder_ / name).string();
    config.normalize = false;
    return config;
  }
  // A service on a copy of its own, without a cache.
  std::unique_ptr<EmbeddingsService> Reference(const std::string& name, Version version) const {
    PutModel(name, version);
    return EmbeddingsService::Open(ConfigOf(name)).value();
  }
  std::unique_ptr<EmbeddingsService> Open() const {
    EmbeddingsConfig config = ConfigOf("m");
    config.cache.enabled = true;
    config.cache.dir = (folder_ / "cache").string();
    return EmbeddingsService::Open(config).value();
  }
  static void ExpectSame(EmbeddingsService& service, EmbeddingsService& reference,
                         const std::string& text) {
    EXPECT_EQ(ValueOf(service, text), ValueOf(reference, text)) << text;
  }

  std::unique_ptr<EmbeddingsService> first_;
  std::unique_ptr<EmbeddingsService> second_;
};
INSTANTIATE_TEST_SUITE_P(Runtimes, ChangedModelTest,
                         ::testing::Values(Runtime::kNative, Runtime::kOnnxRuntime),
                         testing::RuntimeName);

// The second session was opened on the bytes of the new file at the places of the old one.
TEST_P(ChangedModelTest, AModelReplacedByRenameIsServedAsItWasOpened) {
  const auto service = Open();
  ExpectSame(*service, *first_, "before");
  fs::rename(Write("new", Content(kSecond)), File());
  for (int i = 0; i < 60; ++i) ExpectSame(*service, *first_, "race " + std::to_string(i));
  ExpectSame(*Open(), *second_, "race 1");  // Filed under another fingerprint.
}

// Other vectors were computed without a message, and later processes got them from the cache.
TEST_P(ChangedModelTest, AModelWrittenIntoFailsCallsAndNothingIsCached) {
  const std::string name = "m/" + FileName();
  {
    const auto service = Open();
    ExpectSame(*service, *first_, "before");
    Overwrite(name, Content(kSecond));
    ExpectSpent(*service, FileName());
    ExpectSame(*service, *first_, "before");  // From the cache, where it was right.
    Overwrite(name, Content(kFirst));
    ExpectSpent(*service, "");
  }
  const auto service = Open();
  for (const char* text : {"hello", "hello race", "sprint"}) ExpectSame(*service, *first_, text);
  EXPECT_EQ(service->metrics().cache_hits, 0U);
}

// The file is first cut and then written, as `cp` does it. Reading the map would raise SIGBUS.
TEST_P(ChangedModelTest, ATruncatedModelIsAnErrorAndNotASignal) {
  const auto service = Open();
  ExpectSame(*service, *first_, "before");
  fs::resize_file(File(), 0);
  ExpectSpent(*service, FileName());
}

// Every text of the batch got zeros, and these went into the cache.
TEST_F(ModelFilesTest, ATextWithoutTokensChangesNoOtherText) {
  fs::copy(testing::TestData("model/zero_token_batch"), folder_ / "zero",
           fs::copy_options::recursive);
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = (folder_ / "zero").string();
  const auto open = [&] { return *EmbeddingsService::Open(config); };
  const auto alone = open()->Embed({"hello"});
  ASSERT_TRUE(alone.ok()) << alone.status().ToString();
  ASSERT_EQ(alone->texts[0].tokens, 1U);
  config.cache.enabled = true;
  config.cache.dir = (folder_ / "cache").string();
  for (const bool cached : {false, true}) {
    const auto service = open();
    const auto both = service->Embed({"hello", "", " ", "hello"});
    ASSERT_TRUE(both.ok()) << both.status().ToString();
    for (size_t i = 0; i < both->dim; ++i) {
      EXPECT_EQ(both->values[i], alone->values[i]) << cached;
      EXPECT_EQ(both->values[both->dim + i], 0) << cached;
      EXPECT_EQ(both->values[3 * both->dim + i], alone->values[i]) << cached;
    }
    EXPECT_EQ(both->texts[1].tokens, 0U);
    EXPECT_EQ(both->texts[0].cached, cached);
    EXPECT_EQ(service->metrics().texts_without_tokens, 2U);
  }
}

}  // namespace
}  // namespace vetor
