#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/model_under_test.h"
#include "tests/cli/spawned_command.h"
#include "tests/support/test_paths.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EmbedCommandTest : public FolderFixture {
 protected:
  // Reads a .npy by hand, in the order of its format: magic, version, length, dictionary, values.
  static void ExpectNpy(const std::string& bytes, size_t rows, size_t dim) {
    ASSERT_GE(bytes.size(), 10U);
    EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const size_t length = byte(8) + 256U * byte(9);
    EXPECT_EQ((10 + length) % 64, 0U);
    ASSERT_GE(bytes.size(), 10 + length);
    const std::string header = bytes.substr(10, length);
    EXPECT_THAT(header, HasSubstr("'descr': '<f4', 'fortran_order': False, 'shape': (" +
                                  std::to_string(rows) + ", " + std::to_string(dim) + ")"));
    EXPECT_EQ(header.back(), '\n');
    EXPECT_EQ(bytes.size(), 10 + length + rows * dim * sizeof(float));
  }

  static std::vector<float> NpyValues(const std::string& bytes) {
    std::vector<float> values((bytes.size() - 128) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + 128, values.size() * sizeof(float));
    return values;
  }
};

TEST_F(EmbedCommandTest, LinesToJsonl) {
  const auto result = RunVetor({"embed", "--dim", "8"}, "GP de São Paulo\n\nBrazilian GP\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto lines = ParseLines(result.out);
  ASSERT_EQ(lines.size(), 3U);
  for (const auto& line : lines) {
    EXPECT_EQ(line.at("embedding").as_array().size(), 8U);
    EXPECT_FALSE(line.at("truncated").as_bool());
  }
  EXPECT_THAT(result.err, HasSubstr("vetor embed: 3 texts"));
  EXPECT_THAT(result.err, HasSubstr("hashing-8"));
}

TEST_F(EmbedCommandTest, JsonlWithIds) {
  const auto result =
      RunVetor({"embed", "--dim", "8", "--field", "name", "--id-field", "id", "--quiet"},
               "{\"id\":\"a\",\"name\":\"x\"}\n{\"id\":7,\"name\":\"y\"}\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const auto lines = ParseLines(result.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("id"), "a");
  EXPECT_EQ(lines[1].at("id"), 7);
}

TEST_F(EmbedCommandTest, NpyToAFileAndToStandardOutputAreTheSame) {
  const std::string texts = "one\ntwo\nthree\n";
  const auto to_file = RunVetor({"embed", "--output", Path("a.npy")}, texts);
  EXPECT_EQ(to_file.exit_code, 0) << to_file.err;
  EXPECT_EQ(to_file.out, "");
  const std::string bytes = ReadBytes(Path("a.npy"));
  ExpectNpy(bytes, 3, 256);
  EXPECT_EQ(RunVetor({"embed", "-i", "-", "-o", "-", "--format", "npy"}, texts).out, bytes);
  EXPECT_EQ(FilesInFolder(), 1U);
}

TEST_F(EmbedCommandTest, NpyAndJsonlHoldTheSameNumbers) {
  const auto npy = NpyValues(RunVetor({"embed", "--dim", "16", "--format", "npy"}, "a b c\n").out);
  const auto lines = ParseLines(RunVetor({"embed", "--dim", "16"}, "a b c\n").out);
  ASSERT_EQ(lines.size(), 1U);
  const auto& embedding = lines[0].at("embedding").as_array();
  ASSERT_EQ(npy.size(), 16U);
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(static_cast<float>(embedding[i].to_number<double>()), npy[i]);
  }
}

TEST_F(EmbedCommandTest, EmptyInputIsAnEmptyResult) {
  const auto npy = RunVetor({"embed", "--format", "npy"}, "");
  EXPECT_EQ(npy.exit_code, 0) << npy.err;
  ExpectNpy(npy.out, 0, 256);
  const auto jsonl = RunVetor({"embed"}, "");
  EXPECT_EQ(jsonl.exit_code, 0) << jsonl.err;
  EXPECT_EQ(jsonl.out, "");
}

TEST_F(EmbedCommandTest, InvalidUtf8NamesFileLineAndByte) {
  const std::string input = WriteFile("bad.txt", "good\nS\xE3o\n");
  const auto result = RunVetor({"embed", "-i", input, "-o", Path("a.npy")});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("bad.txt:2: byte 2 of the line is 0xE3"));
  EXPECT_EQ(FilesInFolder(), 1U);
  const auto replaced = RunVetor({"embed", "-i", input, "--replace-invalid"});
  EXPECT_EQ(replaced.exit_code, 0);
  EXPECT_EQ(ParseLines(replaced.out).size(), 2U);
}

