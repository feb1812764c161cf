#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "cache/sqlite_connection.h"
#include "exporter/folder/export_record.h"
#include "tests/cli/filled_cache.h"
#include "tests/cli/folder_fixture.h"
#include "tests/cli/model_under_test.h"
#include "tests/cli/spawned_command.h"

namespace vetor::cli {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kDim = 8;

struct Found {
  std::string state;
  std::string detail;
  std::string remedy;
};

struct Diagnosis {
  int exit_code = -1;
  bool ok = false;
  std::map<std::string, Found> checks;
  std::string err;

  size_t Wrong() const {
    return static_cast<size_t>(std::count_if(checks.begin(), checks.end(), [](const auto& check) {
      return check.second.state == "wrong";
    }));
  }
};

Diagnosis Diagnose(std::vector<std::string> arguments,
                   const std::vector<std::string>& environment = {}) {
  arguments.insert(arguments.begin(), {"doctor", "--json"});
  const CommandResult result = RunVetor(arguments, "", environment);
  Diagnosis diagnosis{.exit_code = result.exit_code, .err = result.err};
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(result.out, error);
  EXPECT_FALSE(error) << result.out << result.err;
  if (error) return diagnosis;
  diagnosis.ok = value.at("ok").as_bool();
  for (const auto& item : value.at("checks").as_array()) {
    const auto text = [&](const char* key) { return std::string(item.at(key).as_string()); };
    diagnosis.checks[text("name")] = {text("state"), text("detail"), text("remedy")};
  }
  EXPECT_EQ(diagnosis.ok, diagnosis.exit_code == 0);
  EXPECT_EQ(diagnosis.ok, diagnosis.Wrong() == 0);
  return diagnosis;
}

class DoctorCommandTest : public FolderFixture {
 protected:
  Found DiagnoseCache(const std::string& dir) {
    return Diagnose({"--cache-enabled", "--cache-dir", dir}).checks["cache"];
  }
};

// A model path alone runs hashing, and the remedy named only one of the two settings that the model
// needs.
TEST_F(DoctorCommandTest, AModelPathAloneNamesBothSettings) {
  auto found = Diagnose({}, {"VETOR_AI_ONNX_MODEL_PATH=models/mine"});
  EXPECT_EQ(found.checks["configuration"].state, "note");
  EXPECT_THAT(found.checks["configuration"].remedy,
              ::testing::AllOf(HasSubstr("ai.backend"), HasSubstr("ai.onnx.enabled")));
}

TEST_F(DoctorCommandTest, SpeedAsksForThePrecisions) {
  EXPECT_EQ(Diagnose({}).checks.count("precisions"), 0U);
  EXPECT_EQ(Diagnose({"--speed"}).checks["precisions"].state, "skipped");
}

// Each text was cut to one word, and doctor said that "pooling, prompt or tokenizer may not
// belong".
TEST_F(DoctorCommandTest, SimilarityOfCutTextsIsNotAFaultOfTheModel) {
  const std::string model = VETOR_TEST_DATA_DIR "/model/tiny-bert";
  for (const char* length : {"3", "4", "5"}) {
    auto found = Diagnose({"--model", model, "--max-length", length});
    EXPECT_NE(found.checks["sample texts"].state, "wrong") << found.checks["sample texts"].detail;
    EXPECT_THAT(found.checks["sample texts"].remedy, Not(HasSubstr("may not belong")));
  }
  auto none = Diagnose({"--model", model, "--max-length", "2"});
  EXPECT_THAT(none.checks["tokenizer"].detail + none.checks["tokenizer"].remedy,
              HasSubstr("nothing would be left of a text"));
}

// Doctor said "there is no tokenizer file" of a folder with a vocabulary under another name.
TEST_F(DoctorCommandTest, AVocabularyUnderAnotherNameIsNamed) {
  std::filesystem::create_directories(Path("model"));
  std::ofstream(Path("model/other.model")) << "x";
  auto found = Diagnose({"--model", Path("model")});
  EXPECT_EQ(found.checks["tokenizer"].state, "skipped");
  EXPECT_THAT(found.checks["tokenizer"].detail, HasSubstr("found other.model"));
  EXPECT_THAT(found.checks["tokenizer"].remedy, HasSubstr("--tokenizer-path"));
}

// Such a graph is refused, so it cuts no text.
TEST_F(DoctorCommandTest, TheLengthOfARefusedGraphIsNotReported) {
  const std::filesystem::path folder = Path("model");
  std::filesystem::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", folder,
                        std::filesystem::copy_options::recursive);
  WriteFile("model/1_Pooling/config.json", R"({"word_embedding_dimension":8})");
  std::filesystem::copy_file(VETOR_TEST_DATA_DIR "/model/broken/fixed_length_without_mask.onnx",
                             folder / "model.onnx",
                             std::filesystem::copy_options::overwrite_existing);
  auto found = Diagnose({"--model", folder.string()});
  EXPECT_THAT(found.checks["graph"].detail, HasSubstr("no attention_mask"));
  EXPECT_THAT(found.checks["model"].remedy, Not(HasSubstr("texts are cut")));
}