TEST_F(EmbedCommandTest, StatsAreJson) {
  const auto result =
      RunVetor({"embed", "--stats", "-", "-o", Path("a.npy"), "--quiet"}, "one\ntwo\n");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto lines = ParseLines(result.out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("texts"), 2);
  EXPECT_EQ(lines[0].at("model"), "hashing-256");
  EXPECT_EQ(lines[0].at("backend"), "hashing");
  EXPECT_EQ(lines[0].at("fallback"), false);
  EXPECT_GT(lines[0].at("peak_rss_mb").to_number<double>(), 1);
  EXPECT_GT(lines[0].at("texts_per_second").to_number<double>(), 0);
}

TEST_F(EmbedCommandTest, ResultsAndStatsMayNotShareStandardOutput) {
  const auto result = RunVetor({"embed", "--stats", "-"}, "one\n");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--stats"));
}

TEST_F(EmbedCommandTest, TheCacheAnswersTheSecondTime) {
  const std::vector<std::string> arguments = {"embed",       "--cache-enabled", "--cache-dir",
                                              Path("cache"), "--stats",         Path("stats")};
  const auto first = RunVetor(arguments, "one\ntwo\n");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const auto second = RunVetor(arguments, "one\ntwo\n");
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(first.out, second.out);
  EXPECT_EQ(ParseLines(ReadBytes(Path("stats")))[0].at("cache_hits"), 2);
}

TEST_F(EmbedCommandTest, AnExplicitModelThatIsNotThereIsAnError) {
  const auto result = RunVetor({"embed", "--model", Path("none")}, "one\n");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("none"));
}

TEST_F(EmbedCommandTest, AFallbackThatWasAskedForIsLoud) {
  const auto result = RunVetor({"embed", "--model", Path("none"), "--fallback", "hashing"}, "a\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ParseLines(result.out).size(), 1U);
  EXPECT_THAT(result.err, HasSubstr("FALLBACK: hashing ran instead of the model"));
}

// With -q, hashing replaced the model and no line said so.
TEST_F(EmbedCommandTest, QuietStillReportsAFallback) {
  const std::string config = WriteFile(
      "config.json",
      R"({"ai":{"backend":"onnx","onnx":{"enabled":true,"model_path":"no/such/model.onnx"}}})");
  const std::string rows = WriteFile("rows.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
  const std::vector<std::vector<std::string>> commands = {
      {"embed", "-i", rows},
      {"dedupe", "-i", rows},
      {"search", "--corpus", rows, "--queries", rows},
  };
  for (std::vector<std::string> words : commands) {
    words.insert(words.end(), {"--config", config, "-q"});
    for (const char* variable : {"VETOR_LOG_FORMAT=text", "VETOR_LOG=debug", "VETOR_LOG=off"}) {
      const auto result = RunVetor(words, "", {variable});
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_THAT(result.err, HasSubstr("no/such/model.onnx")) << words[0] << variable;
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    }
    words.insert(words.end(), {"--log-level", "off"});
    EXPECT_THAT(RunVetor(words).err, HasSubstr("FALLBACK: hashing-256 runs instead"));
    words.insert(words.end(), {"--fallback", "error"});
    const auto refused = RunVetor(words);
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.err, HasSubstr("no/such/model.onnx"));
  }
}

// A model was named, but hashing ran and no line said so.
TEST_F(EmbedCommandTest, AModelThatDoesNotRunIsSaid) {
  const std::string config =
      WriteFile("config.json", R"({"ai":{"onnx":{"model_path":"a/model"}}})");
  const auto expect_said = [](const CommandResult& result, const std::string& model) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("the model " + model + " is not used"));
    EXPECT_THAT(result.err, HasSubstr("set ai.backend (--backend) to \"onnx\""));
  };
  expect_said(RunVetor({"embed", "-q", "--config", config}, "a\n"), "a/model");
  expect_said(RunVetor({"embed", "-q"}, "a\n", {"VETOR_AI_ONNX_MODEL_PATH=b/model"}), "b/model");
}