TEST_F(DoctorCommandTest, HashingNeedsNoModelAndIsFine) {
  auto found = Diagnose({});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_EQ(found.checks["model"].state, "note");
  EXPECT_THAT(found.checks["model"].remedy, HasSubstr("--model"));
  EXPECT_EQ(found.checks["sample texts"].state, "ok") << found.checks["sample texts"].detail;
  EXPECT_THAT(found.checks["sample texts"].detail, HasSubstr("256 components, finite, length 1"));
  EXPECT_THAT(found.checks["speed"].detail, HasSubstr("texts/s on hashing-256"));
  EXPECT_THAT(found.checks["library"].state, AnyOf("ok", "skipped"));  // It is not needed.
  EXPECT_THAT(found.checks["cpu"].detail, HasSubstr("worker"));
  EXPECT_THAT(found.checks["memory"].detail, HasSubstr("MiB available"));
}

TEST_F(DoctorCommandTest, AModelThatWorksPassesEveryCheck) {
  VETOR_SKIP_WITHOUT_MINILM();
  auto found = Diagnose({"--model", kMiniLm, "--no-normalize"});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_EQ(found.checks["library"].state, "ok");
  EXPECT_THAT(found.checks["library"].detail, HasSubstr("telemetry off"));
  EXPECT_THAT(found.checks["model"].detail, HasSubstr("fp32, opset"));
  EXPECT_THAT(found.checks["model"].detail, HasSubstr("input_ids int64[?,?]"));
  EXPECT_THAT(found.checks["tokenizer"].detail, HasSubstr("WordPiece, 30,522 tokens"));
  EXPECT_THAT(found.checks["pooling"].detail, HasSubstr("mean, not normalised"));
  EXPECT_THAT(found.checks["maximum length"].detail, HasSubstr("256 tokens"));
  EXPECT_THAT(found.checks["runtime"].detail,
              HasSubstr("vetor's own kernels, CPUExecutionProvider"));
  EXPECT_THAT(found.checks["sample texts"].detail, HasSubstr("384 components, finite"));
  EXPECT_THAT(found.checks["sample texts"].detail, Not(HasSubstr("length 1")));
  EXPECT_THAT(found.checks["speed"].detail, HasSubstr("tokens/s on all-MiniLM-L6-v2"));

  found = Diagnose({"--model", kMiniLm, "--runtime", "onnxruntime"});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_THAT(found.checks["providers"].detail, HasSubstr("usable: CPUExecutionProvider"));
  EXPECT_THAT(found.checks["runtime"].detail,
              HasSubstr("not vetor's own kernels: the runtime is set to \"onnxruntime\""));
}

TEST_F(DoctorCommandTest, AdviceFollowsTheSettings) {
  VETOR_SKIP_WITHOUT_MINILM();
  auto found = Diagnose({"--model", kMiniLm, "--batch-size", "2", "--intra-op-threads", "2"});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_EQ(found.checks["speed"].state, "note");
  EXPECT_THAT(found.checks["speed"].remedy, HasSubstr("ai.batch_size (--batch-size) is 2"));
  EXPECT_THAT(found.checks["speed"].remedy,
              HasSubstr("ai.onnx.intra_op_threads (--intra-op-threads) is 2"));
}

TEST_F(DoctorCommandTest, AMissingModelIsWrongOnlyWithoutAFallback) {
  auto found = Diagnose({"--model", Path("none")});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_EQ(found.checks["model"].state, "wrong");
  EXPECT_THAT(found.checks["model"].detail, HasSubstr("is not there"));
  EXPECT_THAT(found.checks["model"].remedy, HasSubstr("name an .onnx file or a model folder"));
  EXPECT_EQ(found.checks["tokenizer"].state, "skipped");
  EXPECT_EQ(found.checks["speed"].state, "skipped");
  EXPECT_THAT(found.checks["sample texts"].detail, HasSubstr("refuse to open"));
  EXPECT_THAT(found.err, HasSubstr("something wrong"));

  found = Diagnose({"--model", Path("none"), "--fallback", "hashing"});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.checks["sample texts"].detail, HasSubstr("hashing instead"));
}

TEST_F(DoctorCommandTest, AFileThatChangedSinceTheExportIsWrong) {
  namespace fs = std::filesystem;
  const fs::path model = Path("model");
  fs::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", model, fs::copy_options::recursive);
  EXPECT_FALSE(Diagnose({"--model", model.string()}).checks.contains("files"));
  ASSERT_TRUE(WriteExportRecord(model, {.source = "test"}).ok());
  auto found = Diagnose({"--model", model.string()});
  EXPECT_EQ(found.checks["files"].state, "ok");
  EXPECT_THAT(found.checks["files"].detail, HasSubstr("as exported (SHA-256)"));
  std::ofstream(model / "config_sentence_transformers.json") << "{}";
  found = Diagnose({"--model", model.string()});
  EXPECT_EQ(found.checks["files"].state, "wrong");
  EXPECT_THAT(found.checks["files"].detail, HasSubstr("config_sentence_transformers.json"));
  EXPECT_THAT(found.checks["files"].remedy, HasSubstr("export or fetch the model again"));
}

// Each file of tiny-bert is changed in one place; embedding goes on, and doctor must say it.
TEST_F(DoctorCommandTest, ATokenWithoutARowAndALengthWithAMeaningAreReported) {
  namespace fs = std::filesystem;
  const fs::path model = Path("model");
  fs::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", model, fs::copy_options::recursive);
  std::string tokenizer = ReadBytes(model / "tokenizer.json");
  const std::string list = "\"added_tokens\": [";
  tokenizer.insert(tokenizer.find(list) + list.size(),
                   R"({"id":160,"content":"[NEW]","single_word":false,"lstrip":false,)"
                   R"("rstrip":false,"normalized":false,"special":true},)");
  std::ofstream(model / "tokenizer.json") << tokenizer;
  auto found = Diagnose({"--model", model.string()});
  EXPECT_EQ(found.checks["tokenizer"].state, "note");
  EXPECT_THAT(found.checks["tokenizer"].remedy, HasSubstr("\"[NEW]\" (id 160)"));
  EXPECT_THAT(found.checks["pooling"].detail, Not(HasSubstr("Normalize")));

  std::ofstream(model / "modules.json")
      << R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
      << R"({"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}])";
  found = Diagnose({"--model", model.string()});
  EXPECT_EQ(found.checks["pooling"].state, "ok");
  EXPECT_THAT(found.checks["pooling"].detail, HasSubstr("normalised\nthe model has no Normalize"));

  std::ofstream(model / "config_sentence_transformers.json") << R"({"similarity_fn_name":"dot"})";
  found = Diagnose({"--model", model.string()});
  EXPECT_EQ(found.checks["pooling"].state, "note");
  EXPECT_THAT(found.checks["pooling"].detail, HasSubstr("mean, not normalised"));
  EXPECT_THAT(found.checks["pooling"].detail, HasSubstr("compares by dot and has no Normalize"));
  EXPECT_THAT(found.checks["sample texts"].detail, Not(HasSubstr("length 1")));
  found = Diagnose({"--model", model.string(), "--normalize"});
  EXPECT_EQ(found.checks["pooling"].state, "note");
  EXPECT_THAT(found.checks["pooling"].detail, HasSubstr("ai.normalize scales"));
  EXPECT_THAT(found.checks["sample texts"].detail, HasSubstr("length 1"));
}

TEST_F(DoctorCommandTest, AnLfsPointerIsNamed) {
  const std::string model = WriteFile(
      "model.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90405214\n");
  WriteFile("tokenizer.json", "{}");
  auto found = Diagnose({"--model", model});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_EQ(found.checks["model"].state, "wrong");
  EXPECT_THAT(found.checks["model"].remedy, HasSubstr("git lfs pull"));
}