// Guards against a warning for a user who chose hashing, wherever the choice is written.
TEST_F(EmbedCommandTest, HashingThatWasChosenBesideAModelGivesNoWarning) {
  const std::string chosen =
      WriteFile("chosen.json", R"({"ai":{"backend":"hashing","onnx":{"model_path":"a/model"}}})");
  const std::string open = WriteFile("open.json", R"({"ai":{"onnx":{"model_path":"a/model"}}})");
  EXPECT_EQ(RunVetor({"embed", "-q", "--config", chosen}, "a\n").err, "");
  EXPECT_EQ(RunVetor({"embed", "-q", "--config", open, "--backend", "hashing"}, "a\n").err, "");
  EXPECT_EQ(RunVetor({"embed", "-q", "--config", open}, "a\n", {"VETOR_AI_BACKEND=hashing"}).err,
            "");
}

// Two flags of one line contradicted each other; one of them won and no line said so.
TEST_F(EmbedCommandTest, FlagsThatContradictEachOtherAreSaid) {
  const auto both = RunVetor({"embed", "-q", "--model", "a/model", "--backend", "hashing"}, "a\n");
  EXPECT_EQ(both.exit_code, 0);
  EXPECT_THAT(both.err, HasSubstr("the model that --model names is not used"));
  const auto off = RunVetor({"embed", "-q", "--model", "a/model", "--no-onnx"}, "a\n");
  EXPECT_EQ(off.exit_code, 2);
  EXPECT_THAT(off.err, HasSubstr("--no-onnx switches the model off that --model asks for"));
  const auto twice = RunVetor({"embed", "--field", "a", "--field", "b"}, "a\n");
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_THAT(twice.err, HasSubstr("--field was given 2 times; give it once"));
  EXPECT_THAT(RunVetor({"embed", "--no-enabled"}, "a\n").err, HasSubstr("set it to true"));
}

// Another program cut this text in the middle of a character.
TEST_F(EmbedCommandTest, ALoneSurrogateIsNamedByLineOrReplaced) {
  const std::string rows =
      WriteFile("rows.jsonl", "{\"text\":\"a\"}\n{\"text\":\"race \\ud83d b\"}\n");
  const std::string tokenizer = vetor::testing::TestData("model/tiny-bert/tokenizer.json").string();
  const std::vector<std::vector<std::string>> commands = {
      {"embed", "-i", rows},
      {"dedupe", "-i", rows},
      {"search", "--corpus", rows, "--queries", rows},
      {"bench", "--engine", "hashing", "--repeat", "1", "--cache-state", "cold", "-i", rows},
      {"tokenize", "--tokenizer-path", tokenizer, "-i", rows},
  };
  for (std::vector<std::string> words : commands) {
    const auto refused = RunVetor(words);
    EXPECT_EQ(refused.exit_code, 2) << words[0];
    EXPECT_THAT(refused.err, HasSubstr("rows.jsonl:2: "));
    EXPECT_THAT(refused.err, HasSubstr("\\ud83d, a lone surrogate"));
    words.emplace_back("--replace-invalid");
    const auto replaced = RunVetor(words);
    EXPECT_EQ(replaced.exit_code, 0) << words[0] << replaced.err;
  }
  const auto written =
      RunVetor({"embed", "-i", WriteFile("u.jsonl", "{\"text\":\"race \\ufffd b\"}\n")});
  const auto replaced =
      RunVetor({"embed", "-i", WriteFile("s.jsonl", "{\"text\":\"race \\ud83d b\"}\n"),
                "--replace-invalid"});
  EXPECT_EQ(replaced.out, written.out);
}

// Integers beyond 64 bits lost digits, and 1e400 became Infinity, which is not JSON.
TEST_F(EmbedCommandTest, IdsAreCopiedAsTheyWereWritten) {
  const std::vector<std::string> ids = {"123456789012345678901234567890",
                                        "1e400",
                                        "1.0",
                                        "-0",
                                        "18446744073709551616",
                                        R"({"a": [1.50, 123456789012345678901]})",
                                        R"("caf\u00e9")",
                                        "null"};
  std::string rows;
  for (const std::string& id : ids) rows += "{\"text\":\"race\",\"id\":" + id + "}\n";
  const std::string input = WriteFile("rows.jsonl", rows);
  const auto embedded = RunVetor({"embed", "-i", input, "--id-field", "id", "--dim", "1"});
  const auto found =
      RunVetor({"search", "--corpus", input, "--queries", input, "--id-field", "id", "--top", "8"});
  const auto same = RunVetor({"dedupe", "-i", input, "--id-field", "id"});
  const auto pairs = RunVetor({"dedupe", "-i", input, "--id-field", "id", "--pairs"});
  for (const std::string& id : ids) {
    EXPECT_THAT(embedded.out, HasSubstr("{\"id\":" + id + ",\"embedding\":")) << embedded.err;
    EXPECT_THAT(found.out, HasSubstr("{\"query\":" + id + ",\"hits\":[")) << found.err;
    EXPECT_THAT(found.out, HasSubstr(",\"id\":" + id + ",\"score\":"));
    EXPECT_THAT(same.out, HasSubstr(",\"id\":" + id + "}")) << same.err;
    EXPECT_THAT(pairs.out, HasSubstr(",\"id\":" + id + "}")) << pairs.err;
  }
}

TEST_F(EmbedCommandTest, FlagsOverrideTheFile) {
  const std::string config = WriteFile("config.json", R"({"ai":{"dim":16,"batch_size":4}})");
  EXPECT_THAT(RunVetor({"embed", "--config", config}, "a\n").err, HasSubstr("hashing-16"));
  EXPECT_THAT(RunVetor({"embed", "--config", config, "--dim", "32"}, "a\n").err,
              HasSubstr("hashing-32"));
}

// With --runtime native and --runtime onnxruntime.
class EmbedModelTest : public EmbedCommandTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    EmbedCommandTest::SetUp();
    if (std::string(GetParam()) != "native") VETOR_SKIP_WITHOUT(vetor::testing::TestRuntime());
  }
};
INSTANTIATE_TEST_SUITE_P(Runtimes, EmbedModelTest, ::testing::Values("native", "onnxruntime"),
                         [](const auto& runtime) { return std::string(runtime.param); });

TEST_P(EmbedModelTest, ATextThatIsTooLongIsNamedByFileAndLine) {
  const std::string tiny = vetor::testing::TestData("model/tiny-bert").string();
  std::string text;
  for (int i = 0; i < 600; ++i) text += "race ";
  const std::string input =
      WriteFile("bad.jsonl", "{\"text\":\"a\"}\n\n{\"text\":\"" + text + "\"}\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"embed"}, std::vector<std::string>{"dedupe"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(),
                 {"--model", tiny, "--runtime", GetParam(), "--on-long", "error", "-i", input});
    const auto result = RunVetor(words);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("bad.jsonl:3: the text has "));
    EXPECT_THAT(result.err, HasSubstr("pass --on-long truncate or --on-long window"));
  }
}

TEST_P(EmbedModelTest, MiniLmGives384UnitVectors) {
  VETOR_SKIP_WITHOUT_MINILM();
  const auto result = RunVetor({"embed", "--model", kMiniLm, "--runtime", GetParam(), "-o",
                                Path("a.npy"), "--stats", Path("stats")},
                               "GP de São Paulo\nBrazilian Grand Prix\n");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string bytes = ReadBytes(Path("a.npy"));
  ExpectNpy(bytes, 2, 384);
  const auto values = NpyValues(bytes);
  double square = 0;
  for (size_t i = 0; i < 384; ++i) square += double{values[i]} * double{values[i]};
  EXPECT_NEAR(square, 1, 1e-5);
  const auto stats = ParseLines(ReadBytes(Path("stats")))[0];
  EXPECT_EQ(stats.at("model"), "all-MiniLM-L6-v2");
  EXPECT_EQ(stats.at("backend"), "onnx");
  EXPECT_EQ(stats.at("provider"), "CPUExecutionProvider");
  EXPECT_THAT(std::string(stats.at("runtime").as_string()), ::testing::StartsWith(GetParam()));
  EXPECT_GT(stats.at("tokens").to_number<int64_t>(), 8);
}

}  // namespace
}  // namespace vetor::cli