// Guards against "WRONG providers" for a graph that no provider can run.
TEST_F(DoctorCommandTest, AGraphWithoutAnEmbeddingIsNotAFaultOfTheProviders) {
  for (const char* providers : {"cpu", "cuda,cpu"}) {
    auto found = Diagnose(
        {"--model", VETOR_TEST_DATA_DIR "/model/broken/wrong_output_name.onnx", "--tokenizer-path",
         VETOR_TEST_DATA_DIR "/model/tiny-bert/tokenizer.json", "--provider", providers});
    EXPECT_EQ(found.exit_code, 1);
    EXPECT_EQ(found.checks["graph"].state, "wrong");
    EXPECT_THAT(found.checks["graph"].detail, HasSubstr("no output of the graph is an embedding"));
    EXPECT_THAT(found.checks["graph"].remedy, HasSubstr("--output-name"));
    EXPECT_EQ(found.checks["providers"].state, "skipped");
    EXPECT_EQ(found.Wrong(), 1U);
  }
}

// Guards against a folder whose tokenizer files doctor did not mention, as if they were missing.
TEST_F(DoctorCommandTest, AFolderWithoutAGraphHasItsTokenizerReported) {
  const std::string model = Path("model");
  std::filesystem::create_directories(model);
  WriteFile("model/tokenizer.json",
            ReadBytes(VETOR_TEST_DATA_DIR "/model/tiny-bert/tokenizer.json"));
  WriteFile("model/tokenizer_config.json", R"({"tokenizer_class":"XLMRobertaTokenizer"})");
  auto found = Diagnose({"--model", model});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_EQ(found.checks["model"].state, "wrong");
  EXPECT_THAT(found.checks["model"].detail, HasSubstr("no ONNX graph in "));
  EXPECT_THAT(found.checks["model"].remedy, HasSubstr("vetor export FOLDER"));
  EXPECT_EQ(found.checks["tokenizer"].state, "note");
  EXPECT_THAT(found.checks["tokenizer"].detail, HasSubstr("WordPiece, "));
  EXPECT_THAT(found.checks["tokenizer"].remedy, HasSubstr("transformers 5 does not read"));

  WriteFile("model/model.safetensors", "");
  found = Diagnose({"--model", model});
  EXPECT_THAT(found.checks["model"].remedy, HasSubstr("vetor export " + model));

  WriteFile("model/tokenizer.json", "{}");
  EXPECT_EQ(Diagnose({"--model", model}).checks["tokenizer"].state, "wrong");
  std::filesystem::remove(model + "/tokenizer.json");
  EXPECT_EQ(Diagnose({"--model", model}).checks["tokenizer"].state, "skipped");
}

TEST_F(DoctorCommandTest, ADamagedTokenizerIsNamed) {
  VETOR_SKIP_WITHOUT_MINILM();
  const std::string tokenizer = WriteFile("tokenizer.json", R"({"model":{"type":"Strange"}})");
  auto found = Diagnose({"--model", kMiniLm, "--tokenizer-path", tokenizer});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_EQ(found.checks["model"].state, "ok");
  EXPECT_EQ(found.checks["tokenizer"].state, "wrong");
  EXPECT_THAT(found.checks["tokenizer"].detail, HasSubstr("Strange"));
  EXPECT_EQ(found.checks["sample texts"].state, "skipped");
}

TEST_F(DoctorCommandTest, TheFileThatDecidedTheIdsIsNamed) {
  const std::string model = Path("model");
  std::filesystem::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", model,
                        std::filesystem::copy_options::recursive);
  WriteFile("model/tokenizer_config.json",
            R"({"tokenizer_class":"BertTokenizer","do_lower_case":false})");
  auto found = Diagnose({"--model", model});
  EXPECT_EQ(found.checks["tokenizer"].state, "ok");
  EXPECT_THAT(found.checks["tokenizer"].detail,
              HasSubstr("tokenizer_config.json: do_lower_case is false; tokenizer.json has "
                        "lowercase true"));
  WriteFile("model/tokenizer_config.json", R"({"tokenizer_class":"AlbertTokenizer"})");
  found = Diagnose({"--model", model});
  EXPECT_EQ(found.checks["tokenizer"].state, "note");
  EXPECT_THAT(found.checks["tokenizer"].remedy,
              HasSubstr("tokenizer.json: for a AlbertTokenizer, transformers 5 does not read"));
}

TEST_F(DoctorCommandTest, AMissingRuntimeIsNamed) {
  VETOR_SKIP_WITHOUT_MINILM();
  const std::vector<std::string> flags = {"--model", kMiniLm, "--library-path", Path("nowhere")};
  auto found = Diagnose(flags);
  EXPECT_EQ(found.exit_code, 0) << "vetor's own kernels know the graph: " << found.err;
  EXPECT_EQ(found.checks["library"].state, "skipped");
  std::vector<std::string> needed = flags;
  needed.insert(needed.end(), {"--runtime", "onnxruntime"});
  found = Diagnose(needed);
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_EQ(found.checks["library"].state, "wrong");
  EXPECT_THAT(found.checks["library"].detail, HasSubstr(Path("nowhere")));
  EXPECT_THAT(found.checks["library"].remedy, HasSubstr("pip install onnxruntime"));
  EXPECT_EQ(found.checks["model"].state, "ok");
  EXPECT_EQ(found.checks["providers"].state, "skipped");
  EXPECT_EQ(found.Wrong(), 1U);
}

TEST_F(DoctorCommandTest, AProviderThatTheLibraryLacksIsNamed) {
  VETOR_SKIP_WITHOUT_MINILM();
  // No build of ONNX Runtime has both.
  auto alone = Diagnose({"--model", kMiniLm, "--provider", "coreml,dml"});
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_EQ(alone.checks["providers"].state, "wrong");
  EXPECT_THAT(alone.checks["providers"].detail, HasSubstr("CoreMLExecutionProvider"));
  EXPECT_THAT(alone.checks["providers"].remedy, AnyOf(HasSubstr("\"cpu\""), HasSubstr(",cpu")));
  auto beside = Diagnose({"--model", kMiniLm, "--provider", "dml,coreml,cpu"});
  EXPECT_EQ(beside.exit_code, 0) << beside.err;
  EXPECT_EQ(beside.checks["providers"].state, "note");
  EXPECT_THAT(beside.checks["providers"].detail, HasSubstr("not usable: DmlExecutionProvider"));
  EXPECT_THAT(beside.checks["providers"].detail, HasSubstr("usable: CPUExecutionProvider"));
}

TEST_F(DoctorCommandTest, WrongAndOddConfigurationsAreReported) {
  auto found = Diagnose({"--config", WriteFile("bad.json", R"({"ai":{"dim":"x"}})")});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.checks["configuration"].detail, HasSubstr("ai.dim"));
  EXPECT_EQ(found.checks["cache"].state, "skipped");

  found = Diagnose({"--config", WriteFile("odd.json", R"({"ai":{"dims":64}})")});
  EXPECT_EQ(found.exit_code, 0);
  EXPECT_EQ(found.checks["configuration"].state, "note");
  EXPECT_THAT(found.checks["configuration"].detail, HasSubstr("the nearest one is ai.dim"));

  found = Diagnose({"--config", WriteFile("off.json", R"({"ai":{"backend":"onnx"}})")});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.checks["configuration"].detail, HasSubstr("ai.onnx.enabled is false"));
  EXPECT_THAT(found.checks["configuration"].detail, HasSubstr("ai.onnx.model_path is empty"));

  found = Diagnose({"--config", WriteFile("idle.json", R"({"ai":{"onnx":{"enabled":true}}})")});
  EXPECT_EQ(found.exit_code, 0);
  EXPECT_THAT(found.checks["configuration"].remedy, HasSubstr("ai.backend"));
}

// Some remedies named only the setting, others its flag as well.
TEST_F(DoctorCommandTest, EveryRemedyNamesTheFlagOfItsSetting) {
  const Found off = Diagnose({"--no-cache"}).checks["cache"];
  EXPECT_THAT(off.remedy, HasSubstr("set ai.cache.enabled (--cache-enabled) to true"));
  const Found brief =
      Diagnose({"--cache-enabled", "--cache-dir", Path("a"), "--cache-ttl-days", "0"})
          .checks["cache"];
  EXPECT_THAT(brief.remedy, HasSubstr("ai.cache.ttl_days (--cache-ttl-days)"));
  const Found backend = Diagnose({"--config", WriteFile("c.json", R"({"ai":{"backend":"onnx"}})")})
                            .checks["configuration"];
  EXPECT_THAT(backend.remedy, AllOf(HasSubstr("ai.onnx.enabled (--onnx-enabled)"),
                                    HasSubstr("ai.onnx.model_path (--model)")));
}

TEST_F(DoctorCommandTest, ACacheThatIsNotThereIsNotMade) {
  const Found cache = DiagnoseCache(Path("a/b"));
  EXPECT_EQ(cache.state, "ok") << cache.detail;
  EXPECT_THAT(cache.detail, HasSubstr("can be made"));
  EXPECT_EQ(FilesInFolder(), 0U);
}

TEST_F(DoctorCommandTest, ACacheThatCannotBeMadeIsWrong) {
  WriteFile("file", "x");
  const Found cache = DiagnoseCache(Path("file/cache"));
  EXPECT_EQ(cache.state, "wrong");
  EXPECT_THAT(cache.detail, HasSubstr("cannot be made"));
  EXPECT_THAT(cache.remedy, HasSubstr("--cache-dir"));
}

TEST_F(DoctorCommandTest, ACacheThatAServiceWritesIsReportedAndLeftAlone) {
  auto service = FillCache(Path("cache"), kDim, 30);
  const size_t files =
      static_cast<size_t>(std::distance(std::filesystem::directory_iterator(Path("cache")), {}));
  const Found used = DiagnoseCache(Path("cache"));
  EXPECT_EQ(used.state, "note");
  EXPECT_THAT(used.detail, HasSubstr("30 entries"));
  EXPECT_THAT(used.detail, HasSubstr("none damaged"));
  EXPECT_THAT(used.detail, HasSubstr("another process writes"));
  EXPECT_EQ(
      static_cast<size_t>(std::distance(std::filesystem::directory_iterator(Path("cache")), {})),
      files);
  service.reset();
  EXPECT_EQ(DiagnoseCache(Path("cache")).state, "ok");
}

// The advice was to clear the folder, which deleted the other program's file.
TEST_F(DoctorCommandTest, ACacheOfAnotherProgramIsLeftToIt) {
  FillCache(Path("cache"), kDim, 30).reset();
  auto database =
      SqliteConnection::Open(Path("cache/vectors-2.db"), {.access = SqliteAccess::kWrite});
  ASSERT_TRUE(database.ok() && database->Execute("PRAGMA user_version=3").ok());
  const Found cache = DiagnoseCache(Path("cache"));
  EXPECT_EQ(cache.state, "wrong");
  EXPECT_THAT(cache.detail, HasSubstr("left alone"));
  EXPECT_THAT(cache.remedy, HasSubstr("name another folder"));
  EXPECT_THAT(cache.remedy, Not(HasSubstr("clear")));
}

TEST_F(DoctorCommandTest, AnEarlierVersionsDatabaseIsANote) {
  FillCache(Path("cache"), kDim, 30).reset();
  std::ofstream(Path("cache/vectors.db")).flush();
  auto database =
      SqliteConnection::Open(Path("cache/vectors.db"), {.access = SqliteAccess::kWrite});
  ASSERT_TRUE(database.ok() && database->Execute("CREATE TABLE e(k); PRAGMA user_version=1").ok());
  const Found cache = DiagnoseCache(Path("cache"));
  EXPECT_EQ(cache.state, "note");
  EXPECT_THAT(cache.detail, HasSubstr("30 entries"));
  EXPECT_THAT(cache.detail, HasSubstr("vectors.db, 0.0 MiB, is of an earlier version of vetor"));
  EXPECT_THAT(cache.remedy, HasSubstr("vetor cache prune"));
}

TEST_F(DoctorCommandTest, ADamagedEntryIsWrong) {
  FillCache(Path("cache"), kDim, 30).reset();
  const std::string path = Path("cache") + "/vectors-2.db";
  const std::vector<float> vector(kDim, 7.5F);
  const size_t place = ReadBytes(path).find(
      std::string(reinterpret_cast<const char*>(vector.data()), kDim * sizeof(float)));
  ASSERT_NE(place, std::string::npos);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(place));
  file.put('!');
  file.close();
  const Found cache = DiagnoseCache(Path("cache"));
  EXPECT_EQ(cache.state, "wrong");
  EXPECT_THAT(cache.detail, HasSubstr("1 damaged, integrity: ok"));
  EXPECT_THAT(cache.remedy, HasSubstr("vetor cache prune"));
}

TEST_F(DoctorCommandTest, WithoutJsonEachCheckIsALine) {
  const auto result = RunVetor({"doctor", "--model", Path("none")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("\nWRONG    model            the model is not there"));
  EXPECT_THAT(result.out, HasSubstr("\n                          -> name an .onnx file"));
  EXPECT_THAT(result.out, HasSubstr("\nskipped  tokenizer "));
  EXPECT_THAT(result.err, HasSubstr("vetor doctor: "));
  const auto fine = RunVetor({"doctor"});
  EXPECT_THAT(fine.err, HasSubstr("nothing wrong"));
  EXPECT_EQ(RunVetor({"doctor", "--quiet"}).err, "");
}

}  // namespace
}  // namespace vetor::cli
